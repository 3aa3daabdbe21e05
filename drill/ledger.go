package drill

import (
	"fmt"
	"strconv"
	"sync"

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

// pageSize is how many records lie together, 256 KiB: what a ledger on disk grows by.
const pageSize = 1 << 14

// Ledger holds every write of a drill, in the order in which they were sent: in
// memory, or in a file that is memory as well (see [CreateLedger]). It is safe
// for concurrent use.
type Ledger struct {
	head Head
	keys []string // one for each slot that is written to, "PREFIX:{KEY}:RUN:"
	file ledgerFile

	mu    sync.Mutex
	pages [][]uint32
	n     int
	// counts are the outcomes of the n writes, by the region of each.
	counts [maxLedgerRegions]outcomeCounts
	err    error // of the first page that the file had no room for
}

// NewLedger returns an empty ledger, in memory, for a run whose writes go to the
// given slots in turn. There must be at least one slot.
func NewLedger(prefix, run string, cover []int) *Ledger {
	return newLedger(Head{Prefix: prefix, Run: run, Slots: cover}, nil)
}

func newLedger(head Head, file ledgerFile) *Ledger {
	l := &Ledger{head: head, file: file, keys: make([]string, len(head.Slots))}
	for i, slot := range head.Slots {
		l.keys[i] = fmt.Sprintf("%s:{%s}:%s:", head.Prefix, slots.Key(slot), head.Run)
	}
	return l
}

// Head returns what the ledger is about.
func (l *Ledger) Head() Head { return l.head }

// Key returns the key of write n: PREFIX:{KEY}:RUN:N, where KEY hashes to the
// slot of the write.
func (l *Ledger) Key(n int) string { return l.keys[l.place(n)] + strconv.Itoa(n) }

// Slot returns the slot of write n.
func (l *Ledger) Slot(n int) int { return l.head.Slots[l.place(n)] }

func (l *Ledger) place(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at(n).place()
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
	return l.begin(region, l.n%len(l.head.Slots), at)
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
	if n == len(l.pages)*pageSize {
		l.grow()
	}
	l.at(n).begin(region, place, at)
	l.n++
	l.counts[region][Inflight]++
	return n
}

// grow adds a page. When the file has no room for it, the page is in memory only.
func (l *Ledger) grow() {
	if l.file != nil && l.err == nil {
		page, err := l.file.Grow()
		if err == nil {
			l.pages = append(l.pages, page)
			return
		}
		l.err = fmt.Errorf("keep the ledger on disk: %w", err)
	}
	l.pages = append(l.pages, make([]uint32, pageSize*recordWords))
}

// Err returns why the newest writes are in memory only, and not in the file of
// the ledger: nil while they are, and for a ledger that has no file. A drill off
// the lab must not go on then: killed, it would leave writes that nobody knows of.
func (l *Ledger) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// End enters the outcome of write n.
func (l *Ledger) End(n int, outcome Outcome, at Moment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.at(n)
	l.endIn(r, r.region(), outcome, at)
}

// Entry returns write n.
func (l *Ledger) Entry(n int) Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entry(n)
}

func (l *Ledger) entry(n int) Entry { return l.entryOf(n, l.at(n)) }

func (l *Ledger) entryOf(n int, r record) Entry {
	e := Entry{N: n, Region: r.region(), Slot: l.head.Slots[r.place()], Sent: r.sent(), Outcome: r.outcome()}
	if e.Outcome != Inflight {
		e.Ended = e.Sent + r.took()
	}
	return e
}

func (l *Ledger) at(n int) record { return onPage(l.pages[n/pageSize], n) }

// onPage is the record of write n, on its page.
func onPage(page []uint32, n int) record {
	i := n % pageSize * recordWords
	return record(page[i : i+recordWords : i+recordWords])
}

// set adds marks to write n.
func (l *Ledger) set(n int, m mark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at(n).mark(m)
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
	l.eachPage(func(first int, page []uint32) {
		for n := first + len(page)/recordWords - 1; n >= first; n-- {
			if r := onPage(page, n); keep(l.entryOf(n, r), r.marks()) {
				ns = append(ns, n)
			}
		}
	})
	return ns
}

// each hands out every write that there is now with its marks, the newest first.
// The ledger is locked meanwhile, for one page at a time: whoever writes must not
// have to wait until millions are gone through.
func (l *Ledger) each(do func(Entry, mark)) {
	l.eachPage(func(first int, page []uint32) {
		for n := first + len(page)/recordWords - 1; n >= first; n-- {
			r := onPage(page, n)
			do(l.entryOf(n, r), r.marks())
		}
	})
}

// eachPage hands out the pages, the newest first, each as far as there are writes on it
// now, with the number of its first one. The ledger is locked during each call.
func (l *Ledger) eachPage(do func(first int, page []uint32)) {
	for end := l.Len(); end > 0; {
		first := (end - 1) / pageSize * pageSize
		l.mu.Lock()
		do(first, l.pages[first/pageSize][:(end-first)*recordWords])
		l.mu.Unlock()
		end = first
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
	var all outcomeCounts
	for _, c := range l.counts {
		all.add(c)
	}
	return Tally{
		Attempted:    all.begun() - all[Unsent],
		Acknowledged: all[Acknowledged], Rejected: all[Rejected], Unsent: all[Unsent],
		Indeterminate: all[Indeterminate] + all[Inflight],
	}
}
