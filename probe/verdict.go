package probe

import (
	"fmt"
	"slices"
	"time"
)

// judgement makes the findings, the verdict and the sentence from the states of a snapshot. It is pure: what it sees
// beside the snapshot is whether the observer itself can be relied on.
type judgement struct {
	snap   *Snapshot
	config *Config
	cut    bool      // no region can be reached
	paused bool      // the observer was not running until lately
	blind  time.Time // until when, when paused
	sure   bool      // a verdict about the regions was given before
}

// judge fills in Findings, Verdict and Sentence.
func (j *judgement) judge() {
	s := j.snap
	j.observer()
	if !j.cut {
		// When nothing can be reached, nothing is said of the regions.
		for i := range s.Regions {
			j.region(i)
		}
		j.sameServers()
		j.isolated()
		for i := range s.Links {
			j.link(&s.Links[i])
		}
		j.coverage()
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
	for _, pair := range j.config.SameServers {
		j.find(Finding{Kind: FindingSameServer, Severity: Failure, Verdict: ReplicationFailure, From: pair[0], To: pair[1], Both: true,
			Text: fmt.Sprintf("%s and %s are one server: nothing is replicated between them", pair[0], pair[1])})
	}
}

// isolated finds the regions that answer and of which no link works although others could talk to them. With two regions
// nobody can tell which of them is the isolated one.
func (j *judgement) isolated() {
	s := j.snap
	for i := range s.Regions {
		name, peers, silent := s.Regions[i].Name, map[string]bool{}, true
		var from time.Time
		for k := range s.Links {
			l := &s.Links[k]
			if l.Loop() || l.State == LinkUnknown || (l.From != name && l.To != name) {
				continue
			}
			peers[l.From], peers[l.To] = true, true
			silent = silent && allSilent(l)
			if l.Since.After(from) {
				from = l.Since
			}
		}
		if silent && len(peers) > 2 {
			j.find(Finding{Kind: FindingIsolated, Severity: Failure, Verdict: ReplicationFailure, Region: name, Since: from,
				Text: fmt.Sprintf("%s is isolated%s: it answers, but no link to or from it works", name, since(from))})
		}
	}
}

func allSilent(l *Link) bool {
	return !slices.ContainsFunc(l.Cells, func(c Cell) bool { return !c.State.Silent() && c.State != LinkUnknown })
}

func (j *judgement) coverage() {
	if j.config.RequireCoverage && !j.snap.Coverage {
		j.find(Finding{Kind: FindingCoverage, Severity: Warning, Verdict: Degraded,
			Text: fmt.Sprintf("coverage is required and not proven: how %s %s sharded is not known", list(j.unknown()), are(len(j.unknown())))})
	}
}

// unknown returns the regions whose sharding is not known.
func (j *judgement) unknown() []string {
	var names []string
	for _, m := range j.config.Maps {
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

// returning tells whether nothing is known of some cells of a link for no other reason than that a shard at one of their ends
// can be used (again) for so short a time that nothing can be known yet. They must have delivered until it went away: what
// was silent before is not well because nobody could look.
func (s *Snapshot) returning(l *Link) bool {
	from, to := s.Region(l.From), s.Region(l.To)
	return !slices.ContainsFunc(l.Cells, func(c Cell) bool {
		back := from.Shards[c.FromShard].Since
		if other := to.Shards[c.ToShard].Since; other.After(back) {
			back = other
		}
		patience := s.Policy.patience()
		return c.State == LinkUnknown && (c.LastUp.IsZero() || c.Since.Sub(c.LastUp) > patience || s.At.Sub(back) > patience+s.Policy.Deadline)
	})
}

// conclude returns the verdict and what it says.
func (j *judgement) conclude() (Verdict, string) {
	s := j.snap
	if len(s.Findings) > 0 {
		text := s.Findings[0].Text
		switch more := len(s.Findings) - 1; more {
		case 0:
		case 1:
			text += "; " + s.Findings[1].Text
		default:
			text += fmt.Sprintf("; and %d more findings", more)
		}
		return s.Findings[0].Verdict, text
	}
	known, cells, links := 0, 0, 0
	var blind, returning []string
	for i := range s.Links {
		l := &s.Links[i]
		for k := range l.Cells {
			cells++
			if l.Cells[k].State != LinkUnknown {
				known++
			}
		}
		switch {
		case l.State == LinkUnknown && j.sure && s.returning(l):
			returning = append(returning, arrow(l))
		case l.State == LinkUnknown:
			blind = append(blind, arrow(l))
		}
		if !l.Loop() {
			links++
		}
	}
	names := make([]string, len(s.Regions))
	for i := range s.Regions {
		names[i] = s.Regions[i].Name
	}
	switch {
	case !s.Settled:
		return Unobservable, fmt.Sprintf("nothing can be said yet: %d of %d cells are known", known, cells)
	case len(blind) > 0:
		return Unobservable, fmt.Sprintf("%s %s available, but there is no evidence about %s", list(names), are(len(names)), list(blind))
	case len(returning) > 0:
		// A region that is back a moment ago is not the observer's fault, and that there is no evidence yet no bad news.
		return Healthy, fmt.Sprintf("%s %s available, but %s %s not proven yet", list(names), are(len(names)), list(returning), are(len(returning)))
	case len(names) == 1:
		return Healthy, names[0] + " is available; with one region there is no link, only its own loop is tried"
	}
	return Healthy, fmt.Sprintf("%s are available and all %d links are up", list(names), links)
}
