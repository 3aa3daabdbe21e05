package proxy

import (
	"bytes"
	"errors"
	"io"
	"time"
)

// mostRead bounds the bytes that are read, and go out, together.
const mostRead = 16 << 10

// mostSpare bounds the memory that a way keeps for what a Tap returns: that of a reply that was gathered to be rewritten is let go.
const mostSpare = 4 * mostRead

// way is one direction of a session.
//
//	from ── collect ── nothing holds it up, and nothing is under way ──────────> to
//	                └─ a delay, a rate, a hang, or what was read before ─> line ── deliver ──> to
type way struct {
	session  *session
	from, to *peer
	line     *line
	free     time.Time // when the next byte can begin, at the rate that was in force
	spare    []byte    // what a Tap returns
}

func newWay(s *session, from, to *peer) *way {
	return &way{session: s, from: from, to: to, line: newLine()}
}

// collect reads until the end, also while the way hangs: what was sent was sent then.
func (w *way) collect() {
	buffer := make([]byte, mostRead)
	for {
		n, err := w.from.conn.Read(buffer)
		at := time.Now()
		if n > 0 && !w.forward(w.tapped(buffer[:n], at), at) {
			return
		}
		if err == nil {
			continue
		}
		if w.from.side == ByApplication {
			w.session.deaf.Store(true)
		}
		w.session.notice(w.from.side, err, at)
		if w.forward(w.tapped(nil, at), at) {
			w.line.put(chunk{due: w.due(0, at), end: err})
		}
		return
	}
}

// tapped tells the tap of what was read, or with nil of its end, and returns what goes on in its place.
func (w *way) tapped(b []byte, at time.Time) []byte {
	tap := w.session.tap
	if tap == nil {
		return b
	}
	if w.from.side == ByApplication {
		if len(b) > 0 {
			tap.Sent(b, at)
		}
		return b
	}
	if cap(w.spare) > mostSpare {
		w.spare = nil
	}
	w.spare = tap.Answered(w.spare[:0], b, at)
	return w.spare
}

// forward sends b at once where nothing is in its way, and puts into the line what has to wait. It returns false when nothing more
// can go out.
func (w *way) forward(b []byte, at time.Time) bool {
	if len(b) > 0 && w.line.empty() && w.session.front.terms() == (terms{}) {
		n, err := w.push(b)
		if err != nil && !errors.Is(err, errHeld) {
			w.fail(err)
			return false
		}
		b = b[n:]
	}
	for len(b) > 0 {
		piece := b[:min(len(b), mostRead)]
		if !w.line.put(chunk{bytes: bytes.Clone(piece), due: w.due(len(piece), at)}) {
			return false
		}
		b = b[len(piece):]
	}
	return true
}

// due is when n bytes that were read now are to go out: each takes 1/rate to be sent and the delay to travel.
func (w *way) due(n int, now time.Time) time.Time {
	t := w.session.front.terms()
	if w.free.Before(now) {
		w.free = now
	}
	if t.rate > 0 {
		w.free = w.free.Add(time.Duration(float64(n) / float64(t.rate) * float64(time.Second)))
	}
	return w.free.Add(t.delay)
}

// deliver sends what is in the line when it is due. The line keeps the order: what is due earlier than what was read before it
// waits for that.
func (w *way) deliver() {
	for {
		c, ok := w.line.take()
		if !ok || !w.session.until(c.due) {
			return
		}
		if c.end != nil {
			w.finish(c.end)
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
	for w.session.front.moving(w.session.ctx) {
		n, err := w.push(b)
		if err == nil {
			return true
		}
		if !errors.Is(err, errHeld) {
			w.fail(err)
			return false
		}
		b = b[n:]
	}
	return false
}

// push sends what may go out now, and tells the tap of it. To an application that has closed nothing is delivered: a kernel takes
// bytes for a connection that nobody reads any more, as after a time-out of the client.
func (w *way) push(b []byte) (int, error) {
	deaf := w.session.deaf.Load()
	n, err := w.to.push(b)
	if tap := w.session.tap; tap != nil && n > 0 && w.to.side == ByApplication && !deaf {
		tap.Delivered(n, time.Now())
	}
	return n, err
}

// finish passes the end on, as it was.
func (w *way) finish(end error) {
	if !w.session.front.moving(w.session.ctx) {
		return
	}
	if !errors.Is(end, io.EOF) {
		w.session.fail(end)
		return
	}
	w.session.linger()
	w.to.closeWrite()
	w.session.done()
}

// fail is for a peer that takes nothing more. What it had sent itself still goes on, up to the end that it made, as it does from
// the buffers of a kernel.
func (w *way) fail(err error) {
	w.session.notice(w.to.side, err, time.Now())
	w.line.drop()
	w.session.linger()
	w.session.done()
}
