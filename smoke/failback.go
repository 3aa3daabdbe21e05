package smoke

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// failback answers whether each region is safe to return to. Without a write nobody can say so of any; that it is not is no failure
// by itself unless it is asked for.
func (q Question) failback(seen Seen) Answer {
	s := seen.Snapshot
	if s == nil || len(s.Regions) == 0 {
		a := nothingTried(Failback, seen)
		a.Needed = q.Failback
		return a
	}
	a := Answer{Subject: Failback, Outcome: Passed, Needed: q.Failback}
	groups := readiness(s)
	worst := groups[0]
	a.Text = readinessText(groups)
	switch {
	case worst.ready == probe.ReadyYes:
		return a
	case worst.ready == probe.ReadyNo && q.Failback:
		a.Outcome = Failed
	case worst.ready == probe.ReadyNo:
		a.Outcome = Warned
	default:
		a.Outcome = Untold
	}
	if q.Failback {
		a.Advice = "writes are tried with --dataset, which takes --allow-writes NAME,… for regions that are not the lab's"
	}
	return a
}

// alike are regions of whom the same is missing for a failback.
type alike struct {
	ready probe.Readiness
	lacks string // the first thing; "" where nothing is
	names []string
}

// readiness gathers the regions by what is missing, the least ready first.
func readiness(s *probe.Snapshot) []alike {
	var groups []alike
	for i := range s.Regions {
		r := &s.Regions[i]
		lacks := ""
		if len(r.FailbackMissing) > 0 {
			lacks = words.Said(r.FailbackMissing[0])
		}
		at := slices.IndexFunc(groups, func(g alike) bool { return g.ready == r.FailbackReady && g.lacks == lacks })
		if at < 0 {
			at = len(groups)
			groups = append(groups, alike{ready: r.FailbackReady, lacks: lacks})
		}
		groups[at].names = append(groups[at].names, words.Clean(r.Name))
	}
	order := []probe.Readiness{probe.ReadyNo, probe.ReadyUnproven, probe.ReadyYes}
	slices.SortStableFunc(groups, func(a, b alike) int { return cmp.Compare(slices.Index(order, a.ready), slices.Index(order, b.ready)) })
	return groups
}

// readinessText is "yes", or "no for eu (eu is down), unproven for us and ap (no write was tried)".
func readinessText(groups []alike) string {
	var parts []string
	for _, g := range groups {
		text := string(g.ready)
		if len(groups) > 1 {
			text += " for " + words.Enumerate(g.names)
		}
		if g.lacks != "" {
			text += " (" + g.lacks + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}
