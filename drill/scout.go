package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// scout gathers what only somebody who writes can know of the preferred region,
// for as long as the application is elsewhere: whether it takes writes, and
// whether what was written elsewhere is readable in it. The probe asks for that
// when it judges whether the region is safe to return to. Nobody waits for the
// scout: a region that hangs must not hold up the next failover.
type scout struct {
	run    *run
	quit   chan struct{}
	cancel context.CancelFunc
	done   chan struct{} // nil when none is out

	// Of the one that is out. elsewhere are writes known to exist in another region,
	// and not yet seen in the preferred one; of the ledger, the writes below
	// considered were looked at. Those of them that were not acknowledged then are
	// retried, if the application does that under the same number.
	elsewhere  []int
	considered int
	retried    []int
	tried      Moment // when it last tried to write
}

// start sends the scout out. One that is out already is called back first.
func (s *scout) start(ctx context.Context) {
	s.abort()
	ctx, s.cancel = context.WithCancel(ctx)
	s.quit, s.done = make(chan struct{}), make(chan struct{})
	s.forget()
	looked := s.run.search.looked
	go func() {
		defer close(s.done)
		select { // what was readable elsewhere is known only then
		case <-looked:
		case <-s.quit:
		case <-ctx.Done():
		}
		tick := time.NewTicker(pollPause)
		defer tick.Stop()
		for {
			select {
			case <-s.quit:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
				s.look(ctx)
			}
		}
	}()
}

// rest calls the scout back and lets it end what it is about.
func (s *scout) rest() {
	if s.done != nil {
		close(s.quit)
		<-s.done
		s.cancel()
		s.done = nil
	}
}

// abort calls the scout back at once: the trial writes that are in flight are
// indeterminate.
func (s *scout) abort() {
	if s.done != nil {
		s.cancel()
		s.rest()
	}
}

// forget makes the scout look for everything again.
func (s *scout) forget() { s.elsewhere, s.considered, s.retried, s.tried = nil, 0, nil, 0 }

// look gathers the evidence once. A region that was away may have lost what it
// had.
func (s *scout) look(ctx context.Context) {
	r := s.run
	preferred := r.name(home)
	if r.watch.Snapshot().Region(preferred).State != probe.RegionAvailable {
		s.forget()
		r.proof.forget(preferred)
		return
	}
	r.reach("available", func(f *Failback) **Moment { return &f.Available })
	if r.record.OneWay {
		return // nobody comes home
	}
	if r.proof.writes(preferred) != probe.WritesProven && (s.tried == 0 || r.now()-s.tried >= trialPause) {
		s.tried = r.now()
		r.proof.setWrites(preferred, r.tryWrites(ctx, home))
	}
	absent := s.notResynced(ctx)
	r.proof.setMissing(preferred, absent)
	if absent == "" {
		r.reach("resynced", func(f *Failback) **Moment { return &f.Resynced })
	}
}

// reach notes how long after the heal a step of the return was first reached.
func (r *run) reach(name string, step func(*Failback) **Moment) {
	now := r.now()
	if r.homecoming.reach(now, step) {
		r.tell(now, EventReached, r.name(home)+" is "+name)
	}
}

// trialPause is the time between two trial writes to a region that is not known
// to accept any.
const trialPause = 200 * time.Millisecond

// tryWrites makes one write to every slot that is written to, and so to every
// shard of a region: ordinary ones in the ledger. PUBLISH and reads work in a
// stale region too, and a shard that takes a write says nothing of the next one.
func (r *run) tryWrites(ctx context.Context, region int) probe.Writes {
	if r.Stores[region].Connect(ctx) != nil {
		return probe.WritesUnproven
	}
	places := make([][]int, len(r.Cover))
	for i := range places {
		places[i] = []int{i}
	}
	var refused atomic.Bool
	failed, _ := eachBatch(places, func(place []int) error {
		e := r.writer.writeAt(ctx, r.Stores[region], region, place[0])
		if e.Outcome == Acknowledged {
			return nil
		}
		if e.Outcome == Rejected {
			refused.Store(true)
		}
		return errors.New(e.Outcome.String())
	})
	switch {
	case len(failed) == 0:
		return probe.WritesProven
	case refused.Load():
		return probe.WritesRefused
	}
	return probe.WritesUnproven
}

