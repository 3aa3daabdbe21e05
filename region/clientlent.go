package region

import (
	"context"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// lent is one connection of a pool, used for one call at a time. A call is broken off,
// which closes the connection, when its time is over or its context ends. What watches
// for these lasts longer than the call, because to begin and end it would take as long
// as the rest of a write does: a timer that finds, when it fires, that the call has
// long ended, and the session that an attempt of a drill tells of.
type lent struct {
	*conn
	out   []byte // what is to be sent
	left  int    // how many bytes of what was sent last did leave this process
	spent bool   // it is of no more use

	mu      sync.Mutex // of all below
	began   time.Time  // when the last call did
	brisk   bool       // the one before it had begun just before
	busy    bool       // a call is under way
	by      time.Time  // when its time is over
	cut     error      // why it was broken off
	timer   *time.Timer
	fires   time.Time       // when the timer does; zero: it does not
	session context.Context // that is watched beyond the call; nil: none
	heeded  int             // the number of what is watched
	unwatch func() bool     // nil: nothing is
}

// mostOut bounds what is kept of a buffer for the next call, in bytes: connections are
// many, and calls with more are rare.
const mostOut = 64 << 10

// briskWithin is how long after a call the next one may begin for it to be taken for granted
// that the connection is still there. Otherwise it is looked at before it is waited for:
// see guard.WriteAndWait.
const briskWithin = 10 * time.Millisecond

// begin begins a call, which lasts until limit at the most, and ends with a session, which
// is that of other calls as well if it lasts.
func (l *lent) begin(session context.Context, lasts bool, now, limit time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy, l.by, l.left = true, limit, 0
	l.brisk, l.began = now.Sub(l.began) < briskWithin, now
	if l.fires.IsZero() || limit.Before(l.fires) {
		l.setTimer()
	}
	switch {
	case !lasts:
		l.heed(session)
	case l.session != session:
		l.heed(session)
		l.session = session
	case session.Err() != nil: // since it was looked at last: whoever watches may have found no call
		l.breakOff(session.Err())
	}
}

// end ends a call. It returns why it was broken off, if it was.
func (l *lent) end() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy = false
	if l.session == nil {
		l.ignore()
	}
	l.spent = l.spent || l.cut != nil
	if cap(l.out) > mostOut {
		l.out = nil
	}
	return l.cut
}

// heed watches a context in place of what was watched before. The caller holds mu.
func (l *lent) heed(ctx context.Context) {
	l.ignore()
	heeded := l.heeded
	l.unwatch = context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.busy && l.heeded == heeded {
			l.breakOff(ctx.Err())
		}
	})
}

// ignore watches no context any more. The caller holds mu.
func (l *lent) ignore() {
	if l.unwatch != nil {
		l.unwatch()
	}
	l.session, l.unwatch = nil, nil
	l.heeded++
}

// setTimer sets the timer to the end of the call. The caller holds mu.
func (l *lent) setTimer() {
	l.fires = l.by
	if l.timer == nil {
		l.timer = time.AfterFunc(time.Until(l.by), l.overdue)
		return
	}
	l.timer.Reset(time.Until(l.by))
}

// overdue is what the timer calls: it breaks the call off, or looks again at the end of
// the one that is under way now.
func (l *lent) overdue() {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !l.busy:
		l.fires = time.Time{}
	case time.Now().Before(l.by):
		l.setTimer()
	default:
		l.breakOff(context.DeadlineExceeded)
	}
}

// breakOff breaks the call off that is under way. The caller holds mu.
func (l *lent) breakOff(why error) {
	if l.cut == nil {
		l.cut = why
		_ = l.Close()
	}
}

// discard closes the connection for good.
func (l *lent) discard() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ignore()
	if l.timer != nil {
		l.timer.Stop()
	}
	return l.Close()
}

// trip sends what was gathered in out, and receives so many replies.
func (l *lent) trip(replies int, each func(i int, kind resp.Kind, parts [][]byte) error) error {
	if err := l.send(); err != nil {
		return err
	}
	return l.receive(replies, each)
}

// send sends what was gathered in out, and empties it. After an error the connection is
// spent.
func (l *lent) send() (err error) {
	if l.brisk {
		l.left, err = l.guard.WriteAndWait(l.out)
	} else {
		l.left, err = l.guard.Write(l.out)
	}
	l.out = l.out[:0]
	l.spent = l.spent || err != nil
	return err
}

// receive hands out so many replies in their order. An error that each returns is returned
// in the end, and the other replies are read all the same; when one cannot be read, that
// is the error, and the connection is spent.
func (l *lent) receive(replies int, each func(i int, kind resp.Kind, parts [][]byte) error) error {
	var first error
	for i := range replies {
		kind, parts, err := l.replies.ReadFlat()
		if err != nil {
			l.spent = true
			return err
		}
		if err := each(i, kind, parts); first == nil {
			first = err
		}
	}
	return first
}

// errorIn returns the error that a reply is, if it is one.
func errorIn(kind resp.Kind, parts [][]byte) error {
	if kind != resp.Error {
		return nil
	}
	return resp.ServerError(parts[0])
}
