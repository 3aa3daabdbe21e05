package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// InSentence is how many findings the sentence of a verdict spells out.
const InSentence = 2

// Advice says in a sentence whether to fail over, as a policy would for an application in the local region. It is "" where
// there is no region to go to.
func Advice(p failover.Policy, s *probe.Snapshot) string {
	if len(s.Regions) < 2 {
		return ""
	}
	if s.Verdict == probe.Unobservable {
		return "Fail over? Not on this evidence."
	}
	d := failover.Decide(p, s, failover.History{Active: s.Regions[0].Name}, s.At)
	why, move := words.Said(d.Why), d.Action == failover.FailOver
	switch {
	case d.Doubt == failover.OwnSettings:
		return fmt.Sprintf("Fail over? Not on this evidence: %s.", why)
	case d.Doubt == failover.OnlyFromHere && move:
		return fmt.Sprintf("Fail over? Not for others: %s; move only what runs here, to %s.", why, words.Clean(d.To))
	case d.Doubt == failover.OnlyFromHere:
		return fmt.Sprintf("Fail over? Not for others: %s.", why)
	case move:
		return fmt.Sprintf("Fail over? Yes, to %s: %s.", words.Clean(d.To), why)
	}
	return fmt.Sprintf("Fail over? No: %s.", why)
}

// RegionLine is what is told of a region in a table, in words.
type RegionLine struct {
	Name   string // says which one is the local one, where there are others
	State  probe.RegionState
	Cause  string // "-": none
	P50    string // of its loop; "-": none
	Writes string
	Ready  string // whether it is safe to return to, and what is missing
}

// RegionLines returns what is told of each region of a snapshot.
func RegionLines(s *probe.Snapshot) []RegionLine {
	lines := make([]RegionLine, 0, len(s.Regions))
	for i := range s.Regions {
		r := &s.Regions[i]
		l := RegionLine{Name: words.Clean(r.Name), State: r.State, Cause: cmp.Or(words.Plain(r.Cause.String()), "-"), P50: "-", Writes: string(r.Writes), Ready: words.Plain(r.FailbackReady)}
		if i == 0 && len(s.Regions) > 1 {
			l.Name += " (local)"
		}
		if loop := s.Link(r.Name, r.Name); loop != nil && loop.RTT != (probe.RTT{}) {
			l.P50 = words.Millis(loop.RTT.P50) + " ms"
		}
		if len(r.FailbackMissing) > 0 {
			l.Ready += ": " + words.Clean(strings.Join(r.FailbackMissing, "; "))
		}
		lines = append(lines, l)
	}
	return lines
}

// Alike counts the cells of a link that are as the link is.
func Alike(l *probe.Link) int {
	n := 0
	for i := range l.Cells {
		if l.Cells[i].State == l.State || l.Cells[i].State.Silent() && l.State.Silent() {
			n++
		}
	}
	return n
}
