package promotion

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/internal/words"
)

const (
	// pollPause is the time between two looks at whether something has come about.
	pollPause = 50 * time.Millisecond
	// apart is how long a primary that came back believes to be one, where only the drill tells it otherwise.
	apart = time.Second
	// readBatch is how many keys are asked for at once, all of one slot.
	readBatch = 100
)

// heal undoes the fault.
func (r *run) heal(ctx context.Context) error {
	at := r.now()
	r.record.HealAt = &at
	if err := r.steps(ctx, drill.PhaseHeal); err != nil {
		return err
	}
	available := r.now() - at
	r.record.Drill.Failback.Available = &available
	if !r.wasPromoted() {
		return nil
	}
	// Where there are sentinels, or a cluster, they tell it.
	pause.For(ctx, apart)
	to := AReplica.Find(r.hosts)[0]
	r.tell(drill.EventAction, r.from, fmt.Sprintf("have %s follow %s", r.hosts[r.from].Name, r.hosts[to].Name))
	limited, cancel := context.WithTimeout(ctx, r.Limits.Step)
	defer cancel()
	if err := r.Deployment.Follow(limited, r.from, to); err != nil {
		return fmt.Errorf("%s (%s): have it follow %s: %w", r.hosts[r.from].Name, r.hosts[r.from].Address, r.hosts[to].Name, err)
	}
	return nil
}

// resync waits until all servers replicate again.
func (r *run) resync(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, r.Limits.Sync)
	defer cancel()
	if err := r.Deployment.Settled(limited); err != nil {
		return r.outOfSync(ctx, err)
	}
	took := r.now() - *r.record.HealAt
	r.record.Drill.Failback.Resynced = &took
	return nil
}

// outOfSync says why servers did not come into sync again.
func (r *run) outOfSync(ctx context.Context, why error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("the servers were not in sync %s after the heal: %w", words.Rough(r.Limits.Sync), why)
}

// settle writes for a while longer.
func (r *run) settle(ctx context.Context) error {
	pause.For(ctx, r.Settle)
	return ctx.Err()
}

// awaitSync waits until every server has all that its primary has, and each shard has
// one. Nobody may write any more.
func (r *run) awaitSync(ctx context.Context) (State, error) {
	limited, cancel := context.WithTimeout(ctx, r.Limits.Sync)
	defer cancel()
	if err := r.Deployment.Settled(limited); err != nil {
		return State{}, r.outOfSync(ctx, err)
	}
	for {
		state, err := r.Deployment.State(limited)
		if err == nil && state.Behind != "" {
			err = errors.New(state.Behind)
		}
		if err == nil {
			return state, nil
		}
		if pause.For(limited, pollPause); limited.Err() != nil {
			return State{}, r.outOfSync(ctx, err)
		}
	}
}

// readBack looks for every write in every server that can have it.
func (r *run) readBack(ctx context.Context) error {
	r.endLoads(ctx)
	state, err := r.awaitSync(ctx)
	if err != nil {
		return err
	}
	at := r.now()
	r.record.SyncedAt = &at
	r.owners = make(map[int][]int)
	for shard, primaries := range state.Primaries {
		if len(primaries) != 1 {
			return fmt.Errorf("%s has %d primaries although all servers are in sync", r.shards[shard].ID, len(primaries))
		}
		r.owners[shard] = primaries
		for i, h := range r.hosts {
			if h.Role != Guard && h.Shard == shard && i != primaries[0] {
				r.owners[shard] = append(r.owners[shard], i)
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Read)
	defer cancel()
	r.looks = make(map[int]Look)
	var errs []error
	for shard, hosts := range r.owners {
		for _, host := range hosts {
			look, err := r.look(ctx, shard, host)
			r.looks[host] = look
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// look looks for every write of a shard in a server.
func (r *run) look(ctx context.Context, shard, host int) (Look, error) {
	l := Look{Began: r.now(), Found: new(drill.Numbers), Unread: new(drill.Numbers)}
	var ns []int
	for n := range r.ledger.Len() {
		if e := r.ledger.Entry(n); e.Outcome != drill.Unsent && r.shardOf(e.Slot) == shard {
			ns = append(ns, n)
		}
	}
	var failed error
	for batch := range slices.Chunk(ns, readBatch) {
		keys := make([]string, len(batch))
		for i, n := range batch {
			keys[i] = r.ledger.Key(n)
		}
		found, err := r.read(ctx, host, keys)
		if err != nil {
			failed = fmt.Errorf("%s (%s): read back: %w", r.hosts[host].Name, r.hosts[host].Address, err)
		}
		for i, n := range batch {
			switch {
			case err != nil:
				l.Unread.Add(n)
			case found[i]:
				l.Found.Add(n)
			}
		}
	}
	l.Ended = r.now()
	return l, failed
}

// read asks again while it fails, until ctx ends.
func (r *run) read(ctx context.Context, host int, keys []string) (found []bool, err error) {
	for {
		found, err = r.Deployment.Read(ctx, host, keys)
		if err == nil || ctx.Err() != nil {
			return found, err
		}
		pause.For(ctx, pollPause)
	}
}

func (r *run) shardOf(slot int) int {
	for i, place := range r.ledger.Head().Slots {
		if place == slot {
			return i
		}
	}
	return hit
}

// conclude puts together what was found, and judges it.
func (r *run) conclude(ctx context.Context, ended error) {
	rec, d := r.record, r.record.Drill
	r.mu.Lock()
	rec.Moments, d.To, d.Events = r.moments, r.to, r.events
	r.mu.Unlock()
	strays := r.strayed()
	if rec.Moments.Fault != nil {
		rec.Takeovers = TakeoversOf(r.ledger, strays, r.shardOf, hit, r.from)
	}
	m := rec.Moments
	d.FaultAt, d.DetectedAt, d.DecidedAt, d.CutOverAt = m.Fault, m.Detected, m.Promoted, m.CutOver
	books := Books{Ledger: r.ledger, Second: strays, ShardOf: r.shardOf, Owners: r.owners, Looks: r.looks, Expiry: r.Expiry,
		Fault: m.Fault, NewPrimary: earlier(m.Promoted, m.CutOver), Takeovers: rec.Takeovers, Hit: hit}
	a := books.Close()
	d.Writes, d.Missed, d.Unread, d.RPO = r.ledger.Tally(), a.Missed, a.Unread, a.RPO
	d.IndeterminateApplied, d.RejectedApplied = a.IndeterminateApplied, a.RejectedApplied
	for i := range d.Maps {
		absent, looked := a.AtEnd[i]
		if !looked {
			absent = -1
		}
		d.AtEnd = append(d.AtEnd, absent)
	}
	d.Windows = drill.Windows(d.Missed, d.Maps, drill.MergeGap(r.Rate, len(r.shards)))
	d.OneWay = true
	r.moves()
	if r.Scenario.Second != Nobody {
		rec.SplitBrain = &a.SplitBrain
	}
	rec.Shards = r.shardLoads(strays)
	if ended == nil {
		limited, cancel := context.WithTimeout(ctx, r.Limits.Step)
		defer cancel()
		if all, err := r.Deployment.Resyncs(limited); err == nil {
			rec.Resync = &all
		} else if !errors.Is(err, ErrNotKnown) {
			r.tell(drill.EventError, -1, "count the resyncs: "+err.Error())
		}
	}
	rec.judge(r.Assert, ended)
}

// earlier is the first of two moments that were observed.
func earlier(a, b *drill.Moment) *drill.Moment {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}
