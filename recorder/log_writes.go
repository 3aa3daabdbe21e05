package recorder

import (
	"iter"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
)

// NoItem stands for an item that is not known: of an XADD whose id was never told.
const NoItem = -1

// NoWrite stands for no write.
const NoWrite = -1

// Write is one command on one item.
type Write struct {
	N          int // which write it is; numbers have gaps
	Operation  int // what the writes of one command have in common
	Region     int // index
	Connection int // index in Connections; -1 if it is one of too many
	Command    string
	Item       int // for Item, Last and Judge; NoItem
	Sent       drill.Moment
	Ended      drill.Moment // when the outcome was known: for Acknowledged, when the reply had been delivered
	Outcome    drill.Outcome
	// Answered says that the region had answered, be it that the service did not get that: an Indeterminate write was
	// carried out by Ended, or never.
	Answered bool
	// State is what it left behind of the item. Unchanged: it was carried out, and wrote nothing, since its condition was not
	// met, or only changed the expiry; or it is known not to have been carried out.
	State commands.State
	// Repeats is the earlier write that this one repeats: the same command, with the same arguments, which had been
	// rejected, was indeterminate, or had not been answered for a second. NoWrite: none.
	Repeats int
	// Doubtful says that the earlier one may have been applied as well, and that it makes a difference: INCR, LPUSH, XADD.
	Doubtful bool
}

// outside returns a write as the Log tells it.
func (s *stripe) outside(l *Log, stripe int, n uint32) Write {
	r := s.writes.at(n)
	w := Write{
		N: outside(stripe, n), Operation: int(r.operation), Region: int(r.region), Connection: int(int32(r.connection)),
		Command: l.names.name(r.command), Item: outside(stripe, r.item), Sent: r.sent, Outcome: r.outcome, Answered: r.has(answered),
		State: r.state(), Repeats: outside(stripe, r.repeats),
	}
	if r.outcome != drill.Inflight {
		w.Ended = r.ended()
	}
	if r.repeats != unset {
		w.Doubtful = r.has(doubtful) && r.outcome != drill.Rejected && s.writes.at(r.repeats).outcome != drill.Rejected
	}
	return w
}

// Write returns write n.
func (l *Log) Write(n int) Write {
	stripe, number := inside(n)
	s := &l.stripes[stripe]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outside(l, stripe, number)
}

// Writes hands out the writes so far, those in flight included, in the order in which they were sent; of those that were sent at
// nearly the same time over several connections, in either.
func (l *Log) Writes() iter.Seq[Write] {
	return func(yield func(Write) bool) {
		var heads [stripes]head
		for i := range heads {
			heads[i].fill(l, i)
		}
		for {
			first := -1
			for i := range heads {
				if !heads[i].over() && (first < 0 || heads[i].now().Sent < heads[first].now().Sent) {
					first = i
				}
			}
			if first < 0 || !yield(*heads[first].now()) {
				return
			}
			heads[first].next(l, first)
		}
	}
}

// head is how far the writes of one stripe have been handed out.
type head struct {
	some []Write // copied, so that the stripe is not locked while they are used
	at   int
	from uint32 // of the stripe, the next ones
}

// fill copies the next writes.
func (h *head) fill(l *Log, stripe int) {
	s := &l.stripes[stripe]
	s.mu.Lock()
	defer s.mu.Unlock()
	h.some, h.at = h.some[:0], 0
	for ; h.from < s.writes.n && len(h.some) < pageOf; h.from++ {
		h.some = append(h.some, s.outside(l, stripe, h.from))
	}
}

func (h *head) over() bool  { return h.at == len(h.some) }
func (h *head) now() *Write { return &h.some[h.at] }

func (h *head) next(l *Log, stripe int) {
	if h.at++; h.over() {
		h.fill(l, stripe)
	}
}

// Item is an item of the Log.
type Item struct {
	Key, Part string // Part is empty where it is the key as a whole
	Kind      commands.ItemKind
	// Followed is false where some writes of the item were not recorded, for want of memory: it cannot be judged.
	Followed bool
}

// Item returns what an item is; of NoItem nothing is known.
func (l *Log) Item(item int) Item {
	if item == NoItem {
		return Item{}
	}
	stripe, n := inside(item)
	s := &l.stripes[stripe]
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.items.at(n)
	key, part := s.items.textOf(i)
	return Item{Key: string(key), Part: string(part), Kind: i.kind, Followed: s.judged(n)}
}

// Previous returns the write of the same item before write n, or NoWrite.
func (l *Log) Previous(n int) int {
	stripe, number := inside(n)
	s := &l.stripes[stripe]
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.writes.at(number)
	if w.previous == unset || w.item == unset || s.writes.at(w.previous).item != w.item {
		return NoWrite
	}
	return outside(stripe, w.previous)
}

// Newest returns the write of an item that was sent last, or NoWrite: the item is a key of which only parts were written.
func (l *Log) Newest(number int) int {
	return l.writeOf(number, func(i *item) uint32 { return i.last })
}

// Last returns the write of an item that was acknowledged last and wrote something, or NoWrite.
func (l *Log) Last(number int) int {
	return l.writeOf(number, func(i *item) uint32 { return i.acked })
}

// writeOf returns one of the writes that an item leads to.
func (l *Log) writeOf(number int, which func(*item) uint32) int {
	if number == NoItem {
		return NoWrite
	}
	stripe, n := inside(number)
	s := &l.stripes[stripe]
	s.mu.Lock()
	defer s.mu.Unlock()
	return outside(stripe, which(s.items.at(n)))
}

// Superseded tells whether a write cannot be judged any more, since a later one of the same item, or of the key that it is a part of,
// was sent after this one had ended, and has been acknowledged.
func (l *Log) Superseded(n int) bool {
	stripe, number := inside(n)
	s := &l.stripes[stripe]
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.writes.at(number)
	if w.item == unset || !w.closed() {
		return false
	}
	superseded := false
	s.eachState(w.item, func(later *record, state commands.State) {
		superseded = superseded || later.outcome == drill.Acknowledged && state.Kind != commands.Unchanged && later.sent > w.ended()
	})
	return superseded
}
