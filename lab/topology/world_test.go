package topology_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/lab/topology"
)

// patience bounds everything that is waited for: machines may be slow.
const patience = 2 * time.Minute

// world is a deployment and what was observed of it.
type world struct {
	*testing.T
	*topology.Deployment
	mu     sync.Mutex
	events []topology.Event
}

func newWorld(t *testing.T, kind topology.Kind, o topology.Options) *world {
	t.Helper()
	w := &world{T: t}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b, err := process.Find(ctx, "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	o.Binary, o.Dir = b, t.TempDir()
	o.OnEvent = w.note
	o.OnProgress = func(line string) { t.Logf("%s %s", time.Now().Format("05.000"), line) }
	if w.Deployment, err = topology.Start(ctx, kind, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.must(w.Close()) })
	if limits := w.Limits(); len(limits) > 0 {
		t.Fatalf("this machine does not allow what has to be tested: %q", limits)
	}
	return w
}

func (w *world) note(e topology.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
	w.T.Logf("%s %s", e.At.Format("05.000"), e)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// settles waits until the deployment is healthy.
func (w *world) settles() {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	w.must(w.Settled(ctx))
}

// await waits until something is so.
func (w *world) await(what string, is func() bool) {
	w.Helper()
	redistest.Await(w.T, what, is)
}

// saw waits until something was observed.
func (w *world) saw(what string, is func(topology.Event) bool) topology.Event {
	w.Helper()
	var found topology.Event
	w.await(what, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		i := slices.IndexFunc(w.events, is)
		if i >= 0 {
			found = w.events[i]
		}
		return i >= 0
	})
	return found
}

// kind waits for an event of a kind about a host.
func (w *world) kind(kind, about string) topology.Event {
	w.Helper()
	return w.saw(kind+" "+about, func(e topology.Event) bool { return e.Kind == kind && e.About == about })
}

// primaries are who says that it is primary.
func (w *world) primaries() []string { return topology.Primaries(w.Roles(w.Context())) }

func (w *world) isDown(err error) bool { return errors.Is(err, process.ErrDown) }
