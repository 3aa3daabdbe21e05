package proxy_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/proxy"
)

func TestMain(m *testing.M) {
	redistest.Quiet()
	goleak.VerifyTestMain(m)
}

// echo answers every byte with itself, and keeps what it got.
type echo struct {
	listener net.Listener
	address  string
	owned    sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
	got   []byte // of all connections
}

func startEcho(t *testing.T, listener net.Listener) *echo {
	e := &echo{listener: listener, address: listener.Addr().String()}
	e.owned.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			e.mu.Lock()
			e.conns = append(e.conns, c)
			e.mu.Unlock()
			e.owned.Go(func() {
				_, _ = io.Copy(c, io.TeeReader(c, e))
				_ = c.Close()
			})
		}
	})
	t.Cleanup(e.stop)
	return e
}

func (e *echo) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got = append(e.got, b...)
	return len(b), nil
}

func (e *echo) text() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return string(e.got)
}

func (e *echo) stop() {
	_ = e.listener.Close()
	e.mu.Lock()
	for _, c := range e.conns {
		_ = c.Close()
	}
	e.mu.Unlock()
	e.owned.Wait()
}

// world is an echo server behind a proxy.
type world struct {
	t     *testing.T
	proxy *proxy.Proxy
	echo  *echo
}

// patience is how long a test waits for what it expects, and brevity for what it does not, in real time.
const (
	patience = 2 * time.Minute
	brevity  = 50 * time.Millisecond
)

// inMemory is a world in simulated time.
func inMemory(t *testing.T, o proxy.Options) *world {
	memory := new(memnet.Network)
	o.Dial, o.Join, o.Listen = memory.Dial, memory.Dial, memory.Listen
	listener, err := memory.Listen(t.Context(), "tcp", "region:6379")
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, o, listener)
}

// overTCP is a world on the loopback interface.
func overTCP(t *testing.T) *world { return overTCPWith(t, proxy.Options{}) }

func overTCPWith(t *testing.T, o proxy.Options) *world {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, o, listener)
}

func newWorld(t *testing.T, o proxy.Options, listener net.Listener) *world {
	w := &world{t: t, echo: startEcho(t, listener), proxy: proxy.New(o)}
	t.Cleanup(func() { w.proxy.Close() })
	return w
}

func (w *world) set(c proxy.Condition, addresses ...string) {
	w.t.Helper()
	if err := w.proxy.Set(c, addresses...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) dial() (net.Conn, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	return w.proxy.Dial(ctx, "tcp", w.echo.address)
}

func (w *world) connect() net.Conn {
	w.t.Helper()
	c, err := w.dial()
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	return c
}

// works says something and hears it back.
func (w *world) works(c net.Conn, text string) {
	w.t.Helper()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, text); err != nil {
		w.t.Fatalf("say %q: %v", text, err)
	}
	w.hears(c, text)
}

func (w *world) hears(c net.Conn, text string) {
	w.t.Helper()
	_ = c.SetDeadline(time.Now().Add(patience))
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
		w.t.Fatalf("heard %q, %v, want %q", got, err, text)
	}
}

// ends reads until the connection ends, and wants it to end so.
func (w *world) ends(c net.Conn, want error, within time.Duration) {
	w.t.Helper()
	_ = c.SetDeadline(time.Now().Add(within))
	var err error
	for b := make([]byte, 1024); err == nil; {
		_, err = c.Read(b)
	}
	if !errors.Is(err, want) {
		w.t.Errorf("it ended with %v, want %v", err, want)
	}
}
