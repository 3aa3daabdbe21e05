package canary

import (
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
)

// Followed is an incident with its missed writes one by one.
type Followed struct{ f *followed }

// Number is that of the incident.
func (f Followed) Number() int { return f.f.Number }

// Missed returns the missed writes with their fates.
func (f Followed) Missed(c *Canary) []drill.Missed {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []drill.Missed
	for _, m := range f.f.missed {
		all = append(all, m)
	}
	return all
}

// Following returns the incidents that are being followed.
func (c *Canary) Following() []Followed {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Followed
	for _, f := range c.book.incidents {
		all = append(all, Followed{f})
	}
	return all
}

// Book is the reducer by itself.
type Book struct{ *book }

// NewBook returns an empty one.
func NewBook(c Config) Book { return Book{newBook(c.complete(), time.Now())} }

// Sizes returns what grows with what is kept: writes for which there is room, in
// pages and in lists, and the entries of the maps.
func (b Book) Sizes() (room, listed, mapped int) {
	for _, p := range b.pages {
		room += cap(p)
	}
	for _, o := range b.open {
		listed += cap(o.ns)
	}
	for _, f := range b.incidents {
		mapped += len(f.waiting) + len(f.missed) + len(f.returning)
	}
	return room, listed, mapped + len(b.since) + len(b.tries) + len(b.rounds) + len(b.lost) + len(b.dead) + len(b.owned)
}

// Write makes a write that ends at once.
func (b Book) Write(region int, at Moment, outcome drill.Outcome) int {
	n, _ := b.begin(region, false, at)
	b.finish(n, outcome, probe.NoCause, at, false)
	return n
}

// Read notes a reading.
func (b Book) Read(r drill.Reading) { b.read(r) }

// Plan returns what is to be looked for, by region.
func (b Book) Plan(now Moment) (all [][]int) {
	for region := range b.open {
		all = append(all, b.toRead(region, now))
	}
	return all
}

// Lacking counts what is known to be missing in a region.
func (b Book) Lacking(region int, now Moment) int {
	missing, _ := b.lacking(region, now)
	return missing
}

// Expire forgets what has expired.
func (b Book) Expire(now Moment) { b.expire(now) }

// Connect makes new connections to all shards.
func (b Book) Connect(at Moment) {
	s := sight{at: at}
	for _, m := range b.sharded {
		var r regionSight
		for _, h := range m.Shards {
			r.shards = append(r.shards, shardSight{ranges: h.Slots, connected: true, since: at, present: true})
		}
		s.regions = append(s.regions, r)
	}
	b.see(s)
}

// CutOver begins an incident.
func (b Book) CutOver(from, to int, at Moment) {
	b.cutOver(Incident{From: from, To: to, CutOverAt: at})
}

// Incidents returns those that are kept.
func (b Book) Incidents() []Incident { return b.all() }
