package topology_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/lab/topology"
)

// patience bounds everything that is waited for: machines may be slow.
const patience = 2 * time.Minute

// pause is the time between two looks at what is waited for.
const pause = 20 * time.Millisecond

// world is a deployment and what was observed of it.
type world struct {
	*testing.T
	*topology.Deployment
	password string

	mu     sync.Mutex
	events []topology.Event
	marked int // how many of them are not looked at any more
}

func newWorld(t *testing.T, kind topology.Kind, o topology.Options) *world {
	t.Helper()
	w := &world{T: t, password: o.Password}
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
	w.Logf("%s %s", e.At.Format("05.000"), e)
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
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			w.Fatalf("after %v still not: %s", patience, what)
		}
		<-time.After(pause)
	}
}

// mark has saw and kind look at what is observed from now on.
func (w *world) mark() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marked = len(w.events)
}

// saw waits until something was observed.
func (w *world) saw(what string, is func(topology.Event) bool) topology.Event {
	w.Helper()
	var found topology.Event
	w.await(what, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		events := w.events[w.marked:]
		i := slices.IndexFunc(events, is)
		if i >= 0 {
			found = events[i]
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

// inOrder checks that what was observed was observed in this order.
func (w *world) inOrder(events ...topology.Event) {
	w.Helper()
	for i, e := range events[1:] {
		if e.At.Before(events[i].At) {
			w.Errorf("%v was observed before %v", e, events[i])
		}
	}
}

// primaries are who says that it is primary.
func (w *world) primaries() []string { return topology.Primaries(w.Roles(w.Context())) }

// arePrimary waits until these say that they are primary, and nobody else.
func (w *world) arePrimary(want ...string) {
	w.Helper()
	slices.Sort(want)
	w.await(fmt.Sprint(want, " primary"), func() bool { return slices.Equal(slices.Sorted(slices.Values(w.primaries())), want) })
}

// send sends a command from one host to the server of another, as a client there does.
func (w *world) send(from, to string, within time.Duration, command ...string) (resp.Value, error) {
	w.Helper()
	dial, err := w.Dialer(from)
	w.must(err)
	ctx, cancel := context.WithTimeout(w.Context(), within)
	defer cancel()
	c, err := dial(ctx, "tcp", w.addr(to))
	if err != nil {
		return resp.Value{}, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(within))
	request := resp.AppendCommand(nil, command...)
	in := resp.NewReader(c)
	if w.password != "" {
		request = append(resp.AppendCommand(nil, "AUTH", w.password), request...)
	}
	if _, err := c.Write(request); err != nil {
		return resp.Value{}, err
	}
	if w.password != "" {
		if _, err := in.ReadValue(); err != nil {
			return resp.Value{}, err
		}
	}
	return in.ReadValue()
}

// sets waits until a write from one host to the server of another is answered with OK.
func (w *world) sets(from, to, key string) {
	w.Helper()
	var v resp.Value
	var err error
	w.await(fmt.Sprintf("SET by %s at %s", from, to), func() bool {
		v, err = w.send(from, to, patience, "SET", key, "value of "+key)
		return err == nil && v.Str == "OK"
	})
}

// fills writes some keys.
func (w *world) fills(host string, n int) {
	w.Helper()
	for i := range n {
		w.sets("client-1", host, fmt.Sprint("key:", i))
	}
}

// has returns how many keys a server has.
func (w *world) has(host string) int64 {
	w.Helper()
	v, err := w.Ask(w.Context(), host, "DBSIZE")
	w.must(err)
	return v.Int
}

func (w *world) addr(host string) string {
	w.Helper()
	for _, h := range w.Hosts() {
		if h.Name == host {
			return h.Addr
		}
	}
	w.Fatalf("no host is called %q", host)
	return ""
}

// resync waits for a replica to have caught up with a primary, and returns how.
func (w *world) resync(replica, primary string) topology.Resync {
	w.Helper()
	var found topology.Resync
	w.await(replica+" caught up with "+primary, func() bool {
		for _, r := range w.Resyncs() {
			if r.Replica == replica && r.Primary == primary {
				found = r
			}
		}
		return found.Replica != ""
	})
	return found
}
