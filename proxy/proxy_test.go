package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
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
	patience = 30 * time.Second
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
func overTCP(t *testing.T) *world {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, proxy.Options{}, listener)
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

// What each condition does to a connection that there is, to a dial, and to a fresh connection; and what has become of the
// first when everything passes again.
func TestConditions(t *testing.T) {
	silence := os.ErrDeadlineExceeded
	for _, row := range []struct {
		name               string
		condition          proxy.Condition
		there, dial, fresh error // nil: it works
		over               bool  // the one that was there never works again
	}{
		{"everything passes", proxy.Pass{}, nil, nil, nil, false},
		{"a process that was killed", proxy.Refuse{}, io.EOF, syscall.ECONNREFUSED, nil, true},
		{"a process that was stopped goes on later", proxy.Hang{}, silence, nil, silence, false},
		{"a middlebox without memory", proxy.Reset{}, syscall.ECONNRESET, nil, syscall.ECONNRESET, true},
		{"a long way is a way", proxy.Slow{Delay: 10 * time.Millisecond}, nil, nil, nil, false},
		{"so is a narrow one", proxy.Slow{Rate: 1 << 20}, nil, nil, nil, false},
	} {
		check := func(w *world, brief time.Duration) {
			expect := func(c net.Conn, want error) {
				w.t.Helper()
				if want == nil {
					w.works(c, "still")
				} else {
					w.ends(c, want, brief)
				}
			}
			there := w.connect()
			w.works(there, "before")
			w.set(row.condition)
			expect(there, row.there)
			c, err := w.dial()
			// The kernel tells a dial of a reset that comes at once.
			if !errors.Is(err, row.dial) && (row.fresh == nil || !errors.Is(err, row.fresh)) {
				w.t.Errorf("dialling: %v, want %v", err, row.dial)
			}
			if err == nil {
				expect(c, row.fresh)
				defer c.Close()
			}
			w.set(proxy.Pass{})
			if !row.over {
				w.works(there, "again")
			} else if _, err := there.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				w.t.Errorf("the one that was there lives: %v", err)
			}
			w.works(w.connect(), "afterwards")
		}
		t.Run(row.name+", in memory", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { check(inMemory(t, proxy.Options{}), time.Hour) })
		})
		t.Run(row.name+", over TCP", func(t *testing.T) {
			brief := brevity
			if row.there != silence { //nolint:errorlint // the row itself
				brief = patience
			}
			check(overTCP(t), brief)
		})
	}
}

// A dial fails as one to the region itself does: with its reason, and its address.
func TestDialTellsWhatTheRegionSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t, proxy.Options{})
		w.echo.stop()
		_, err := w.dial()
		if !errors.Is(err, syscall.ECONNREFUSED) || err.Error() != "dial tcp region:6379: connection refused" {
			t.Errorf("%v", err)
		}
		w.set(proxy.Refuse{})
		if _, err = w.dial(); err == nil || err.Error() != "dial tcp region:6379: connection refused" {
			t.Errorf("refused: %v", err)
		}
		// What hangs accepts whatever stands behind it, and finds out when it goes on.
		w.set(proxy.Hang{})
		c := w.connect()
		w.set(proxy.Pass{})
		w.ends(c, syscall.ECONNRESET, patience)
	})
}

// A dial whose region does not answer ends with its own limit, and one that the proxy gives up on with the proxy's.
func TestDialIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(memnet.Network)
		silent := func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		p := proxy.New(proxy.Options{Dial: silent, Join: memory.Dial, Listen: memory.Listen})
		defer p.Close()
		for _, limit := range []time.Duration{time.Second, time.Hour} {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			began := time.Now()
			_, err := p.Dial(ctx, "tcp", "nowhere:1")
			if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != min(limit, proxy.DefaultDialTimeout) {
				t.Errorf("limit %v: %v after %v", limit, err, took)
			}
			cancel()
		}
		go func() {
			<-time.After(time.Second)
			_ = p.Set(proxy.Refuse{})
		}()
		if _, err := p.Dial(t.Context(), "tcp", "nowhere:1"); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("the region died under it: %v", err)
		}
	})
}

