package switchboard

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// writeAgain is how long a write waits for a peer that does not read, between two attempts.
const writeAgain = 2 * time.Millisecond

// Conn is a connection that a [Board] reads. Its Read returns an error; everything else is as of any net.Conn, but that what arrives,
// and its end, is told by Listen.
type Conn struct {
	board         *Board
	local, remote net.Addr
	received      func(b []byte, at time.Time) error
	lost          func(error)

	mu      sync.Mutex // of all below
	fd      int        // -1 when it is closed
	ending  error      // why it is to end; nil while it is not
	readBy  *time.Timer
	writeBy time.Time
}

var _ net.Conn = (*Conn)(nil)

// Listen has the Board hand over what arrives, which is valid only for the call, and the time at which it was read. The function is
// called from the goroutine in which all connections of the Board are read, so it must not wait; an error that it returns ends
// the connection. It must not be called twice.
//
// When the connection ends, because it failed or was closed or because of that error, lost is told why, once and in a goroutine of
// its own, after the last call of received.
func (c *Conn) Listen(received func(b []byte, at time.Time) error, lost func(error)) {
	c.received, c.lost = received, lost
	if err := c.board.add(c); err != nil {
		c.lose(c.failed("read", err))
	}
}

// lose ends the connection. It is called by who reads it.
func (c *Conn) lose(why error) {
	c.board.remove(c.fd) // which nobody else changes
	c.mu.Lock()
	_ = syscall.Close(c.fd)
	c.fd = -1
	if c.ending == nil {
		c.ending = net.ErrClosed
	}
	if c.readBy != nil {
		c.readBy.Stop()
	}
	c.mu.Unlock()
	lost := c.lost
	c.received, c.lost = nil, nil // a timer that was stopped is remembered for a while, and with it what they hold
	go lost(why)
}

// end has the connection end, for this reason if it is the first one. The Board notices, and closes the descriptor: were it closed
// here, it could be another's by the time that the Board reads it.
func (c *Conn) end(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending != nil {
		return
	}
	c.ending = why
	_ = syscall.Shutdown(c.fd, syscall.SHUT_RDWR) // fails where the peer was first, which the Board notices as well
}

// Close ends the connection.
func (c *Conn) Close() error {
	c.end(net.ErrClosed)
	return nil
}

// Read returns an error: what arrives is handed over.
func (c *Conn) Read([]byte) (int, error) {
	return 0, c.failed("read", errors.ErrUnsupported)
}

// Write waits while the peer does not read, until the deadline of writes.
func (c *Conn) Write(b []byte) (written int, err error) {
	for written < len(b) {
		n, err := c.writeSome(b[written:])
		if written += n; err != nil {
			return written, err
		}
		if written < len(b) {
			time.Sleep(writeAgain)
		}
	}
	return written, nil
}

// writeSome writes what there is room for, which may be nothing.
func (c *Conn) writeSome(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending != nil {
		return 0, c.failed("write", net.ErrClosed)
	}
	n, err := syscall.Write(c.fd, b)
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR):
		return 0, c.failed("write", os.NewSyscallError("write", err))
	case !c.writeBy.IsZero() && time.Now().After(c.writeBy):
		return 0, c.failed("write", os.ErrDeadlineExceeded)
	}
	return 0, nil
}

// failed is an error as package net has them.
func (c *Conn) failed(operation string, err error) error {
	return &net.OpError{Op: operation, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

// LocalAddr is the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the address of the other end.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline is both of the others.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline has the connection end with os.ErrDeadlineExceeded unless another deadline is set before that one has passed. The
// zero time means never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	if left := time.Until(t); !t.IsZero() && left <= 0 {
		c.end(os.ErrDeadlineExceeded)
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ending != nil:
		return c.failed("set", net.ErrClosed)
	case c.readBy == nil && !t.IsZero():
		c.readBy = time.AfterFunc(time.Until(t), func() { c.end(os.ErrDeadlineExceeded) })
	case c.readBy != nil && t.IsZero():
		c.readBy.Stop()
	case c.readBy != nil:
		c.readBy.Reset(time.Until(t))
	}
	return nil
}

// SetWriteDeadline bounds for how long a write waits. The zero time means for ever.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending != nil {
		return c.failed("set", net.ErrClosed)
	}
	c.writeBy = t
	return nil
}
