package canary

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// book is all that is known of the writes: a pure reducer of what was sent,
// answered, read and seen by the probe.
type book struct {
	start  time.Time
	prefix string
	run    string
	expiry time.Duration
	grace  time.Duration
	rate   float64

	sharded []slots.Map // the regions
	cover   []int
	owned   map[int][]int // by slot: the regions that own it, ascending

	ledger
	tally    drill.Tally
	heldBack int
	turns    []int // by region: how many writes, which go to the slots in turn

	latest sight
	since  map[place]Moment // when the connections to the shard of a slot were made last
	tries  map[place]try
	open   []openList // by region
	lags   lags
	dead   map[path]Moment // when nothing arrived there, as far as is known; the last time

	incidents []*followed // of which not everything is known
	ended     []Incident  // the last ones
	count     int
	rounds    map[int]*rounds // by slot
	lost      map[int]bool    // writes that are kept and proven to be lost
}

// place is a slot in a region.
type place struct{ region, slot int }

// try is the last write to a place that was answered or given up.
type try struct {
	at      Moment
	acked   Moment // the last acknowledgement
	ever    bool   // there was one
	outcome drill.Outcome
	cause   probe.Cause
}

func newBook(c Config, start time.Time) *book {
	b := &book{start: start, prefix: c.Prefix, run: c.Run, expiry: c.Expiry, grace: c.Grace, rate: c.Rate,
		since: make(map[place]Moment), tries: make(map[place]try), open: make([]openList, len(c.Maps)), turns: make([]int, len(c.Maps)),
		lags: newLags(len(c.Maps)), rounds: make(map[int]*rounds), lost: make(map[int]bool), dead: make(map[path]Moment)}
	b.reshape(c.Topology)
	return b
}

// reshape takes up another topology of the same regions.
func (b *book) reshape(t Topology) {
	b.sharded, b.cover = t.Maps, t.Cover
	b.owned = make(map[int][]int)
	for region := range b.open {
		b.open[region] = openList{}
	}
	for n := b.oldest; n < b.next; n++ {
		b.await(n)
	}
	clear(b.rounds)
	used := b.inUse()
	maps.DeleteFunc(b.tries, func(p place, _ try) bool { return !slices.Contains(b.cover, p.slot) })
	maps.DeleteFunc(b.dead, func(p path, _ Moment) bool { return !used[p.slot] })
	maps.DeleteFunc(b.since, func(p place, _ Moment) bool { return !used[p.slot] })
}

// owners returns the regions that own a slot.
func (b *book) owners(slot int) []int {
	owners, ok := b.owned[slot]
	if !ok {
		for i, m := range b.sharded {
			if _, owns := m.ShardOf(slot); owns {
				owners = append(owners, i)
			}
		}
		b.owned[slot] = owners
	}
	return owners
}

// key returns the key of a write that is kept: PREFIX:{KEY}:RUN:N, as a drill's.
func (b *book) key(n int) string {
	return fmt.Sprintf("%s:{%s}:%s:%d", b.prefix, slots.Key(int(b.at(n).slot)), b.run, n)
}

// begin enters a write to a region, to the next slot in turn, and returns its
// number and key. A trial is no write of an application.
func (b *book) begin(region int, trial bool, at Moment) (n int, key string) {
	n = b.ledger.begin(region, b.cover[b.turns[region]%len(b.cover)], trial, at)
	b.turns[region]++
	return n, b.key(n)
}

// patience is how long a write must have been under way, when it was broken off,
// to tell that the region does not answer.
const patience = 500 * time.Millisecond

// finish enters the outcome of a write. One that we broke off ourselves, after a
// short time, says nothing of the region.
func (b *book) finish(n int, outcome drill.Outcome, cause probe.Cause, at Moment, brokenOff bool) {
	switch outcome {
	case drill.Acknowledged:
		b.tally.Acknowledged++
	case drill.Rejected:
		b.tally.Rejected++
	case drill.Unsent:
		b.tally.Unsent++
	default:
		b.tally.Indeterminate++
	}
	b.tally.Attempted = b.tally.Acknowledged + b.tally.Rejected + b.tally.Indeterminate
	w := b.ledger.end(n, outcome, at)
	if w == nil || brokenOff && outcome != drill.Acknowledged && w.ended()-Moment(w.sent) < patience {
		return
	}
	p := place{w.region(), int(w.slot)}
	t := b.tries[p]
	t.at, t.outcome, t.cause = at, outcome, cause
	if outcome == drill.Acknowledged {
		t.acked, t.ever = w.ended(), true
		w.came |= bit(p.region)
		if b.valid(p, Moment(w.sent)) {
			w.seen |= bit(p.region)
		}
		b.await(n)
	}
	b.tries[p] = t
}

func bit(region int) uint64 { return 1 << region }

// valid tells whether what was done at a place from a moment on was done with
// whoever is there now.
func (b *book) valid(p place, began Moment) bool { return began >= b.since[p] }

// await notes where a write is still to be looked for.
func (b *book) await(n int) {
	w := b.at(n)
	if w.outcome != drill.Acknowledged {
		return
	}
	for _, region := range b.owners(int(w.slot)) {
		if w.seen&bit(region) == 0 {
			b.open[region].add(n)
		}
	}
}

