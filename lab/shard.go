package lab

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/lab/engine"
	"github.com/aafailover/aafailover/slots"
)

// errGone says that a shard is down, or that the connection that wanted something of it has ended.
var errGone = errors.New("the shard is down")

// flightLimit bounds the bytes that a shard holds for one connected stream beyond its backlog. A stream that is stalled for
// longer loses its connection, as a replica of Redis does by client-output-buffer-limit, though there it is 256 MiB.
const flightLimit = 64 << 20

// shard is a part of a region: a keyspace, the engine that merges it with others, its backlog, and one lock, so that the order of effects is the order of execution.
type shard struct {
	region *region
	index  int
	front  *front
	at     atomic.Pointer[site] // nil until its front is open

	// The streams of the shard change under its mu, and only while Lab.faults is held: who holds either may read them.
	outbound, inbound []*stream

	promotion promotion // that is under way, or nil; under Lab.faults

	state atomic.Int32         // a State; changes under mu
	gate  atomic.Pointer[gate] // set while hung; changes under mu

	condition atomic.Pointer[condition] // nil: healthy

	mu      sync.Mutex
	keys    keyspace
	engine  *engine.Engine
	log     backlog
	history history
	written bool          // a client has ever written here, whatever became of it
	moved   bool          // it got keys from another shard, of which peers know already
	stale   bool          // back, and not yet caught up: refuses writes
	saved   checkpoint    // what a shard that keeps the last second has on its disk
	copied  time.Duration // when it last took effects from a full copy, since the lab began
	changed time.Duration // when a key last changed
	touched []string      // keys of the running command, for the truth
}

// checkpoint is what must roll back together with the data.
type checkpoint struct {
	at       time.Duration // when it was made, since the lab began
	offset   int64
	receipts map[*stream]receipt // of the inbound streams
}

// gate holds whatever wants a hung shard until it goes on.
type gate struct{ open chan struct{} }

func newShard(r *region, index int) *shard {
	sh := &shard{region: r, index: index}
	sh.front = &front{shard: sh}
	sh.log.limit = int64(r.lab.config.Backlog)
	sh.history.begin()
	sh.keys = memory{sh}
	sh.engine = engine.New(r.replica, time.Now)
	sh.engine.Emit = sh.emit
	if r.lab.config.Truth != nil {
		sh.engine.Observe = sh.observe
	}
	return sh
}

// number is how people name the shard within its region: from 1.
func (sh *shard) number() int { return sh.index + 1 }

// label names the shard in errors: its region, number and address.
func (sh *shard) label() string {
	return fmt.Sprintf("%s shard %d (%s)", sh.region.name, sh.number(), sh.site().address)
}

// await waits while the shard is hung. It returns false when done was closed first.
func (sh *shard) await(done <-chan struct{}) bool {
	for {
		g := sh.gate.Load()
		if g == nil {
			return true
		}
		select {
		case <-g.open:
		case <-done:
			return false
		}
	}
}

// enter takes the lock of a shard that is up, and waits for one that is hung. The error is errGone, without the lock.
func (sh *shard) enter(done <-chan struct{}) error {
	for {
		if !sh.await(done) {
			return errGone
		}
		sh.mu.Lock()
		switch State(sh.state.Load()) {
		case Up:
			return nil
		case Down:
			sh.mu.Unlock()
			return errGone
		}
		sh.mu.Unlock() // hung in between
	}
}

// execute runs a command whose keys are this shard's and appends the reply. The caller has entered. The error is errGone.
func (sh *shard) execute(dst []byte, r request, resp3 bool) ([]byte, error) {
	dst, err := sh.keys.execute(dst, r, resp3)
	if len(sh.touched) > 0 {
		sh.recordTouched()
	}
	return dst, err
}

// together runs commands as execute does one, as one transaction, and returns their replies, or why there is none.
func (sh *shard) together(rs []request, resp3 bool) (replies [][]byte, refusal string, err error) {
	replies, refusal, err = sh.keys.together(rs, resp3)
	if len(sh.touched) > 0 {
		sh.recordTouched()
	}
	return replies, refusal, err
}

// publish makes a message an effect of this shard and returns the number of subscribers in this region. The caller has
// entered.
func (sh *shard) publish(channel string, message []byte, sharded bool) int {
	sh.emit(engine.Effect{Kind: engine.Publish, Key: channel, Value: message, Sharded: sharded})
	return sh.region.channels.deliver(channel, message, sharded)
}

// emit takes an effect of a local command.
func (sh *shard) emit(x engine.Effect) {
	if x.Kind != engine.Publish {
		sh.written = true
		sh.changed = sh.region.lab.now()
		sh.touch(x.Key)
	}
	sh.ship(x)
}

