package drill

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

// sampler measures how long the writes of the application take to be readable in
// the other regions, by looking there for some of them again and again. It
// measures the data itself, and not the messages of the probe, and its own cost is
// bounded: so many samples, and so many reads a second in each region.
//
//	writer ── offer ──> sample ──> look, look, look … readable ──> Lag
type sampler struct {
	now    func() Moment
	key    func(n int) string
	slot   func(n int) int
	cancel context.CancelFunc
	group  sync.WaitGroup

	next    atomic.Int64 // when the next write is wanted, as a Moment
	regions []*sampled
}

const (
	// samplePause is the time between two samples: 50 a second tell the 99th
	// percentile of a steady phase of a few seconds.
	samplePause = 20 * time.Millisecond
	// lookPause is the time between two reads in a region in the long run, and so
	// what a lag is wrong by at the most, half of it to either side; the first
	// looksAtOnce for a sample may follow each other in steps of firstPause, for the
	// lags of regions that are near.
	lookPause   = 5 * time.Millisecond
	firstPause  = time.Millisecond
	looksAtOnce = 4
	// samplePatience is how long a sample is looked for.
	samplePatience = 10 * time.Second
	// samplesOpen and samplesKept bound what is looked for at a time, and what is
	// remembered: an hour and more at the full rate.
	samplesOpen = 64
	samplesKept = 1 << 18
	// looksUnderWay bounds the reads that are not answered yet: a region that is
	// 300 ms away is looked at as often as a near one.
	looksUnderWay = 64
)

// sample is a write that is looked for.
type sample struct {
	n      int
	acked  Moment
	absent Moment // when the last look began that did not find it; the acknowledgement, before
}

// sampled is what is known of one region.
type sampled struct {
	store Store
	wake  chan struct{} // holds a token when there is something to look for

	mu     sync.Mutex
	open   []sample
	lags   []time.Duration // the middle of what is possible, for each sample that was found
	within time.Duration   // half of the widest of these ranges
	unseen int             // samples that were given up on
	reads  int
}

// startSampler begins to look in all regions but one, which the application
// writes to. It must be stopped.
func startSampler(ctx context.Context, stores []Store, from int, l *Ledger, now func() Moment) *sampler {
	s := &sampler{now: now, key: l.Key, slot: l.Slot, regions: make([]*sampled, len(stores))}
	ctx, s.cancel = context.WithCancel(ctx)
	for i, store := range stores {
		if i == from {
			continue
		}
		r := &sampled{store: store, wake: make(chan struct{}, 1)}
		s.regions[i] = r
		s.group.Go(func() { s.watch(ctx, r) })
	}
	return s
}

// stop takes no more samples, ends the looking, and waits for what is under way.
func (s *sampler) stop() {
	s.next.Store(math.MaxInt64)
	s.cancel()
	s.group.Wait()
}

// offer, of a nil sampler as well, tells of a write that was acknowledged at a moment. Most are not wanted,
// which costs next to nothing.
func (s *sampler) offer(n int, acked Moment) {
	if s == nil {
		return
	}
	next := s.next.Load()
	if int64(acked) < next || !s.next.CompareAndSwap(next, int64(acked+samplePause)) {
		return
	}
	for _, r := range s.regions {
		if r != nil {
			r.take(sample{n: n, acked: acked, absent: acked})
		}
	}
}

func (r *sampled) take(one sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.open) == samplesOpen || len(r.lags) == samplesKept {
		return
	}
	r.open = append(r.open, one)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// watch looks in a region for its samples until ctx ends.
func (s *sampler) watch(ctx context.Context, r *sampled) {
	var looks sync.WaitGroup
	defer looks.Wait()
	places := make(chan struct{}, looksUnderWay)
	allowed, earned := float64(looksAtOnce), s.now()
	for ctx.Err() == nil {
		batches := r.batches(s.slot, s.now())
		if len(batches) == 0 {
			select {
			case <-r.wake:
			case <-ctx.Done():
			}
			continue
		}
		for _, batch := range batches {
			select {
			case places <- struct{}{}:
				looks.Go(func() {
					s.look(ctx, r, batch)
					<-places
				})
			default: // the region answers too slowly to be asked more often
			}
		}
		at := s.now()
		allowed = min(looksAtOnce, allowed+float64(at-earned)/float64(lookPause)) - float64(len(batches))
		earned = at
		pause.For(ctx, max(firstPause, time.Duration((1-allowed)*float64(lookPause))))
	}
}

// batches returns what is to be looked for, by slot, and gives up on what is too
// old.
func (r *sampled) batches(slotOf func(int) int, now Moment) [][]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := len(r.open)
	r.open = slices.DeleteFunc(r.open, func(one sample) bool { return now-one.acked > samplePatience })
	r.unseen += before - len(r.open)
	var batches [][]int
	at := make(map[int]int) // the batch of a slot
	for _, one := range r.open {
		slot := slotOf(one.n)
		i, ok := at[slot]
		if !ok {
			i = len(batches)
			at[slot] = i
			batches = append(batches, nil)
		}
		batches[i] = append(batches[i], one.n)
	}
	return batches
}

// look looks once for writes of one slot.
func (s *sampler) look(ctx context.Context, r *sampled, ns []int) {
	keys := make([]string, len(ns))
	for i, n := range ns {
		keys[i] = s.key(n)
	}
	began := s.now()
	found, err := r.store.Read(ctx, keys)
	ended := s.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reads++
	if err != nil {
		return
	}
	for i, n := range ns {
		r.learn(n, began, ended, found[i])
	}
}

// learn takes in one look for a sample that nobody has found yet.
func (r *sampled) learn(n int, began, ended Moment, found bool) {
	i := slices.IndexFunc(r.open, func(one sample) bool { return one.n == n })
	if i < 0 {
		return
	}
	one := &r.open[i]
	if !found {
		one.absent = max(one.absent, began)
		return
	}
	low, high := one.absent-one.acked, ended-one.acked
	r.lags = append(r.lags, (low+high)/2)
	r.within = max(r.within, (high-low+1)/2)
	r.open = slices.Delete(r.open, i, i+1)
}

// lag returns what was measured so far in a region; false when nothing was.
func (s *sampler) lag(region int) (Lag, bool) {
	r := s.regions[region]
	if r == nil {
		return Lag{}, false
	}
	r.mu.Lock()
	lags := slices.Clone(r.lags)
	lag := Lag{Samples: len(lags), Within: r.within, Unseen: r.unseen, Reads: r.reads}
	for _, one := range r.open {
		if s.now()-one.acked > time.Second { // longer than a healthy link takes
			lag.Unseen++
		}
	}
	r.mu.Unlock()
	if len(lags) == 0 {
		return lag, false
	}
	slices.Sort(lags)
	rank := func(percent int) time.Duration { return lags[(len(lags)*percent+99)/100-1] }
	lag.P50, lag.P99, lag.Max = rank(50), rank(99), lags[len(lags)-1]
	return lag, true
}
