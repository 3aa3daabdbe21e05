package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// mostRead bounds the bytes that are read, and go out, together.
const mostRead = 16 << 10

// way is one direction of a session.
type way struct {
	session  *session
	from, to net.Conn
	line     *line
	free     time.Time // when the next byte can begin, at the rate that was in force

	// permit is held to look at the terms together with the deadline of to: whoever changes the terms first sets a deadline that
	// has passed, and a look at the old terms must not take it away.
	permit sync.Mutex
	moving sync.Mutex // held while bytes go out
}

func newWay(s *session, from, to net.Conn) *way {
	return &way{session: s, from: from, to: to, line: newLine()}
}

// collect reads until the end, and says of every byte when it is due.
func (w *way) collect() {
	buffer := make([]byte, mostRead)
	for w.session.front.moving(w.session.ctx) {
		n, err := w.from.Read(buffer)
		if n > 0 && !w.line.put(chunk{bytes.Clone(buffer[:n]), w.due(n)}) {
			return
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			w.line.put(chunk{due: w.due(0)})
			return
		default:
			w.session.fail(err)
			return
		}
	}
}

// due is when n bytes that were read now are to go out: each takes 1/rate to be sent and the delay to travel.
func (w *way) due(n int) time.Time {
	t, _ := w.session.front.terms()
	now := time.Now()
	if w.free.Before(now) {
		w.free = now
	}
	if t.rate > 0 {
		w.free = w.free.Add(time.Duration(float64(n) / float64(t.rate) * float64(time.Second)))
	}
	return w.free.Add(t.delay)
}

// deliver sends what was collected when it is due. The line keeps the order: what is due earlier than what was read before it
// waits for that.
func (w *way) deliver() {
	for {
		c, ok := w.line.take()
		if !ok || !w.session.until(c.due) {
			return
		}
		if len(c.bytes) == 0 {
			w.finish()
			return
		}
		if !w.send(c.bytes) {
			return
		}
		w.line.through(c)
	}
}

// send sends all of b, as soon as it may.
func (w *way) send(b []byte) bool {
	for len(b) > 0 {
		if !w.session.front.moving(w.session.ctx) {
			return false
		}
		n, err := w.move(func() (int, error) { return w.to.Write(b) })
		b = b[n:]
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) { // that is halt, and the rest goes out when it may again
			w.session.fail(err)
			return false
		}
	}
	return true
}

// finish passes the end on.
func (w *way) finish() {
	for done := false; !done; {
		if !w.session.front.moving(w.session.ctx) {
			return
		}
		_, _ = w.move(func() (int, error) {
			done = true
			return 0, closeWrite(w.to)
		})
	}
	w.session.half()
}

// closeWrite tells the peer that nothing more comes. A connection that cannot be half closed is closed: over such a network the
// other side did not half close it either.
func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// move does something to the connection, unless the terms in force forbid it.
func (w *way) move(do func() (int, error)) (int, error) {
	w.moving.Lock()
	defer w.moving.Unlock()
	w.permit.Lock()
	t, _ := w.session.front.terms()
	if !t.still {
		_ = w.to.SetWriteDeadline(time.Time{})
	}
	w.permit.Unlock()
	if t.still {
		return 0, nil
	}
	return do()
}

// halt returns when nothing moves, given that the terms in force forbid it: a write under way ends with what the kernel has
// taken of it.
func (w *way) halt() {
	w.permit.Lock()
	_ = w.to.SetWriteDeadline(time.Unix(1, 0))
	w.permit.Unlock()
	w.moving.Lock()
	defer w.moving.Unlock()
}
