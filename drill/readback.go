package drill

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

const (
	// readBatch is how many keys, all of one slot, one read asks for. Larger ones
	// gain little, and when one key of a batch is missing the store has to look
	// closer.
	readBatch = 100
	// readers is how many reads are under way at once: a pass over a region that
	// is 100 ms away must not take as long as the outage.
	readers = 8
)

// readBack looks for the given writes in one region, in their order: the newest
// first, for those are the ones that a later effect could still bring while the
// pass is under way. It returns the readings, and the writes of which nothing
// was learned, with the first error.
func readBack(ctx context.Context, store Store, region int, l *Ledger, now func() Moment, ns []int) (readings []Reading, unread []int, err error) {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for _, batch := range batches(l, ns) {
		group.Go(func() error {
			keys := make([]string, len(batch))
			for i, n := range batch {
				keys[i] = l.Key(n)
			}
			began := now()
			found, err := store.Read(ctx, keys)
			ended := now()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				unread = append(unread, batch...)
				return err
			}
			for i, n := range batch {
				readings = append(readings, Reading{Write: n, Region: region, Began: began, Ended: ended, Found: found[i]})
			}
			return nil
		})
	}
	err = group.Wait()
	return readings, unread, err
}

// batches cuts the writes into batches of one slot each and keeps their order
// as far as that allows.
func batches(l *Ledger, ns []int) [][]int {
	var full [][]int
	open := make(map[int][]int)
	for _, n := range ns {
		slot := l.Slot(n)
		open[slot] = append(open[slot], n)
		if len(open[slot]) == readBatch {
			full = append(full, open[slot])
			delete(open, slot)
		}
	}
	for _, slot := range l.slots {
		if len(open[slot]) > 0 {
			full = append(full, open[slot])
		}
	}
	return full
}
