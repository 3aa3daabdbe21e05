package survey

import (
	"time"

	"github.com/aafailover/aafailover/slots"
)

// settleTime is how far apart two answers must be that say the same, before what looks half done is believed. A slot that is
// being moved, or a shard whose replica takes over, is in between for less than that.
const settleTime = 2 * time.Second

// newsTime is how long after a change a server of the region may still tell the map before: some times as long as the nodes of
// a cluster take to tell each other.
const newsTime = 15 * time.Second

// belief is how a region is believed to be sharded, given its answers one after the other. It is pure.
type belief struct {
	m     slots.Map
	told  bool      // m is what the region told, not what was assumed of it
	was   slots.Map // the map before m; without shards when there was none
	came  time.Time // when m took its place
	doubt slots.Map // an answer that looked half done, without shards when there is none
	since time.Time // when that answer was first given
}

// hear takes an answer. It returns whether m is news, and whether the region should be asked again soon.
//
// Three kinds of answer are believed only when they are given twice: a map that leaves slots to nobody that had an owner, a
// sharding that is not known any more, and soon after a change the map before, as different servers of one region tell it
// while the news has not reached all of them.
func (b *belief) hear(m slots.Map, at time.Time) (news, again bool) {
	if same(m, b.m) {
		news = !b.told
		b.told, b.doubt = true, slots.Map{}
		return news, false
	}
	if worse(m, b.m) || same(m, b.was) && at.Sub(b.came) < newsTime {
		if !same(m, b.doubt) {
			b.doubt, b.since = m, at
		}
		if at.Sub(b.since) < settleTime {
			return false, true
		}
	}
	b.m, b.was, b.came, b.doubt, b.told = m, b.m, at, slots.Map{}, true
	return true, false
}

// worse tells whether a map says less than another one: nothing about the sharding, or about slots that have an owner in
// the other.
func worse(m, than slots.Map) bool {
	if rank(m.Source) < rank(than.Source) {
		return true
	}
	now, before := ownersOf(m), ownersOf(than)
	for slot := range slots.Count {
		if now[slot] == nobody && before[slot] != nobody {
			return true
		}
	}
	return false
}

// rank orders the sources of a map by how much they know.
func rank(s slots.Source) int {
	switch s {
	case slots.Single:
		return 0
	case slots.Static:
		return 1
	}
	return 2 // the region or its management says it
}
