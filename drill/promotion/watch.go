package promotion

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/probe"
)

// watch is what the drill learns while it runs: from the application, and from what
// the servers say of each other.
type watch struct {
	primaries []atomic.Int32 // of each shard, as the application sees it
	cut       chan struct{}  // closed at the cut-over

	mu      sync.Mutex
	moments Moments
	to      int // the new primary, as the application found it; -1: none
	// promoted says that the drill itself has promoted a replica.
	promoted bool
	strays   drill.Numbers // the writes of the second client
	events   []probe.Event
}

// mostEvents bounds what is kept of them.
const mostEvents = 2000

func newWatch(shards int) watch {
	return watch{primaries: make([]atomic.Int32, shards), cut: make(chan struct{}), to: -1}
}

// primaryOf is the host that the application last found to be the primary of a shard.
func (w *watch) primaryOf(shard int) int { return int(w.primaries[shard].Load()) }

// breakAt enters the moment of the fault.
func (w *watch) breakAt(at drill.Moment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moments.Fault = &at
}

func (w *watch) broken() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.moments.Fault != nil
}

// wasPromoted tells whether the drill itself has promoted a replica.
func (w *watch) wasPromoted() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.promoted
}

// noteStray enters that a write is the second client's.
func (w *watch) noteStray(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.strays.Add(n)
}

// strayed are the writes of the second client so far.
func (w *watch) strayed() *drill.Numbers {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all drill.Numbers
	for n := range w.strays.All() {
		all.Add(n)
	}
	return &all
}

// acknowledged is told of every write of the application that a host acknowledged.
func (r *run) acknowledged(shard, host int, at drill.Moment) {
	r.primaries[shard].Store(int32(host))
	if shard != hit || host == r.from {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.moments.Fault == nil || r.moments.CutOver != nil && *r.moments.CutOver <= at {
		return
	}
	first := r.moments.CutOver == nil
	r.moments.CutOver, r.to = &at, host
	if first {
		close(r.cut)
		r.note(drill.EventReached, host, "first write acknowledged by the new primary")
	}
}

// observe is told of what the servers say of each other.
func (r *run) observe(e Event) {
	at := e.At.Sub(r.start)
	r.mu.Lock()
	defer r.mu.Unlock()
	if fault := r.moments.Fault; fault != nil && at >= *fault {
		switch {
		case e.Sign == HeldDown && e.About == r.from && r.moments.Detected == nil:
			r.moments.Detected = &at
		case e.Sign == BecamePrim && e.About >= 0 && e.About != r.from && r.hosts[e.About].Shard == hit && r.moments.Promoted == nil:
			r.moments.Promoted = &at
		}
	}
	r.noteAt(probe.Event{At: e.At, Kind: EventHost, State: e.Sign.String(), Detail: e.Text}, e.Host)
}

// tell enters an event and hands it on.
func (r *run) tell(kind probe.EventKind, host int, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(kind, host, text)
}

// note is tell with the lock held.
func (r *run) note(kind probe.EventKind, host int, text string) {
	r.noteAt(probe.Event{At: time.Now(), Kind: kind, Detail: text}, host)
}

func (r *run) noteAt(e probe.Event, host int) {
	e.Shard, e.Slot = -1, -1
	if host >= 0 {
		e.Region = r.hosts[host].Name
	}
	if len(r.events) < mostEvents {
		r.events = append(r.events, e)
	}
	if r.OnEvent != nil {
		r.OnEvent(e)
	}
}

// guardPause is the time between two looks of the drill at a primary that nobody else
// looks after.
const guardPause = 100 * time.Millisecond

// guard looks after the primary where nobody else does: when it has given no sign of
// life for the time that was asked for, a replica of it is promoted, once.
func (r *run) guard(ctx context.Context) {
	last := r.now()
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, min(r.Deployment.Settings().DownAfter, time.Second))
		asked := r.now()
		err := r.Deployment.Ping(limited, r.from)
		cancel()
		if err == nil {
			last = asked
		}
		if r.now()-last >= r.Deployment.Settings().DownAfter && ctx.Err() == nil {
			r.promote(ctx)
			return
		}
		pause.For(ctx, guardPause)
	}
}

// promote has a replica of the shard that was hit take over.
func (r *run) promote(ctx context.Context) {
	to := AReplica.Find(r.hosts)[0]
	r.observe(Event{At: time.Now(), Host: -1, Sign: HeldDown, About: r.from, Text: r.hosts[r.from].Name + " is held down by the drill"})
	r.tell(drill.EventDecision, to, "promote "+r.hosts[to].Name)
	limited, cancel := context.WithTimeout(ctx, r.Limits.Step)
	defer cancel()
	if err := r.Deployment.Promote(limited, to); err != nil {
		r.tell(drill.EventError, to, "promote: "+err.Error())
		return
	}
	r.observe(Event{At: time.Now(), Host: to, Sign: BecamePrim, About: to, Text: r.hosts[to].Name + " is a primary"})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.promoted = true
}
