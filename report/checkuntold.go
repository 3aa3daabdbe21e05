package report

import (
	"slices"
	"strings"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/tone"
)

// silence is what two rules or more were not told for the same reason, such as a region that cannot be reached. It is said
// once, with their IDs.
type silence struct {
	reason string   // a saying
	whole  []string // rules of which nothing worse is known
	part   []string // rules that fail or warn all the same
}

// silences finds them, in the order of the rules.
func silences(rules []check.Judged) []silence {
	var all []silence
	for _, j := range rules {
		for _, s := range sayings(j.Findings) {
			if s.outcome != check.Untold {
				continue
			}
			reason := s.String()
			at := slices.IndexFunc(all, func(s silence) bool { return s.reason == reason })
			if at < 0 {
				at = len(all)
				all = append(all, silence{reason: reason})
			}
			if j.Outcome == check.Untold {
				all[at].whole = append(all[at].whole, j.Rule.ID)
			} else {
				all[at].part = append(all[at].part, j.Rule.ID)
			}
		}
	}
	return slices.DeleteFunc(all, func(s silence) bool { return len(s.whole)+len(s.part) < 2 })
}

// shared tells whether a saying stands among the silences.
func (p *checkPage) shared(s saying) bool {
	return s.outcome == check.Untold && slices.ContainsFunc(p.silences, func(of silence) bool { return of.reason == s.String() })
}

// untold writes what several rules were not told, then the rules that have a reason of their own, and then how to have it
// told, each way once.
func (p *checkPage) untold() {
	rules := p.judged(check.Untold)
	if len(rules)+len(p.silences) == 0 {
		return
	}
	p.heading("Could not be told")
	for _, s := range p.silences {
		p.silence(s)
	}
	for _, j := range rules {
		if slices.ContainsFunc(sayings(j.Findings), func(s saying) bool { return s.outcome == check.Untold && !p.shared(s) }) {
			p.rule(j)
		}
	}
	p.ways(rules)
}

// silence writes a reason, and what is not known for it.
func (p *checkPage) silence(s silence) {
	t := tone.Of(check.Untold)
	p.out.WriteString(" " + p.style.paint(t.Symbol(), t) + " " + strings.TrimLeft(p.style.wrap(s.reason, findingIndent), " ") + "\n")
	if len(s.whole) > 0 {
		p.say(strings.Join(s.whole, ", "))
	}
	if len(s.part) > 0 {
		p.say("in part: " + strings.Join(s.part, ", "))
	}
}

// ways writes how to have told what the rules were not.
func (p *checkPage) ways(rules []check.Judged) {
	ids := map[string][]string{}
	var ways []string
	for _, j := range rules {
		for _, way := range ownFixes(j) {
			if _, seen := ids[way]; !seen {
				ways = append(ways, way)
			}
			ids[way] = append(ids[way], j.Rule.ID)
		}
	}
	if len(ways) > 0 {
		p.heading("To have it told")
	}
	for _, way := range ways {
		p.say(way + " (" + shortList(ids[way]) + ")")
	}
}
