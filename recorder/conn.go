package recorder

import (
	"time"

	"github.com/aafailover/aafailover/proxy"
)

// conn is both directions of one connection: a [proxy.Tap].
type conn struct {
	recorder *Recorder
	session  *Session
}

func newConn(r *Recorder, region int, c proxy.Connection) *conn {
	return &conn{recorder: r, session: r.log.Open(region, r.log.Moment(c.At))}
}

// Reached implements [proxy.Tap].
func (c *conn) Reached(at time.Time) { c.session.Reached(c.recorder.log.Moment(at)) }

// Sent implements [proxy.Tap].
func (c *conn) Sent(b []byte, at time.Time) {}

// Answered implements [proxy.Tap].
func (c *conn) Answered(dst, b []byte, at time.Time) []byte { return append(dst, b...) }

// Delivered implements [proxy.Tap].
func (c *conn) Delivered(n int, at time.Time) {}

// Ended implements [proxy.Tap].
func (c *conn) Ended(e proxy.End, at time.Time) { c.session.Ended(e, c.recorder.log.Moment(at)) }
