package matrix_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/probe"
)

// differs says in which ways a snapshot is not what is expected, one line each: first verdict and findings, then the states.
func (e *expectation) differs(s *probe.Snapshot) (judgement, states []string) {
	if s.Verdict != e.Verdict {
		judgement = append(judgement, fmt.Sprintf("verdict: got %s, want %s: %s", s.Verdict, e.Verdict, s.Sentence))
	}
	found := findingsOf(s)
	for i := range found {
		found[i].Cause = e.cause(found[i].Cause)
		if e.some(found[i]) {
			found[i].Shards = nil
		}
	}
	got, want := lines(found), lines(e.Findings)
	judgement = append(judgement, diff("finding", got, want)...)
	states = append(states, diff("region", e.gotRegions(s), e.wantRegions(s))...)
	states = append(states, diff("link", e.gotLinks(s), e.wantLinks(s))...)
	return judgement, states
}

// cause returns the expected "this|that" in the place of one of them: where chance decides what can be known.
func (e *expectation) cause(got string) string {
	for _, f := range e.Findings {
		if alternatives := strings.Split(f.Cause, "|"); len(alternatives) > 1 && slices.Contains(alternatives, got) {
			return f.Cause
		}
	}
	return got
}

// some tells whether it does not matter which shards a finding names.
func (e *expectation) some(got finding) bool {
	return slices.ContainsFunc(e.Findings, func(f finding) bool {
		return f.Some && f.Kind == got.Kind && f.Region == got.Region && f.From == got.From && f.To == got.To
	})
}

// lines are the texts of findings, sorted.
func lines(findings []finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, f.String())
	}
	slices.Sort(all)
	return all
}

func (f finding) String() string {
	text := fmt.Sprintf("%s %s", f.Severity, f.Kind)
	if f.Region != "" {
		text += " " + f.Region
	}
	if f.From != "" {
		arrow := "->"
		if f.Both {
			arrow = "<->"
		}
		text += " " + f.From + arrow + f.To
	}
	if len(f.Shards) > 0 {
		text += fmt.Sprint(" shards ", f.Shards)
	}
	if f.Cause != "" {
		text += " because " + f.Cause
	}
	return text
}

// findingsOf are those of a snapshot, with numbers in the place of the IDs of shards.
func findingsOf(s *probe.Snapshot) []finding {
	var all []finding
	for _, f := range s.Findings {
		found := finding{Kind: f.Kind, Severity: f.Severity, Region: f.Region, From: f.From, To: f.To, Both: f.Both, Cause: f.Cause.String()}
		if of := s.Region(cmp.Or(f.Region, f.From)); of != nil {
			for i, shard := range of.Shards {
				if slices.Contains(f.Shards, shard.ID) {
					found.Shards = append(found.Shards, i+1)
				}
			}
		}
		all = append(all, found)
	}
	return all
}

func (e *expectation) gotRegions(s *probe.Snapshot) []string {
	var all []string
	for _, r := range s.Regions {
		state := func(shard int) string { return string(r.Shards[shard].State) }
		all = append(all, r.Name+": "+summary(string(r.State), len(r.Shards), state, shardNumber)+" "+e.cause(r.Cause.String()))
	}
	return all
}

func (e *expectation) wantRegions(s *probe.Snapshot) []string {
	var all []string
	for _, r := range s.Regions {
		want := e.Regions[r.Name]
		whole := cmp.Or(want.State, probe.RegionAvailable)
		rest := whole
		if len(want.Shards) > 0 {
			rest = probe.RegionAvailable
		}
		state := func(shard int) string { return string(cmp.Or(want.Shards[shard+1], rest)) }
		all = append(all, r.Name+": "+summary(string(whole), len(r.Shards), state, shardNumber)+" "+want.Cause)
	}
	return all
}

