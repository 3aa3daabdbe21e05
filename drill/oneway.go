package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/probe"
)

// How a drill goes where only the links from the preferred region are up, as those of a primary to its replicas, and
// that was accepted: it ends after the failover. What is written elsewhere comes to the preferred region by no link, so
// that to wait for it, or to return without it, would prove nothing.

// EventPlan tells, before the first phase, what the drill leaves out, and why.
const EventPlan probe.EventKind = "plan"

// oneWayPlan says what a drill leaves out where no link leads back to a region.
func oneWayPlan(home string) string {
	return fmt.Sprintf("only the links from %s are up: none leads back, so the drill ends after the failover, and no failback is awaited; "+
		"of a missed write that does not come later it cannot be told whether it is lost, since only messages both ways prove that", home)
}

// wholeAgain tells whether all is up that was up before the drill.
func (r *run) wholeAgain(s *probe.Snapshot) bool {
	return s.Settled && (s.Verdict == probe.Healthy || r.record.OneWay && oneWay(s, r.name(home)))
}

// awaitHome goes on with the writes where the application is until the preferred region, which was healed, can be used:
// what it holds of the missed writes can cross again.
func (r *run) awaitHome(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, r.Limits.Resync)
	defer cancel()
	for limited.Err() == nil && r.at != home && !r.stranded && r.homecoming.failback().Available == nil {
		r.followFor(limited, GuideInterval)
	}
}

// fencing returns the regions of which fences can arrive elsewhere, among those that are present.
func (r *run) fencing(present []int) []int {
	if !r.record.OneWay {
		return present
	}
	return slices.DeleteFunc(slices.Clone(present), func(region int) bool { return region != home })
}

// notRehearsed says what a drill has left out; "" for nothing.
func (r *run) notRehearsed() string {
	if !r.record.OneWay || r.at == home {
		return ""
	}
	return fmt.Sprintf("; no failback was awaited, since no link leads back to %s", r.name(home))
}

// goneAtEnd counts the acknowledged writes that the application cannot read at the end where it is then, but for the
// missed ones, which have a fate of their own. A replica whose primary has come back empty copies that: it throws away
// what it had, and what it took meanwhile. It is 0 where not all could be looked for.
func (r *run) goneAtEnd() int {
	converged := r.record.Count(Converged)
	return max(0, r.record.AtEnd[r.at]-(len(r.record.Missed)-converged))
}

// whyPending says why the fate of a missed write cannot be told.
func (r *run) whyPending() string {
	if !r.record.OneWay {
		return " yet"
	}
	var others []string
	for i := range r.Maps {
		if i != home {
			others = append(others, r.name(i))
		}
	}
	return fmt.Sprintf(": no link leads from %s to %s, and only messages both ways prove that a write is not on its way any more",
		strings.Join(others, " or "), r.name(home))
}

// withoutReturn leaves out of some assertions those about the return.
func withoutReturn(texts []string) []string {
	var left []string
	for _, text := range texts {
		c, err := ParseAssertion(text)
		if err != nil || !slices.ContainsFunc(Measures(), func(m Measure) bool { return m.Name == c.Name && m.ofReturn }) {
			left = append(left, text)
		}
	}
	return left
}
