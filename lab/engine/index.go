package engine

import "hash/maphash"

// index finds entries by key. It is a hash table that keeps the hash of a key beside its entry, so that neither growing
// nor passing over another key reads one: with millions of keys in each of several engines, each such look is at memory that no
// cache has, and most of what a write costs. The zero value is empty.
//
// A table that grows does so at once. Beyond partedAt keys there are many tables, chosen by other bits of the hash, so that
// no command waits for all of the keys to be put elsewhere.
type index struct {
	tables []table // none, one, or parts
	count  int
}

const (
	partedAt   = 1 << 14 // keys
	partBits   = 8
	parts      = 1 << partBits
	leastSlots = 8 // of a table; a power of two, as every number of them
)

// table is a hash table with linear probing: an entry is in the first free slot from that on which the lowest bits of
// its hash name.
type table struct {
	slots []slot
	count int
}

type slot struct {
	hash uint64
	n    *entry // nil: free
}

// seed is of all hashes in this process. Clients choose the keys, and cannot know where they will be.
var seed = maphash.MakeSeed()

func hashOf(key string) uint64 { return maphash.String(seed, key) }

// of returns the table of a hash. There must be one.
func (x *index) of(hash uint64) *table {
	if len(x.tables) == 1 {
		return &x.tables[0]
	}
	return &x.tables[hash>>(64-partBits)]
}

// find returns the entry of a key with its hash, or nil.
func find[Key string | []byte](x *index, key Key, hash uint64) *entry {
	if x.count == 0 {
		return nil
	}
	t := x.of(hash)
	if t.count == 0 {
		return nil
	}
	mask := uint64(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		switch s := &t.slots[i]; {
		case s.n == nil:
			return nil
		case s.hash == hash && s.n.key == string(key):
			return s.n
		}
	}
}

// get returns the entry of a key, or nil.
func (x *index) get(key string) *entry { return find(x, key, hashOf(key)) }

// add puts in an entry whose key is not there, with the hash of that.
func (x *index) add(n *entry, hash uint64) {
	switch {
	case x.tables == nil:
		x.tables = make([]table, 1)
	case x.count == partedAt && len(x.tables) == 1:
		x.part()
	}
	x.of(hash).add(slot{hash, n})
	x.count++
}

// part spreads one table over many.
func (x *index) part() {
	whole := x.tables[0].slots
	x.tables = make([]table, parts)
	for _, s := range whole {
		if s.n != nil {
			x.of(s.hash).add(s)
		}
	}
}

// remove takes an entry out, which must be there.
func (x *index) remove(n *entry) {
	hash := hashOf(n.key)
	x.of(hash).remove(n, hash)
	x.count--
}

// add keeps a table at most three quarters full.
func (t *table) add(s slot) {
	if 4*(t.count+1) > 3*len(t.slots) {
		old := t.slots
		t.slots = make([]slot, max(leastSlots, 2*len(old)))
		for _, s := range old {
			if s.n != nil {
				t.put(s)
			}
		}
	}
	t.put(s)
	t.count++
}

func (t *table) put(s slot) {
	mask := uint64(len(t.slots) - 1)
	i := s.hash & mask
	for t.slots[i].n != nil {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

// remove leaves no mark: it moves those back that the entry had pushed on.
func (t *table) remove(n *entry, hash uint64) {
	mask := uint64(len(t.slots) - 1)
	hole := hash & mask
	for t.slots[hole].n != n {
		hole = (hole + 1) & mask
	}
	for i := (hole + 1) & mask; t.slots[i].n != nil; i = (i + 1) & mask {
		// It may move unless its first slot lies behind the hole.
		if first := t.slots[i].hash & mask; (i-first)&mask >= (i-hole)&mask {
			t.slots[hole] = t.slots[i]
			hole = i
		}
	}
	t.slots[hole] = slot{}
	t.count--
}
