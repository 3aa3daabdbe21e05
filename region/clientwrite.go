package region

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
)

// Write sets a key with an expiry, which must be at least a millisecond. A nil
// error is an acknowledgement. drill.ErrUnsent: nothing of the write was sent,
// because there was no connection. drill.ErrRejected: the server answered with an
// error that is known to mean "not applied". drill.ErrExists and
// drill.ErrFewReplicas: as the manners of the client say. Any other error leaves it
// open. When ctx is cancelled after the write was sent, it is broken off at once.
func (c *Client) Write(ctx context.Context, key string, value []byte, expiry time.Duration) error {
	keys, errs := [1]string{key}, [1]error{}
	c.writeAll(ctx, keys[:], value, expiry, errs[:])
	return errs[0]
}

// WriteAll is Write for several keys, all of one slot, in one pipeline. It returns
// the error of each. (Fencing by WATCH takes a single key.)
func (c *Client) WriteAll(ctx context.Context, keys []string, value []byte, expiry time.Duration) []error {
	errs := make([]error, len(keys))
	c.writeAll(ctx, keys, value, expiry, errs)
	return errs
}

// writeAll is WriteAll that sets the error of each.
func (c *Client) writeAll(ctx context.Context, keys []string, value []byte, expiry time.Duration, errs []error) {
	shard, err := c.shardOf(keys[0])
	if err != nil {
		for i := range errs {
			errs[i] = fmt.Errorf("%w: %w", drill.ErrUnsent, err)
		}
		return
	}
	w := written{replies: errs}
	failure := shard.with(ctx, c.manners.ReplicaWait, func(l *lent) error {
		if c.manners.Fencing == drill.FencingWatch {
			return c.compareAndSet(l, keys[0], value, expiry, &w)
		}
		return c.setAll(l, keys, value, expiry, &w)
	})
	for i, reply := range errs {
		switch {
		case i >= w.answered:
			errs[i] = c.judge(shard.address, i < w.sent, failure)
		case reply != nil:
			errs[i] = c.judge(shard.address, true, reply)
		case w.replicas < c.manners.Replicas:
			errs[i] = c.door.fail(shard.address, "write", fmt.Errorf("%w: %d of %d", drill.ErrFewReplicas, w.replicas, c.manners.Replicas))
		}
	}
}

// written is what became of some writes.
type written struct {
	sent     int     // of how many something may have left this process
	answered int     // how many the server answered, the first ones
	replies  []error // what it answered to each of these; nil: OK
	replicas int     // that have them, as far as this was asked
}

// setAll writes keys in one pipeline, and asks at its end for the replicas that
// have them: WAIT is about all that the connection wrote.
func (c *Client) setAll(l *lent, keys []string, value []byte, expiry time.Duration, w *written) error {
	l.out = c.appendSets(l.out, keys, value, expiry)
	if c.manners.Replicas > 0 {
		l.out = c.appendWait(l.out)
	}
	err := l.send()
	if err == nil {
		err = l.answersToSets(w)
	}
	if err == nil && c.manners.Replicas > 0 {
		err = l.receive(1, w.confirmed)
	}
	if w.answered < len(keys) {
		for sent := 0; w.sent < len(keys) && sent < l.left; w.sent++ {
			sent += len(c.appendSets(nil, keys[w.sent:w.sent+1], value, expiry))
		}
	}
	return err
}

// answersToSets takes in what is said of some writes.
func (l *lent) answersToSets(w *written) error {
	for w.answered < len(w.replies) {
		n, err := l.replies.ReadOKs(len(w.replies) - w.answered)
		w.answered += n
		if n > 0 {
			continue
		}
		var kind resp.Kind
		var parts [][]byte
		if err == nil {
			kind, parts, err = l.replies.ReadFlat()
		}
		if err != nil {
			l.spent = true
			return err
		}
		w.replies[w.answered] = l.answerToSet(kind, parts)
		w.answered++
	}
	return nil
}