// What was sent while it hung is not lost, arrives in order, and does not arrive before.
func TestHangHoldsWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t, proxy.Options{})
		c := w.connect()
		w.works(c, "one ")
		w.set(proxy.Hang{})
		if _, err := io.WriteString(c, "two "); err != nil {
			t.Fatal(err)
		}
		fresh := w.connect()
		if _, err := io.WriteString(fresh, "three "); err != nil {
			t.Fatal(err)
		}
		_ = fresh.Close() // its client has given up
		time.Sleep(time.Hour)
		if got := w.echo.text(); got != "one " {
			t.Errorf("the region got %q while nothing moves", got)
		}
		w.set(proxy.Pass{})
		w.hears(c, "two ")
		synctest.Wait()
		if got := w.echo.text(); got != "one two three " && got != "one three two " {
			t.Errorf("the region got %q", got)
		}
	})
}

// A sender of more than the buffers hold waits while it hangs, and a Set does not wait for it; nothing is lost.
func TestHangStopsAWriteUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(memnet.Network)
		listener, err := memory.Listen(t.Context(), "tcp", "region:6379")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		p := proxy.New(proxy.Options{Dial: memory.Dial, Join: memory.Dial, Listen: memory.Listen})
		defer p.Close()
		c, err := p.Dial(t.Context(), "tcp", "region:6379")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		server, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		const size = 4 << 20
		var sent sync.WaitGroup
		sent.Go(func() { _, _ = c.Write(pattern(size)) })
		synctest.Wait() // all buffers are full: the server does not read
		if err := p.Set(proxy.Hang{}); err != nil {
			t.Fatal(err)
		}
		_ = server.SetReadDeadline(time.Now().Add(time.Hour))
		first, err := io.ReadAll(server)
		if !errors.Is(err, os.ErrDeadlineExceeded) || len(first) == 0 || len(first) > 1<<20 {
			t.Errorf("%d bytes in the network, and %v", len(first), err)
		}
		if err := p.Set(proxy.Pass{}); err != nil {
			t.Fatal(err)
		}
		_ = server.SetReadDeadline(time.Time{})
		rest := make([]byte, size-len(first))
		if _, err := io.ReadFull(server, rest); err != nil {
			t.Fatal(err)
		}
		sent.Wait()
		if string(append(first, rest...)) != string(pattern(size)) {
			t.Error("it is not what was sent")
		}
	})
}

// pattern is bytes of which no two stretches are alike within the first megabytes.
func pattern(size int) []byte {
	b := make([]byte, 0, size+8)
	for i := uint32(0); len(b) < size; i++ {
		b = append(b, byte(i>>24), byte(i>>16), byte(i>>8), byte(i))
	}
	return b[:size]
}

// Each byte takes the delay, whatever else is under way: a pipeline is not slowed down by its length.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t, proxy.Options{})
		w.set(proxy.Slow{Delay: 100 * time.Millisecond})
		began := time.Now()
		c := w.connect()
		if took := time.Since(began); took != 200*time.Millisecond {
			t.Errorf("the handshake took %v", took)
		}
		began = time.Now()
		var said sync.WaitGroup
		said.Go(func() {
			for range 10 {
				_, _ = io.WriteString(c, "x")
				<-time.After(10 * time.Millisecond)
			}
		})
		for i := range 10 {
			w.hears(c, "x")
			if took, want := time.Since(began), 200*time.Millisecond+time.Duration(i)*10*time.Millisecond; took != want {
				t.Errorf("byte %d came back after %v, want %v", i, took, want)
			}
		}
		said.Wait()
		// What is sent after the way got shorter does not overtake.
		began = time.Now()
		if _, err := io.WriteString(c, "a"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.set(proxy.Pass{})
		if _, err := io.WriteString(c, "b"); err != nil {
			t.Fatal(err)
		}
		w.hears(c, "ab")
		if took := time.Since(began); took != 100*time.Millisecond {
			t.Errorf("they came back after %v", took)
		}
	})
}

