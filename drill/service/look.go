package service

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/recorder"
	"github.com/aafailover/aafailover/slots"
)

const (
	// readBatch is how many items, all of one shard, one read asks for.
	readBatch = 100
	// atOnce is how many reads are under way at once in a region: a pass over one that is far away must not take as long as the
	// outage.
	atOnce = 32
)

// finding is what a look for the last acknowledged write of an item found.
type finding struct {
	n            int            // the write
	found        commands.State // of its item
	verdict      recorder.Verdict
	deletes      bool // the write has deleted the item
	later        bool // the service has written the item again since, so that nothing can be told of this write
	began, ended drill.Moment
}

// reader looks for writes in the regions, as the service itself could, but over connections of its own.
type reader struct {
	log     *recorder.Log
	regions []Reader
	maps    []slots.Map
	now     func() drill.Moment
}

// lookFor looks for writes in a region, each the last that was acknowledged of its item, until each was read; it returns those
// that were not before the context ended. It calls each for every write that was read, from one goroutine at a time.
//
// A read may fail for a single item, which is too large for the time that there is: what failed is tried again in smaller parts.
func (r *reader) lookFor(ctx context.Context, region int, writes []int, each func(finding)) (unread []int) {
	for size := readBatch; len(writes) > 0; size = max(1, size/4) {
		writes = r.look(ctx, region, writes, size, each)
		if len(writes) > 0 && !pause.For(ctx, retryPause) {
			break
		}
	}
	return writes
}

// retryPause is the time before what could not be read is tried again.
const retryPause = 100 * time.Millisecond

// look looks for each write once, some at once and in their order, and returns those of which nothing was learned.
func (r *reader) look(ctx context.Context, region int, writes []int, size int, each func(finding)) (unread []int) {
	var mu sync.Mutex
	var group sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for shard, batch := range r.batches(region, writes, size) {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			findings, err := r.read(ctx, region, shard, batch)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				unread = append(unread, batch...)
				return
			}
			for _, f := range findings {
				each(f)
			}
		})
	}
	group.Wait()
	return unread
}

// batches hands out writes by the shard of the region that owns their items, in their order as far as that allows.
func (r *reader) batches(region int, writes []int, size int) iter.Seq2[int, []int] {
	return func(yield func(int, []int) bool) {
		open := make(map[int][]int)
		for _, n := range writes {
			shard := shardOf(r.maps[region], slots.Of(r.log.Item(r.log.Write(n).Item).Key))
			if open[shard] = append(open[shard], n); len(open[shard]) == size {
				if !yield(shard, open[shard]) {
					return
				}
				delete(open, shard)
			}
		}
		for shard, batch := range open {
			if !yield(shard, batch) {
				return
			}
		}
	}
}

// read reads one batch.
func (r *reader) read(ctx context.Context, region, shard int, batch []int) ([]finding, error) {
	items := make([]commands.Item, len(batch))
	for i, n := range batch {
		items[i] = itemOf(r.log.Item(r.log.Write(n).Item))
	}
	began := r.now()
	states, err := r.regions[region].Read(ctx, shard, items)
	if err != nil {
		return nil, err
	}
	ended := r.now()
	findings := make([]finding, len(batch))
	for i, n := range batch {
		findings[i] = finding{n: n, found: states[i], began: began, ended: ended}
		r.judge(&findings[i])
	}
	return findings, nil
}

// judge says what a state means for a write. That the service has written the item again is looked for afterwards: what it wrote
// before the read ended, it had sent by then.
func (r *reader) judge(f *finding) {
	w := r.log.Write(f.n)
	f.verdict, f.deletes = r.log.Judge(w.Item, f.found, f.began, f.ended), w.State.Kind == commands.Absent
	f.later = r.log.Last(w.Item) != f.n || r.log.Superseded(f.n)
}

func itemOf(i recorder.Item) commands.Item {
	item := commands.Item{Key: []byte(i.Key), Kind: i.Kind}
	if i.Part != "" {
		item.Part = []byte(i.Part)
	}
	return item
}

// candidates hands out the writes that tell what a service which has come to a region could miss there, the newest first: of each item
// the last that was acknowledged, where that was before a moment and by another region.
func candidates(l *recorder.Log, region int, by drill.Moment) iter.Seq[int] {
	return func(yield func(int) bool) {
		for w := range l.Backward() {
			if w.Outcome != drill.Acknowledged || w.Region == region || !judgeable(w) || w.Ended >= by || l.Last(w.Item) != w.N || l.Superseded(w.N) || !l.Item(w.Item).Followed {
				continue
			}
			if !yield(w.N) {
				return
			}
		}
	}
}

// judgeable tells whether it can be told of a write what it left behind, and that it left something.
func judgeable(w recorder.Write) bool {
	return w.Item != recorder.NoItem && w.State.Kind != commands.Unknown && w.State.Kind != commands.Unchanged
}
