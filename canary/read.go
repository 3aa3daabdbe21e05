package canary

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
)

// afterError is how long a region is left alone after a look at it failed.
const afterError = time.Second

// lookIn looks in a region for what is not known to be readable there, until ctx
// ends.
func (c *Canary) lookIn(ctx context.Context, region int) {
	for pause.For(ctx, lookEvery) {
		c.mu.Lock()
		down := c.snapshot == nil || c.book.latest.regions[region].down
		var ns []int
		if !down {
			ns = c.book.toRead(region, c.now())
		}
		c.mu.Unlock()
		if len(ns) > 0 && len(c.readIn(ctx, region, ns, nil)) > 0 {
			pause.For(ctx, afterError)
		}
	}
}

// readIn looks for writes in a region, notes what was found, and returns those of
// which nothing was learned. It adds the readings to a list, unless that is nil.
func (c *Canary) readIn(ctx context.Context, region int, ns []int, also *[]drill.Reading) (unread []int) {
	var mu sync.Mutex
	var group sync.WaitGroup
	places := make(chan struct{}, readsAtOnce)
	for _, batch := range c.batches(ns) {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			readings, err := c.readBatch(ctx, region, batch)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				unread = append(unread, batch.ns...)
			}
			if also != nil {
				*also = append(*also, readings...)
			}
		})
	}
	group.Wait()
	return unread
}

// batch is some writes of one slot.
type batch struct {
	ns   []int
	keys []string
}

// batches cuts writes into batches, and keeps their order as far as that allows.
// Those that are not kept any more are left out.
func (c *Canary) batches(ns []int) []batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []batch
	open := make(map[uint16]int) // by slot: index of the batch that has room
	for _, n := range ns {
		w := c.book.at(n)
		if w == nil {
			continue
		}
		i, ok := open[w.slot]
		if !ok || len(all[i].ns) == readBatch {
			i = len(all)
			all = append(all, batch{})
			open[w.slot] = i
		}
		all[i].ns = append(all[i].ns, n)
		all[i].keys = append(all[i].keys, c.book.key(n))
	}
	return all
}

func (c *Canary) readBatch(ctx context.Context, region int, one batch) ([]drill.Reading, error) {
	store, done := c.use(region)
	defer done()
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	began := c.now()
	found, err := store.Read(ctx, one.keys)
	ended := c.now()
	if err != nil {
		return nil, err
	}
	readings := make([]drill.Reading, len(one.ns))
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, n := range one.ns {
		readings[i] = drill.Reading{Write: n, Region: region, Began: began, Ended: ended, Found: found[i]}
		c.book.read(readings[i])
	}
	return readings, nil
}

// readAll looks for writes in a region until each was read or the time is up: ten
// seconds, and a millisecond more for each.
func (c *Canary) readAll(ctx context.Context, region int, ns []int) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second+time.Duration(len(ns))*time.Millisecond)
	defer cancel()
	for len(ns) > 0 {
		if ns = c.readIn(ctx, region, ns, nil); len(ns) > 0 && !pause.For(ctx, lookEvery) {
			return
		}
		slices.SortFunc(ns, func(a, b int) int { return b - a })
	}
}

// prove looks in all regions for the missed writes of which no effect is on its
// way any more, and judges them.
func (c *Canary) prove(ctx context.Context) {
	c.mu.Lock()
	all := c.book.provables()
	c.mu.Unlock()
	for _, p := range all {
		ns := make([]int, len(p.missing))
		for i, e := range p.missing {
			ns[i] = e.N
		}
		var mu sync.Mutex
		var group sync.WaitGroup
		for _, region := range p.owners {
			group.Go(func() {
				var readings []drill.Reading
				c.readIn(ctx, region, ns, &readings)
				mu.Lock()
				defer mu.Unlock()
				p.evidence.Readings = append(p.evidence.Readings, readings...)
			})
		}
		group.Wait()
		c.mu.Lock()
		c.book.judge(p.incident, p.missing, p.evidence)
		c.mu.Unlock()
	}
}
