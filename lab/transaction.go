package lab

import (
	"bytes"

	"github.com/aafailover/aafailover/internal/resp"
)

// transaction is what a session has queued and what it watches.
type transaction struct {
	open    bool
	spoiled bool // a request was refused while queueing: EXEC is an error
	slot    int  // of the keys queued so far, or noSlot
	crossed bool // they have more than one slot
	queued  []request
	watched map[string]uint64 // key to its version when it was first watched
}

func (t *transaction) spoil() { t.spoiled = t.spoiled || t.open }

func (t *transaction) reset() { *t = transaction{} }

func (t *transaction) add(s *session, q request) {
	q.args, q.keys = cloneArgs(q.args), cloneArgs(q.keys)
	t.queued = append(t.queued, q)
	s.reply = resp.AppendSimple(s.reply, "QUEUED")
}

// queueData queues a command of the keyspace, which route has found to be this shard's.
func (t *transaction) queueData(s *session, r request, slot int) {
	if slot != noSlot {
		t.crossed = t.crossed || t.slot != noSlot && t.slot != slot
		t.slot = slot
	}
	if r.data.Write {
		s.shard.mu.Lock()
		stale := s.shard.stale
		s.shard.mu.Unlock()
		if stale {
			s.refuse(s.staleRefusal())
			return
		}
	}
	t.add(s, r)
}

// queue queues a command of the front.
func (t *transaction) queue(s *session, r request) {
	c := r.server
	if !c.transactional {
		s.refuse("ERR " + c.name + " is not possible inside a transaction in the lab")
		return
	}
	if c.owned {
		// EXEC holds one shard's lock, so what belongs to another shard cannot be part of it.
		if refusal := s.routeNames(r.args[1:2]); refusal != "" {
			s.refuse(refusal)
			return
		}
	}
	t.add(s, r)
}

func cloneArgs(args [][]byte) [][]byte {
	cloned := make([][]byte, len(args))
	for i, a := range args {
		cloned[i] = bytes.Clone(a)
	}
	return cloned
}

func multi(s *session, _ [][]byte) {
	if s.tx.open {
		s.fail("ERR MULTI calls can not be nested")
		return
	}
	s.tx.open, s.tx.slot = true, noSlot
	s.ok()
}

func discard(s *session, _ [][]byte) {
	if !s.tx.open {
		s.fail("ERR DISCARD without MULTI")
		return
	}
	s.tx.reset()
	s.ok()
}

func unwatch(s *session, _ [][]byte) {
	s.tx.watched = nil
	s.ok()
}

func watch(s *session, args [][]byte) {
	if s.tx.open {
		s.fail("ERR WATCH inside MULTI is not allowed")
		return
	}
	if refusal := s.routeNames(args[1:]); refusal != "" {
		s.fail(refusal)
		return
	}
	if s.shard.enter(s.done) != nil {
		s.ending = true
		return
	}
	defer s.shard.mu.Unlock()
	if s.tx.watched == nil {
		s.tx.watched = make(map[string]uint64)
	}
	for _, key := range args[1:] {
		if _, already := s.tx.watched[string(key)]; !already {
			s.tx.watched[string(key)] = s.shard.engine.Version(string(key))
		}
	}
	s.ok()
}

// moved returns the refusal of a transaction of which a key or a channel has moved to another shard since it was queued.
func (t *transaction) moved(s *session) string {
	for _, q := range t.queued {
		refusal := ""
		if q.data != nil {
			_, refusal = s.route(q.keys)
		} else if q.server.owned {
			refusal = s.routeNames(q.args[1:2])
		}
		if refusal != "" {
			return refusal
		}
	}
	return ""
}

// exec runs what is queued under one hold of the shard's lock, unless a watched key has changed: first what is about keys, which
// is one transaction, then messages and the like, so that whoever gets a message finds the keys as they are after it.
func exec(s *session, _ [][]byte) {
	tx := s.tx
	s.tx.reset()
	switch {
	case !tx.open:
		s.tx.watched = tx.watched
		s.fail("ERR EXEC without MULTI")
		return
	case tx.spoiled:
		s.fail("EXECABORT Transaction discarded because of previous errors.")
		return
	case tx.crossed:
		s.fail("CROSSSLOT Keys in request don't hash to the same slot")
		return
	}
	if s.shard.enter(s.done) != nil {
		s.ending = true
		return
	}
	defer s.shard.mu.Unlock()
	if refusal := tx.moved(s); refusal != "" {
		s.fail(refusal)
		return
	}
	for key, version := range tx.watched {
		if s.shard.engine.Version(key) != version {
			s.reply = resp.AppendNullArray(s.reply, s.resp3)
			return
		}
	}
	var onKeys []request
	for _, q := range tx.queued {
		if q.data != nil {
			onKeys = append(onKeys, q)
		}
	}
	replies, refusal, err := s.shard.together(onKeys, s.resp3)
	switch {
	case err != nil:
		s.giveUp()
		return
	case refusal != "":
		s.fail(refusal)
		return
	}
	s.inExec = true
	defer func() { s.inExec = false }()
	s.reply = resp.AppendArrayLen(s.reply, len(tx.queued))
	for _, q := range tx.queued {
		if q.data != nil {
			s.reply, replies = append(s.reply, replies[0]...), replies[1:]
		} else {
			q.server.run(s, q.args)
		}
	}
}
