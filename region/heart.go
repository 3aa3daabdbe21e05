package region

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/aafailover/aafailover/heartbeat"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// heartBuffer is the size of the read buffer of a heartbeat connection, in bytes:
// an answer is some 70 bytes, and some come together.
const heartBuffer = 2 << 10

// beatRules are what may be sent over a heartbeat connection, and lookRules what may
// be over one to a region that is only read.
var (
	beatRules = usedRules{Make: func() map[string][]subrule { return rulesFor(ToBeat) }}
	lookRules = usedRules{Make: func() map[string][]subrule { return withoutWrites(beatRules.Get()) }}
)

func withoutWrites(rules map[string][]subrule) map[string][]subrule {
	rules = maps.Clone(rules)
	delete(rules, "SET")
	return rules
}

// Heart is one region as package heartbeat uses it: a heartbeat.Store, with
// connections of our own. It writes keys under the prefix with an expiry, reads
// such keys, and sends nothing else. Which regions may be written is for its caller
// to know.
type Heart struct {
	door *door
	list *list

	mu     sync.Mutex
	denied map[string]refusal // by address
}

var _ heartbeat.Store = (*Heart)(nil)

// refusal is an attempt to connect for which the user was refused.
type refusal struct {
	at  time.Time
	err error
}

// NewHeart prepares a Heart; it opens no connection.
func NewHeart(r config.Region, o Options) *Heart {
	door := newDoor(r, o)
	door.uses = ToProbe | ToBeat
	return &Heart{door: door, list: newList(door.prefix, beatRules.Get()), denied: make(map[string]refusal)}
}

// NewReadingHeart prepares a Heart of a region that must not be written: its
// connections send no SET, whatever they are told to.
func NewReadingHeart(r config.Region, o Options) *Heart {
	h := NewHeart(r, o)
	h.list = newList(h.door.prefix, lookRules.Get())
	return h
}

// Connect opens a connection to an address of the region. Each step takes
// Options.Timeout at the most; how long it takes to read the password does not
// count. For deniedPause after the region refused the user it returns the same
// error without asking again.
func (h *Heart) Connect(ctx context.Context, address string) (heartbeat.Session, error) {
	h.mu.Lock()
	last, denied := h.denied[address]
	h.mu.Unlock()
	if denied && time.Since(last.at) < deniedPause {
		return nil, last.err
	}
	c, err := h.door.openDatabase(ctx, address, h.list, heartBuffer)
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.denied, address)
	if err != nil {
		if cause := CauseOf(err); cause == probe.Authentication || cause == probe.Permission {
			h.denied[address] = refusal{time.Now(), err}
		}
		return nil, err
	}
	return &heartSession{conn: c}, nil
}

// heartSession is one connection of a Heart.
type heartSession struct {
	*conn
	out []byte // reused
}

// Exchange sends the writes and then the reads of a batch, as one pipeline; see
// heartbeat.Session. The error of a region that answers with something else than
// was asked for is one of the protocol.
func (s *heartSession) Exchange(ctx context.Context, batch *heartbeat.Batch) error {
	stop := closeWhenDone(ctx, s.Conn)
	err := s.exchange(batch)
	if !stop() && err == nil {
		err = ctx.Err() // it ended just now, and closed the connection
	}
	return s.door.fail(s.address, "write and read heartbeat keys", timely(ctx, err))
}

func (s *heartSession) exchange(batch *heartbeat.Batch) error {
	out := s.out[:0]
	for i := range batch.Writes {
		w := &batch.Writes[i]
		seconds := strconv.FormatInt(int64(w.Expiry/time.Second), 10)
		out = resp.AppendCommand(out, "SET", w.Key, w.Value, "EX", seconds)
	}
	for i := range batch.Reads {
		out = resp.AppendCommand(out, "GET", batch.Reads[i].Key)
	}
	s.out = out
	if _, err := s.Write(out); err != nil {
		return err
	}
	for i := range batch.Writes {
		if err := s.answerToWrite(&batch.Writes[i]); err != nil {
			return err
		}
	}
	for i := range batch.Reads {
		if err := s.answerToRead(&batch.Reads[i]); err != nil {
			return err
		}
	}
	return nil
}

// answerToWrite takes the answer to a SET.
func (s *heartSession) answerToWrite(w *heartbeat.Write) error {
	kind, parts, err := s.replies.ReadFlat()
	switch {
	case err != nil:
		return err
	case kind == resp.SimpleString && string(parts[0]) == "OK":
		w.Outcome = heartbeat.Acknowledged
	case kind == resp.Error:
		reply := string(parts[0])
		if NotApplied(reply) {
			w.Outcome = heartbeat.Rejected
		}
		w.Err = s.door.fail(s.address, "write", resp.ServerError(reply))
		w.Cause = CauseOf(w.Err)
	default:
		return unexpectedAnswer("SET", kind)
	}
	return nil
}

// answerToRead takes the answer to a GET. An error is one of the server, which has
// told nothing of the key.
func (s *heartSession) answerToRead(r *heartbeat.Read) error {
	kind, parts, err := s.replies.ReadFlat()
	switch {
	case err != nil:
		return err
	case kind == resp.Bulk:
		r.Outcome, r.Value = heartbeat.Acknowledged, string(parts[0])
	case kind == resp.Null:
		r.Outcome = heartbeat.Acknowledged
	case kind == resp.Error:
		r.Outcome = heartbeat.Rejected
		r.Err = s.door.fail(s.address, "read", resp.ServerError(string(parts[0])))
	default:
		return unexpectedAnswer("GET", kind)
	}
	return nil
}
