package memnet_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const at = "server:1"

func listen(t *testing.T, n *memnet.Network, address string) net.Listener {
	t.Helper()
	l, err := n.Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// pair returns both ends of a connection.
func pair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	var n memnet.Network
	l := listen(t, &n, at)
	client, err := n.Dial(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return client, server
}

func mustWrite(t *testing.T, c net.Conn, s string) {
	t.Helper()
	if n, err := c.Write([]byte(s)); err != nil || n != len(s) {
		t.Fatalf("wrote %d of %d: %v", n, len(s), err)
	}
}

func TestBytesArriveBothWays(t *testing.T) {
	client, server := pair(t)
	mustWrite(t, client, "up")
	mustWrite(t, server, "down")
	for _, end := range []struct {
		c    net.Conn
		want string
	}{{server, "up"}, {client, "down"}} {
		got := make([]byte, 16)
		if n, err := end.c.Read(got); err != nil || string(got[:n]) != end.want {
			t.Errorf("%q, %v, want %q", got[:n], err, end.want)
		}
	}
	if client.RemoteAddr().String() != at || server.LocalAddr().String() != at || server.RemoteAddr().String() != client.LocalAddr().String() {
		t.Errorf("addresses: %v-%v, %v-%v", client.LocalAddr(), client.RemoteAddr(), server.LocalAddr(), server.RemoteAddr())
	}
}

// Two sides that both write before they read do not wait for each other.
func TestBothSidesMayWriteFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pair(t)
		mustWrite(t, client, strings.Repeat("a", 100_000))
		mustWrite(t, server, strings.Repeat("b", 100_000))
	})
}

// However much is written and read at a time, the bytes are those of a
// bytes.Buffer: also where the ring grows, and where it wraps around.
func TestBytesAreThoseOfABuffer(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	client, server := pair(t)
	var model bytes.Buffer
	sizes := []int{1, 10, 500, 1000, 30_000}
	next := byte(0)
	for range 20_000 {
		if size := 1 + random.IntN(sizes[random.IntN(len(sizes))]); random.IntN(2) == 0 && model.Len()+size <= 200_000 {
			b := make([]byte, size)
			for i := range b {
				b[i] = next
				next++
			}
			model.Write(b)
			mustWrite(t, client, string(b))
		}
		if model.Len() == 0 || random.IntN(2) == 0 {
			continue
		}
		got := make([]byte, 1+random.IntN(sizes[random.IntN(len(sizes))]))
		n, err := server.Read(got)
		want := model.Next(n)
		if err != nil || n == 0 || !bytes.Equal(got[:n], want) {
			t.Fatalf("read %d, %v", n, err)
		}
		if n < len(got) && model.Len() > 0 {
			t.Fatalf("read %d of %d although %d more were there", n, len(got), model.Len())
		}
	}
}

func TestConcurrentWriterAndReader(t *testing.T) {
	client, server := pair(t)
	sent := make([]byte, 3<<20)
	for i := range sent {
		sent[i] = byte(i * 7)
	}
	var writing sync.WaitGroup
	writing.Go(func() {
		for rest := sent; len(rest) > 0; {
			n := min(len(rest), 1+rand.IntN(5000))
			if _, err := client.Write(rest[:n]); err != nil {
				t.Error(err)
			}
			rest = rest[n:]
		}
		_ = client.Close()
	})
	got, err := io.ReadAll(server)
	writing.Wait()
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d of %d bytes, %v", len(got), len(sent), err)
	}
}

func TestWhatIsNotReadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pair(t)
		if err := client.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := client.Write(make([]byte, 1<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n != 256<<10 {
			t.Fatalf("wrote %d, %v", n, err)
		}
		if got, err := io.ReadAll(io.LimitReader(server, int64(n))); err != nil || len(got) != n {
			t.Fatalf("read %d, %v", len(got), err)
		}
	})
}

