package probe

import (
	"fmt"
	"slices"

	"github.com/aafailover/aafailover/slots"
)

// link finds what is wrong with a link, or loop. A loop that is silent is found as an impairment of its region.
func (j *judgement) link(l *Link) {
	switch {
	case l.State.Silent() && !l.Loop():
		j.silent(l)
	case l.State == LinkDegraded, l.State == LinkLate:
		j.poor(l)
	}
}

// silent finds a link that carries nothing, together with its counterpart when that carries nothing on the same shards.
func (j *judgement) silent(l *Link) {
	f := j.about(l, LinkState.Silent)
	f.Severity, f.Verdict = Failure, ReplicationFailure
	back := j.snap.Link(l.To, l.From)
	if back.State.Silent() && (back.State == LinkNever) == (l.State == LinkNever) {
		g := j.about(back, LinkState.Silent)
		if f.Both = slices.Equal(f.Slots, g.Slots); f.Both && j.after(l.From, l.To) {
			return // said with the other direction
		}
	}
	where := j.where(l, &f)
	switch {
	case l.State == LinkNever && f.Both:
		f.Text = fmt.Sprintf("nothing is replicated between %s and %s%s: nothing delivered either way since the start (%s)",
			l.From, l.To, where, j.start())
	case l.State == LinkNever:
		f.Text = fmt.Sprintf("%s%s: nothing delivered since the start (%s)", arrow(l), where, j.start())
	case f.Both:
		f.Text = fmt.Sprintf("%s and %s are cut off from each other%s%s", l.From, l.To, where, since(f.Since))
	default:
		f.Text = fmt.Sprintf("%s is down%s%s", arrow(l), where, since(f.Since))
	}
	if l.State == LinkNever && !l.LastUp.IsZero() {
		f.Text += fmt.Sprintf("; last seen up %s", l.LastUp.Format("2006-01-02 15:04:05"))
	}
	j.find(f)
}

// poor finds a link that carries, but badly.
func (j *judgement) poor(l *Link) {
	f := j.about(l, func(s LinkState) bool { return s == LinkDegraded || s == LinkLate })
	f.Severity, f.Verdict = Warning, Degraded
	name, how := arrow(l), "loses messages"
	if l.Loop() {
		name = l.From
		how = "loses messages of its own"
	}
	if l.State == LinkLate {
		how = fmt.Sprintf("delivers after more than %v", j.snap.Policy.Deadline)
	}
	f.Text = fmt.Sprintf("%s %s%s%s", name, how, j.where(l, &f), since(f.Since))
	j.find(f)
}

// about returns a finding about the cells of a link that are in such a state. Shards and Slots are left empty when all
// cells are.
func (j *judgement) about(l *Link, such func(LinkState) bool) Finding {
	f := Finding{Kind: FindingLink, From: l.From, To: l.To}
	from, to := j.snap.Region(l.From), j.snap.Region(l.To)
	cells := 0
	for i := range l.Cells {
		c := &l.Cells[i]
		if !such(c.State) {
			continue
		}
		cells++
		source, target := &from.Shards[c.FromShard], &to.Shards[c.ToShard]
		if proven(from) && proven(to) {
			f.Slots = append(f.Slots, common(source.Slots, target.Slots)...)
		} else { // what else shares the fate of this slot is not known
			f.Slots = append(f.Slots, slots.Range{First: c.Slot, Last: c.Slot})
		}
		if !slices.Contains(f.Shards, source.ID) {
			f.Shards = append(f.Shards, source.ID)
		}
		if f.Since.IsZero() || c.Since.Before(f.Since) {
			f.Since = c.Since
		}
	}
	f.Slots = merged(f.Slots)
	if cells == len(l.Cells) {
		f.Shards, f.Slots = nil, nil
	}
	return f
}

func proven(r *Region) bool { return r.Source != slots.Single }

// where says on which shards or slots, "" when on all.
func (j *judgement) where(l *Link, f *Finding) string {
	if len(f.Slots) == 0 {
		return ""
	}
	from := j.snap.Region(l.From)
	var indexes []int
	for i := range from.Shards {
		if slices.Contains(f.Shards, from.Shards[i].ID) {
			indexes = append(indexes, i)
		}
	}
	if len(from.Shards) > 1 {
		return shardsInWords(indexes, f.Slots)
	}
	return fmt.Sprintf(" on some of its slots%s", slotsInWords(f.Slots))
}

// after tells whether the region a comes after b in the configuration.
func (j *judgement) after(a, b string) bool {
	index := func(name string) int {
		return slices.IndexFunc(j.snap.Regions, func(r Region) bool { return r.Name == name })
	}
	return index(a) > index(b)
}

func (j *judgement) start() string { return j.snap.Started.Format("15:04:05") }
