package drill

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

const (
	// readBatch is how many keys, all of one slot, one read asks for. Larger ones
	// gain little, and when one key of a batch is missing the store has to look
	// closer.
	readBatch = 100
	// atOnce is how many reads, or deletes, are under way at once in a region: a
	// pass over one that is 300 ms away must not take as long as the outage.
	atOnce = 32
	// readPart is how many readings are held in memory, 40 bytes each, by whoever looks
	// for all writes of a long drill.
	readPart = 16 * atOnce * readBatch
)

// eachBatch does something to every batch, some at once, and returns the batches
// for which it failed, with the first error. A failure does not keep the others
// from being tried: one bad shard must not hide what the good ones know.
func eachBatch(batches [][]int, do func(batch []int) error) (failed [][]int, err error) {
	var mu sync.Mutex
	var group sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for _, batch := range batches {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			if one := do(batch); one != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, batch)
				if err == nil {
					err = one
				}
			}
		})
	}
	group.Wait()
	return failed, err
}

// readBack looks for the given writes in one region, in their order: the newest
// first, for those are the ones that a later effect could still bring while the
// pass is under way. It returns the readings, and the writes of which nothing was
// learned.
func (r *run) readBack(ctx context.Context, region int, ns []int) (readings []Reading, unread []int) {
	var mu sync.Mutex
	failed, _ := eachBatch(r.batches(ns), func(batch []int) error {
		began := r.now()
		found, err := r.Stores[region].Read(ctx, r.keys(batch))
		ended := r.now()
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for i, n := range batch {
			readings = append(readings, Reading{Write: n, Region: region, Began: began, Ended: ended, Found: found[i]})
		}
		return nil
	})
	for _, batch := range failed {
		unread = append(unread, batch...)
	}
	return readings, unread
}

// lookFor reads the given writes in a region until each was read, and returns
// how many were not in time: within the limit, and a millisecond more for each.
func (r *run) lookFor(ctx context.Context, region int, ns []int, each func(Reading)) int {
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Connect+time.Duration(len(ns))*time.Millisecond)
	defer cancel()
	for len(ns) > 0 && ctx.Err() == nil {
		var left []int
		for part := range slices.Chunk(ns, readPart) {
			readings, unread := r.readBack(ctx, region, part)
			for _, reading := range readings {
				each(reading)
			}
			left = append(left, unread...)
		}
		if ns = left; len(ns) > 0 {
			pause.For(ctx, pollPause)
		}
	}
	return len(ns)
}

func (r *run) keys(ns []int) []string {
	keys := make([]string, len(ns))
	for i, place := range r.ledger.placesAmong(ns) {
		keys[i] = r.ledger.keyAt(place, ns[i])
	}
	return keys
}

// batches cuts the writes into batches of one slot each and keeps their order
// as far as that allows.
func (r *run) batches(ns []int) [][]int {
	var full [][]int
	open := make(map[int][]int)
	for i, place := range r.ledger.placesAmong(ns) {
		slot, n := r.ledger.head.Slots[place], ns[i]
		open[slot] = append(open[slot], n)
		if len(open[slot]) == readBatch {
			full = append(full, open[slot])
			delete(open, slot)
		}
	}
	for _, slot := range r.Cover {
		if len(open[slot]) > 0 {
			full = append(full, open[slot])
		}
	}
	return full
}
