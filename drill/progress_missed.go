package drill

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aafailover/aafailover/slots"
)

// missedTally counts by shard what a search finds missing and finds again, for whoever watches: the search itself is busy with
// it, and nobody else may look into it. It is safe for concurrent use.
type missedTally struct {
	shards []map[int]int // by region: the shard of a slot that is written to

	looking atomic.Pointer[Look] // the Looked of which is in soFar; nil: no look is under way
	soFar   atomic.Int64

	mu      sync.Mutex
	byShard map[shardOf]*ShardMissed
	absent  map[int]bool // the writes that are missing still
}

// shardOf is a shard by the indexes of its region and in it.
type shardOf struct{ region, shard int }

func newMissedTally(regions []slots.Map, cover []int) *missedTally {
	t := &missedTally{byShard: make(map[shardOf]*ShardMissed), absent: make(map[int]bool)}
	for _, m := range regions {
		owners := make(map[int]int)
		for _, slot := range cover {
			owners[slot] = -1
			if shard, ok := m.ShardOf(slot); ok {
				owners[slot] = shard
			}
		}
		t.shards = append(t.shards, owners)
	}
	return t
}

// left notes that the application left a region: none of its shards has missing writes yet.
func (t *missedTally) left(region int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, shard := range t.shards[region] {
		t.at(shardOf{region, shard})
	}
}

func (t *missedTally) at(s shardOf) *ShardMissed {
	m := t.byShard[s]
	if m == nil {
		m = &ShardMissed{Region: s.region, Shard: s.shard}
		t.byShard[s] = m
	}
	return m
}

// missed notes that a write was missing where the application arrived, and whether it was at an earlier failover.
func (t *missedTally) missed(e Entry, again bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.absent[e.N] {
		return
	}
	t.absent[e.N] = true
	m := t.of(e)
	m.Absent++
	if again {
		m.Back--
	}
}

// found notes that a write was found where it had been missing.
func (t *missedTally) found(e Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.absent[e.N] {
		delete(t.absent, e.N)
		m := t.of(e)
		m.Absent--
		m.Back++
	}
}

func (t *missedTally) of(e Entry) *ShardMissed {
	return t.at(shardOf{e.Region, t.shards[e.Region][e.Slot]})
}

// beginLook notes that so many writes are looked for in a region; looked, that one of them was.
func (t *missedTally) beginLook(region, of int) {
	t.soFar.Store(0)
	t.looking.Store(&Look{Region: region, Of: of})
}

func (t *missedTally) looked() { t.soFar.Add(1) }

func (t *missedTally) endLook() { t.looking.Store(nil) }

// read returns what is known now.
func (t *missedTally) read() ([]ShardMissed, *Look) {
	look := t.looking.Load()
	if look != nil {
		look = &Look{Region: look.Region, Looked: min(int(t.soFar.Load()), look.Of), Of: look.Of}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []ShardMissed
	for _, m := range t.byShard {
		all = append(all, *m)
	}
	slices.SortFunc(all, func(a, b ShardMissed) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Shard, b.Shard))
	})
	return all, look
}
