package faultnet_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/faultnet"
	"github.com/aafailover/aafailover/internal/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo answers every line with itself.
func echo(t *testing.T, listener net.Listener) {
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
}

// world is two echo servers behind a network with faults.
type world struct {
	t       *testing.T
	network *faultnet.Network
	a, b    string
}

func newWorld(t *testing.T) *world {
	memory := new(memnet.Network)
	w := &world{t: t, network: faultnet.New(memory.Dial)}
	for _, address := range []*string{&w.a, &w.b} {
		listener, err := memory.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		*address = listener.Addr().String()
		echo(t, listener)
	}
	return w
}

// onA is for a fault of the first server only.
func (w *world) onA(kind faultnet.Kind) faultnet.Fault {
	return faultnet.Fault{Kind: kind, To: func(address string) bool { return address == w.a }}
}

func (w *world) dial(address string) (net.Conn, error) {
	return w.dialWithin(time.Second, address)
}

func (w *world) dialWithin(limit time.Duration, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), limit)
	defer cancel()
	c, err := w.network.Dial(ctx, "tcp", address)
	if err == nil {
		w.t.Cleanup(func() { _ = c.Close() })
	}
	return c, err
}

func (w *world) connect(address string) net.Conn {
	w.t.Helper()
	c, err := w.dial(address)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// ask sends a text and returns what comes back within a second.
func ask(c net.Conn, text string) (string, error) {
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(c, text); err != nil {
		return "", err
	}
	return hear(c, len(text))
}

func hear(c net.Conn, size int) (string, error) {
	b := make([]byte, size)
	n, err := io.ReadFull(c, b)
	return string(b[:n]), err
}

func (w *world) works(c net.Conn) {
	w.t.Helper()
	if got, err := ask(c, "hello"); got != "hello" || err != nil {
		w.t.Errorf("got %q, %v", got, err)
	}
}

func (w *world) fails(c net.Conn, want error) {
	w.t.Helper()
	if got, err := ask(c, "hello"); got != "" || !errors.Is(err, want) {
		w.t.Errorf("got %q, %v, want %v", got, err, want)
	}
}

func TestFaults(t *testing.T) {
	var none error
	silent := os.ErrDeadlineExceeded
	dns := new(net.DNSError)
	for _, row := range []struct {
		kind          faultnet.Kind
		dial, fresh   error // of new connections: when they are made, and when they are used
		there, healed error // of one that was there: during the fault, and when it is healed
	}{
		{faultnet.Refuse, syscall.ECONNREFUSED, nil, none, none},
		{faultnet.Unreachable, syscall.EHOSTUNREACH, nil, silent, none},
		{faultnet.Drop, context.DeadlineExceeded, nil, silent, none},
		{faultnet.Ignore, nil, silent, none, none},
		{faultnet.Reset, nil, syscall.ECONNRESET, syscall.ECONNRESET, syscall.ECONNRESET},
		{faultnet.Break, nil, none, syscall.ECONNRESET, syscall.ECONNRESET},
		{faultnet.Silence, nil, none, silent, silent},
		{faultnet.NameNotFound, dns, nil, none, none},
	} {
		t.Run(string(row.kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				there, other := w.connect(w.a), w.connect(w.b)
				w.works(there)
				w.network.Inject(w.onA(row.kind))
				w.works(other)
				w.works(w.connect(w.b))
				expect := func(c net.Conn, want error) {
					if want == nil {
						w.works(c)
					} else {
						w.fails(c, want)
					}
				}
				expect(there, row.there)
				c, err := w.dial(w.a)
				switch {
				case dns == row.dial: //nolint:errorlint // it is this value
					if !errors.As(err, &dns) || !dns.IsNotFound {
						t.Errorf("dialling: %v", err)
					}
				case !errors.Is(err, row.dial):
					t.Errorf("dialling: %v, want %v", err, row.dial)
				case err == nil:
					expect(c, row.fresh)
				}
				w.network.Heal(nil)
				if row.healed == nil && row.there != nil {
					// What was written while it hung was not lost.
					_ = there.SetDeadline(time.Time{})
					if got, err := hear(there, len("hello")); got != "hello" || err != nil {
						t.Errorf("after it was healed: %q, %v", got, err)
					}
				}
				expect(there, row.healed)
				w.works(w.connect(w.a))
			})
		})
	}
}

