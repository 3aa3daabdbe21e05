//go:build unix

package region

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// guarded returns a guarded connection over TCP, and the other end of it. What hangs fails
// after half a minute.
func guarded(t *testing.T) (*guard, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ours, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{ours, theirs} {
		if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	return newGuard(ours, writing("aafailover")), theirs.(*net.TCPConn)
}

// Who waits for an answer hears of whatever comes instead of it.
func TestWhatIsSentIsWaitedFor(t *testing.T) {
	request := resp.AppendCommand(nil, "SET", k, "v", "PX", "5")
	for _, test := range []struct {
		name   string
		does   func(ours net.Conn, theirs *net.TCPConn) error // when the request has arrived
		answer string
		err    error // of reading
	}{
		{"an answer", func(_ net.Conn, theirs *net.TCPConn) error { _, err := theirs.Write([]byte("+OK\r\n")); return err }, "+OK\r\n", nil},
		{"a part of one", func(_ net.Conn, theirs *net.TCPConn) error { _, err := theirs.Write([]byte("+")); return err }, "+", nil},
		{"the end of the peer", func(_ net.Conn, theirs *net.TCPConn) error { return theirs.Close() }, "", io.EOF},
		{"the end of its half", func(_ net.Conn, theirs *net.TCPConn) error { return theirs.CloseWrite() }, "", io.EOF},
		{"our own end", func(ours net.Conn, _ *net.TCPConn) error { return ours.Close() }, "", net.ErrClosed},
	} {
		t.Run(test.name, func(t *testing.T) {
			g, theirs := guarded(t)
			peer := make(chan error, 1)
			go func() {
				got := make([]byte, len(request))
				if _, err := io.ReadFull(theirs, got); err != nil || !bytes.Equal(got, request) {
					peer <- errors.Join(errors.New(string(got)), err)
					return
				}
				peer <- test.does(g.Conn, theirs)
			}()
			if n, err := g.WriteAndWait(request); n != len(request) || err != nil {
				t.Errorf("%d of %d bytes: %v", n, len(request), err)
			}
			if err := <-peer; err != nil { // it has done so: this was waited for
				t.Error(err)
			}
			answer := make([]byte, 10)
			n, err := g.Read(answer)
			if string(answer[:n]) != test.answer || !errors.Is(err, test.err) {
				t.Errorf("%q, %v", answer[:n], err)
			}
		})
	}
}

// What the network does not take at once is sent all the same.
func TestWhatIsSentCanBeLarge(t *testing.T) {
	g, theirs := guarded(t)
	one := resp.AppendCommand(nil, "SET", k, strings.Repeat("x", maxCommand/2), "PX", "5")
	large := bytes.Repeat(one, 64) // 32 MB: more than the buffers of both sides
	arrived := make(chan int64, 1)
	go func() {
		n, _ := io.CopyN(io.Discard, theirs, int64(len(large)))
		_, _ = theirs.Write([]byte("+OK\r\n"))
		arrived <- n
	}()
	n, err := g.WriteAndWait(large)
	if got := <-arrived; n != len(large) || err != nil || got != int64(len(large)) {
		t.Errorf("%d of %d bytes are sent, %d arrived: %v", n, len(large), got, err)
	}
}

// To be waited for lets nothing through that may not be sent.
func TestWhatIsWaitedForIsGuarded(t *testing.T) {
	g, theirs := guarded(t)
	allowed := resp.AppendCommand(nil, "SET", k, "v", "PX", "5")
	n, err := g.WriteAndWait(resp.AppendCommand(bytes.Clone(allowed), "FLUSHALL"))
	if n != len(allowed) || !errors.Is(err, errForbidden) {
		t.Errorf("%d bytes are sent: %v", n, err)
	}
	if got, err := io.ReadAll(theirs); !bytes.Equal(got, allowed) {
		t.Errorf("%q arrived, %v", got, err)
	}
}

// Over a connection that is closed or reset nothing is waited for.
func TestNothingIsWaitedForWithoutAConnection(t *testing.T) {
	request := resp.AppendCommand(nil, "SET", k, "v", "PX", "5")
	t.Run("closed by us", func(t *testing.T) {
		g, _ := guarded(t)
		_ = g.Close()
		if n, err := g.WriteAndWait(request); n != 0 || !errors.Is(err, net.ErrClosed) {
			t.Errorf("%d bytes: %v", n, err)
		}
	})
	t.Run("reset by the peer", func(t *testing.T) {
		g, theirs := guarded(t)
		_ = theirs.SetLinger(0)
		_ = theirs.Close()
		_, err := g.WriteAndWait(request)
		if err == nil { // the reset came later
			_, err = g.Read(make([]byte, 1))
		}
		if CauseOf(err) != probe.Reset {
			t.Errorf("%v", err)
		}
	})
}

// Writes that follow each other over TCP are waited for.
func TestBriskWritesAreWaitedFor(t *testing.T) {
	s := redistest.Start(t)
	c := NewClient(at2("us", s.Addr), one(s.Addr), Options{})
	defer c.Close()
	write := func() *lent {
		if err := c.Write(t.Context(), k, []byte("v"), time.Minute); err != nil {
			t.Fatal(err)
		}
		return c.use().shards[0].idle[0]
	}
	l := write()
	if l.brisk {
		t.Error("nothing was written before the first one")
	}
	l.began = time.Now().Add(time.Hour) // however slow this machine is
	if l = write(); !l.brisk || l.guard.turn == nil {
		t.Errorf("the second one: brisk %v, %v", l.brisk, l.guard.turn)
	}
}

// A peer that ended its half of the connection while nothing was written, and takes what
// comes without a word, is found out at once, and not when the time is over.
func TestAnIdleConnectionIsLookedAtBeforeItIsWaitedFor(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := serve(t, listener)
	address := listener.Addr().String()
	c := NewClient(at2("us", address), one(address), Options{Timeout: 30 * time.Second})
	defer c.Close()
	if err := c.Write(t.Context(), k, []byte("v"), time.Minute); err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	for peer := range f.conns {
		if err := peer.(*net.TCPConn).CloseWrite(); err != nil {
			t.Error(err)
		}
	}
	f.mu.Unlock()
	f.says("SET", "")
	l := c.use().shards[0].idle[0]
	l.began = l.began.Add(-briskWithin)
	if err := c.Write(t.Context(), k, []byte("v"), time.Minute); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}
