package canary

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// toRead returns the writes to look for in a region now: all that are young, and
// of the others some in turn. The newest come first, since a later effect could
// still bring them while the look is under way.
func (b *book) toRead(region int, now Moment) []int {
	open := b.stillOpen(region)
	young := len(open)
	for young > 0 && b.at(open[young-1]).ended() > now-b.grace {
		young--
	}
	ns := slices.Clone(open[young:])
	if old := open[:young]; len(old) > 0 {
		cursor := &b.open[region].cursor
		first := *cursor % len(old)
		some := min(oldAtOnce, len(old))
		for i := range some {
			ns = append(ns, old[(first+i)%len(old)])
		}
		*cursor = (first + some) % len(old)
	}
	ns = append(ns, b.again(region, now)...)
	slices.SortFunc(ns, func(a, b int) int { return b - a })
	return ns
}

// againEvery is the time between two looks for what is readable in a region as far
// as is known, and missing in another one.
const againEvery = time.Second

// again returns some such writes in turn: they are what holds back a return, and may
// be gone, as when a replica is given the data of another primary and its clients
// stay connected.
func (b *book) again(region int, now Moment) (ns []int) {
	o := &b.open[region]
	if now < o.again {
		return nil
	}
	o.again = now + againEvery
	for other := range b.open {
		if other == region {
			continue
		}
		for _, n := range b.stillOpen(other) {
			if w := b.at(n); n >= o.next && w.seen&bit(region) != 0 && w.absent&bit(other) != 0 {
				ns = append(ns, n)
			}
		}
	}
	slices.Sort(ns)
	ns = slices.Compact(ns)
	if o.next = 0; len(ns) > oldAtOnce { // else all of them have had their turn
		o.next = ns[oldAtOnce]
		ns = ns[:oldAtOnce]
	}
	return ns
}

// cutOver begins an incident: an application has got to a region. All that was
// acknowledged elsewhere before, and will stay for a while, is to be looked for.
func (b *book) cutOver(i Incident) *followed {
	b.count++
	i.Number, i.Start, i.Maps, i.Rate = b.count, b.start, b.sharded, b.rate
	f := &followed{Incident: i, cover: len(b.cover), waiting: make(map[int]bool), missed: make(map[int]drill.Missed), open: make(map[int]bool),
		told: make(map[Stage]bool)}
	for n := b.oldest; n < b.next; n++ {
		w := b.at(n)
		if w.outcome != drill.Acknowledged || w.trial() || w.ended() > i.CutOverAt || w.region() == i.To {
			continue
		}
		f.lastAck = max(f.lastAck, w.ended())
		if b.stays(n, i.CutOverAt) && slices.Contains(b.owners(int(w.slot)), i.To) {
			f.waiting[n] = true
		}
	}
	b.incidents = append(b.incidents, f)
	if len(b.incidents) > MaxIncidents { // a region that flaps all the time: the oldest stay as they are
		b.end(b.incidents[0])
	}
	return f
}

// stays tells whether a write that is absent from a moment on is missing: it is
// not about to expire, and not known to be lost already.
func (b *book) stays(n int, now Moment) bool {
	return now < Moment(b.at(n).sent)+b.expiry-margin && !b.lost[n]
}

// comeBack notes that an application has left the targets of all incidents for a
// region, and returns what is to be looked for there.
func (b *book) comeBack(to int, at Moment) []int {
	var all []int
	for n := b.oldest; n < b.next; n++ {
		w := b.at(n)
		if w.outcome == drill.Acknowledged && !w.trial() && w.ended() <= at && b.stays(n, at) && slices.Contains(b.owners(int(w.slot)), to) {
			all = append(all, n)
		}
	}
	for _, f := range b.incidents {
		if f.Return != nil || f.Homeward || f.CutOverAt >= at {
			continue
		}
		f.Return = &Return{At: at, To: to}
		f.returning = make(map[int]bool, len(all))
		for _, n := range all {
			f.returning[n] = true
		}
	}
	slices.Reverse(all)
	return all
}

