package drill

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

// Cleaned is what a cleaning-up did in one region.
type Cleaned struct {
	Region  string
	Removed int   // keys that the run had written there, and that were deleted
	Absent  int   // keys that the run had written there, or may have, and that were not there
	Failed  int   // keys that could not be looked for or deleted
	Err     error // why; nil when Failed is 0
	// Left counts the keys of the run that were readable there at the end, in whichever region they had been written:
	// they stay until they expire. It is -1 where nobody could look.
	Left int
}

// Clean deletes what a run has written, those writes included that were in flight when it was killed: each key in the
// region that wrote it, and no other key than those of the ledger. It goes on as long as some can be deleted: Limits.CleanUp
// after the last one it gives up, and when that, a millisecond for each key, or half an hour has passed. Then it
// waits, as long as Limits.Fence, for the deletions to reach the other regions, and counts what is left. Of the configuration it
// needs Maps, Stores and Limits, and Safety.Inspectors for the lock of the run, of the same regions as the ledger and in the
// same order. The result is by region.
func Clean(ctx context.Context, c Config, l *Ledger) []Cleaned {
	r := &run{Config: c, start: l.Head().Start, ledger: l}
	r.Cover = l.Head().Slots
	all := make([]Cleaned, len(c.Stores))
	r.inEveryRegion(func(region int) { all[region] = r.cleanOut(ctx, region) })
	unlock(ctx, c.Safety.Inspectors, l.Head().Prefix, l.Head().Run)
	soon, cancel := context.WithTimeout(ctx, c.Limits.Fence)
	defer cancel()
	r.inEveryRegion(func(region int) { all[region].Left = r.remaining(soon, region) })
	for _, s := range c.Stores {
		_ = s.Close() // nothing is in flight any more
	}
	return all
}

// inEveryRegion does something in all regions at once.
func (r *run) inEveryRegion(do func(region int)) {
	var group sync.WaitGroup
	for region := range r.Stores {
		group.Go(func() { do(region) })
	}
	group.Wait()
}

// Of the deletion of many keys. From a region 100 ms away one takes 30 µs, since 32 batches of 100 are under way at a time:
// deletePerKey is ample.
const (
	deletePerKey   = time.Millisecond
	longestCleanUp = 30 * time.Minute
)

// whileDeleting is a context for the deletion of so many keys, which takes the longer the more there are, and must not take
// long where nothing can be deleted: it ends when there was no progress for as long as CleanUp, and after CleanUp and
// deletePerKey for each key, or longestCleanUp.
func (l Limits) whileDeleting(ctx context.Context, keys int) (_ context.Context, progress, end func()) {
	ctx, cancel := context.WithTimeout(ctx, min(l.CleanUp+time.Duration(keys)*deletePerKey, max(l.CleanUp, longestCleanUp)))
	idle := time.AfterFunc(l.CleanUp, cancel)
	return ctx, func() { idle.Reset(l.CleanUp) }, func() {
		idle.Stop()
		cancel()
	}
}

// applied says whether a write may have been.
func applied(e Entry) bool { return e.Outcome != Rejected && e.Outcome != Unsent }

// cleanOut looks for the keys that were written in a region and deletes those that are there, again and again until
// none is left to try.
func (r *run) cleanOut(ctx context.Context, region int) Cleaned {
	done := Cleaned{Region: r.name(region)}
	var mu sync.Mutex
	written := r.ledger.selectWrites(func(e Entry, _ mark) bool { return e.Region == region && applied(e) })
	left := r.batches(written)
	ctx, progress, end := r.Limits.whileDeleting(ctx, len(written))
	defer end()
	for len(left) > 0 {
		left, done.Err = eachBatch(left, func(batch []int) error {
			keys := r.keys(batch)
			found, err := r.Stores[region].Read(ctx, keys)
			if err != nil {
				return err
			}
			there := keys[:0:0]
			for i, key := range keys {
				if found[i] {
					there = append(there, key)
				}
			}
			if len(there) > 0 {
				if err := r.Stores[region].Delete(ctx, there); err != nil {
					return err
				}
			}
			progress()
			mu.Lock()
			defer mu.Unlock()
			done.Removed += len(there)
			done.Absent += len(keys) - len(there)
			return nil
		})
		if ctx.Err() != nil {
			break
		}
		if len(left) > 0 {
			pause.For(ctx, pollPause)
		}
	}
	done.Failed = len(slices.Concat(left...))
	return done
}

// remaining counts the keys of the run, of all regions, that are readable in one, as soon as none is or the time is up.
func (r *run) remaining(ctx context.Context, region int) int {
	ns := r.ledger.selectWrites(func(e Entry, _ mark) bool { return applied(e) })
	left := -1
	for {
		readings, unread := r.readBack(ctx, region, ns)
		if len(unread) > 0 { // a region that is away, or the time is up: an earlier count stands
			return left
		}
		var still []int
		for _, reading := range readings {
			if reading.Found {
				still = append(still, reading.Write)
			}
		}
		left, ns = len(still), still
		if left == 0 || ctx.Err() != nil {
			return left
		}
		pause.For(ctx, pollPause)
	}
}
