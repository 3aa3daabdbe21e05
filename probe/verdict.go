package probe

import (
	"fmt"
	"slices"
	"time"
)

// judgement makes the findings, the verdict and the sentence from the states of a snapshot. It is pure: what it sees
// beside the snapshot is whether the observer itself can be relied on.
type judgement struct {
	snap     *Snapshot
	topology *Topology
	cut      bool      // no region can be reached
	paused   bool      // the observer was not running until lately
	blind    time.Time // until when, when paused
	before   Verdict   // what was last told
	sure     bool      // a verdict about the regions was given before

	requireCoverage bool
}

// judge fills in Findings, Verdict and Sentence.
func (j *judgement) judge() {
	s := j.snap
	j.observer()
	if !j.cut {
		// When nothing can be reached, nothing is said of the regions.
		for i := range s.Regions {
			j.region(i)
			j.returning(i)
			j.writes(i)
		}
		j.sameServers()
		j.isolated()
		for i := range s.Links {
			j.link(&s.Links[i])
			j.keys(&s.Links[i])
		}
		j.coverage()
		j.odd()
	}
	slices.SortStableFunc(s.Findings, func(a, b Finding) int { return a.Verdict.rank() - b.Verdict.rank() })
	s.Verdict, s.Sentence = j.conclude()
	s.Sentence += j.unproven()
}

func (j *judgement) find(f Finding) { j.snap.Findings = append(j.snap.Findings, f) }

func (j *judgement) observer() {
	if j.cut {
		causes := make([]string, 0, len(j.snap.Regions))
		for i := range j.snap.Regions {
			r := &j.snap.Regions[i]
			causes = append(causes, r.Name+inBrackets(r.Cause))
		}
		j.find(Finding{Kind: FindingObserver, Severity: Failure, Verdict: Unobservable,
			Text: fmt.Sprintf("cannot be observed from here: no answer from %s", list(causes))})
		return
	}
	if j.paused {
		j.find(Finding{Kind: FindingObserver, Severity: Failure, Verdict: Unobservable, Since: j.blind,
			Text: fmt.Sprintf("the observer itself was not running, or could not keep up, until %s", j.blind.Format(time.TimeOnly))})
	}
}

// unusable returns the verdict for a region that cannot be used.
func (j *judgement) unusable(index int) Verdict {
	if index == 0 {
		return LocalFailure
	}
	return RemoteFailure
}

func (j *judgement) region(index int) {
	r := &j.snap.Regions[index]
	f := Finding{Kind: FindingRegion, Severity: Failure, Region: r.Name, Cause: r.Cause, Since: r.Since, Verdict: j.unusable(index)}
	switch r.State {
	case RegionDown:
		f.Text = fmt.Sprintf("%s is down%s%s", r.Name, since(r.Since), because(r.Cause))
		if !slices.ContainsFunc(r.Shards, func(h Shard) bool { return !h.Returning }) {
			f.Text = fmt.Sprintf("%s is down%s: it answers again, which is not proven yet", r.Name, since(r.Since))
		}
		j.find(f)
	case RegionImpaired:
		if down := shardsIn(r, RegionDown); len(down) > 0 {
			j.find(j.shards(f, r, down))
		}
		if impaired := shardsIn(r, RegionImpaired); len(impaired) > 0 {
			f.Severity, f.Verdict = Warning, Degraded
			j.find(j.shards(f, r, impaired))
		}
	}
}

// shards completes a finding about some shards, all in one state.
func (j *judgement) shards(f Finding, r *Region, indexes []int) Finding {
	worst := &r.Shards[indexes[0]]
	f.Cause, f.Since = worst.Cause, worst.Since
	where := ""
	if len(indexes) < len(r.Shards) {
		f.Kind = FindingShard
		for _, i := range indexes {
			f.Shards = append(f.Shards, r.Shards[i].ID)
			f.Slots = append(f.Slots, r.Shards[i].Slots...)
		}
		f.Slots = merged(f.Slots)
		where = shardsInWords(indexes, f.Slots)
	}
	f.Text = fmt.Sprintf("%s is %s%s%s%s", r.Name, worst.State, where, since(f.Since), because(f.Cause))
	return f
}