// waitingIn returns what is to be looked for at the cut-over of an incident, the
// newest first.
func (f *followed) waitingIn() []int {
	ns := slices.Sorted(maps.Keys(f.waiting))
	slices.Reverse(ns)
	return ns
}

// looked notes that there is no more looking for what an application found at its
// cut-over, or at its return: what has not been looked for by now never is.
func (f *followed) looked(back bool) {
	if back {
		f.Return.Unread, f.Return.Looked = f.Return.Unread+len(f.returning), true
		f.returning = nil
		return
	}
	f.Unread, f.Looked = f.Unread+len(f.waiting), true
	f.waiting = nil
}

// provable is missed writes of one slot whose absence can be proven by reading
// them in all regions now.
type provable struct {
	incident *followed
	missing  []drill.Entry
	owners   []int
	evidence drill.Evidence // all but the readings
}

// provables returns what can be proven now.
func (b *book) provables() []provable {
	var all []provable
	for _, f := range b.incidents {
		bySlot := make(map[int][]drill.Entry)
		for n := range f.open {
			e := f.missed[n].Entry
			bySlot[e.Slot] = append(bySlot[e.Slot], e)
		}
		for slot, missing := range bySlot {
			owners := b.owners(slot)
			r := b.rounds[slot]
			if r == nil || r.done < needed(len(owners)) {
				continue
			}
			slices.SortFunc(missing, func(a, b drill.Entry) int { return cmp.Compare(b.N, a.N) })
			p := provable{incident: f, missing: missing, owners: owners, evidence: drill.Evidence{
				Quiet: map[int]Moment{slot: r.begun}, Owners: map[int]map[int]bool{slot: {}}}}
			for _, region := range owners {
				p.evidence.Owners[slot][region] = true
			}
			for at, fence := range b.latest.fences {
				if at.slot == slot {
					p.evidence.Fences = append(p.evidence.Fences, fence)
				}
			}
			all = append(all, p)
		}
	}
	return all
}

// change is a stage that an incident has come to.
type change struct {
	Incident
	stage Stage
}

// settle notes of which incidents all is known, ends them, and returns what has
// changed since the last call. That nothing was missed is known at the cut-over, and
// is no news afterwards.
func (b *book) settle(now Moment) []change {
	var changed []change
	for _, f := range slices.Clone(b.incidents) {
		if f.Looked && len(f.open) == 0 && f.SettledAt == nil {
			f.SettledAt = &now
			f.told[Settled] = len(f.missed) == 0
		}
		for _, stage := range stages {
			if f.Came(stage) && !f.told[stage] {
				f.told[stage] = true
				changed = append(changed, change{f.result(), stage})
			}
		}
		if f.Over() {
			b.end(f)
		}
	}
	return changed
}

// end stops following an incident, and keeps its result.
func (b *book) end(f *followed) {
	b.incidents = slices.DeleteFunc(b.incidents, func(other *followed) bool { return other == f })
	if len(b.ended) == MaxIncidents {
		b.ended = b.ended[:copy(b.ended, b.ended[1:])]
	}
	b.ended = append(b.ended, f.result())
}

// all returns the incidents that are kept, the oldest first.
func (b *book) all() []Incident {
	all := slices.Clone(b.ended)
	for _, f := range b.incidents {
		all = append(all, f.result())
	}
	slices.SortFunc(all, func(a, b Incident) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// failing returns the last acknowledgement in a region on the slots of which the
// last write was not acknowledged: the earliest of them. Nil when there is none.
func (b *book) failing(region int) *Moment {
	var earliest *Moment
	for _, slot := range b.cover {
		t, tried := b.tries[place{region, slot}]
		if tried && t.ever && t.outcome != drill.Acknowledged && (earliest == nil || t.acked < *earliest) {
			acked := t.acked
			earliest = &acked
		}
	}
	return earliest
}

// lately is for how long an acknowledgement proves that a region accepts writes:
// every slot comes twice in it.
func (b *book) lately() time.Duration {
	return max(10*time.Second, time.Duration(2*float64(len(b.cover))/b.rate*float64(time.Second)))
}
