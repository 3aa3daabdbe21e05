package lab

import (
	"slices"
	"time"
)

// kill ends a shard like SIGKILL does: connections are reset and new ones refused, what its streams had in flight is lost, and
// of its data there is left what its persistence kept. Killing a shard that is down does nothing.
func kill(sh *shard) error {
	sh.mu.Lock()
	if State(sh.state.Load()) == Down {
		sh.mu.Unlock()
		return nil
	}
	sh.state.Store(int32(Down)) // its gate stays shut: nothing that waits there is carried out any more
	since, lost := sh.lose()
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
	return nil
}

// interruptStreams takes the connections of a shard's streams, and finds out which peers may have seen what it has lost, if
// it has: those that are past the point where its history forks, and those that took a full copy since the moment to
// which it went back, which may have brought it to them by way of others. They will have to send copies of their keys,
// since nobody ever ships those effects again.
func (sh *shard) interruptStreams(since time.Duration, lost bool) {
	for _, s := range sh.inbound {
		s.change((*stream).disconnect)
	}
	for _, s := range sh.outbound {
		s.change((*stream).disconnect)
		s.to.mu.Lock()
		seen, copied := s.position, s.to.copied
		s.to.mu.Unlock()
		sh.mu.Lock()
		if lost && (seen.offset > 0 && !sh.history.holds(seen) || copied > since) {
			s.reverse.mustCopy = true
			if i := slices.Index(sh.inbound, s.reverse); i < len(sh.saved.receipts) {
				sh.saved.receipts[i].mustCopy = true
			}
		}
		sh.mu.Unlock()
	}
}
