package drill

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// search finds out, at every arrival of the application in a region, which of its
// acknowledged writes are not readable there, and looks for those that were
// missing at a failover again and again. It does so beside the drill: however
// long that takes, the application goes on, and so does its guide.
type search struct {
	run *run
	// looked is closed when every write was looked for once, as far as that was
	// possible, where the application arrived last.
	looked chan struct{}
	cancel context.CancelFunc
	done   chan struct{} // nil when none is under way

	// absent are the writes that were missing at a failover, each by the last one.
	absent map[int]Absent
	// missingAt are the writes that were missing at each move, by its index.
	missingAt map[int][]int
	polls     map[int]*poll // by region: one for each that some missing write is judged by
	readings  []Reading     // in which missing writes were found
	sets      []SetRead     // the look at each arrival
	unread    int           // writes that could not be looked for at some arrival
	tally     *missedTally
}

func newSearch(r *run) *search {
	return &search{run: r, absent: make(map[int]Absent), missingAt: make(map[int][]int), polls: make(map[int]*poll), tally: newMissedTally(r.Maps, r.Cover)}
}

// arrive begins to look for all that was acknowledged before a move had come to its
// end. What is still missing from earlier ones is looked for as well, where it was
// missing.
func (s *search) arrive(ctx context.Context, index int, m Move) {
	s.stop()
	ctx, s.cancel = context.WithCancel(ctx)
	s.looked, s.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(s.done)
		if s.look(ctx, index, m) == 0 {
			s.run.tellLooked(m.To, len(s.missingAt[index]))
		}
		s.poll(ctx)
		close(s.looked)
		for _, p := range s.polls {
			<-p.done
		}
	}()
}

// look looks for them once, and returns of how many nothing was learned.
func (s *search) look(ctx context.Context, index int, m Move) (unread int) {
	r := s.run
	before := r.ledger.selectWrites(func(e Entry, _ mark) bool { return e.Outcome == Acknowledged && e.Ended <= *m.CutOverAt })
	set := SetRead{Region: m.To, Began: *m.CutOverAt, Found: new(Numbers)}
	s.tally.beginLook(m.To, len(before))
	unread = r.lookFor(ctx, m.To, before, func(reading Reading) {
		n := reading.Write
		s.tally.looked()
		if reading.Found {
			set.Found.Add(n)
		}
		switch {
		case reading.Found && m.To != home:
			r.ledger.set(n, readable)
		case reading.Found:
		case m.Kind == failover.FailBack:
			r.ledger.set(n, unreturned)
			s.missingAt[index] = append(s.missingAt[index], n)
		default:
			r.ledger.set(n, missing)
			s.missingAt[index] = append(s.missingAt[index], n)
			_, again := s.absent[n]
			s.absent[n] = Absent{Entry: r.ledger.Entry(n), To: m.To, Since: *m.CutOverAt}
			s.tally.missed(s.absent[n].Entry, again)
		}
	})
	s.tally.endLook()
	s.unread += unread
	set.Ended, set.Complete = r.now(), unread == 0
	s.sets = append(s.sets, set)
	return unread
}

// tellLooked tells that the look for every write in a region has come to its end.
func (r *run) tellLooked(region, missing int) {
	r.onEvent(probe.Event{At: time.Now(), Kind: EventLooked, Region: r.name(region), Shard: -1, Slot: -1,
		Detail: fmt.Sprintf("every write was looked for, and %d are missing", missing)})
}

// poll begins to look again for what is missing. A write that was found since the
// cut-over that it is judged by is not looked for any more.
func (s *search) poll(ctx context.Context) {
	missing := make(map[int][]int)
	for _, n := range slices.Backward(s.missing()) { // the newest first
		to := s.absent[n].To
		missing[to] = append(missing[to], n)
	}
	for region, ns := range missing {
		s.polls[region] = s.run.startPoll(ctx, region, ns)
	}
}

// take returns the writes that were found since the last call. It may be called
// once looked is closed.
func (s *search) take() []int {
	var found []int
	for _, p := range s.polls {
		found = append(found, p.take()...)
	}
	return found
}

// end lets the search look for everything once, if it can, and stops it.
func (s *search) end(ctx context.Context) {
	if s.done != nil {
		select {
		case <-s.looked:
		case <-ctx.Done():
		}
	}
	s.stop()
}

// stop ends the search and keeps what it found.
func (s *search) stop() {
	if s.done == nil {
		return
	}
	s.cancel()
	<-s.done
	s.done = nil
	for region, p := range s.polls {
		s.readings = append(s.readings, p.readings...)
		delete(s.polls, region)
	}
}

// missing returns the writes that are missing still, in the order of their
// numbers.
func (s *search) missing() []int {
	found := make(map[int]bool)
	for _, reading := range s.readings {
		found[reading.Write] = found[reading.Write] || s.judges(reading)
	}
	var ns []int
	for _, n := range slices.Sorted(maps.Keys(s.absent)) {
		if !found[n] {
			ns = append(ns, n)
		}
	}
	return ns
}

// judges tells whether a reading is one of those that a missing write is judged by.
func (s *search) judges(reading Reading) bool {
	a, ok := s.absent[reading.Write]
	return ok && reading.Region == a.To && reading.Began >= a.Since
}
