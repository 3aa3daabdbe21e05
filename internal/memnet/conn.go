package memnet

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// conn is one end of a connection: it reads from one pipe and writes to the
// other.
type conn struct {
	in, out       *pipe
	local, remote addr
}

func newPair(client, server addr) (*conn, *conn) {
	up, down := newPipe(), newPipe()
	return &conn{in: down, out: up, local: client, remote: server},
		&conn{in: up, out: down, local: server, remote: client}
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.in.read(b)
	return n, c.wrap("read", err)
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.out.write(b)
	return n, c.wrap("write", err)
}

func (c *conn) wrap(op string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

// Close lets the peer read what was written, then io.EOF; its writes fail.
func (c *conn) Close() error {
	c.out.closeWrite()
	c.in.closeRead()
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	c.in.readers.set(t)
	c.out.writers.set(t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error  { c.in.readers.set(t); return nil }
func (c *conn) SetWriteDeadline(t time.Time) error { c.out.writers.set(t); return nil }

// pipe is one direction: a bounded ring of bytes with a reading and a writing
// end.
type pipe struct {
	mu      sync.Mutex
	changed sync.Cond
	ring    []byte // grows to bufferSize as needed
	start   int    // of the unread bytes in ring
	size    int    // number of unread bytes
	ended   bool   // the writing end is closed
	gone    bool   // the reading end is closed
	err     error  // set by fail; both ends get it at once

	readers, writers deadline
}

func newPipe() *pipe {
	p := &pipe{}
	p.changed.L = &p.mu
	p.readers.pipe, p.writers.pipe = p, p
	return p
}

func (p *pipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.gone:
			return 0, net.ErrClosed
		case p.err != nil:
			return 0, p.err
		case p.readers.passed:
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case p.size > 0:
			n := copy(b, p.ring[p.start:min(p.start+p.size, len(p.ring))])
			if n < len(b) && n < p.size { // the unread bytes wrap around
				n += copy(b[n:], p.ring[:p.size-n])
			}
			p.start = (p.start + n) % len(p.ring)
			p.size -= n
			p.changed.Broadcast()
			return n, nil
		case p.ended:
			return 0, io.EOF
		}
		p.changed.Wait()
	}
}

func (p *pipe) write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	written := 0
	for {
		switch {
		case p.ended:
			return written, net.ErrClosed
		case p.err != nil:
			return written, p.err
		case p.gone:
			return written, syscall.EPIPE
		case p.writers.passed:
			return written, os.ErrDeadlineExceeded
		case len(b) == 0:
			return written, nil
		}
		if free := p.room(len(b)); free > 0 {
			n := min(free, len(b))
			end := (p.start + p.size) % len(p.ring)
			first := copy(p.ring[end:], b[:n])
			copy(p.ring, b[first:n])
			p.size += n
			written += n
			b = b[n:]
			p.changed.Broadcast()
			continue
		}
		p.changed.Wait()
	}
}

// room returns the free bytes of the ring, which it first grows towards want
// more: thousands of connections that carry little stay small.
func (p *pipe) room(want int) int {
	if need := p.size + want; need > len(p.ring) && len(p.ring) < bufferSize {
		grown := make([]byte, min(bufferSize, max(need, 2*len(p.ring), 512)))
		n := copy(grown, p.ring[p.start:min(p.start+p.size, len(p.ring))])
		copy(grown[n:], p.ring[:p.size-n])
		p.ring, p.start = grown, 0
	}
	return len(p.ring) - p.size
}

func (p *pipe) closeWrite() { p.end(func() { p.ended = true }) }
func (p *pipe) closeRead()  { p.end(func() { p.gone = true; p.size = 0 }) }
func (p *pipe) fail(err error) {
	p.end(func() {
		if !p.ended {
			p.err = err
		}
	})
}

func (p *pipe) end(how func()) {
	p.mu.Lock()
	how()
	p.mu.Unlock()
	p.changed.Broadcast()
}

// deadline wakes whoever waits on its pipe when its time has come.
type deadline struct {
	pipe   *pipe
	timer  *time.Timer
	epoch  int // of the setting that timer belongs to
	passed bool
}

func (d *deadline) set(t time.Time) {
	d.pipe.mu.Lock()
	defer d.pipe.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.epoch++
	d.passed = !t.IsZero() && !time.Now().Before(t)
	if !t.IsZero() && !d.passed {
		epoch := d.epoch
		d.timer = time.AfterFunc(time.Until(t), func() {
			d.pipe.mu.Lock()
			if d.epoch == epoch {
				d.passed = true
			}
			d.pipe.mu.Unlock()
			d.pipe.changed.Broadcast()
		})
	}
	d.pipe.changed.Broadcast()
}
