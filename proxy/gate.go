package proxy

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// errHeld says that the way hangs, and that what was not written has to wait.
var errHeld = errors.New("the way hangs")

// gate is a connection out of which nothing goes while the way hangs. It stands beneath TLS, which cannot go on after a write that
// ended midway: what is written to it waits, and goes on where it stood.
type gate struct {
	net.Conn
	front *front
	ctx   context.Context // of the session

	// permit is held to look at the terms together with the deadline of the connection: whoever changes the terms first sets a
	// deadline that has passed, and a look at the old terms must not take it away.
	permit sync.Mutex
	barred bool       // that deadline is set
	moving sync.Mutex // held while bytes go out
}

// Write implements net.Conn. It returns when all has gone out, or the session is over.
func (g *gate) Write(b []byte) (int, error) {
	for written := 0; ; {
		n, err := g.pass(b[written:])
		written += n
		if !errors.Is(err, errHeld) {
			return written, err
		}
		if !g.front.moving(g.ctx) {
			return written, net.ErrClosed
		}
	}
}

// pass writes what may go out now. The error is errHeld when that is not all.
func (g *gate) pass(b []byte) (int, error) {
	g.moving.Lock()
	defer g.moving.Unlock()
	if !g.permitted() {
		return 0, errHeld
	}
	n, err := g.Conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) { // nobody else sets any
		err = errHeld
	}
	return n, err
}

// CloseWrite tells the peer that nothing more comes, when that may be told. A connection that cannot be half closed is closed:
// over such a network the other side did not half close it either.
func (g *gate) CloseWrite() error {
	for g.front.moving(g.ctx) {
		if done, err := g.closeWrite(); done {
			return err
		}
	}
	return net.ErrClosed
}

func (g *gate) closeWrite() (done bool, err error) {
	g.moving.Lock()
	defer g.moving.Unlock()
	if !g.permitted() {
		return false, nil
	}
	if half, ok := g.Conn.(interface{ CloseWrite() error }); ok {
		return true, half.CloseWrite()
	}
	return true, g.Close()
}

// permitted tells whether bytes may go out, and sees to it that they can.
func (g *gate) permitted() bool {
	g.permit.Lock()
	defer g.permit.Unlock()
	if g.front.terms().still {
		return false
	}
	if g.barred {
		g.barred = false
		_ = g.Conn.SetWriteDeadline(time.Time{})
	}
	return true
}

// halt returns when nothing goes out, given that the terms in force forbid it: a write under way ends with what the kernel has
// taken of it.
func (g *gate) halt() {
	g.permit.Lock()
	g.barred = true
	_ = g.Conn.SetWriteDeadline(time.Unix(1, 0))
	g.permit.Unlock()
	g.moving.Lock()
	defer g.moving.Unlock()
}

// SetDeadline implements net.Conn, for reads alone.
func (g *gate) SetDeadline(t time.Time) error { return g.SetReadDeadline(t) }

// SetWriteDeadline implements net.Conn. It does nothing: TLS gives its farewell some seconds, which a hang may outlast; the end of
// the session bounds it.
func (g *gate) SetWriteDeadline(time.Time) error { return nil }
