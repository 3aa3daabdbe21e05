package region

import (
	"context"
	"sync"
	"time"

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

// keepUp connects, lets serve use the connection until it is lost, tells the sink
// why, pauses, and begins anew until ctx ends. For each connection serve says for
// itself when it is ready, and returns what ended it, never nil.
func (l *line) keepUp(ctx context.Context, role probe.Role, sink probe.Sink, buffer int, serve func(*conn) error, down func(probe.Cause, error)) {
	for {
		began, address := time.Now(), l.address
		c, err := l.connect(ctx, buffer)
		if err == nil {
			began, address = time.Now(), c.address
			l.pickUp(ctx, c)
			err = serve(c)
			l.hangUp()
		}
		if ctx.Err() != nil {
			return
		}
		err = l.door.fail(address, role.String(), err)
		cause := CauseOf(err)
		down(cause, err)
		sink.Closed(l.shard, role, cause, err, time.Now())
		lasted := c != nil && time.Since(began) >= l.door.redial
		if !rest(ctx, l.pause(cause, lasted)) {
			return
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

// rest waits for d and tells whether ctx still goes on.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