// appendSets adds the writes of some keys, which differ in nothing else.
func (c *Client) appendSets(out []byte, keys []string, value []byte, expiry time.Duration) []byte {
	start := len(out)
	out = resp.AppendArrayLen(out, c.setWords())
	out = resp.AppendBulk(out, "SET")
	key := len(out)
	out = resp.AppendBulk(out, keys[0])
	rest := len(out)
	out = c.appendAfterKey(out, value, expiry)
	end := len(out)
	for _, another := range keys[1:] {
		out = append(out, out[start:key]...)
		out = resp.AppendBulk(out, another)
		out = append(out, out[rest:end]...)
	}
	return out
}

// setWords is how many words a write has.
func (c *Client) setWords() int {
	if c.manners.Fencing == drill.FencingNX {
		return 6
	}
	return 5
}

// appendAfterKey adds what comes after the key in a write.
func (c *Client) appendAfterKey(out, value []byte, expiry time.Duration) []byte {
	out = resp.AppendBulk(out, value)
	unit, n := "EX", int64(expiry/time.Second)
	if expiry%time.Second != 0 {
		unit, n = "PX", expiry.Milliseconds()
	}
	var digits [20]byte
	out = resp.AppendBulk(out, unit)
	out = resp.AppendBulk(out, strconv.AppendInt(digits[:0], n, 10))
	if c.manners.Fencing == drill.FencingNX {
		out = resp.AppendBulk(out, "NX")
	}
	return out
}

// appendWait adds the question how many replicas have what was written.
func (c *Client) appendWait(out []byte) []byte {
	return resp.AppendCommand(out, "WAIT", strconv.Itoa(c.manners.Replicas), strconv.FormatInt(c.manners.ReplicaWait.Milliseconds(), 10))
}

// confirmed takes the answer to that. One that is none leaves it at no replicas.
func (w *written) confirmed(_ int, kind resp.Kind, parts [][]byte) error {
	w.replicas, _ = counted(kind, parts, math.MaxInt32)
	return nil
}

// answerToSet returns what was said of a write; nil: OK.
func (l *lent) answerToSet(kind resp.Kind, parts [][]byte) error {
	switch {
	case kind == resp.SimpleString && string(parts[0]) == "OK":
		return nil
	case kind == resp.Null:
		return drill.ErrExists
	case kind == resp.Error:
		text := resp.ServerError(parts[0])
		// Whoever was the primary is a replica now: the name may lead to another server.
		l.spent = l.spent || text.Code() == "READONLY"
		return text
	}
	l.spent = true
	return unexpectedAnswer("SET", kind)
}

// judge returns what the answer to a write, or that there was none, means.
func (c *Client) judge(address string, sent bool, err error) error {
	known := errors.Is(err, drill.ErrExists)
	reply, replied := serverText(err)
	err = c.door.fail(address, "write", err)
	switch {
	case known:
		return err
	case !sent:
		return fmt.Errorf("%w: %w", drill.ErrUnsent, err)
	case replied && NotApplied(reply), errors.Is(err, errDropped):
		return fmt.Errorf("%w: %w", drill.ErrRejected, err)
	}
	return err
}

// rejections are the codes of errors that are given before a command is executed.
var rejections = map[string]bool{
	"MOVED": true, "ASK": true, "TRYAGAIN": true, "CLUSTERDOWN": true, "CROSSSLOT": true, // the slot
	"LOADING": true, "READONLY": true, "OOM": true, "MASTERDOWN": true, "MISCONF": true, "NOREPLICAS": true, "BUSY": true, // the state
	"EXECABORT": true,                                                    // the transaction that it was in
	"NOAUTH":    true, "NOPERM": true, "WRONGPASS": true, "DENIED": true, // the user
}

// rejectionTexts are the same for errors whose code is ERR, which proxies also
// give for a time-out: that leaves the write open.
var rejectionTexts = []string{"ERR max number of clients", "ERR unknown command", "ERR syntax error", "ERR invalid expire"}

// NotApplied tells whether an error with which a server answers a write proves that it
// was not applied. Others leave it open.
func NotApplied(reply string) bool {
	if rejections[resp.ServerError(reply).Code()] {
		return true
	}
	return slices.ContainsFunc(rejectionTexts, func(text string) bool { return strings.HasPrefix(reply, text) })
}
