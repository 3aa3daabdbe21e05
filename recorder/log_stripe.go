package recorder

import (
	"hash/maphash"
	"sync"
	"unsafe"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
)

// stripes is how many parts the items and their writes are in, by the hash of the key: each has a lock of its own, so that
// connections seldom wait for one another. A key, its parts and all their writes are in one stripe. Numbers as the Log tells
// them are those of the stripe, times stripes, plus the stripe's.
const stripes = 32

// outside returns the number of a stripe's record or item as the Log tells it.
func outside(stripe int, n uint32) int {
	if n == unset {
		return -1
	}
	return int(n)*stripes + stripe
}

// inside is the other way round.
func inside(n int) (stripe int, number uint32) { return n % stripes, uint32(n / stripes) }

// stripe is a part of the items and their writes.
type stripe struct {
	mu     sync.Mutex
	items  items
	writes paged[record]
}

// place is an item that a command names, by its stripe and its hashes.
type place struct {
	commands.Item
	stripe      int
	hash        uint32 // of the key
	partHash    uint32 // of both
	part, named bool   // it is a part of its key; and the reply tells which
}

func (l *Log) placeOf(i commands.Item) place {
	key := commands.DigestOf(l.places, i.Key)
	p := place{Item: i, stripe: int(key % stripes), hash: uint32(key >> 32)}
	if i.Kind >= commands.Field {
		p.part, p.partHash = true, partHash(l.places, p.hash, i.Part)
	}
	return p
}

// partHash is the hash of a part of a key, by the hash of the key.
func partHash(seed maphash.Seed, key uint32, part []byte) uint32 {
	return key ^ uint32(commands.DigestOf(seed, part))
}

// touched is what a command in flight has to do with one write of it.
type touched struct {
	state  commands.State // by the request, and by the reply once it is there
	stripe int
	write  uint32 // unset where there was no room
	key    uint32 // the item of its key
}

// lookup returns the items of a place, as far as they are known.
func (s *stripe) lookup(p *place) (key, item uint32) {
	if p.part && !p.named {
		if item = s.items.find(p.Key, p.Part, true, p.partHash); item != unset {
			return s.items.at(item).whole, item
		}
	}
	key = s.items.find(p.Key, nil, false, p.hash)
	if p.part {
		return key, unset
	}
	return key, key
}

// begin enters a write that was sent, of which r has what does not depend on its item. Matched is false for a key that is none
// of those which are recorded.
func (s *stripe) begin(l *Log, p *place, r *record) (t touched, matched bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, item := s.lookup(p)
	if key == unset && !l.match.match(p.Key) {
		return touched{}, false
	}
	if key == unset {
		if key = s.items.add(&l.room, p.Key, nil, false, p.hash); !p.part {
			item = key
		}
	}
	if p.part && !p.named && item == unset && key != unset {
		if item = s.items.add(&l.room, p.Key, p.Part, true, p.partHash); item != unset {
			s.items.at(item).whole = key
		}
	}
	t = touched{stripe: p.stripe, write: unset, key: key}
	if key == unset {
		return t, true
	}
	if item != unset || p.named {
		t.write, _ = s.writes.grow(&l.room, int(unsafe.Sizeof(record{})))
	}
	if t.write == unset {
		s.losesSight(key, item)
		return t, true
	}
	s.enter(p, r, t, item)
	return t, true
}

// unfollow notes that something may be done to a key, if it is known, which is not recorded.
func (s *stripe) unfollow(p *place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key, _ := s.lookup(p); key != unset {
		s.losesSight(key, key)
	}
}

// losesSight notes that a write is not recorded: nothing can be said of its item any more.
func (s *stripe) losesSight(key, item uint32) {
	if item != unset {
		s.items.at(item).about |= unfollowed
	}
	if item != key {
		s.items.at(key).about |= looseParts
	}
}

// enter puts a write where it belongs.
func (s *stripe) enter(p *place, r *record, t touched, item uint32) {
	w, key := s.writes.at(t.write), s.items.at(t.key)
	*w = *r
	w.item, w.repeats = item, unset
	head := &key.stream
	if item != unset {
		i := s.items.at(item)
		if p.Kind != commands.WholeKey {
			i.kind = p.Kind
		}
		if i.inFlight == 0 {
			w.facts |= alone
		}
		head = &i.last
	}
	w.previous = *head
	*head = t.write
	s.count(t.key, item, 1)
	if p.part {
		key.parts = t.write
	}
	if w.has(trims) {
		key.trimmed = t.write
	}
	s.repeatsEarlier(t)
}

// count adds to what is in flight of a key and, if it is not the key itself, of an item.
func (s *stripe) count(key, item uint32, change int32) {
	s.items.at(key).inFlight += change
	if item != key && item != unset {
		s.items.at(item).inFlight += change
	}
}

// longestID bounds what is taken for the id of an entry, in bytes: two numbers of 64 bits.
const longestID = 41

// name enters which entry of a stream a write in flight has made, as the reply tells. The writes of that entry begin with this one.
func (s *stripe) name(l *Log, t *touched, id []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.items.at(t.key)
	if len(id) > longestID {
		key.about |= looseParts
		return
	}
	text, _ := s.items.textOf(key)
	hash := partHash(l.places, key.hash, id)
	item := s.items.find(text, id, true, hash)
	if item == unset {
		if item = s.items.add(&l.room, text, id, true, hash); item == unset {
			key.about |= looseParts
			return
		}
		s.items.at(item).whole = t.key
	}
	i := s.items.at(item)
	if i.last != unset {
		i.about |= unfollowed // somebody has deleted it before it was there
		return
	}
	i.kind, i.last, i.inFlight = commands.Entry, t.write, 1
	s.writes.at(t.write).item = item
}

// end enters the outcome of a write.
func (s *stripe) end(l *Log, t *touched, e ending, at drill.Moment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.writes.at(t.write)
	w.outcome = e.outcome
	w.facts |= e.facts
	w.setEnded(at)
	w.setState(t.state, l.until(w.sent))
	s.count(t.key, w.item, -1)
	if e.outcome == drill.Acknowledged {
		s.acknowledged(t, w)
		return
	}
	if !w.closed() && e.outcome != drill.Rejected && w.item != t.key {
		s.items.at(t.key).about |= looseParts
	}
	if !w.has(redirected) {
		s.fails(t, w, e.known)
	}
}

func (s *stripe) acknowledged(t *touched, w *record) {
	if w.item == unset || !w.wrote() {
		return
	}
	i := s.items.at(w.item)
	// With no other write of the item in flight all that time, the one before had ended when this one was sent. It is not looked at
	// then: it lies in memory that is cold by now.
	if i.acked == unset || w.has(alone) && i.last == t.write || s.writes.at(i.acked).ended() <= w.ended() {
		i.acked = t.write
	}
}
