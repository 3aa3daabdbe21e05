package drill

import (
	"context"
	"sync"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// watch runs the probe beside the drill and keeps its newest snapshot.
type watch struct {
	start   time.Time
	changed chan struct{} // holds a token when a snapshot came that nobody looked at
	cancel  context.CancelFunc
	done    chan struct{}

	mu     sync.Mutex
	latest *probe.Snapshot
}

func newWatch(start time.Time) *watch {
	return &watch{start: start, changed: make(chan struct{}, 1)}
}

func (w *watch) run(ctx context.Context, c Config, onEvent func(probe.Event), proof func(string) probe.Proof) {
	// Not ended by the context of the drill: an interrupted drill still heals, and
	// stop ends it in any case.
	ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	w.done = make(chan struct{})
	see := w.set
	if c.OnSnapshot != nil {
		see = func(s *probe.Snapshot) {
			w.set(s)
			c.OnSnapshot(s)
		}
	}
	go func() {
		defer close(w.done)
		_, err := probe.Run(ctx, probe.Config{
			Policy: c.Probe, Prefix: c.Prefix, Maps: c.Maps, Endpoints: c.Endpoints, Cover: c.Cover,
			Opening: c.Probe.Up, // nothing is written before so many messages have arrived on every link
			OnEvent: onEvent, OnSnapshot: see, Proof: proof,
		})
		if err != nil && ctx.Err() == nil {
			onEvent(probe.Event{At: time.Now(), Kind: EventError, Shard: -1, Slot: -1, Detail: err.Error()})
		}
	}()
}

func (w *watch) stop() {
	w.cancel()
	<-w.done
}

func (w *watch) set(s *probe.Snapshot) {
	w.mu.Lock()
	w.latest = s
	w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// snapshot returns the newest snapshot, which may be nil.
func (w *watch) snapshot() *probe.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.latest
}

// until waits for a snapshot of which ok is true, and looks at each once, the
// present one first. The limit or the end of the context end the wait, too.
// Only one goroutine may call it at a time.
func (w *watch) until(ctx context.Context, limit time.Duration, ok func(*probe.Snapshot) bool) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		if s := w.snapshot(); s != nil && ok(s) {
			return
		}
		select {
		case <-w.changed:
		case <-ctx.Done():
			return
		}
	}
}

// fences returns the newest fence of every cell between two different regions:
// each delivered message of the probe is one.
func (w *watch) fences(c Config) []Fence {
	s := w.snapshot()
	if s == nil {
		return nil
	}
	index := make(map[string]int, len(c.Maps))
	for i, m := range c.Maps {
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