// What arrives while a connection hangs is read when it goes on, in order, and not before.
func TestAHeldConnectionKeepsWhatArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.connect(w.a)
		read := make(chan string)
		if _, err := io.WriteString(c, "one"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the answer lies there
		w.network.Inject(w.onA(faultnet.Drop))
		go func() {
			got, _ := hear(c, len("onetwo"))
			read <- got
		}()
		if _, err := io.WriteString(c, "two"); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-read:
			t.Errorf("it read %q while nothing gets through", got)
		case <-time.After(time.Minute):
		}
		w.network.Heal(func(address string) bool { return address == w.b })
		select {
		case got := <-read:
			t.Errorf("it read %q when another server was healed", got)
		case <-time.After(time.Minute):
		}
		w.network.Heal(func(address string) bool { return address == w.a })
		if got := <-read; got != "onetwo" {
			t.Errorf("it read %q", got)
		}
	})
}

// A reader of a connection that hangs is let go by its deadline, a new deadline and a Close.
func TestAHeldConnectionLetsItsReaderGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.connect(w.a)
		w.network.Inject(w.onA(faultnet.Drop))
		began := time.Now()
		_ = c.SetReadDeadline(began.Add(time.Minute))
		time.AfterFunc(time.Second, func() { _ = c.SetReadDeadline(began.Add(2 * time.Second)) })
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		_ = c.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Second, func() { _ = c.Close() })
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%v after Close", err)
		}
	})
}

func TestOnlyConnectionsOfTheRoleAreSilenced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		publishing, subscribing := w.connect(w.a), w.connect(w.a)
		w.works(publishing)
		if _, err := ask(subscribing, "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n"); err != nil {
			t.Fatal(err)
		}
		w.network.Inject(faultnet.Fault{Kind: faultnet.Silence, Role: faultnet.Subscribing})
		w.works(publishing)
		w.fails(subscribing, os.ErrDeadlineExceeded)
		w.network.Inject(faultnet.Fault{Kind: faultnet.Silence, Role: faultnet.Publishing})
		w.fails(publishing, os.ErrDeadlineExceeded)
	})
}

func TestTheLastFaultCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.network.Inject(w.onA(faultnet.NameNotFound))
		w.network.Inject(faultnet.Fault{Kind: faultnet.Refuse})
		if _, err := w.dial(w.a); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
		w.network.Inject(faultnet.Fault{Kind: faultnet.Redirect, Instead: w.b, To: func(address string) bool { return address == "somewhere:1" }})
		w.works(w.connect("somewhere:1"))
	})
}

// Nothing of an observer that is stopped goes on, and nothing is lost.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.connect(w.a)
		w.works(c)
		_ = c.SetDeadline(time.Time{})
		w.network.Pause()
		began := time.Now()
		time.AfterFunc(10*time.Second, w.network.Continue)
		if _, err := io.WriteString(c, "hello"); err != nil {
			t.Error(err)
		}
		if got, err := hear(c, len("hello")); got != "hello" || err != nil || time.Since(began) != 10*time.Second {
			t.Errorf("got %q, %v after %v", got, err, time.Since(began))
		}
		w.network.Pause()
		time.AfterFunc(10*time.Second, w.network.Continue)
		fresh, err := w.dialWithin(time.Minute, w.a)
		if err != nil {
			t.Fatal(err)
		}
		w.works(fresh)
		w.network.Pause()
		time.AfterFunc(10*time.Second, w.network.Continue)
		w.network.Awake()
		if passed := time.Since(began); passed != 30*time.Second {
			t.Errorf("%v have passed", passed)
		}
	})
}

// Over TCP the faults are the same.
func TestOverTCP(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	echo(t, listener)
	w := &world{t: t, network: faultnet.New(new(net.Dialer).DialContext), a: listener.Addr().String()}
	c := w.connect(w.a)
	w.works(c)
	w.network.Inject(w.onA(faultnet.Drop))
	_ = c.SetDeadline(time.Time{})
	if _, err := io.WriteString(c, "hello"); err != nil {
		t.Fatal(err)
	}
	w.network.Heal(nil)
	if got, err := hear(c, len("hello")); got != "hello" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	w.network.Inject(w.onA(faultnet.Reset))
	w.fails(c, syscall.ECONNRESET)
	w.fails(w.connect(w.a), syscall.ECONNRESET)
}
