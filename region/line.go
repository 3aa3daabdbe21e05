package region

import (
	"context"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// line is where to a shard a connection is kept up: one for each role.
type line struct {
	door    *door
	list    *list
	shard   int
	address string // of the shard; for an endpoint that a discovery service tells, its name

	mu   sync.Mutex
	live *conn // nil while there is none
}

// party is who uses the connections of a line, one after the other. Its methods are called in this order, and never two at a time:
// greet, begin, take as often as something is read, and end for each connection; and down after that, or when there was none to be
// had.
type party interface {
	role() probe.Role
	// greet says what is to be said before a connection is of use. Whoever fails at it has not begun.
	greet(c *conn) error
	// begin says that from now on c is used, and what is read from it taken.
	begin(c *conn)
	// take takes one value: see resp.Reader.ReadFlat. An error ends the connection.
	take(c *conn, kind resp.Kind, parts [][]byte, at time.Time) error
	// end says that c is lost, and returns why, to the best of its knowledge, never nil.
	end(c *conn, err error) error
	// down says that there is no connection, and why.
	down(cause probe.Cause, err error)
}

// upkeep is what a line is kept up with.
type upkeep struct {
	line   *line
	party  party
	sink   probe.Sink
	intake *intake
	buffer int    // of what is read, in bytes
	tried  func() // called when an attempt to connect has succeeded or failed
	ended  func() // called when the line is given up
}

// tenure is one connection of a line, or an attempt to make one.
type tenure struct {
	conn    *conn // nil when it could not be made
	address string
	began   time.Time
}

// run connects, lets the party use the connection until it is lost, tells the sink
// why, pauses, and begins anew until ctx ends. For each connection the party says for
// itself when it is ready. When the intake reads the connection, run returns, and goes on
// when it is lost.
func (u *upkeep) run(ctx context.Context) {
	for {
		t := tenure{began: time.Now(), address: u.line.address}
		c, err := u.line.connect(ctx, u.buffer)
		if err == nil {
			t = tenure{conn: c, began: time.Now(), address: c.address}
			if err = u.use(ctx, &t); err == nil {
				return // until it is lost
			}
		}
		u.tried()
		if !u.again(ctx, t, err) {
			u.ended()
			return
		}
	}
}

// use uses a connection until it is lost, and returns why; or nil, when the intake reads it from now on.
func (u *upkeep) use(ctx context.Context, t *tenure) error {
	u.line.pickUp(ctx, t.conn)
	if err := u.party.greet(t.conn); err != nil {
		return err
	}
	moved := u.intake.move(u.line, t.conn)
	u.tried()
	if moved != nil {
		t.conn = moved.conn
		u.party.begin(t.conn)
		moved.listen(u.party, func(err error) {
			if u.again(ctx, *t, u.party.end(t.conn, err)) {
				u.run(ctx)
			} else {
				u.ended()
			}
		})
		return nil
	}
	u.party.begin(t.conn)
	return u.party.end(t.conn, t.conn.read(u.party))
}

// again tells of a connection that was lost, or could not be made, and pauses. It tells whether ctx still goes on.
func (u *upkeep) again(ctx context.Context, t tenure, err error) bool {
	if t.conn != nil {
		u.line.hangUp()
	}
	if ctx.Err() != nil {
		return false
	}
	err = u.line.door.fail(t.address, u.party.role().String(), err)
	cause := CauseOf(err)
	u.party.down(cause, err)
	u.sink.Closed(u.line.shard, u.party.role(), cause, err, time.Now())
	lasted := t.conn != nil && time.Since(t.began) >= u.line.door.redial
	return pause.For(ctx, u.line.pause(cause, lasted))
}

// read hands over what is read, in the goroutine of the caller, until the connection fails, and returns why.
func (c *conn) read(p party) error {
	for {
		kind, parts, err := c.replies.ReadFlat()
		if err == nil {
			err = p.take(c, kind, parts, time.Now())
		}
		if err != nil {
			return err
		}
	}
}

// connect opens a connection, in a goroutine of its own: connecting needs a stack of 8 KiB or
// more, reading less than half of that, and a goroutine keeps for as long as it reads what it once had. It
// returns when that goroutine has ended.
func (l *line) connect(ctx context.Context, buffer int) (c *conn, err error) {
	var connecting sync.WaitGroup
	connecting.Go(func() { c, err = l.door.open(ctx, l.address, l.list, buffer) })
	connecting.Wait()
	return c, err
}

// pickUp makes c the live connection. If ctx has ended, whoever hangs up for that
// reason may have been here already, so c is closed at once.
func (l *line) pickUp(ctx context.Context, c *conn) {
	l.mu.Lock()
	l.live = c
	l.mu.Unlock()
	if ctx.Err() != nil {
		l.hangUp()
	}
}

// hangUp closes the live connection, if there is one.
func (l *line) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.live != nil {
		_ = l.live.Close()
		l.live = nil
	}
}

// pause returns how long to wait before the next attempt, after a connection that
// lasted a while, or after one that did not or was not to be had.
func (l *line) pause(cause probe.Cause, lasted bool) time.Duration {
	switch {
	case cause == probe.Authentication, cause == probe.Permission:
		return max(deniedPause, l.door.redial)
	case lasted:
		return min(promptPause, l.door.redial)
	}
	return l.door.redial
}