// A narrow way carries so many bytes a second, however many are sent at once, and holds up the sender.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t, proxy.Options{})
		c := w.connect()
		w.works(c, "hello")
		w.set(proxy.Slow{Rate: 1 << 20})
		const size = 8 << 20
		began := time.Now()
		var said sync.WaitGroup
		said.Go(func() {
			_, _ = c.Write(pattern(size))
			if took := time.Since(began); took < 6*time.Second {
				t.Errorf("the sender was through after %v", took)
			}
		})
		_ = c.SetReadDeadline(time.Time{})
		got := make([]byte, size)
		if _, err := io.ReadFull(c, got); err != nil || string(got) != string(pattern(size)) {
			t.Errorf("%v, or it is not what was sent", err)
		}
		if took := time.Since(began); took < 8*time.Second || took > 8*time.Second+100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		said.Wait()
	})
}

// A fault of one shard leaves the others alone, also those that nobody has connected to yet.
func TestOneAddress(t *testing.T) {
	w := overTCP(t)
	other := overTCP(t).echo.address
	w.set(proxy.Refuse{}, other)
	w.works(w.connect(), "here")
	if _, err := w.proxy.Dial(t.Context(), "tcp", other); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
	w.set(proxy.Hang{}, w.echo.address)
	w.ends(w.connect(), os.ErrDeadlineExceeded, brevity)
	if _, err := w.proxy.Dial(t.Context(), "tcp", other); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error("what was set for another address has gone:", err)
	}
	w.set(proxy.Pass{})
	c, err := w.proxy.Dial(t.Context(), "tcp", other)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w.works(c, "there")
}

// An application of another process finds the listener where it was, before and after it was refused there.
func TestThePortStays(t *testing.T) {
	w := overTCP(t)
	at, err := w.proxy.Addr(w.echo.address)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		w.works(c, "hello")
		w.set(proxy.Refuse{})
		w.ends(c, io.EOF, patience)
		_ = c.Close()
		if c, err := net.Dial("tcp", at); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%v, %v", c, err)
		}
		w.set(proxy.Pass{})
		if again, err := w.proxy.Addr(w.echo.address); err != nil || again != at {
			t.Errorf("now at %s, before at %s, %v", again, at, err)
		}
	}
}

// When the port was taken by somebody else meanwhile, a new one serves.
func TestAPortThatIsTaken(t *testing.T) {
	w := overTCP(t)
	at, err := w.proxy.Addr(w.echo.address)
	if err != nil {
		t.Fatal(err)
	}
	w.set(proxy.Refuse{})
	taken, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := w.dial(); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("somebody else was taken for the region: %v", err)
	}
	w.set(proxy.Pass{})
	w.works(w.connect(), "hello")
}

// There are no more connections than the limit, those above it wait, and they are served when others end.
func TestConnectionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t, proxy.Options{Connections: 2})
		first, second := w.connect(), w.connect()
		w.works(first, "1")
		w.works(second, "2")
		time.AfterFunc(10*time.Second, func() { _ = first.Close() })
		began := time.Now()
		w.works(w.connect(), "3")
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("the third was served after %v", took)
		}
	})
}

// The end of one direction is passed on while the other still carries.
func TestHalfClose(t *testing.T) {
	w := overTCP(t)
	c := w.connect()
	if _, err := io.WriteString(c, "last words"); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	if got, err := bufio.NewReader(c).ReadString(0); got != "last words" || !errors.Is(err, io.EOF) {
		t.Errorf("%q, %v", got, err)
	}
}

// Close ends what hangs, and refuses everything afterwards.
func TestClose(t *testing.T) {
	w := overTCP(t)
	c := w.connect()
	w.works(c, "hello")
	w.set(proxy.Hang{})
	fresh := w.connect()
	for range 2 {
		if err := w.proxy.Close(); err != nil {
			t.Error(err)
		}
	}
	w.ends(c, io.EOF, patience)
	w.ends(fresh, io.EOF, patience)
	if _, err := w.dial(); !errors.Is(err, proxy.ErrClosed) {
		t.Error(err)
	}
	if err := w.proxy.Set(proxy.Pass{}); !errors.Is(err, proxy.ErrClosed) {
		t.Error(err)
	}
}