// notResynced says, in words, how many of the writes that exist elsewhere are not
// proven to be readable in the preferred region, and "" when all are. It stops at
// the first that are not: a region that is about to get a million writes back must
// not be asked for all of them twenty times a second. As long as none is missing it
// asks for twice as many at a time, so that a region far away is not waited for
// often.
func (s *scout) notResynced(ctx context.Context) string {
	r := s.run
	s.consider()
	var gone []int // in no region that is there
	for most := readBatch; len(s.elsewhere) > 0; most *= 2 {
		part := s.elsewhere[:min(most, len(s.elsewhere))]
		rest := s.elsewhere[len(part):]
		readings, unread := r.readBack(ctx, home, part)
		absent := notFound(readings)
		existing := s.existing(ctx, absent)
		if existing == 0 && len(unread) == 0 {
			gone = append(gone, absent...)
			s.elsewhere = rest
			continue
		}
		// What is left of the part is the first to be looked for the next time.
		left := slices.Concat(unread, absent)
		found := len(part) - len(left)
		copy(part[found:], left)
		s.elsewhere = append(s.elsewhere[found:], gone...)
		atLeast := ""
		if len(rest) > 0 {
			atLeast = "at least "
		}
		if existing > 0 {
			return fmt.Sprintf("%s%d writes that are known to exist elsewhere are not readable in it", atLeast, existing)
		}
		return fmt.Sprintf("%s%d writes that are known to exist elsewhere could not be looked for in it", atLeast, len(unread))
	}
	s.elsewhere = gone
	return ""
}

// consider adds what has become known to exist elsewhere. Writes so young that they
// may still be on their way do not count: the deadline of the probe is the longest
// that a healthy link takes.
func (s *scout) consider() {
	r := s.run
	s.elsewhere = append(s.elsewhere, r.search.take()...)
	young := r.now() - r.Probe.Deadline
	exists := func(e Entry) bool { return e.Region != home || r.ledger.has(e.N, readable) }
	s.retried = slices.DeleteFunc(s.retried, func(n int) bool {
		e := r.ledger.Entry(n)
		told := e.Outcome == Acknowledged && e.Ended < young
		if told && exists(e) {
			s.elsewhere = append(s.elsewhere, n)
		}
		return told
	})
	for ; s.considered < r.ledger.Len(); s.considered++ {
		e := r.ledger.Entry(s.considered)
		switch {
		case e.Outcome == Inflight || e.Ended >= young:
			return
		case e.Outcome == Acknowledged && exists(e):
			s.elsewhere = append(s.elsewhere, e.N)
		case e.Outcome != Acknowledged && r.Manners.Retry.Limit > 0 && !r.Manners.Retry.Fresh:
			s.retried = append(s.retried, e.N)
		}
	}
}

// existing counts the writes that some other region that is available holds now,
// or may hold. What was there once and has been lost since will never come, and
// what is only where nobody can reach it does not hold up the return.
func (s *scout) existing(ctx context.Context, ns []int) int {
	r := s.run
	n := 0
	for region := range r.Maps {
		if len(ns) == 0 {
			break
		}
		if region == home || r.watch.Snapshot().Region(r.name(region)).State != probe.RegionAvailable {
			continue
		}
		readings, _ := r.readBack(ctx, region, ns)
		left := notFound(readings) // what could not be read may be there, and counts
		n += len(ns) - len(left)
		ns = left
	}
	return n
}

// notFound returns the writes that were looked for in vain.
func notFound(readings []Reading) []int {
	var ns []int
	for _, reading := range readings {
		if !reading.Found {
			ns = append(ns, reading.Write)
		}
	}
	return ns
}
