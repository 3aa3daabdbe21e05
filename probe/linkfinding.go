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
	f := j.about(l, silent)
	f.Severity, f.Verdict = Failure, ReplicationFailure
	back := j.snap.Link(l.To, l.From)
	if back.State.Silent() && (back.State == LinkNever) == (l.State == LinkNever) {
		g := j.about(back, silent)
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
	f.Text += keysInWords(l)
	if l.State == LinkNever && !l.LastUp.IsZero() {
		f.Text += fmt.Sprintf("; last seen up %s", l.LastUp.Format("2006-01-02 15:04:05"))
	}
	j.find(f)
}

// poor finds a link that carries, but badly.
func (j *judgement) poor(l *Link) {
	poor := func(c Cell) bool {
		// A loop that was silent is an impairment of its region until it is proven again.
		return (c.State == LinkDegraded || c.State == LinkLate) && (!l.Loop() || !c.Proving)
	}
	if !slices.ContainsFunc(l.Cells, poor) {
		return
	}
	f := j.about(l, poor)
	f.Severity, f.Verdict = Warning, Degraded
	name, how := arrow(l), "loses messages"
	if l.Loop() {
		name, how = l.From, "loses messages of its own"
	}
	if l.State == LinkLate {
		how = fmt.Sprintf("delivers after more than %v", l.Deadline)
	}
	again := ""
	if slices.ContainsFunc(l.Cells, func(c Cell) bool { return poor(c) && c.Proving }) {
		// It was silent, and is not called anything else before it had the time to prove what it is.
		how, again = "delivers again", ", which is not proven yet"
		f.Severity, f.Verdict = Failure, ReplicationFailure
	}
	f.Text = fmt.Sprintf("%s %s%s%s%s", name, how, j.where(l, &f), since(f.Since), again)
	j.find(f)
}

// about returns a finding about the cells of a link that are in such a state. Shards and Slots are left empty when all
// cells are.
func (j *judgement) about(l *Link, such func(Cell) bool) Finding {
	f := Finding{Kind: FindingLink, From: l.From, To: l.To}
	from := j.snap.Region(l.From)
	var all []slots.Range
	for i := range l.Cells {
		c := &l.Cells[i]
		of := j.slots(l, c)
		all = append(all, of...)
		if !such(*c) {
			continue
		}
		f.Slots = append(f.Slots, of...)
		if source := &from.Shards[c.FromShard]; !slices.Contains(f.Shards, source.ID) {
			f.Shards = append(f.Shards, source.ID)
		}
		if f.Since.IsZero() || c.Since.Before(f.Since) {
			f.Since = c.Since
		}
	}
	if len(f.Shards) == 0 { // of a link that is what it was until something is known of its cells, which are all new
		f.Since = l.Since
	}
	f.Slots = merged(f.Slots)
	if slices.Equal(f.Slots, merged(all)) {
		f.Shards, f.Slots = nil, nil
	}
	return f
}

// slots returns the slots whose fate a cell shares, as far as is known.
func (j *judgement) slots(l *Link, c *Cell) []slots.Range {
	from, to := j.snap.Region(l.From), j.snap.Region(l.To)
	if proven(from) && proven(to) {
		return common(from.Shards[c.FromShard].Slots, to.Shards[c.ToShard].Slots)
	}
	return []slots.Range{{First: c.Slot, Last: c.Slot}}
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

func silent(c Cell) bool { return c.State.Silent() }

// keysInWords says what is strange about the keys of a link that carries no messages, "" for nothing.
func keysInWords(l *Link) string {
	if !slices.ContainsFunc(l.Cells, func(c Cell) bool { return silent(c) && c.Keys.State == KeysArriving }) {
		return ""
	}
	return "; keys still arrive: a full copy is under way, the link is not live"
}
