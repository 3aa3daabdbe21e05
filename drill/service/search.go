package service

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/recorder"
)

// mostLooks is at how many arrivals it is looked for what is missing: a service that flaps must not have a deployment read over
// and over.
const mostLooks = 20

// class is what is known of an acknowledged write that was looked for.
type class uint8

const (
	readable    class = iota // found wherever the service got to
	missed                   // not found at a failover
	atReturn                 // not found when it came home
	earlyReturn              // but later
	overtaken                // written again, by whomever, before anybody could look
	unknowable               // whatever was found says nothing
	outlived                 // its expiry may have passed
	unread
)

// arrival is a move of the service to a region where it is looked for what is missing.
type arrival struct {
	move   int          // its index
	region int          // where the service got to
	seen   drill.Moment // when that was noticed
	beyond int          // the newest write that was left out since there were too many, or recorder.NoWrite
}

// search finds out, at every arrival of the service in a region, which of its acknowledged writes are not readable there, and looks
// for those that were missing again and again. It does so beside the drill, in one goroutine, which stop ends.
type search struct {
	reader
	limits Limits
	way    time.Duration      // that a write may take to another region: the deadline of the probe
	told   func(arrival, int) // of a look that came to its end, with how many are missing

	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{} // holds a token when there is something to do

	mu       sync.Mutex
	waiting  []arrival // to be looked at
	busy     bool      // one is
	arrivals []arrival // that were
	classes  map[int]class
	absent   map[int]absentWrite // missing at a failover, each by the last one
	returned map[int]int         // missing at a return, and not found since, by the index of the move
	missing  map[int]int         // by move: how many were
	young    map[int]int         // of them, those that may have been on their way
	unread   map[int]int         // by move: of how many nothing was learned
	readings []drill.Reading     // in which missing writes were found
	newer    []finding           // of items in which something was found that had not been acknowledged by then
}

// absentWrite is a write that was missing at a failover.
type absentWrite struct {
	move      int
	to        int
	since     drill.Moment     // the arrival
	found     recorder.Verdict // in its place
	rewritten bool             // the service has written the item again since
	back      bool             // it was found since
}

func newSearch(r reader, l Limits, way time.Duration, told func(arrival, int)) *search {
	return &search{reader: r, limits: l, way: way, told: told, wake: make(chan struct{}, 1), classes: make(map[int]class),
		absent: make(map[int]absentWrite), returned: make(map[int]int), missing: make(map[int]int), young: make(map[int]int), unread: make(map[int]int)}
}

// start begins to search. It ends with stop, and not with the context: an interrupted drill tells what it had found.
func (s *search) start(ctx context.Context) {
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		for ctx.Err() == nil {
			if a, ok := s.next(); ok {
				s.arrived(ctx, a)
				continue
			}
			s.again(ctx)
			limited, cancel := context.WithTimeout(ctx, s.limits.Attempts)
			select {
			case <-s.wake:
			case <-limited.Done():
			}
			cancel()
		}
	}()
}

func (s *search) stop() {
	s.cancel()
	<-s.done
}

// arrive has it looked, at a move of the service.
func (s *search) arrive(a arrival) {
	s.mu.Lock()
	if len(s.arrivals)+len(s.waiting) < mostLooks {
		s.waiting = append(s.waiting, a)
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *search) next() (a arrival, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy = len(s.waiting) > 0; !s.busy {
		return a, false
	}
	a, s.waiting = s.waiting[0], s.waiting[1:]
	return a, true
}

// looked tells whether it was looked at all arrivals.
func (s *search) looked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.busy && len(s.waiting) == 0
}

// How many writes are looked for before it is gone on through the log for more: few at first, since the newest are to be read at once,
// and then so many that a region far away is not waited for often.
const (
	firstPart = 10 * readBatch
	mostPart  = 4 * atOnce * readBatch
)

// arrived looks once for all that the service could miss where it has got to.
func (s *search) arrived(ctx context.Context, a arrival) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Read)
	defer cancel()
	a.beyond = recorder.NoWrite
	left, part, newest := 0, firstPart, []int(nil)
	look := func() {
		left += s.lookOnce(ctx, a, newest)
		newest, part = newest[:0], min(2*part, mostPart)
	}
	most := s.limits.Items
	for n := range candidates(s.log, a.region, a.seen) {
		if most--; most < 0 {
			a.beyond = n
			break
		}
		if newest = append(newest, n); len(newest) == part {
			look()
		}
	}
	look()
	s.mu.Lock()
	s.unread[a.move] = left
	s.arrivals = append(s.arrivals, a)
	missing := s.missing[a.move]
	s.mu.Unlock()
	s.told(a, missing)
}

