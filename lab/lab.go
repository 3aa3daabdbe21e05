package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/lab/process"
)

// Lab is a running deployment. Its methods may be called at any time, by many.
type Lab struct {
	config  Config
	began   time.Time
	regions []*region
	closed  chan struct{}
	once    sync.Once
	running sync.WaitGroup

	faults      sync.Mutex // one fault at a time
	lastSession atomic.Int64

	group      *process.Group // of the servers; nil without an engine
	lastServer atomic.Int64
	last       lastStatus
}

// The housekeeping of all shards: expired keys are removed as often as Redis does with its default hz of 10, and
// checkpoints are made as often as appendfsync everysec does.
const (
	expiryInterval     = 100 * time.Millisecond
	checkpointInterval = time.Second
	expiryBatch        = 1000 // keys per shard and interval, so that no shard is held up
	collectInterval    = time.Minute
)

// Start starts a deployment: every front listens, and every link is up. The context bounds the start only; Close ends the
// lab.
func Start(ctx context.Context, c Config) (*Lab, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	l := &Lab{config: c, began: time.Now(), closed: make(chan struct{})}
	if e := c.Engine; e != nil {
		if l.group, err = process.NewGroup(ctx, e.Binary, process.Options{Dir: e.Dir, Log: e.log}); err != nil {
			return nil, fmt.Errorf("lab: %w", err)
		}
	}
	for i, rc := range c.Regions {
		l.regions = append(l.regions, newRegion(l, i, rc))
	}
	if err := l.furnish(ctx, slices.Collect(l.shards)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.connect()
	for sh := range l.shards {
		if err := sh.front.open(ctx); err != nil {
			return nil, errors.Join(err, l.Close())
		}
		sh.keys.settle()
	}
	for s := range l.streams {
		l.running.Go(s.run)
	}
	l.running.Go(l.keepHouse)
	if l.group != nil {
		l.last.seen = l.look()
	}
	return l, nil
}

// connect makes a stream for every two shards of different regions that share slots.
func (l *Lab) connect() {
	for _, a := range l.regions {
		for _, b := range l.regions {
			if a == b {
				continue
			}
			from, to := a.layout.Load(), b.layout.Load()
			delay := max(0, l.config.Delay(a.name, b.name))
			for i, source := range from.shards {
				for j, receiver := range to.shards {
					carried := common(from.slots[i], to.slots[j])
					if len(carried) == 0 {
						continue
					}
					s := newStream(source, receiver, carried, delay)
					s.whole = slices.Equal(carried, from.slots[i])
					s.join()
					s.connect(0)
					s.resumes = 0 // the first connection resumes nothing
				}
			}
		}
	}
}

// join puts a stream among those of its shards.
func (s *stream) join() {
	s.from.outbound = append(s.from.outbound, s)
	s.to.inbound = append(s.to.inbound, s)
}

// streams ranges over all streams that have not ended, by receiver. The caller holds faults, or nobody else does yet.
func (l *Lab) streams(yield func(*stream) bool) {
	for sh := range l.shards {
		for _, s := range sh.inbound {
			if !s.ended.Load() && !yield(s) {
				return
			}
		}
	}
}

// shards ranges over all shards of all regions.
func (l *Lab) shards(yield func(*shard) bool) {
	for _, r := range l.regions {
		for _, sh := range r.shards() {
			if !yield(sh) {
				return
			}
		}
	}
}

// now is the time since the lab began, from the monotonic clock.
func (l *Lab) now() time.Duration { return time.Since(l.began) }

// keepHouse removes expired keys, makes checkpoints, and forgets what is left of keys that are gone.
func (l *Lab) keepHouse() {
	tick := time.NewTicker(expiryInterval)
	defer tick.Stop()
	checkpoint, collect := checkpointInterval, collectInterval
	for {
		select {
		case <-tick.C:
		case <-l.closed:
			return
		}
		save := l.now() >= checkpoint
		if save {
			checkpoint = l.now() + checkpointInterval
		}
		for sh := range l.shards {
			sh.keys.tick(save)
		}
		if l.now() >= collect && l.faults.TryLock() { // otherwise next time
			collect = l.now() + collectInterval
			l.collect()
			l.faults.Unlock()
		}
	}
}

// Close ends the lab: it resets all connections and returns when every goroutine has ended, and every server, of which nothing
// is left on the disk. It may be called again. The error says what is left after all.
func (l *Lab) Close() error {
	l.once.Do(func() {
		l.last.mu.Lock() // no look begins in between
		defer l.last.mu.Unlock()
		close(l.closed)
	})
	var failed error
	if l.group != nil { // first: what waits for a server is let go
		failed = l.group.Close()
	}
	l.faults.Lock()
	for sh := range l.shards {
		sh.keys.end()
		sh.front.close()
		sh.front.release()
	}
	l.faults.Unlock() // a promotion may be waiting for it
	l.running.Wait()
	return failed
}
