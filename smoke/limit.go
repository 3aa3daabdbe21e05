package smoke

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// measures are what a limit can be on, with how it is taken from the round trips of a link.
var measures = []struct {
	name string
	of   func(probe.RTT) time.Duration
}{
	{"p50", func(r probe.RTT) time.Duration { return r.P50 }},
	{"p99", func(r probe.RTT) time.Duration { return r.P99 }},
	{"max", func(r probe.RTT) time.Duration { return r.Max }},
}

// Measures are the names of what a limit can be on.
func Measures() []string {
	var names []string
	for _, m := range measures {
		names = append(names, m.name)
	}
	return names
}

// ParseLimit parses a limit on round trips: `p99<=500ms`, or `500ms` for the same. Errors: as those of [drill.ParseAssertion].
func ParseLimit(text string) (drill.Condition, error) {
	if _, err := time.ParseDuration(strings.TrimSpace(text)); err == nil {
		text = "p99<=" + text
	}
	return drill.ParseTimeLimit(text, Measures()...)
}

// measured are the links that limits are on: those between regions, and of one region alone its loop. Those on which nothing
// arrived are left out.
func measured(s *probe.Snapshot) []*probe.Link {
	var all []*probe.Link
	for i := range s.Links {
		l := &s.Links[i]
		if l.Loop() == (len(s.Regions) == 1) && l.RTT != (probe.RTT{}) {
			all = append(all, l)
		}
	}
	return all
}

// limited compares a limit with each link; the worst of those that miss it is told, or else the slowest.
func limited(c drill.Condition, links []*probe.Link) Limited {
	of := measures[slices.Index(Measures(), c.Name)].of
	var worst *probe.Link
	missed := false
	for _, l := range links {
		switch misses := !c.Holds(float64(of(l.RTT))); {
		case worst == nil, misses && !missed, misses == missed && of(l.RTT) > of(worst.RTT):
			worst, missed = l, misses
		}
	}
	if worst == nil {
		return Limited{Assertion: c.Assess(0, false)}
	}
	return Limited{Assertion: c.Assess(float64(of(worst.RTT)), true), From: worst.From, To: worst.To, Took: of(worst.RTT)}
}

// roundTrip answers whether the limits hold, and how long round trips took.
func (q Question) roundTrip(seen Seen) (Answer, []Limited) {
	a := Answer{Subject: RoundTrip, Outcome: Untold, Needed: len(q.Limits) > 0, Text: "nothing was measured"}
	var links []*probe.Link
	if seen.Snapshot != nil {
		links = measured(seen.Snapshot)
	}
	var all []Limited
	for _, c := range q.Limits {
		all = append(all, limited(c, links))
	}
	if len(links) == 0 {
		return a, all
	}
	a.Outcome, a.Text = Passed, slowest(links)
	if len(all) > 0 {
		a.Text = limitsText(all)
	}
	if slices.ContainsFunc(all, func(l Limited) bool { return !l.OK }) {
		a.Outcome, a.Advice = Failed, "see which part of the way takes so long, or raise the limit of --max-rtt; `aafailover probe` shows every link"
	}
	return a, all
}

// slowest tells of the link with the longest round trips.
func slowest(links []*probe.Link) string {
	l := slices.MaxFunc(links, func(a, b *probe.Link) int { return int(a.RTT.P99 - b.RTT.P99) })
	return fmt.Sprintf("p50 %s ms, p99 %s ms on %s, the slowest; no limit was asked for", words.Millis(l.RTT.P50), words.Millis(l.RTT.P99), words.Link(l.From, l.To))
}

// limitsText tells of the limits that are missed, or else of all.
func limitsText(all []Limited) string {
	if missed := slices.DeleteFunc(slices.Clone(all), func(l Limited) bool { return l.OK }); len(missed) > 0 {
		all = missed
	}
	var parts []string
	for _, l := range all {
		name, limit, _ := strings.Cut(l.Expr, " ")
		parts = append(parts, fmt.Sprintf("%s %s on %s, limit %s", name, words.Rough(l.Took), words.Link(l.From, l.To), strings.TrimPrefix(limit, "<= ")))
	}
	return strings.Join(parts, "; ")
}
