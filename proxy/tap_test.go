package proxy_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/proxy"
)

// note is what one connection told its tap. It checks the order of what it is told.
type note struct {
	t     *testing.T
	one   proxy.Connection
	times int // each byte that the region sent goes on so often

	mu        sync.Mutex
	reached   bool
	sent      []byte
	sentAt    []time.Time // of each call
	returned  []byte
	delivered int
	closed    bool // the region sends no more
	ended     []proxy.End
	endedAt   time.Time
}

func (n *note) tell(what func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.ended) > 0 {
		n.t.Error("it was told more after the end")
	}
	what()
}

func (n *note) Reached(time.Time) { n.tell(func() { n.reached = true }) }

func (n *note) Sent(b []byte, at time.Time) {
	n.tell(func() {
		n.sent, n.sentAt = append(n.sent, b...), append(n.sentAt, at)
		if len(b) == 0 {
			n.t.Error("nothing was sent")
		}
	})
}

func (n *note) Answered(dst, b []byte, _ time.Time) []byte {
	n.tell(func() {
		if n.closed || len(dst) > 0 {
			n.t.Errorf("%d bytes after the end: %v, and %d before them", len(b), n.closed, len(dst))
		}
		n.closed = b == nil
		for _, c := range b {
			dst = append(dst, bytes.Repeat([]byte{c}, n.times)...)
		}
		n.returned = append(n.returned, dst...)
	})
	return dst
}

func (n *note) Delivered(count int, _ time.Time) {
	n.tell(func() {
		if n.delivered += count; count <= 0 || n.delivered > len(n.returned) {
			n.t.Errorf("%d bytes more, which makes %d, were delivered of %d", count, n.delivered, len(n.returned))
		}
	})
}

func (n *note) Ended(e proxy.End, at time.Time) {
	n.tell(func() { n.ended, n.endedAt = append(n.ended, e), at })
}

// notes are those of all connections.
type notes struct {
	t     *testing.T
	times int
	mu    sync.Mutex
	all   []*note
}

func (n *notes) tap(one proxy.Connection) proxy.Tap {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, &note{t: n.t, one: one, times: max(n.times, 1)})
	return n.all[len(n.all)-1]
}

func (n *notes) list() []*note {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]*note(nil), n.all...)
}

// last is the note of the newest connection, which nothing is told while it is looked at.
func (n *notes) last() *note { return n.all[len(n.all)-1] }

// What is sent while the way hangs was sent then, and what is answered is not delivered before the hang is over.
func TestATapTellsWhenItWasSentAndWhetherItWasDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &notes{t: t}
		w := inMemory(t, proxy.Options{Tap: seen.tap})
		begun := time.Now()
		c := w.connect()
		w.works(c, "one ")
		synctest.Wait()
		n := seen.last()
		if !n.reached || n.one.Address != w.echo.address || n.one.Client.String() != c.LocalAddr().String() || !n.one.At.Equal(begun) {
			t.Errorf("%v, reached: %v", n.one, n.reached)
		}
		w.set(proxy.Hang{})
		for i := range 3 {
			time.Sleep(time.Second)
			if _, err := io.WriteString(c, "two "); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if at := n.sentAt[len(n.sentAt)-1]; len(n.sentAt) != i+2 || !at.Equal(time.Now()) {
				t.Errorf("%d: sent %d times, at last %v ago", i, len(n.sentAt), time.Since(at))
			}
		}
		if string(n.sent) != "one two two two " || string(n.returned) != "one " || n.delivered != 4 {
			t.Errorf("while it hangs: sent %q, answered %q, delivered %d", n.sent, n.returned, n.delivered)
		}
		time.Sleep(time.Second)
		gaveUp := time.Now()
		_ = c.Close()
		time.Sleep(time.Hour)
		if len(n.ended) != 0 || w.echo.text() != "one " {
			t.Errorf("it ended: %v; the region got %q", n.ended, w.echo.text())
		}
		w.set(proxy.Pass{})
		synctest.Wait()
		if want := "one two two two "; w.echo.text() != want {
			t.Errorf("the region got %q", w.echo.text())
		}
		if len(n.ended) != 1 || n.ended[0] != (proxy.End{By: proxy.ByApplication}) || !n.endedAt.Equal(gaveUp) {
			t.Errorf("it ended: %v, %v after it was given up", n.ended, n.endedAt.Sub(gaveUp))
		}
		if n.delivered != 4 {
			t.Errorf("%d bytes were delivered, to an application that was gone", n.delivered)
		}
	})
}

// What an application sends on a connection that it opened during a hang was sent then, too.
func TestATapTellsWhatIsSentBeforeTheRegionIsReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &notes{t: t}
		w := inMemory(t, proxy.Options{Tap: seen.tap})
		w.set(proxy.Hang{})
		c := w.connect()
		if _, err := io.WriteString(c, "early"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := seen.last(); string(n.sent) != "early" || n.reached {
			t.Errorf("sent %q, reached %v", n.sent, n.reached)
		}
		w.set(proxy.Pass{})
		w.hears(c, "early")
		if n := seen.last(); !n.reached {
			t.Error("not reached")
		}
	})
}

