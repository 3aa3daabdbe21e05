package lab

import "time"

// quietFor is how long no key may have changed anywhere before what is left of removed keys is forgotten. It is far more
// than the age of a checkpoint, so that no rollback brings back what was forgotten.
const quietFor = time.Minute

// collect forgets the tombstones of removed and expired keys. They keep late effects from bringing the keys back, and a region
// that still has one takes what another counts without it for older than the removal. So they are forgotten in all
// regions at once or not at all, in a quiet moment: every lock is held, every effect has arrived, and none is recent.
//
// Here and in stopWorld the locks of several shards are held. It is safe because both hold faults meanwhile, and nobody else
// ever waits for a second one.
func (l *Lab) collect() {
	for sh := range l.shards {
		if !sh.mu.TryLock() {
			return // not quiet
		}
		defer sh.mu.Unlock()
	}
	for sh := range l.shards {
		// What the server of a shard that is down has lost is known when it is up.
		if l.now() < sh.changed+quietFor || l.group != nil && State(sh.state.Load()) != Up {
			return
		}
	}
	for s := range l.streams {
		if !s.settled() {
			return
		}
	}
	now := time.Now()
	for sh := range l.shards {
		sh.keys.settle()
		sh.engine.Collect(now)
	}
}
