package region

import (
	"errors"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
)

// watchAttempts is how often a transaction is tried that the server drops: what
// changes the key is an earlier attempt, which the next look finds.
const watchAttempts = 2

// errDropped says that the server dropped the transaction: it was not applied.
var errDropped = errors.New("the key changed between WATCH and EXEC")

// compareAndSet writes a key that nobody has written: WATCH, a look, and a
// transaction that the server drops when the key has changed since. It asks then for
// the replicas that have it.
func (c *Client) compareAndSet(l *lent, key string, value []byte, expiry time.Duration, w *written) error {
	for attempt := 1; w.answered == 0; attempt++ {
		if err := l.watch(key); err != nil {
			return err
		}
		answer, err := c.transact(l, key, value, expiry, w)
		switch {
		case err != nil:
			return err
		case errors.Is(answer, errDropped) && attempt < watchAttempts:
			w.sent = 0 // and proven not to be applied
		default:
			w.replies[0], w.answered = answer, 1
		}
	}
	if w.replies[0] == nil && c.manners.Replicas > 0 {
		l.out = c.appendWait(l.out)
		return l.trip(1, w.confirmed)
	}
	return nil
}

// watch begins to watch a key that nobody has written; drill.ErrExists: somebody has.
func (l *lent) watch(key string) error {
	l.out = resp.AppendCommand(l.out, "WATCH", key)
	if err := l.trip(1, refused); err != nil {
		return err
	}
	there, err := l.count(key)
	if err != nil || there == 0 {
		return err
	}
	l.out = resp.AppendCommand(l.out, "UNWATCH")
	if err := l.trip(1, refused); err != nil {
		l.spent = true // it may still watch
	}
	return drill.ErrExists
}

// refused returns the error that a reply is.
func refused(_ int, kind resp.Kind, parts [][]byte) error { return errorIn(kind, parts) }

// transact sets the watched key. It returns what was said of the write, nil for OK.
func (c *Client) transact(l *lent, key string, value []byte, expiry time.Duration, w *written) (answer, err error) {
	l.out = resp.AppendCommand(l.out, "MULTI")
	before := len(l.out)
	l.out = c.appendSets(l.out, []string{key}, value, expiry)
	l.out = resp.AppendCommand(l.out, "EXEC")
	outside := false // of a transaction, which was refused
	err = l.trip(3, func(i int, kind resp.Kind, parts [][]byte) error {
		switch {
		case i == 0:
			outside = kind == resp.Error
		case i == 1 && outside:
			answer = l.answerToSet(kind, parts)
		case i == 2 && !outside:
			answer = l.answerToExec(kind, parts)
		}
		return nil
	})
	if l.left > before {
		w.sent = 1
	}
	return answer, err
}

// answerToExec returns what was said of the one write in a transaction; nil: OK. The
// kinds of the parts of an array are not told: what is not OK there is an error.
func (l *lent) answerToExec(kind resp.Kind, parts [][]byte) error {
	switch {
	case kind == resp.Null:
		return errDropped
	case kind == resp.Error, kind == resp.Array && len(parts) == 1 && string(parts[0]) != "OK":
		return l.answerToSet(resp.Error, parts)
	case kind == resp.Array && len(parts) == 1:
		return nil
	}
	l.spent = true
	return unexpectedAnswer("EXEC", kind)
}
