package lab

import (
	"time"

	"github.com/aafailover/aafailover/lab/engine"
)

// journal is the way back of a shard whose server may come back without its last transactions: how the shard was after each.
//
//	states    first ── … ── n-1 ── n        n transactions are executed, and what has changed since n belongs to the next one
//	server    ├── persisted ──┤
//
// It is in this process, which outlives the servers of its lab.
type journal struct {
	first  int64 // number of the transaction after which states[0] was
	states []state
	unsure bool // its receipts are of streams that have been replaced since: the slots of another shard have moved
}

// state is how a shard was after a transaction, or rather how one finds back to it.
type state struct {
	mark     uint64        // of the engine
	offset   int64         // that the next effect got
	at       time.Duration // since the lab began
	receipts []received    // as they were before they were changed for the first time after it
}

type received struct {
	from *stream
	was  receipt
}

// What a journal holds at the most. A server that goes back further is believed, key by key.
const (
	journalStates = 1 << 17
	journalBytes  = 32 << 20 // of what keys were before
	journalCheck  = 1 << 12  // states, after which it is looked at how much that is
)

// last is the number of the last transaction.
func (j *journal) last() int64 { return j.first + int64(len(j.states)) - 1 }

// cut makes the present the only state.
func (j *journal) cut(number int64, sh *shard) {
	sh.engine.Checkpoint()
	j.first, j.states, j.unsure = number, j.states[:0], false
	j.add(sh)
}

// add notes the state after one more transaction.
func (j *journal) add(sh *shard) {
	j.states = append(j.states, state{mark: sh.engine.Mark(), offset: sh.log.next, at: sh.region.lab.now()})
	if len(j.states) >= journalStates {
		j.forget(sh.engine)
	} else if len(j.states)%journalCheck == 0 && sh.engine.Forget(j.states[0].mark) > journalBytes {
		j.forget(sh.engine)
	}
}

// forget lets go of the older half.
func (j *journal) forget(e *engine.Engine) {
	half := len(j.states) / 2
	j.first += int64(half)
	j.states = append([]state(nil), j.states[half:]...)
	e.Forget(j.states[0].mark)
}

// receive notes a receipt that is about to be changed.
func (j *journal) receive(s *stream) {
	last := &j.states[len(j.states)-1]
	for _, r := range last.receipts {
		if r.from == s {
			return
		}
	}
	last.receipts = append(last.receipts, received{s, s.receipt})
}

// reaches says whether it knows how the shard was after a transaction.
func (j *journal) reaches(number int64) bool { return j.first <= number && number <= j.last() }

// back returns how the shard was after a transaction that it reaches, and the receipts that have changed since, as they were.
func (j *journal) back(number int64) (state, map[*stream]receipt) {
	at := int(number - j.first)
	were := make(map[*stream]receipt)
	for i := len(j.states) - 1; i >= at; i-- {
		for _, r := range j.states[i].receipts {
			were[r.from] = r.was
		}
	}
	return j.states[at], were
}