func TestDeadlines(t *testing.T) {
	read := func(c net.Conn) error { _, err := c.Read(make([]byte, 1)); return err }
	for _, test := range []struct {
		name string
		do   func(client, server net.Conn) error
		want error
		took time.Duration
	}{
		{"a read waits until its deadline", func(c, _ net.Conn) error {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
			return read(c)
		}, os.ErrDeadlineExceeded, time.Second},
		{"a deadline that has passed ends a read at once", func(c, _ net.Conn) error {
			_ = c.SetDeadline(time.Now().Add(-time.Second))
			return read(c)
		}, os.ErrDeadlineExceeded, 0},
		{"also when there is something to read, as in package net", func(c, s net.Conn) error {
			_, _ = s.Write([]byte("x"))
			_ = c.SetReadDeadline(time.Now().Add(-time.Second))
			return read(c)
		}, os.ErrDeadlineExceeded, 0},
		{"a deadline can be moved while a read waits", func(c, _ net.Conn) error {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
			time.AfterFunc(500*time.Millisecond, func() { _ = c.SetReadDeadline(time.Now().Add(2 * time.Second)) })
			return read(c)
		}, os.ErrDeadlineExceeded, 2500 * time.Millisecond},
		{"a deadline that has passed can be lifted", func(c, s net.Conn) error {
			_ = c.SetReadDeadline(time.Now().Add(-time.Second))
			_ = read(c)
			_ = c.SetReadDeadline(time.Time{})
			time.AfterFunc(time.Hour, func() { _, _ = s.Write([]byte("x")) })
			return read(c)
		}, nil, time.Hour},
		{"a deadline for writing is none for reading", func(c, s net.Conn) error {
			_ = c.SetWriteDeadline(time.Now().Add(time.Second))
			time.AfterFunc(time.Minute, func() { _, _ = s.Write([]byte("x")) })
			return read(c)
		}, nil, time.Minute},
		{"a write waits for room until its deadline", func(c, _ net.Conn) error {
			_ = c.SetDeadline(time.Now().Add(time.Second))
			_, err := c.Write(make([]byte, 1<<20))
			return err
		}, os.ErrDeadlineExceeded, time.Second},
		{"closing ends a read of one's own", func(c, _ net.Conn) error {
			time.AfterFunc(time.Second, func() { _ = c.Close() })
			return read(c)
		}, net.ErrClosed, time.Second},
		{"the peer's closing ends a read", func(c, s net.Conn) error {
			time.AfterFunc(time.Second, func() { _ = s.Close() })
			return read(c)
		}, io.EOF, time.Second},
		{"the peer's reset ends a read", func(c, s net.Conn) error {
			time.AfterFunc(time.Second, func() { memnet.Reset(s) })
			return read(c)
		}, syscall.ECONNRESET, time.Second},
		{"the peer's closing ends a write that waits", func(c, s net.Conn) error {
			time.AfterFunc(time.Second, func() { _ = s.Close() })
			_, err := c.Write(make([]byte, 1<<20))
			return err
		}, syscall.EPIPE, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := pair(t)
				began := time.Now()
				err := test.do(client, server)
				if !errors.Is(err, test.want) || time.Since(began) != test.took {
					t.Errorf("%v after %v, want %v after %v", err, time.Since(began), test.want, test.took)
				}
				var timeout net.Error
				if errors.Is(test.want, os.ErrDeadlineExceeded) && (!errors.As(err, &timeout) || !timeout.Timeout()) {
					t.Errorf("%v is no time-out to package net", err)
				}
			})
		})
	}
}

func TestWhatWasWrittenBeforeCloseIsStillRead(t *testing.T) {
	client, server := pair(t)
	mustWrite(t, client, "last words")
	_ = client.Close()
	if got, err := io.ReadAll(server); err != nil || string(got) != "last words" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := server.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("writing to it: %v", err)
	}
	if _, err := client.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("writing after Close: %v", err)
	}
	if err := client.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

func TestAResetDropsWhatWasNotRead(t *testing.T) {
	client, server := pair(t)
	mustWrite(t, client, "unread")
	memnet.Reset(client)
	if n, err := server.Read(make([]byte, 8)); !errors.Is(err, syscall.ECONNRESET) || n > 0 {
		t.Errorf("read %d, %v", n, err)
	}
	if _, err := server.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("write: %v", err)
	}
}

func TestResetOfOtherConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	memnet.Reset(client)
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("TCP: %v", err)
	}
	_ = server.Close()
	a, b := net.Pipe()
	memnet.Reset(a)
	if _, err := b.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("net.Pipe: %v", err)
	}
}

func TestListeners(t *testing.T) {
	var n memnet.Network
	ctx := t.Context()
	if _, err := n.Dial(ctx, "tcp", at); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: %v", err)
	}
	l := listen(t, &n, at)
	if _, err := n.Listen(ctx, "tcp", at); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("listening twice: %v", err)
	}
	if _, err := n.Listen(ctx, "tcp", "no port"); err == nil {
		t.Error("listening at an address without a port worked")
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := n.Dial(cancelled, "tcp", at); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled dial: %v", err)
	}
	waiting, err := n.Dial(ctx, "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := waiting.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a connection that nobody accepted: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accepting after Close: %v", err)
	}
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closing twice: %v", err)
	}
	if _, err := n.Dial(ctx, "tcp", at); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after Close: %v", err)
	}
	listen(t, &n, at) // the address is free again
	a, b := listen(t, &n, "h:0"), listen(t, &n, "h:0")
	if a.Addr().String() == b.Addr().String() {
		t.Errorf("port 0 gave %v twice", a.Addr())
	}
}

func TestAFullBacklogMakesADialWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		l := listen(t, &n, at)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var err error
		dialled := 0
		for ; err == nil; dialled++ {
			_, err = n.Dial(ctx, "tcp", at)
		}
		if !errors.Is(err, context.DeadlineExceeded) || dialled != 129 {
			t.Errorf("dial %d: %v", dialled, err)
		}
		refused := make(chan error)
		go func() {
			_, err := n.Dial(t.Context(), "tcp", at)
			refused <- err
		}()
		synctest.Wait()
		_ = l.Close()
		if err := <-refused; !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a dial that waited when the listener closed: %v", err)
		}
	})
}