func (e *expectation) gotLinks(s *probe.Snapshot) []string {
	var all []string
	for _, l := range s.Links {
		state := func(cell int) string { return string(l.Cells[cell].State) }
		if e.link(l.From, l.To).Some {
			state = func(int) string { return string(l.State) }
		}
		all = append(all, fmt.Sprintf("%s->%s: %s", l.From, l.To, summary(string(l.State), len(l.Cells), state, cellNumber(&l))))
	}
	return all
}

func (e *expectation) wantLinks(s *probe.Snapshot) []string {
	var all []string
	for _, l := range s.Links {
		want := e.link(l.From, l.To)
		rest := want.State
		if len(want.Shards) > 0 {
			rest = probe.LinkUp
		}
		number := cellNumber(&l)
		state := func(cell int) string {
			return string(cmp.Or(want.Shards[number(cell)], want.Shards[shardNumber(l.Cells[cell].FromShard)], rest))
		}
		all = append(all, fmt.Sprintf("%s->%s: %s", l.From, l.To, summary(string(want.State), len(l.Cells), state, number)))
	}
	return all
}

// summary is the state of something that has parts, and those of its parts, where they are not all in that state.
func summary(whole string, parts int, state, number func(int) string) string {
	alike := true
	var all []string
	for i := range parts {
		alike = alike && state(i) == whole
		all = append(all, number(i)+" "+state(i))
	}
	if alike {
		return whole
	}
	return fmt.Sprintf("%s (%s)", whole, strings.Join(all, ", "))
}

func shardNumber(index int) string { return strconv.Itoa(index + 1) }

// cellNumber says of a cell of a link which shards it connects: "1/2".
func cellNumber(l *probe.Link) func(int) string {
	return func(cell int) string {
		return shardNumber(l.Cells[cell].FromShard) + "/" + shardNumber(l.Cells[cell].ToShard)
	}
}

// link is what is expected of a link.
func (e *expectation) link(from, to string) linkState {
	if l, ok := most(e.Links, from, to); ok {
		return l
	}
	return linkState{State: probe.LinkUp}
}

// most returns what the most exact pattern says of a link.
func most[T any](links map[string]T, from, to string) (of T, ok bool) {
	for _, pattern := range []string{from + "->" + to, from + "->*", "*->" + to, "*->*"} {
		if of, ok = links[pattern]; ok {
			return of, true
		}
	}
	return of, false
}

// diff says which lines are in one of two lists only.
func diff(what string, got, want []string) []string {
	var all []string
	for _, g := range got {
		if !slices.Contains(want, g) {
			all = append(all, fmt.Sprintf("%s: + %s", what, g))
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			all = append(all, fmt.Sprintf("%s: - %s", what, w))
		}
	}
	return all
}

// subjects are what a finding names: a region, a link in each direction that it is about, or, where it names neither, itself.
func (f finding) subjects() []string {
	switch {
	case f.From != "" && f.Both:
		return []string{f.From + "->" + f.To, f.To + "->" + f.From}
	case f.From != "":
		return []string{f.From + "->" + f.To}
	case f.Region != "":
		return []string{f.Region}
	}
	return []string{string(f.Kind)}
}

// subjects are what the findings name. A region that is isolated names its links, too.
func (e *expectation) subjects(regions []regionFile) map[string]bool {
	named := make(map[string]bool)
	for _, subject := range e.Passing {
		named[subject] = true
	}
	for _, f := range e.Findings {
		for _, subject := range f.subjects() {
			named[subject] = true
		}
		if f.Kind == probe.FindingIsolated {
			for _, r := range regions {
				named[f.Region+"->"+r.Name], named[r.Name+"->"+f.Region] = true, true
			}
		}
	}
	return named
}

// stranger returns a finding of a snapshot that names what is not to be named; false when there is none.
func stranger(s *probe.Snapshot, named map[string]bool) (finding, bool) {
	for _, f := range findingsOf(s) {
		if slices.ContainsFunc(f.subjects(), func(subject string) bool { return !named[subject] }) {
			return f, true
		}
	}
	return finding{}, false
}
