package lab

import "time"

// kill ends a shard like SIGKILL does: connections are reset and new ones refused, what its streams had in flight is lost, and
// of its data there is left what its persistence kept. Killing a shard that is down does nothing.
func kill(sh *shard) error {
	if promoting := sh.callOff(); promoting || State(sh.state.Load()) != Down {
		sh.keys.end()
		sh.die(sh.keys.lose)
	}
	return nil
}

// nothingLost is what is lost by a shard whose replica takes its place.
func nothingLost() (since time.Duration, lost bool) { return 0, false }

// die takes a shard down. lose takes from it what is not kept, and tells whether that was anything, and from when on.
func (sh *shard) die(lose func() (since time.Duration, lost bool)) {
	sh.mu.Lock()
	sh.state.Store(int32(Down)) // its gate stays shut: nothing that waits there is carried out any more
	since, lost := lose()
	sh.stale = false
	for _, s := range sh.inbound {
		s.caughtUp = false
	}
	sh.mu.Unlock()
	sh.interruptStreams(since, lost)
	sh.front.close()
	sh.mu.Lock()
	sh.become(Down)
	sh.mu.Unlock()
}

// rise takes a shard up again, whose front is open.
func (sh *shard) rise() {
	sh.mu.Lock()
	sh.become(Up)
	sh.mu.Unlock()
	sh.signalStreams()
}

// interruptStreams takes the connections of a shard's streams, and finds out which peers may have seen what it has lost, if
// it has: those that know keys and are past the point where its history forks, or have forgotten where they were, and those that took a full copy since the moment to
// which it went back, which may have brought it to them by way of others; and
// all of them, if it had keys from another shard. They will have to send copies of their keys,
// since nobody ever ships those effects again.
func (sh *shard) interruptStreams(since time.Duration, lost bool) {
	for _, s := range sh.inbound {
		s.change((*stream).disconnect)
	}
	for _, s := range sh.outbound {
		s.change((*stream).disconnect)
		s.to.mu.Lock()
		seen, copied, knows := s.position, s.to.copied, s.to.engine.EverWritten()
		s.to.mu.Unlock()
		sh.mu.Lock()
		if lost && (knows && !sh.history.holds(seen) || copied > since || sh.moved) {
			sh.mustGetBack(s.to)
		}
		sh.mu.Unlock()
	}
}

// mustGetBack makes the streams from a peer copy what the shard has lost. The caller holds the shard's lock.
func (sh *shard) mustGetBack(from *shard) {
	for _, s := range sh.inbound {
		if s.from != from {
			continue
		}
		s.mustCopy = true
		if saved, ok := sh.saved.receipts[s]; ok {
			saved.mustCopy = true
			sh.saved.receipts[s] = saved
		}
	}
}
