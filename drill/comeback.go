package drill

import (
	"context"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// The steps of the way home: heal, resync, fail back.

func (r *run) heal(ctx context.Context) (bool, error) {
	at := r.now()
	if err := r.Fault.Heal(ctx); err != nil {
		return false, fmt.Errorf("heal the fault: %w", err)
	}
	r.healed, r.healedAt = true, at
	return r.record.CutOverAt != nil, nil
}

// resync waits until the preferred region is safe to return to: by the probe, by
// writing to it, and by reading in it what was written elsewhere.
func (r *run) resync(ctx context.Context) (bool, error) {
	from, f := r.record.From, &r.record.Failback
	history := failover.History{Active: r.name(r.record.To), Since: r.start.Add(*r.record.CutOverAt)}
	var tried Moment
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Resync)
	defer cancel()
	for ctx.Err() == nil {
		r.pollMissing(ctx)
		s := r.watch.snapshot()
		if s.Region(r.name(from)).State == probe.RegionAvailable {
			r.reach(&f.Available, "available")
			if r.proof.writes(r.name(from)) != probe.WritesProven && r.now()-tried >= trialPause {
				tried = r.now()
				r.proof.setWrites(r.name(from), r.tryWrite(ctx, from))
			}
			absent := r.notResynced(ctx)
			r.proof.setMissing(r.name(from), absent)
			if absent == "" {
				r.reach(&f.Resynced, "resynced")
			}
		}
		if d := failover.Decide(r.Failover, s, history, time.Now()); d.Action == failover.FailBack {
			r.reach(&f.Ready, "ready")
			r.tell(r.now(), EventDecision, fmt.Sprintf("fail back to %s: %s", d.To, d.Why))
			return true, nil
		}
		pause(ctx, pollPause)
	}
	return false, nil
}

// trialPause is the time between two trial writes to a region that is not known
// to accept any.
const trialPause = 200 * time.Millisecond

// tryWrite makes one write in a region, an ordinary one in the ledger: PUBLISH
// and reads work in a stale region too, and only a write tells.
func (r *run) tryWrite(ctx context.Context, region int) probe.Writes {
	if r.Stores[region].Connect(ctx) != nil {
		return probe.WritesUnproven
	}
	switch r.writer.write(ctx, r.Stores[region], region).Outcome {
	case Acknowledged:
		return probe.WritesProven
	case Rejected:
		return probe.WritesRefused
	}
	return probe.WritesUnproven
}

// notResynced says, in words, how many of the writes that are known to exist
// elsewhere are not readable in the preferred region, and "" when all are. Those
// so young that they may still be on their way do not count: the deadline of the
// probe is the longest that a healthy link takes.
func (r *run) notResynced(ctx context.Context) string {
	from, young := r.record.From, r.now()-r.Probe.Deadline
	ns := r.ledger.selectWrites(func(e Entry, m mark) bool {
		elsewhere := e.Region != from || m&readable != 0
		return e.Outcome == Acknowledged && elsewhere && m&returned == 0 && e.Ended < young
	})
	readings, unread, _ := readBack(ctx, r.Stores[from], from, r.ledger, r.now, ns)
	absent := len(unread)
	for _, reading := range readings {
		if reading.Found {
			r.ledger.set(reading.Write, returned)
		} else {
			absent++
		}
	}
	if absent == 0 {
		return ""
	}
	return fmt.Sprintf("%d writes that are known to exist elsewhere are not readable in it", absent)
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
// writing, lets what it wrote arrive, proven by a fence, and only then goes.
func (r *run) failBack(ctx context.Context) (bool, error) {
	from, to := r.record.From, r.record.To
	r.writer.drain()
	r.watch.fenced(ctx, r.Config, r.Limits.Fence, r.now(), []int{to}, []int{from})
	at, ok := r.arrive(ctx, from)
	if !ok {
		return false, nil
	}
	took := at - r.healedAt
	r.record.Failback.Done = &took
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