func shardsIn(r *Region, state RegionState) []int {
	var indexes []int
	for i := range r.Shards {
		if r.Shards[i].State == state {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

func (j *judgement) sameServers() {
	for _, pair := range j.topology.SameServers {
		j.find(Finding{Kind: FindingSameServer, Severity: Failure, Verdict: ReplicationFailure, From: pair[0], To: pair[1], Both: true,
			Text: fmt.Sprintf("%s and %s are one server: nothing is replicated between them", pair[0], pair[1])})
	}
}

// isolated finds the regions that answer and of which no link works although others talk to each other. With two regions, or
// where nobody talks to anybody, nobody can tell which of them is the isolated one.
func (j *judgement) isolated() {
	s := j.snap
	for i := range s.Regions {
		name, peers, silent, talk := s.Regions[i].Name, map[string]bool{}, true, false
		var from time.Time
		for k := range s.Links {
			l := &s.Links[k]
			switch {
			case l.Loop() || !l.known():
				continue
			case l.From != name && l.To != name:
				talk = talk || !allSilent(l)
				continue
			}
			peers[l.From], peers[l.To] = true, true
			silent = silent && allSilent(l)
			if l.Since.After(from) {
				from = l.Since
			}
		}
		if silent && talk && len(peers) > 2 {
			j.find(Finding{Kind: FindingIsolated, Severity: Failure, Verdict: ReplicationFailure, Region: name, Since: from,
				Text: fmt.Sprintf("%s is isolated%s: it answers, but no link to or from it works", name, since(from))})
		}
	}
}

// known tells whether anything is known of a link at present.
func (l *Link) known() bool {
	return slices.ContainsFunc(l.Cells, func(c Cell) bool { return c.State != LinkUnknown })
}

func allSilent(l *Link) bool {
	return !slices.ContainsFunc(l.Cells, func(c Cell) bool { return !c.State.Silent() && c.State != LinkUnknown })
}

func (j *judgement) coverage() {
	if j.requireCoverage && !j.snap.Coverage {
		j.find(Finding{Kind: FindingCoverage, Severity: Warning, Verdict: Degraded,
			Text: fmt.Sprintf("coverage is required and not proven: how %s %s sharded is not known", list(j.unknown()), are(len(j.unknown())))})
	}
}

// unknown returns the regions whose sharding is not known.
func (j *judgement) unknown() []string {
	var names []string
	for _, m := range j.topology.Maps {
		if !m.Proven() {
			names = append(names, m.Region)
		}
	}
	return names
}

// unproven returns what every sentence says when the coverage is not proven.
func (j *judgement) unproven() string {
	if j.snap.Coverage {
		return ""
	}
	return fmt.Sprintf(" (coverage unproven: how %s %s sharded is not known)", list(j.unknown()), are(len(j.unknown())))
}

// proving tells whether something is about to be known better than it is.
func (s *Snapshot) proving() bool {
	return slices.ContainsFunc(s.Links, func(l Link) bool { return l.proving() })
}

func (l *Link) proving() bool {
	return slices.ContainsFunc(l.Cells, func(c Cell) bool { return c.Proving })
}

// blind tells whether nothing is known of some cell, and nothing is about to be.
func (l *Link) blind() bool {
	return slices.ContainsFunc(l.Cells, func(c Cell) bool { return c.State == LinkUnknown && !c.Proving })
}

// conclude returns the verdict and what it says.
func (j *judgement) conclude() (Verdict, string) {
	rest := j.snap.Findings
	var verdict Verdict
	var text string
	if len(rest) > 0 && rest[0].Verdict != Healthy {
		verdict, text, rest = rest[0].Verdict, rest[0].Text, rest[1:]
	} else {
		verdict, text = j.faultless()
	}
	switch more := len(rest); more {
	case 0:
	case 1:
		text += "; " + rest[0].Text
	default:
		text += fmt.Sprintf("; and %d more findings", more)
	}
	return verdict, text
}

// faultless returns the verdict when nothing was found. Nothing is called healthy that is not proven: as long as it is about
// to be, the verdict stays what it was.
func (j *judgement) faultless() (Verdict, string) {
	s := j.snap
	known, cells, links := 0, 0, 0
	var blind, proving, unseen []string
	for i := range s.Links {
		l := &s.Links[i]
		for k := range l.Cells {
			cells++
			if l.Cells[k].State != LinkUnknown {
				known++
			}
		}
		switch {
		case l.blind():
			blind = append(blind, arrow(l))
		case l.proving():
			proving = append(proving, arrow(l))
		}
		if !l.Loop() {
			links++
		}
	}
	names := make([]string, len(s.Regions))
	for i := range s.Regions {
		names[i] = s.Regions[i].Name
		if s.Regions[i].State == RegionUnobservable {
			unseen = append(unseen, names[i])
		}
	}
	switch {
	case !s.Settled && !j.sure:
		return Unobservable, fmt.Sprintf("nothing can be said yet: %d of %d cells are known", known, cells)
	case len(unseen) > 0:
		return Unobservable, fmt.Sprintf("there is no evidence about %s", list(unseen))
	case len(blind) > 0:
		return Unobservable, fmt.Sprintf("%s %s available, but there is no evidence about %s", list(names), are(len(names)), list(blind))
	case len(proving) > 0:
		return j.before, fmt.Sprintf("%s %s available, but %s %s not proven yet", list(names), are(len(names)), list(proving), are(len(proving)))
	case len(names) == 1:
		return Healthy, names[0] + " is available; with one region there is no link, only its own loop is tried"
	}
	return Healthy, fmt.Sprintf("%s are available and all %d links are up", list(names), links)
}
