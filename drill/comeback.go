package drill

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// The steps of the way home: heal, resync, fail back.

// ErrNotHealed says that a fault which the drill made could not be undone: it
// may still be in force.
var ErrNotHealed = errors.New("heal the fault")

func (r *run) heal(ctx context.Context) (bool, error) {
	r.healedAt = r.now()
	if err := r.perform(ctx, PhaseHeal); err != nil {
		return false, fmt.Errorf("%w: %w", ErrNotHealed, err)
	}
	if err := r.undo(ctx); err != nil {
		return false, err
	}
	return r.record.CutOverAt != nil, nil
}

// undo heals the fault if there is one.
func (r *run) undo(ctx context.Context) error {
	if !r.broken {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Fault)
	defer cancel()
	if err := r.Fault.Heal(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrNotHealed, err)
	}
	r.broken = false
	return nil
}

func (r *run) resync(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Resync)
	defer cancel()
	return r.awaitReady(ctx), nil
}

// awaitReady waits until the preferred region is safe to return to: by the probe,
// by writing to it, and by reading in it what was written elsewhere.
func (r *run) awaitReady(ctx context.Context) bool {
	from, f := r.record.From, &r.record.Failback
	preferred := r.name(from)
	history := failover.History{Active: r.name(r.target), Since: r.start.Add(*r.record.CutOverAt)}
	var tried Moment
	for ; ctx.Err() == nil; pause(ctx, pollPause) {
		s := r.watch.snapshot()
		if s.Region(preferred).State == probe.RegionAvailable {
			r.reach(&f.Available, "available")
			if r.proof.writes(preferred) != probe.WritesProven && r.now()-tried >= trialPause {
				tried = r.now()
				r.proof.setWrites(preferred, r.tryWrites(ctx, from))
			}
			absent := r.notResynced(ctx)
			r.proof.setMissing(preferred, absent)
			if absent == "" {
				r.reach(&f.Resynced, "resynced")
			}
		}
		switch d := failover.Decide(r.Failover, s, history, time.Now()); d.Action {
		case failover.FailOver:
			r.tell(r.now(), EventDecision, fmt.Sprintf("%s, so there is no way back to %s: a drill moves once", d.Why, preferred))
			return false
		case failover.FailBack:
			// What was proven once may not hold any more.
			if w := r.tryWrites(ctx, from); w != probe.WritesProven {
				r.proof.setWrites(preferred, w)
				continue
			}
			r.reach(&f.Ready, "ready")
			r.tell(r.now(), EventDecision, fmt.Sprintf("fail back to %s: %s", d.To, d.Why))
			return true
		}
	}
	return false
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

// notResynced says, in words, how many of the writes that are known to exist
// elsewhere are not proven to be readable in the preferred region, and "" when
// all are. Those so young that they may still be on their way do not count: the
// deadline of the probe is the longest that a healthy link takes.
func (r *run) notResynced(ctx context.Context) string {
	from := r.record.From
	r.elsewhere = append(r.elsewhere, r.poll.take()...)
	for young := r.now() - r.Probe.Deadline; r.considered < r.ledger.Len(); r.considered++ {
		e := r.ledger.Entry(r.considered)
		if e.Outcome == Inflight || e.Ended >= young {
			break
		}
		if e.Outcome == Acknowledged && (e.Region != from || r.ledger.has(e.N, readable)) {
			r.elsewhere = append(r.elsewhere, e.N)
		}
	}
	readings, left := r.readBack(ctx, from, r.elsewhere)
	unread := len(left)
	for _, reading := range readings {
		if !reading.Found {
			left = append(left, reading.Write)
		}
	}
	r.elsewhere = left
	switch absent := len(left) - unread; {
	case absent > 0:
		return fmt.Sprintf("%d writes that are known to exist elsewhere are not readable in it", absent)
	case unread > 0:
		return fmt.Sprintf("%d writes that are known to exist elsewhere could not be looked for in it", unread)
	}
	return ""
}

// reach notes how long after the heal a step of the return was first reached.
func (r *run) reach(step **time.Duration, name string) {
	if *step != nil {
		return
	}
	took := r.now() - r.healedAt
	*step = &took
	r.tell(r.now(), EventReached, r.name(r.record.From)+" is "+name)
}

// failBack moves the application home. Unlike a failover it can wait: it stops
// writing, lets what it wrote arrive, proven by a fence, and only then goes. When
// the fence does not come, it goes on where it is and waits again.
func (r *run) failBack(ctx context.Context) (bool, error) {
	limited, cancel := context.WithTimeout(ctx, r.Limits.Resync)
	defer cancel()
	from, to := r.record.From, r.target
	for {
		r.writer.drain()
		if arrived := r.fenced(limited, r.Cover, r.now(), []int{to}, []int{from}); len(arrived) == len(r.Cover) {
			break
		}
		r.writer.start(ctx, r.Stores[to], to)
		r.tell(r.now(), EventError, fmt.Sprintf("what was written last in %s does not arrive in %s: the application stays", r.name(to), r.name(from)))
		if !r.awaitReady(limited) {
			return false, nil
		}
	}
	var at Moment
	for ok := false; !ok; pause(limited, reconnectPause) {
		if at, ok = r.arrive(limited, from); !ok && limited.Err() != nil {
			r.writer.start(ctx, r.Stores[to], to)
			return false, nil
		}
	}
	took := at - r.healedAt
	r.record.Failback.Done = &took
	r.returnedAt = at
	r.tell(at, EventReached, "first write acknowledged by "+r.name(from))
	r.writer.start(ctx, r.Stores[from], from)
	before := r.ledger.selectWrites(func(e Entry, _ mark) bool { return e.Outcome == Acknowledged && e.Ended <= at })
	r.record.Unread += r.lookFor(ctx, from, before, func(reading Reading) {
		if !reading.Found {
			r.ledger.set(reading.Write, unreturned)
		}
	})
	return true, nil
}
