package drill

import (
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Outcome is what the application was told of a write.
type Outcome uint8

// The outcomes. Inflight is none yet; Unsent never left this process and does
// not count as attempted.
const (
	Inflight Outcome = iota
	Acknowledged
	Rejected
	Indeterminate
	Unsent
)

func (o Outcome) String() string {
	return [...]string{"in flight", "acknowledged", "rejected", "indeterminate", "unsent"}[o]
}

// Entry is one write.
type Entry struct {
	N       int // its number, from 0
	Region  int // index of the region that it was sent to
	Slot    int
	Sent    Moment
	Ended   Moment // when its outcome was known: for Acknowledged, the acknowledgement
	Outcome Outcome
}

// mark is a set of facts about a write that reading back brought to light; at most
// five fit into a record.
type mark uint8

const (
	missing    mark = 1 << iota // not readable in the target when the application got there
	readable                    // was readable in the target at some time after the cut-over
	unreturned                  // not readable in the preferred region when the application came back
)

// record is an Entry in 16 bytes.
type record struct {
	sent   int64  // ns since the start
	took   uint32 // µs until the outcome was known, at most 71 minutes
	place  uint16 // of its slot among those that are written to
	region uint8
	state  uint8 // the outcome in the low three bits, the marks above
}

const (
	outcomeBits = 3
	outcomeMask = 1<<outcomeBits - 1
)

func (r *record) outcome() Outcome { return Outcome(r.state & outcomeMask) }
func (r *record) marks() mark      { return mark(r.state >> outcomeBits) }

const pageSize = 4096

// Ledger holds every write of a drill, in the order in which they were sent.
// It is safe for concurrent use.
type Ledger struct {
	prefix string
	run    string
	keys   []string // one for each slot that is written to, "PREFIX:{KEY}:RUN:"
	slots  []int

	mu    sync.Mutex
	pages [][]record
	n     int
}

// NewLedger returns an empty ledger for a run whose writes go to the given
// slots in turn. There must be at least one slot.
func NewLedger(prefix, run string, cover []int) *Ledger {
	l := &Ledger{prefix: prefix, run: run, slots: cover, keys: make([]string, len(cover))}
	for i, slot := range cover {
		l.keys[i] = fmt.Sprintf("%s:{%s}:%s:", prefix, slots.Key(slot), run)
	}
	return l
}

// Key returns the key of write n: PREFIX:{KEY}:RUN:N, where KEY hashes to the
// slot of the write.
func (l *Ledger) Key(n int) string { return l.keys[l.place(n)] + strconv.Itoa(n) }

// Slot returns the slot of write n.
func (l *Ledger) Slot(n int) int { return l.slots[l.place(n)] }

func (l *Ledger) place(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(l.at(n).place)
}

// Len returns the number of writes so far, those in flight included.
func (l *Ledger) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

// Begin enters a write that is about to be sent, to the next slot in turn, and
// returns its number.
func (l *Ledger) Begin(region int, at Moment) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begin(region, l.n%len(l.slots), at)
}

// BeginAt is Begin for a slot of the caller's choice, by its place among those
// that are written to.
func (l *Ledger) BeginAt(region, place int, at Moment) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begin(region, place, at)
}

func (l *Ledger) begin(region, place int, at Moment) int {
	n := l.n
	if n%pageSize == 0 {
		l.pages = append(l.pages, make([]record, pageSize))
	}
	*l.at(n) = record{sent: int64(at), place: uint16(place), region: uint8(region)}
	l.n++
	return n
}

// End enters the outcome of write n.
func (l *Ledger) End(n int, outcome Outcome, at Moment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.at(n)
	// Rounded up: a write must not look acknowledged before it was.
	took := (int64(at) - r.sent + int64(time.Microsecond) - 1) / int64(time.Microsecond)
	r.took = uint32(min(max(took, 0), math.MaxUint32))
	r.state = r.state&^outcomeMask | uint8(outcome)
}

// Entry returns write n.
func (l *Ledger) Entry(n int) Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entry(n)
}

func (l *Ledger) entry(n int) Entry {
	r := l.at(n)
	e := Entry{N: n, Region: int(r.region), Slot: l.slots[r.place], Sent: Moment(r.sent), Outcome: r.outcome()}
	if e.Outcome != Inflight {
		e.Ended = e.Sent + Moment(r.took)*time.Microsecond
	}
	return e
}

func (l *Ledger) at(n int) *record { return &l.pages[n/pageSize][n%pageSize] }

// set adds marks to write n.
func (l *Ledger) set(n int, m mark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at(n).state |= uint8(m) << outcomeBits
}

// has says whether write n bears a mark.
func (l *Ledger) has(n int, m mark) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at(n).marks()&m != 0
}

// selectWrites returns the numbers of the writes that keep says, the newest
// first: what was written last is what is missing.
func (l *Ledger) selectWrites(keep func(Entry, mark) bool) []int {
	var ns []int
	l.each(func(e Entry, m mark) {
		if keep(e, m) {
			ns = append(ns, e.N)
		}
	})
	return ns
}

// each hands out every write with its marks, the newest first. The ledger is
// locked meanwhile.
func (l *Ledger) each(do func(Entry, mark)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := l.n - 1; n >= 0; n-- {
		do(l.entry(n), l.at(n).marks())
	}
}

// Tally counts the outcomes of a stretch of writes.
type Tally struct {
	Attempted, Acknowledged, Rejected, Indeterminate, Unsent int
}

// Tally counts the writes so far. One in flight counts as indeterminate.
func (l *Ledger) Tally() Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	var t Tally
	for n := range l.n {
		switch l.at(n).outcome() {
		case Acknowledged:
			t.Acknowledged++
		case Rejected:
			t.Rejected++
		case Unsent:
			t.Unsent++
		default:
			t.Indeterminate++
		}
	}
	t.Attempted = t.Acknowledged + t.Rejected + t.Indeterminate
	return t
}