// Who ended a connection, by what.
func TestATapTellsWhoEndedIt(t *testing.T) {
	for _, row := range []struct {
		name    string
		end     func(w *world, application, region net.Conn)
		by      proxy.Side
		err     error // nil: it was closed in good order
		reached bool
	}{
		{"the application closes it", func(_ *world, a, _ net.Conn) { _ = a.Close() }, proxy.ByApplication, nil, true},
		{"the application resets it", func(_ *world, a, _ net.Conn) { memnet.Reset(a) }, proxy.ByApplication, syscall.ECONNRESET, true},
		{"the region closes it", func(_ *world, _, r net.Conn) { _ = r.Close() }, proxy.ByRegion, nil, true},
		{"the region resets it", func(_ *world, _, r net.Conn) { memnet.Reset(r) }, proxy.ByRegion, syscall.ECONNRESET, true},
		{"a fault resets it", func(w *world, _, _ net.Conn) { w.set(proxy.Reset{}) }, proxy.ByProxy, syscall.ECONNRESET, true},
		{"a fault kills the region", func(w *world, _, _ net.Conn) { w.set(proxy.Refuse{}) }, proxy.ByProxy, nil, true},
		{"the proxy is closed", func(w *world, _, _ net.Conn) { _ = w.proxy.Close() }, proxy.ByProxy, proxy.ErrClosed, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seen := &notes{t: t}
				w := inMemory(t, proxy.Options{Tap: seen.tap})
				c := w.connect()
				w.works(c, "hello")
				row.end(w, c, w.echo.conns[0])
				synctest.Wait()
				n := seen.last()
				if len(n.ended) != 1 || n.ended[0].By != row.by || !errors.Is(n.ended[0].Err, row.err) || n.reached != row.reached {
					t.Errorf("%v, reached: %v", n.ended, n.reached)
				}
			})
		})
	}
}

// A region that cannot be reached, and one that a fault has taken away: each connection that was accepted is told of.
func TestATapTellsOfConnectionsThatWentNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &notes{t: t}
		w := inMemory(t, proxy.Options{Tap: seen.tap})
		w.echo.stop()
		if _, err := w.dial(); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := seen.last(); len(n.ended) != 1 || n.ended[0].By != proxy.ByRegion || !errors.Is(n.ended[0].Err, syscall.ECONNREFUSED) || n.reached {
			t.Errorf("%v, reached: %v", n.ended, n.reached)
		}
		w.set(proxy.Reset{})
		for range 10 {
			if c, err := w.dial(); err == nil {
				w.ends(c, syscall.ECONNRESET, patience)
			}
		}
		synctest.Wait()
		all := seen.list()
		if len(all) != 11 {
			t.Fatalf("%d connections were told of", len(all))
		}
		for _, n := range all[1:] {
			if len(n.ended) != 1 || n.ended[0] != (proxy.End{By: proxy.ByProxy, Err: syscall.ECONNRESET}) || n.reached {
				t.Errorf("%v, reached: %v", n.ended, n.reached)
			}
		}
	})
}

// A tap that makes replies longer changes what arrives, and nothing of the order; whatever the conditions are it is told of each
// byte that was sent, and of each that was delivered.
func TestATapThatMakesRepliesLonger(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 30 {
		synctest.Test(t, func(t *testing.T) {
			seen := &notes{t: t, times: 1 + random.IntN(40)}
			w := inMemory(t, proxy.Options{Tap: seen.tap})
			c := w.connect()
			said := pattern(1 + random.IntN(60<<10))
			sizes := rand.New(rand.NewPCG(random.Uint64(), 0)) // of a goroutine of its own
			var speaks sync.WaitGroup
			speaks.Go(func() {
				for rest := said; len(rest) > 0; {
					k := min(1+sizes.IntN(3000), len(rest))
					if _, err := c.Write(rest[:k]); err != nil {
						t.Error(err)
					}
					rest = rest[k:]
				}
			})
			speaks.Go(func() {
				for range 10 {
					w.set(heldUp(random))
					time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
				}
				w.set(proxy.Pass{})
			})
			got := make([]byte, len(said)*seen.times)
			_ = c.SetReadDeadline(time.Now().Add(100 * time.Hour))
			if _, err := io.ReadFull(c, got); err != nil {
				t.Fatal(err)
			}
			speaks.Wait()
			synctest.Wait()
			n := seen.last()
			if !bytes.Equal(n.sent, said) || !bytes.Equal(n.returned, got) || n.delivered != len(got) {
				t.Errorf("%d bytes sent of %d, %d delivered of %d; they are those: %v", len(n.sent), len(said), n.delivered, len(got), bytes.Equal(n.returned, got))
			}
			for i, b := range got {
				if b != said[i/seen.times] {
					t.Fatalf("byte %d is not what was sent", i)
				}
			}
		})
		if t.Failed() {
			return
		}
	}
}

// heldUp is a condition under which nothing is lost.
func heldUp(random *rand.Rand) proxy.Condition {
	return []proxy.Condition{
		proxy.Pass{}, proxy.Hang{}, proxy.Slow{Delay: time.Duration(random.IntN(300)) * time.Millisecond},
		proxy.Slow{Rate: 10000 + random.IntN(1e6)},
	}[random.IntN(4)]
}
