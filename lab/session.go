package lab

import (
	"cmp"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// session is one client's connection to a front. Its fields belong to the goroutine that runs serve, but for those that
// say otherwise.
type session struct {
	front  *front
	shard  *shard
	region *region
	conn   net.Conn
	id     int64
	began  time.Time
	reader *resp.Reader
	out    *output
	done   chan struct{} // closed when the session is over
	once   sync.Once     // of closing done

	reply  []byte // answers that are not handed to out yet
	many   bool   // they are to more than one request
	resp3  bool
	pushes atomic.Bool // the same as resp3, for those who push
	ending bool        // QUIT, or the shard is gone
	gone   bool        // the server behind the shard has ended: the connection is reset when the shard is taken down
	tx     transaction
	inExec bool // EXEC is running commands and holds the shard's lock

	authenticated bool // the client may do more than say the password

	mu      sync.Mutex // of what is not for this session alone: what CLIENT LIST shows, and what a moving slot ends
	subs    [subjects]map[string]struct{}
	name    string
	library string
	version string
}

func newSession(f *front, conn net.Conn) *session {
	sh := f.shard
	s := &session{front: f, shard: sh, region: sh.region, conn: conn, began: time.Now(), done: make(chan struct{})}
	s.authenticated = sh.open()
	s.id = sh.region.lab.lastSession.Add(1)
	s.reader = resp.NewReader(conn)
	s.out = newOutput(conn, sh, s.done, f.running.Go)
	return s
}

// abort resets the connection; serve returns soon after. Anyone may call it.
func (s *session) abort() {
	s.once.Do(func() { close(s.done) })
	memnet.Reset(s.conn)
	s.out.close()
}

// serve answers requests until the client or the lab ends the connection. Requests that have arrived together are
// answered together.
func (s *session) serve() {
	defer s.end()
	for !s.ending {
		args, err := s.reader.ReadCommand()
		if err != nil {
			if _, ok := errors.AsType[*resp.ProtocolError](err); ok {
				s.fail("ERR Protocol error")
				s.flush()
				s.out.drain()
			}
			return
		}
		if !s.shard.await(s.done) {
			return
		}
		if len(s.reply) > 0 {
			s.many = true
		}
		s.handle(args)
		if s.reader.Buffered() == 0 || len(s.reply) > keptBuffer {
			s.flush()
		}
	}
	if s.gone {
		<-s.done
	}
	s.out.drain()
}

func (s *session) flush() {
	if len(s.reply) == 0 {
		return
	}
	s.out.reply(s.reply, s.many)
	s.many = s.reader.Buffered() > 0
	if s.reply = s.reply[:0]; cap(s.reply) > 4*keptBuffer {
		s.reply = nil
	}
}

func (s *session) end() {
	s.unsubscribeAll()
	s.once.Do(func() { close(s.done) })
	_ = s.conn.Close()
	s.out.close()
}

// handle answers one request. What may refuse it comes in the order of Redis.
func (s *session) handle(args [][]byte) {
	r, refusal := s.shard.keys.find(args)
	if refusal != "" {
		s.refuse(refusal)
		return
	}
	if !r.fits() {
		s.refuse(wrongNumber(r.name()))
		return
	}
	if refusal := s.admit(r); refusal != "" {
		s.refuse(refusal)
		return
	}
	if r.data != nil {
		s.handleData(r)
		return
	}
	c := r.server
	refusal = s.shard.answers().refusal(r, false)
	switch {
	case refusal != "":
		s.refuse(refusal)
	case s.subscribed() && !s.resp3 && !c.subscribed:
		s.fail(subscribedRefusal(c.name))
	case s.tx.open && !c.control:
		s.tx.queue(s, r)
	default:
		c.run(s, args)
	}
}

// admit returns the refusal of a client that has not said the password, or that may not do what it wants.
func (s *session) admit(r request) string {
	if !s.authenticated && !r.is("hello", "auth", "quit", "reset") {
		return errNoAuth
	}
	return s.shard.answers().refusal(r, true)
}

// handleData answers a command of the keyspace.
func (s *session) handleData(r request) {
	slot, refusal := s.route(r.keys)
	refusal = cmp.Or(refusal, s.shard.answers().refusal(r, false))
	switch {
	case s.subscribed() && !s.resp3:
		s.fail(subscribedRefusal(r.data.Name))
		return
	case refusal != "":
		s.refuse(refusal)
		return
	case s.tx.open:
		s.tx.queueData(s, r, slot)
		return
	}
	if s.shard.enter(s.done) != nil {
		s.ending = true
		return
	}
	defer s.shard.mu.Unlock()
	if slot != noSlot {
		if refusal := s.moved(slot); refusal != "" { // in between
			s.fail(refusal)
			return
		}
	}
	if r.data.Write && s.shard.stale {
		s.fail(s.staleRefusal())
		return
	}
	reply, err := s.shard.execute(s.reply, r, s.resp3)
	if err != nil {
		s.giveUp()
		return
	}
	s.reply = reply
}

// giveUp ends a session whose request nobody will ever answer, without a word.
func (s *session) giveUp() { s.ending, s.gone = true, true }

// noSlot is the slot of a command without keys.
const noSlot = -1

// route returns the slot of a command's keys, or the error that says why it is not answered here. With too few
// arguments there is no key, and the keyspace says what is wrong.
func (s *session) route(keys [][]byte) (slot int, refusal string) {
	slot = noSlot
	for _, key := range keys {
		of := slots.OfBytes(key)
		if slot == noSlot {
			slot = of
		} else if slot != of {
			return slot, "CROSSSLOT Keys in request don't hash to the same slot"
		}
	}
	if slot == noSlot {
		return slot, ""
	}
	return slot, s.moved(slot)
}

// moved returns the error that leads to the owner of a slot, or "" when that is this shard.
func (s *session) moved(slot int) string {
	if owner := s.region.shardOf(slot); owner != s.shard {
		return movedTo(slot, owner.site().address)
	}
	return ""
}

// staleRefusal is the answer to writes after a return. It begins with the code that clients know from replicas.
func (s *session) staleRefusal() string {
	return "READONLY region " + s.region.name + " is stale: it came back and has not caught up with another region yet"
}

// fail answers with an error.
func (s *session) fail(text string) { s.reply = resp.AppendError(s.reply, text) }

// refuse answers a request that cannot be run with an error, which also spoils an open transaction.
func (s *session) refuse(text string) {
	s.tx.spoil()
	s.fail(text)
}

// ok answers +OK.
func (s *session) ok() { s.reply = resp.AppendSimple(s.reply, "OK") }