// read notes what one look found. What was found by whoever was there before the
// connections were made anew says nothing.
func (b *book) read(r drill.Reading) {
	w := b.at(r.Write)
	if w == nil {
		return
	}
	if p := (place{r.Region, int(w.slot)}); b.valid(p, r.Began) {
		if r.Found {
			w.seen |= bit(r.Region)
			w.absent &^= bit(r.Region)
			if w.came&bit(r.Region) == 0 {
				w.came |= bit(r.Region)
				if b.valid(p, Moment(w.sent)) && b.dead[path{w.region(), r.Region, p.slot}] < w.ended() { // how long something was away is no lag
					b.lags.add(w.region(), r.Region, r.Ended-w.ended(), r.Ended)
				}
			}
		} else {
			if w.seen&bit(r.Region) != 0 {
				w.seen &^= bit(r.Region) // it is gone: look for it again
				b.open[r.Region].add(r.Write)
			}
			w.absent |= bit(r.Region)
		}
	}
	for _, f := range b.incidents {
		b.arrived(f, r)
		if f.To == r.Region && f.open[r.Write] {
			b.judge(f, []drill.Entry{b.entry(r.Write)}, drill.Evidence{Readings: []drill.Reading{r}})
		}
	}
}

// arrived takes the first reading after a cut-over, or a return, for what an
// application would have found.
func (b *book) arrived(f *followed, r drill.Reading) {
	if f.waiting[r.Write] && r.Region == f.To && r.Began >= f.CutOverAt {
		delete(f.waiting, r.Write)
		if !r.Found {
			e := b.entry(r.Write)
			f.missed[r.Write] = drill.Missed{Absent: f.absent(e)}
			f.open[r.Write] = true
			delete(b.rounds, e.Slot) // they may have begun before this write
		}
	}
	if back := f.Return; back != nil && f.returning[r.Write] && r.Region == back.To && r.Began >= back.At {
		delete(f.returning, r.Write)
		if !r.Found {
			back.Missing++
		}
	}
}

// absent is a write that was not readable at the cut-over.
func (f *followed) absent(e drill.Entry) drill.Absent {
	return drill.Absent{Entry: e, To: f.To, Since: f.CutOverAt}
}

// judge lets the analysis of drills tell the fate of missed writes.
func (b *book) judge(f *followed, missing []drill.Entry, e drill.Evidence) {
	e.Expiry = b.expiry
	for _, m := range missing {
		e.Missing = append(e.Missing, f.absent(m))
	}
	for _, m := range drill.Analyse(e) {
		f.decide(m)
		if m.Fate == drill.Lost {
			b.lost[m.N] = true
		}
	}
}

// see takes in what the probe sees. Where connections were made anew, another
// server may answer than before, and what it holds is to be looked for again.
func (b *book) see(s sight) {
	b.latest = s
	for _, p := range s.dead {
		b.dead[p] = s.at
	}
	anew := make(map[place]bool)
	for slot := range b.inUse() {
		for _, region := range b.owners(slot) {
			h, p := s.shard(region, slot), place{region, slot}
			was, known := b.since[p]
			if !h.connected || known && was == h.since {
				continue
			}
			b.since[p] = h.since
			if known {
				anew[p] = true
			}
		}
	}
	if len(anew) > 0 {
		b.forget(anew)
	}
	open := make(map[int]bool)
	for _, f := range b.incidents {
		for n := range f.open {
			open[f.missed[n].Slot] = true
		}
	}
	for slot := range b.rounds {
		if !open[slot] {
			delete(b.rounds, slot)
		}
	}
	for slot := range open {
		if r := b.rounds[slot].turn(&b.latest, slot, b.owners(slot)); r != nil {
			b.rounds[slot] = r
		} else {
			delete(b.rounds, slot)
		}
	}
}

// inUse returns the slots that are written to, and those of what is kept.
func (b *book) inUse() map[int]bool {
	all := make(map[int]bool, len(b.cover))
	for slot := range b.owned {
		all[slot] = true
	}
	for _, slot := range b.cover {
		all[slot] = true
	}
	return all
}

// forget drops what was known of some places.
func (b *book) forget(places map[place]bool) {
	for n := b.oldest; n < b.next; n++ {
		w := b.at(n)
		if w.outcome != drill.Acknowledged {
			continue
		}
		for _, region := range b.owners(int(w.slot)) {
			if !places[place{region, int(w.slot)}] {
				continue
			}
			w.absent &^= bit(region)
			if w.seen&bit(region) != 0 {
				w.seen &^= bit(region)
				b.open[region].add(n)
			}
		}
	}
}

// expire forgets what has expired long enough ago. A missed write that nobody
// could look for until then stays pending for good.
func (b *book) expire(now Moment) {
	b.drop(now-b.expiry-kept, func(n int) {
		delete(b.lost, n)
		for _, f := range b.incidents {
			delete(f.open, n)
			if f.waiting[n] {
				delete(f.waiting, n)
				f.Unread++
			}
			if f.returning[n] {
				delete(f.returning, n)
				f.Return.Unread++
			}
		}
	})
}
