package switchboard_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/switchboard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// call is a connection that a Board reads, with its other end and what it has told.
type call struct {
	*switchboard.Conn
	peer *net.TCPConn

	mu   sync.Mutex
	came bytes.Buffer
	more chan struct{} // holds a token when something came
	lost chan error
	fail error // what is returned for what comes
}

// connect returns a pair of connected sockets.
func connect(t *testing.T) (ours net.Conn, peer *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if ours, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	return ours, other.(*net.TCPConn)
}

// move has a new connection moved to a Board; it is not listened to yet.
func move(t *testing.T, b *switchboard.Board) *call {
	t.Helper()
	ours, peer := connect(t)
	c := &call{Conn: b.Move(ours), peer: peer, more: make(chan struct{}, 1), lost: make(chan error, 1)}
	if c.Conn == nil {
		t.Fatal("not moved")
	}
	return c
}

func (c *call) listen() {
	c.Listen(c.received, func(err error) { c.lost <- err })
}

func (c *call) received(b []byte, at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.came.Write(b)
	select {
	case c.more <- struct{}{}:
	default:
	}
	if time.Since(at) < 0 {
		return errors.New("a time in the future")
	}
	return c.fail
}

// await returns all that has come when it is so much.
func (c *call) await(t *testing.T, bytes int) string {
	t.Helper()
	for {
		c.mu.Lock()
		came := c.came.String()
		c.mu.Unlock()
		if len(came) >= bytes {
			return came
		}
		select {
		case <-c.more:
		case err := <-c.lost:
			t.Fatalf("lost after %d of %d bytes: %v", len(came), bytes, err)
		case <-time.After(time.Minute):
			t.Fatalf("%d of %d bytes came", len(came), bytes)
		}
	}
}

// ended returns why the connection was lost.
func (c *call) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-c.lost:
		return err
	case <-time.After(time.Minute):
		t.Fatal("not lost")
		return nil
	}
}

// hangUp closes a connection and waits until that was told.
func (c *call) hangUp(t *testing.T) {
	t.Helper()
	_ = c.Close()
	_ = c.ended(t)
}

func TestWhatArrivesIsHandedOverForEachConnectionInOrder(t *testing.T) {
	var b switchboard.Board
	calls := make([]*call, 300) // more than are asked for at a time
	for i := range calls {
		calls[i] = move(t, &b)
		calls[i].listen()
	}
	want := make([]byte, 0, len(calls)*10)
	for round := range 10 {
		for i, c := range calls {
			if _, err := c.peer.Write([]byte{byte(i), byte(round)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, c := range calls {
		want = want[:0]
		for round := range 10 {
			want = append(want, byte(i), byte(round))
		}
		if got := c.await(t, len(want)); got != string(want) {
			t.Errorf("connection %d: %q, want %q", i, got, want)
		}
		c.hangUp(t)
	}
	b.Close()
}

func TestMoreThanFitsIntoTheBufferArrives(t *testing.T) {
	var b switchboard.Board
	c := move(t, &b)
	c.listen()
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	go c.peer.Write(sent)                                   //nolint:errcheck // what comes is looked at
	if got := c.await(t, len(sent)); got != string(sent) {
		t.Errorf("%d bytes, which are others", len(got))
	}
	c.hangUp(t)
	b.Close()
}

// What came before Listen waits for it.
func TestNothingIsMissedBeforeListen(t *testing.T) {
	var b switchboard.Board
	c := move(t, &b)
	if _, err := c.peer.Write([]byte("early")); err != nil {
		t.Fatal(err)
	}
	_ = c.peer.Close()
	c.listen()
	if err := c.ended(t); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if got := c.came.String(); got != "early" {
		t.Errorf("%q", got)
	}
	b.Close()
}

func TestWhyAConnectionIsLost(t *testing.T) {
	refused := errors.New("not understood")
	for _, test := range []struct {
		name string
		do   func(c *call)
		want error
	}{
		{"the peer closes it", func(c *call) { _ = c.peer.Close() }, io.EOF},
		{"the peer closes its half", func(c *call) { _ = c.peer.CloseWrite() }, io.EOF},
		{"the peer resets it", func(c *call) { _ = c.peer.SetLinger(0); _ = c.peer.Close() }, syscall.ECONNRESET},
		{"it is closed here", func(c *call) { _ = c.Close() }, net.ErrClosed},
		{"it is closed here twice", func(c *call) { _ = c.Close(); _ = c.Close() }, net.ErrClosed},
		{"a deadline passes", func(c *call) { _ = c.SetReadDeadline(time.Now().Add(time.Millisecond)) }, os.ErrDeadlineExceeded},
		{"a deadline has passed when it is set", func(c *call) { _ = c.SetDeadline(time.Now()) }, os.ErrDeadlineExceeded},
		{"a deadline that was put off passes", func(c *call) {
			_ = c.SetReadDeadline(time.Now().Add(time.Hour))
			_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
		}, os.ErrDeadlineExceeded},
		{"a deadline that was taken back does not pass", func(c *call) {
			_ = c.SetReadDeadline(time.Now().Add(time.Hour))
			_ = c.SetReadDeadline(time.Time{})
			_ = c.Close()
		}, net.ErrClosed},
		{"what came is not understood", func(c *call) {
			c.mu.Lock()
			c.fail = refused
			c.mu.Unlock()
			_, _ = c.peer.Write([]byte("x"))
		}, refused},
	} {
		for _, early := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				var b switchboard.Board
				c := move(t, &b)
				if early { // before anybody listens
					test.do(c)
				}
				c.listen()
				if !early {
					test.do(c)
				}
				if err := c.ended(t); !errors.Is(err, test.want) {
					t.Errorf("%v, want %v", err, test.want)
				}
				if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
					t.Errorf("a write afterwards: %v", err)
				}
				if err := errors.Join(c.SetReadDeadline(time.Now().Add(time.Hour)), c.SetWriteDeadline(time.Time{})); !errors.Is(err, net.ErrClosed) {
					t.Errorf("a deadline afterwards: %v", err)
				}
				_ = c.Close()
				b.Close()
			})
		}
	}
}

