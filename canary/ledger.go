package canary

import (
	"math"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// write is one write in 40 bytes. The sets have a bit for each region.
type write struct {
	sent    int64         // ns since the start
	took    uint32        // µs until the outcome was known
	slot    uint16        // as a key hashes
	where   uint8         // the region that it was sent to, and isTrial
	outcome drill.Outcome // Acknowledged, and what else
	seen    uint64        // where it is known to be readable, since the connections there were made
	absent  uint64        // where the last look since then did not find it
	came    uint64        // where it was ever seen: its lag there is told
}

func (w *write) ended() Moment { return Moment(w.sent) + Moment(w.took)*time.Microsecond }

// isTrial marks, in where, a write that no application would have made: it was to
// prove that home accepts writes. Regions are fewer than that.
const isTrial = 1 << 7

func (w *write) region() int { return int(w.where &^ isTrial) }
func (w *write) trial() bool { return w.where&isTrial != 0 }

const pageSize = 1024

// ledger holds the writes that have not expired, by number. Pages that are done
// with are used again, so that it stays as large as rate by expiry asks for.
type ledger struct {
	pages  [][]write // the oldest first
	base   int       // number of the first write of the first page
	oldest int       // number of the oldest write that is kept
	next   int       // number of the next one
	spare  []write   // a page to use again; nil: none
}

// at returns a write, nil if it is not kept.
func (l *ledger) at(n int) *write {
	if n < l.oldest || n >= l.next {
		return nil
	}
	return &l.pages[(n-l.base)/pageSize][(n-l.base)%pageSize]
}

// begin enters a write that is about to be sent, and returns its number.
func (l *ledger) begin(region, slot int, trial bool, at Moment) int {
	n := l.next
	if n-l.base == len(l.pages)*pageSize {
		page := l.spare
		if page == nil {
			page = make([]write, pageSize)
		}
		l.spare = nil
		l.pages = append(l.pages, page)
	}
	l.next++
	*l.at(n) = write{sent: int64(at), slot: uint16(slot), where: uint8(region)}
	if trial {
		l.at(n).where |= isTrial
	}
	return n
}

// end enters the outcome of a write, which may have been dropped meanwhile: then
// it returns nil.
func (l *ledger) end(n int, outcome drill.Outcome, at Moment) *write {
	w := l.at(n)
	if w == nil {
		return nil
	}
	// Rounded up: a write must not look acknowledged before it was.
	took := (int64(at) - w.sent + int64(time.Microsecond) - 1) / int64(time.Microsecond)
	w.took, w.outcome = uint32(min(max(took, 0), math.MaxUint32)), outcome
	return w
}

// drop forgets the writes that were sent before a moment, and calls each first.
func (l *ledger) drop(before Moment, each func(n int)) {
	for l.oldest < l.next && Moment(l.at(l.oldest).sent) < before {
		each(l.oldest)
		l.oldest++
		if l.oldest-l.base == pageSize {
			l.spare = l.pages[0]
			l.pages = append(l.pages[:0], l.pages[1:]...)
			l.base += pageSize
		}
	}
}

// entry returns a write that is kept as the analysis takes it.
func (l *ledger) entry(n int) drill.Entry {
	w := l.at(n)
	return drill.Entry{N: n, Region: w.region(), Slot: int(w.slot), Sent: Moment(w.sent), Ended: w.ended(), Outcome: w.outcome}
}
