package lab

import "context"

// start brings a killed shard back at its address, with what its persistence kept or, if empty, with nothing. If it was ever
// written to, which a fresh one was not, and has peers, it is stale: it serves reads and refuses writes until it has caught up with one region, that
// is until it has all that the shards there had when they reconnected. It lets a hung shard go on.
func start(ctx context.Context, sh *shard, empty, fresh bool) error {
	sh.mu.Lock()
	if State(sh.state.Load()) != Down {
		sh.mu.Unlock()
		return wakeUp(sh)
	}
	sh.callOff()
	if empty {
		sh.clear()
	}
	sh.written = sh.written && !fresh
	sh.stale = sh.written && len(sh.inbound) > 0
	sh.mu.Unlock()
	if empty {
		sh.interruptStreams(0, true)
	}
	if err := sh.front.reopen(ctx); err != nil {
		return err
	}
	sh.rise()
	return nil
}
