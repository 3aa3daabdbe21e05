package recorder

import (
	"cmp"
	"slices"
	"sync"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
)

// Reads are those in which the service asked one region for items that it had written, by what it found.
type Reads struct {
	Region      int
	Verdict     Verdict
	Count       int
	First, Last drill.Moment // of the replies' deliveries
}

// BadRead is a read that found an item Older or Missing.
type BadRead struct {
	Item    int
	Region  int
	At      drill.Moment // when the reply was delivered
	Verdict Verdict
}

// MostBadReads is how many bad reads are kept.
const MostBadReads = 10_000

// asked is an item that a command in flight asks for.
type asked struct {
	stripe  int
	item    uint32
	index   int // among those that the command asks for
	kind    commands.ItemKind
	verdict Verdict
}

// ask enters which items that were written a command asks for.
func (s *Session) ask(o *operation, args []commands.Argument) {
	s.items = o.command.Asks(s.items[:0], args)
	for i := range s.items {
		if s.items[i].Key == nil {
			continue // too long to be followed
		}
		p := s.log.placeOf(s.items[i])
		if item := s.log.stripes[p.stripe].written(&p); item != unset {
			o.asked = append(o.asked, asked{stripe: p.stripe, item: item, index: i, kind: p.Kind})
		}
	}
	s.items = kept(s.items)
}

// written returns the item of a place, if it was ever written.
func (s *stripe) written(p *place) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, item := s.lookup(p)
	if item == unset || s.items.at(item).last == unset {
		return unset
	}
	return item
}

// reads are those so far.
type reads struct {
	mu   sync.Mutex
	sums [][Missing + 1]Reads // by region and verdict
	bad  []BadRead
}

// add counts a read.
func (r *reads) add(a *asked, region int, at drill.Moment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sum := &r.sums[region][a.verdict]
	if sum.Count == 0 {
		*sum = Reads{Region: region, Verdict: a.verdict, First: at}
	}
	sum.Count++
	sum.First, sum.Last = min(sum.First, at), max(sum.Last, at)
	if a.verdict.Bad() && len(r.bad) < MostBadReads {
		r.bad = append(r.bad, BadRead{Item: outside(a.stripe, a.item), Region: region, At: at, Verdict: a.verdict})
	}
}

// Reads returns the reads so far, by region and verdict; those of items that nobody wrote are not among them.
func (l *Log) Reads() []Reads {
	l.reads.mu.Lock()
	defer l.reads.mu.Unlock()
	var all []Reads
	for _, region := range l.reads.sums {
		for _, sum := range region {
			if sum.Count > 0 {
				all = append(all, sum)
			}
		}
	}
	return all
}

// BadReads returns the bad reads so far, by the order of their delivery; the first MostBadReads.
func (l *Log) BadReads() []BadRead {
	l.reads.mu.Lock()
	defer l.reads.mu.Unlock()
	return slices.SortedStableFunc(slices.Values(l.reads.bad), func(a, b BadRead) int { return cmp.Compare(a.At, b.At) })
}
