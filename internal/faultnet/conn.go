package faultnet

import (
	"bytes"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
)

// conn is a connection with faults.
//
// While it is held, what is written waits in unsent, and what arrives in stash: either goes on its way when the hold ends. Its
// reader waits for changed, which is closed at whatever may concern it.
type conn struct {
	net.Conn
	network *Network
	address string // as it was dialled

	mu       sync.Mutex
	changed  chan struct{}
	role     Role
	held     bool
	silent   bool // held for ever
	doomed   bool // reset when the first bytes are sent
	closed   bool
	broken   bool // reset
	unsent   []byte
	stash    []byte
	ended    error // what the inner connection said last while held
	deadline time.Time
	timer    *time.Timer
}

// mostUnsent bounds what a held connection takes, in bytes: of the order of the buffers of a socket. What is over it is an
// error of the test, in which nobody sends so much.
const mostUnsent = 1 << 20

var errFull = errors.New("faultnet: more was written to a connection that hangs than a socket holds")

func newConn(n *Network, inner net.Conn, address string) *conn {
	return &conn{Conn: inner, network: n, address: address, changed: make(chan struct{}), role: Publishing}
}

// change does something to the connection and wakes up its reader.
func (c *conn) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *conn) is() Role {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.role
}

// hold begins or ends a hold. What was written meanwhile goes out before anything else can.
func (c *conn) hold(held bool) {
	c.change(func() {
		if c.silent || c.closed || c.broken {
			return
		}
		c.held = held
		c.flush()
	})
}

// flush sends what was written while that was not possible. The caller holds the lock.
func (c *conn) flush() {
	if !c.held && !c.closed && len(c.unsent) > 0 {
		_ = c.Conn.SetWriteDeadline(time.Time{}) // the bytes were in the kernel before it passed
		_, _ = c.Conn.Write(c.unsent)            // an error is met again by the next call
		c.unsent = nil
	}
}

func (c *conn) silence() { c.change(func() { c.held, c.silent = true, true }) }

func (c *conn) reset() {
	c.change(func() { c.broken = true })
	memnet.Reset(c.Conn)
}

// Read returns what arrives, as soon as the connection is not held.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.read(b)
	c.network.Awake()
	return n, err
}

func (c *conn) read(b []byte) (int, error) {
	for {
		n, wait, err := c.stashed(b)
		switch {
		case wait != nil:
			<-wait
			continue
		case n > 0 || err != nil:
			return n, err
		}
		n, err = c.Conn.Read(b)
		if held := c.put(b[:n], err); !held {
			return n, c.explain(err)
		}
	}
}

// stashed returns what a read is to return without looking at the inner connection, or what it is to wait for.
func (c *conn) stashed(b []byte) (n int, wait chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return 0, nil, net.ErrClosed
	case c.broken:
		return 0, nil, c.failure("read", syscall.ECONNRESET)
	case !c.deadline.IsZero() && !time.Now().Before(c.deadline):
		return 0, nil, c.failure("read", os.ErrDeadlineExceeded)
	case c.held:
		return 0, c.changed, nil
	case len(c.stash) > 0:
		n := copy(b, c.stash)
		c.stash = c.stash[n:]
		return n, nil, nil
	}
	return 0, nil, c.ended
}

// put keeps what came while the connection was held.
func (c *conn) put(b []byte, err error) (held bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held {
		return false
	}
	c.stash = append(c.stash, b...)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.ended = err
	}
	return true
}

// explain says of an error of the inner connection what this one knows better.
func (c *conn) explain(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && c.broken && !c.closed {
		return c.failure("read", syscall.ECONNRESET)
	}
	return err
}

func (c *conn) failure(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: place(c.address), Err: err}
}

// Write sends, or takes what is to be sent later.
func (c *conn) Write(b []byte) (int, error) {
	paused := c.network.isPaused()
	c.mu.Lock()
	if bytes.Contains(b, []byte("SUBSCRIBE\r\n")) {
		c.role = Subscribing
	}
	doomed := c.doomed
	held, broken := c.held || paused, c.broken
	if held && len(c.unsent) < mostUnsent && !c.silent {
		c.unsent = append(c.unsent, b...)
	}
	full := len(c.unsent) >= mostUnsent
	if !held {
		c.flush() // a pause that has just ended may not have come to that yet
	}
	c.mu.Unlock()
	switch {
	case broken:
		return 0, c.failure("write", syscall.ECONNRESET)
	case full:
		return 0, errFull
	case held:
		return len(b), nil
	}
	n, err := c.Conn.Write(b)
	if doomed {
		c.reset()
	}
	return n, err
}

// Close closes both, and lets a reader go.
func (c *conn) Close() error {
	c.change(func() {
		c.closed = true
		if c.timer != nil {
			c.timer.Stop()
		}
	})
	c.network.forget(c)
	return c.Conn.Close()
}

// SetDeadline sets both deadlines.
func (c *conn) SetDeadline(t time.Time) error {
	c.until(t)
	return c.unlessBroken(c.Conn.SetDeadline(t))
}

// SetReadDeadline holds for a read that waits, too.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.until(t)
	return c.unlessBroken(c.Conn.SetReadDeadline(t))
}

// SetWriteDeadline is for what the connection takes at once, while it is not held.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.unlessBroken(c.Conn.SetWriteDeadline(t)) }

// unlessBroken returns an error to set a deadline, which there is none for a connection that the peer has reset: the next read
// or write says so.
func (c *conn) unlessBroken(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken && !c.closed {
		return nil
	}
	return err
}

// until wakes a reader of a held connection when its time has come.
func (c *conn) until(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	switch {
	case c.closed:
	case t.IsZero() && c.timer != nil:
		c.timer.Stop()
	case t.IsZero():
	case c.timer == nil:
		c.timer = time.AfterFunc(time.Until(t), func() { c.change(func() {}) })
	default:
		c.timer.Reset(time.Until(t))
	}
}
