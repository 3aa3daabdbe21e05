package report

import (
	"fmt"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/words"
)

// moves writes where the application went, if that was not just there and back: the phases tell that.
func (p *drillPage) moves() {
	if len(p.Moves) < 2 || len(p.Moves) == 2 && p.Moves[0].Kind == failover.FailOver && p.Moves[1].Kind == failover.FailBack {
		return
	}
	rows := convert(p.Moves, func(m drill.Move) []string {
		at, took, missing := "-", "-", "-"
		if m.CutOverAt != nil {
			at, took = p.style.clock(p.Start.Add(*m.CutOverAt)), words.Rough(*m.CutOverAt-m.DecidedAt)
			if missing = words.Thousands(m.Missing); !p.MissingKnown() && m.Kind == failover.FailOver {
				missing = "not known"
			}
		}
		return []string{fmt.Sprintf("%s %s", m.Kind, words.Clean(p.region(m.To))), at, took, missing, words.Said(m.Why)}
	})
	p.out.WriteString("\n")
	columns := append(left("move", "first write"), right("after", "missing")...)
	p.add(p.style.table(append(columns, prose("because")), rows))
}