// lookOnce looks for some of it, and returns of how many nothing was learned.
func (s *search) lookOnce(ctx context.Context, a arrival, newest []int) int {
	left := s.lookFor(ctx, a.region, newest, func(f finding) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.classify(a, f)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range left {
		s.set(n, unread)
	}
	return len(left)
}

// set says of a write what is known of it. What was missed once stays so, whatever was found at a later arrival.
func (s *search) set(n int, c class) {
	if was, ok := s.classes[n]; !ok || c.weight() >= was.weight() {
		s.classes[n] = c
	}
}

func (c class) weight() int {
	switch c {
	case missed:
		return 2
	case atReturn, earlyReturn:
		return 1
	}
	return 0
}

// classify takes in what was found where the service had arrived.
func (s *search) classify(a arrival, f finding) {
	switch c := classOf(f); c {
	case overtaken:
		if f.verdict == recorder.Newer && !f.later {
			s.newer = append(s.newer, f)
		}
		s.set(f.n, overtaken)
	case missed:
		s.missing[a.move]++
		if s.log.Write(f.n).Ended >= a.seen-s.way {
			s.young[a.move]++
		}
		if a.region == home {
			s.set(f.n, atReturn)
			s.returned[f.n] = a.move
			return
		}
		s.set(f.n, missed)
		s.absent[f.n] = absentWrite{move: a.move, to: a.region, since: a.seen, found: f.verdict}
	default:
		s.set(f.n, c)
	}
}

// classOf says what one look tells of a write: whether it was readable at that moment.
func classOf(f finding) class {
	if f.later {
		return overtaken
	}
	switch f.verdict {
	case recorder.Current:
		return readable
	case recorder.Newer, recorder.Foreign:
		return overtaken
	case recorder.Gone:
		if f.deletes {
			return readable
		}
		return outlived
	case recorder.Older, recorder.Missing:
		return missed
	}
	return unknowable
}

// applied counts the indeterminate writes that were found where the service got to: what had only been in flight when it was read has
// been acknowledged since, or refused.
func (s *search) applied() int {
	n := 0
	for _, f := range s.newer {
		if s.log.IsIndeterminate(s.log.Write(f.n).Item, f.found, f.began) {
			n++
		}
	}
	return n
}

// again looks once more for what is missing.
func (s *search) again(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Read)
	defer cancel()
	for region, ns := range s.open() {
		s.look(ctx, region, ns, readBatch, func(f finding) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.found(region, f)
		})
		if ctx.Err() != nil {
			return
		}
	}
}

// open returns, by region, the writes that are still missing there; of each region the newest first.
func (s *search) open() map[int][]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := make(map[int][]int)
	for n, a := range s.absent {
		if !a.rewritten && !a.back {
			open[a.to] = append(open[a.to], n)
		}
	}
	for n := range s.returned {
		open[home] = append(open[home], n)
	}
	for _, ns := range open {
		slices.Sort(ns)
		slices.Reverse(ns)
	}
	return open
}

// found takes in what was found of a missing write where it had been missing.
func (s *search) found(region int, f finding) {
	c := classOf(f)
	if _, ok := s.returned[f.n]; ok && region == home {
		switch c {
		case readable:
			s.set(f.n, earlyReturn)
			delete(s.returned, f.n)
		case missed:
		default: // nothing can be told of it any more
			delete(s.returned, f.n)
		}
	}
	a, ok := s.absent[f.n]
	if !ok || a.to != region {
		return
	}
	switch c {
	case readable, outlived:
		if c == readable {
			a.back = true
			s.readings = append(s.readings, drill.Reading{Write: f.n, Region: region, Began: f.began, Ended: f.ended, Found: true})
		}
	case overtaken:
		a.rewritten = true
	}
	s.absent[f.n] = a
}

// astray returns the writes that were missing at a return, and are still, with the index of its move.
func (s *search) astray() map[int]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.returned)
}

// pending returns the writes that were missing at a failover and neither found since nor written again.
func (s *search) pending() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ns []int
	for _, n := range slices.Sorted(maps.Keys(s.absent)) {
		if a := s.absent[n]; !a.rewritten && !a.back {
			ns = append(ns, n)
		}
	}
	return ns
}

// readEverywhere looks for writes in some regions, for the last time, and returns the readings.
func (s *search) readEverywhere(ctx context.Context, regions, writes []int) (readings []drill.Reading) {
	for _, region := range regions {
		limited, cancel := context.WithTimeout(ctx, s.limits.Read)
		s.lookFor(limited, region, writes, func(f finding) {
			s.mu.Lock()
			defer s.mu.Unlock()
			c := classOf(f)
			if a := s.absent[f.n]; c == overtaken && a.to == region {
				a.rewritten = true
				s.absent[f.n] = a
			}
			readings = append(readings, drill.Reading{Write: f.n, Region: region, Began: f.began, Ended: f.ended, Found: c == readable})
		})
		cancel()
		if !pause.For(ctx, 0) {
			break
		}
	}
	return readings
}