// ship takes an effect into the backlog and wakes the streams that had nothing to do.
func (sh *shard) ship(x engine.Effect) {
	sh.log.append(x, sh.region.lab.now())
	for _, s := range sh.outbound {
		if s.idle {
			s.idle = false
			s.signal()
		}
	}
	if sh.log.bytes() > sh.log.limit {
		sh.trim()
	}
}

// trim lets go of what neither the backlog's limit nor a connected stream keeps, and of streams that would keep too much.
func (sh *shard) trim() {
	needed := int64(math.MaxInt64)
	for _, s := range sh.outbound {
		if s.holding && sh.log.after(s.cursor) > sh.log.limit+flightLimit {
			s.holding = false
			s.signal()
		}
		if s.holding {
			needed = min(needed, s.cursor)
		}
	}
	sh.log.trim(needed)
}

// apply takes an effect of a peer. It emits nothing.
func (sh *shard) apply(x *engine.Effect) {
	if x.Kind == engine.Publish {
		sh.region.channels.deliver(x.Key, x.Value, x.Sharded)
		return
	}
	sh.learn(x)
}

// learn merges what a peer knows of a key and tells whether that was news.
func (sh *shard) learn(x *engine.Effect) bool {
	news := sh.engine.Apply(*x)
	if news {
		sh.keys.learnt(x.Key)
	}
	sh.changed = sh.region.lab.now()
	sh.touch(x.Key)
	if len(sh.touched) > 0 {
		sh.recordTouched()
	}
	return news
}

// caughtUp notes that an inbound stream has got as far as its source was when they reconnected. The shard is stale no
// longer once that is so for all streams of one peer region.
func (sh *shard) caughtUp(with *stream) {
	with.caughtUp = true
	sh.stale = sh.stale && !sh.hasPeer()
}

// hasPeer says whether all streams of some peer region have caught up.
func (sh *shard) hasPeer() bool {
	behind := make(map[*region]bool)
	for _, s := range sh.inbound {
		behind[s.from.region] = behind[s.from.region] || !s.caughtUp && !s.ended.Load()
	}
	return slices.Contains(slices.Collect(maps.Values(behind)), false)
}

// save makes what there is now durable, for a shard that keeps all but the last second.
func (sh *shard) save() {
	sh.engine.Checkpoint()
	sh.saved.at = sh.region.lab.now()
	sh.saved.offset = sh.log.next
	sh.saved.receipts = make(map[*stream]receipt, len(sh.inbound))
	for _, s := range sh.inbound {
		sh.saved.receipts[s] = s.receipt
	}
}

// backTo takes back, after the engine was rolled back and has lost what it knew of some keys, what belongs to that: the effects
// from an offset on, and what was received since. It tells whether anything was lost.
func (sh *shard) backTo(keys []string, offset int64, receipts map[*stream]receipt) bool {
	sh.changed = sh.region.lab.now()
	forked := sh.log.next > offset
	if forked {
		sh.log.truncate(offset)
		sh.history.fork(offset)
	}
	for _, s := range sh.inbound {
		if was, ok := receipts[s]; ok {
			s.receipt = was
		}
	}
	for _, key := range keys {
		sh.touch(key)
	}
	sh.recordTouched()
	return forked || len(keys) > 0
}

// clear removes everything, as if the shard were new, and begins another incarnation.
func (sh *shard) clear() {
	sh.engine.Clear()
	sh.forgetEffects()
	if t := sh.region.lab.config.Truth; t != nil {
		t.cleared(sh.region.name, time.Now(), func(key string) bool { return sh.region.shardOf(slots.Of(key)) == sh })
	}
}

// forgetEffects begins another incarnation, of which nobody has seen anything, and which has seen nothing of others.
func (sh *shard) forgetEffects() {
	sh.log.truncate(0)
	sh.history.begin()
	for _, s := range sh.inbound {
		s.position = position{}
	}
}

// touch remembers a key that the truth is to look at when the running command is done.
func (sh *shard) touch(key string) {
	if t := sh.region.lab.config.Truth; t != nil && t.about(key) {
		sh.touched = append(sh.touched, key)
	}
}

// recordTouched tells the truth which of the touched keys are there now, and until when.
func (sh *shard) recordTouched() {
	now := time.Now()
	for _, key := range sh.touched {
		until, found := sh.engine.Presence(key)
		sh.region.lab.config.Truth.present(sh.region.name, key, found, until, now)
	}
	clear(sh.touched)
	sh.touched = sh.touched[:0]
}

// observe tells the truth what a reading command found.
func (sh *shard) observe(key string, found bool) {
	if sh.region.lab.config.Truth.about(key) {
		sh.region.lab.config.Truth.read(sh.region.name, key, found, time.Now())
	}
}