// A connection that is lost takes nothing with it that a new one may have: numbers of descriptors are used again at once.
func TestDescriptorsAreGivenBackAndNotMistaken(t *testing.T) {
	var b switchboard.Board
	stay := move(t, &b)
	stay.listen()
	before := descriptors(t)
	for i := range 200 {
		c := move(t, &b)
		c.listen()
		if i%2 == 0 {
			_ = c.peer.Close()
		} else {
			_ = c.Close()
		}
		next := move(t, &b)
		next.listen()
		if _, err := next.peer.Write([]byte("mine")); err != nil {
			t.Fatal(err)
		}
		if got := next.await(t, 4); got != "mine" {
			t.Fatalf("%q", got)
		}
		_ = c.ended(t)
		next.hangUp(t)
		_, _ = c.peer.Close(), next.peer.Close()
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
	stay.hangUp(t)
	b.Close()
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestWritesWaitForAPeerThatDoesNotRead(t *testing.T) {
	much := make([]byte, 32<<20) // more than all buffers on the way hold
	t.Run("until it reads", func(t *testing.T) {
		var b switchboard.Board
		c := move(t, &b)
		c.listen()
		read := make(chan int64)
		go func() {
			n, _ := io.CopyN(io.Discard, c.peer, int64(len(much)))
			read <- n
		}()
		if n, err := c.Write(much); n != len(much) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if n := <-read; n != int64(len(much)) {
			t.Errorf("%d bytes read", n)
		}
		c.hangUp(t)
		b.Close()
	})
	t.Run("until a deadline", func(t *testing.T) {
		var b switchboard.Board
		c := move(t, &b)
		c.listen()
		_ = c.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
		if n, err := c.Write(much); n == len(much) || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%d, %v", n, err)
		}
		c.hangUp(t)
		b.Close()
	})
	t.Run("until the connection is closed", func(t *testing.T) {
		var b switchboard.Board
		c := move(t, &b)
		c.listen()
		failed := make(chan error)
		go func() {
			_, err := c.Write(much)
			failed <- err
		}()
		one := make([]byte, 1)
		if _, err := io.ReadFull(c.peer, one); err != nil { // it writes
			t.Fatal(err)
		}
		c.hangUp(t)
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		b.Close()
	})
}

// What is no connection of the kind is left as it was.
func TestWhatIsNoTCPConnectionIsDeclined(t *testing.T) {
	var b switchboard.Board
	ours, peer := net.Pipe()
	if b.Move(ours) != nil {
		t.Fatal("moved")
	}
	go peer.Write([]byte("x")) //nolint:errcheck // it is read
	if _, err := io.ReadFull(ours, make([]byte, 1)); err != nil {
		t.Error(err)
	}
	_, _ = ours.Close(), peer.Close()
	b.Close()
}

func TestAMovedConnectionIsNotRead(t *testing.T) {
	var b switchboard.Board
	c := move(t, &b)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if c.LocalAddr().String() != c.peer.RemoteAddr().String() || c.RemoteAddr().String() != c.peer.LocalAddr().String() {
		t.Errorf("%v -> %v", c.LocalAddr(), c.RemoteAddr())
	}
	c.listen()
	c.hangUp(t)
	b.Close()
}
