package drill

import (
	"context"
	"sync"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// Watch runs the probe beside a drill and keeps its newest snapshot.
type Watch struct {
	start   time.Time
	changed chan struct{} // holds a token when a snapshot came that nobody looked at
	cancel  context.CancelFunc
	done    chan struct{}

	mu     sync.Mutex
	latest *probe.Snapshot
}

// NewWatch returns a watch whose moments count from the start of a drill.
func NewWatch(start time.Time) *Watch {
	return &Watch{start: start, changed: make(chan struct{}, 1)}
}

// Run begins to probe. The end of ctx does not end it: an interrupted drill still heals. It is for Stop to end it, in any
// case. Of c, OnEvent must be set; it is told, as an EventError, too, when the probe cannot run.
func (w *Watch) Run(ctx context.Context, c probe.Config) {
	ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	w.done = make(chan struct{})
	see := c.OnSnapshot
	c.OnSnapshot = func(s *probe.Snapshot) {
		w.set(s)
		if see != nil {
			see(s)
		}
	}
	go func() {
		defer close(w.done)
		if _, err := probe.Run(ctx, c); err != nil && ctx.Err() == nil {
			c.OnEvent(probe.Event{At: time.Now(), Kind: EventError, Shard: -1, Slot: -1, Detail: err.Error()})
		}
	}()
}

// observed is how the probe of a drill observes.
func (c Config) observed(onEvent func(probe.Event), proof func(string) probe.Proof) probe.Config {
	return probe.Config{Policy: c.Probe, Prefix: c.Prefix, Maps: c.Maps, Endpoints: c.Endpoints, Cover: c.Cover,
		Opening: c.Probe.Up, // nothing is written before so many messages have arrived on every link
		OnEvent: onEvent, OnSnapshot: c.OnSnapshot, Proof: proof}
}

// Stop ends the probe and waits for it.
func (w *Watch) Stop() {
	w.cancel()
	<-w.done
}

func (w *Watch) set(s *probe.Snapshot) {
	w.mu.Lock()
	w.latest = s
	w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// Snapshot returns the newest snapshot, which may be nil.
func (w *Watch) Snapshot() *probe.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.latest
}

// Until waits for a snapshot of which ok is true, and looks at each once, the
// present one first. The limit or the end of the context end the wait, too.
// Only one goroutine may call it at a time.
func (w *Watch) Until(ctx context.Context, limit time.Duration, ok func(*probe.Snapshot) bool) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		if s := w.Snapshot(); s != nil && ok(s) {
			return
		}
		select {
		case <-w.changed:
		case <-ctx.Done():
			return
		}
	}
}

// Fences returns the newest fence of every cell between two different regions, which have
// the indexes of the maps: each delivered message of the probe is one.
func (w *Watch) Fences(regions []slots.Map) []Fence {
	s := w.Snapshot()
	if s == nil {
		return nil
	}
	index := make(map[string]int, len(regions))
	for i, m := range regions {
		index[m.Region] = i
	}
	var fences []Fence
	for _, l := range s.Links {
		if l.From == l.To {
			continue
		}
		for _, cell := range l.Cells {
			if cell.LastDelivered.IsZero() {
				continue
			}
			fences = append(fences, Fence{From: index[l.From], To: index[l.To], Slot: cell.Slot,
				Sent: cell.LastDeliveredSent.Sub(w.start), Delivered: cell.LastDelivered.Sub(w.start)})
		}
	}
	return fences
}
