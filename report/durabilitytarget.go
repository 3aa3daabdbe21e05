package report

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/drill/durability"
	"github.com/aafailover/aafailover/internal/words"
)

// target writes how the configurations stand to the target.
func (p *durabilityPage) target() {
	if p.result.Target == nil {
		return
	}
	standings := durability.Stand(p.result.Rows, *p.result.Target)
	met := 0
	rows := convert(standings, func(s durability.Standing) []string {
		word := "no"
		switch {
		case s.Met():
			word, met = "yes", met+1
		case !s.Missed():
			word = "unproven"
		}
		name := words.Clean(s.Configuration)
		if s.Given {
			name += " (yours)"
		}
		return []string{name, p.style.marked(word, ""), standingText(s)}
	})
	p.out.WriteString("\n" + p.style.wrap(fmt.Sprintf("An RPO of %s is met here, by promise and by measurement, by %d of %s.", words.Rough(*p.result.Target), met,
		words.Count(len(standings), "configuration")), 0) + "\n")
	text, err := p.style.table(append(left("configuration", "meets it"), prose("why")), rows)
	p.err = cmp.Or(p.err, err)
	p.out.WriteString(text)
}

// standingText says for each row of a configuration what it promises and what it lost.
func standingText(s durability.Standing) string {
	return strings.Join(convert(s.Rows, func(row durability.RowStanding) string {
		r := row.Row
		crash := words.Plain(r.Crash)
		promised := "promises " + promisedCell(r.Promise)
		switch {
		case r.Promise.Unbounded:
			promised = "no bound"
		case r.Promise.RPO == 0:
			promised = "promises to lose nothing"
		}
		switch {
		case errors.Is(r.Unmeasured, durability.ErrUnsupported):
			return fmt.Sprintf("%s: %s, cannot be measured here", crash, promised)
		case !r.Measured():
			return fmt.Sprintf("%s: %s, could not be measured", crash, promised)
		case r.Writes.Confirmed() == 0:
			return fmt.Sprintf("%s: %s, and no write was confirmed", crash, promised)
		case r.Loss.Lost == r.Loss.Unconfirmed:
			return fmt.Sprintf("%s: %s, lost nothing", crash, promised)
		}
		return fmt.Sprintf("%s: %s, lost %s", crash, promised, measuredCell(*r))
	}), "; ")
}
