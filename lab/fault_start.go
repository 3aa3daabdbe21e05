package lab

import (
	"context"
	"fmt"
)

// start brings a killed shard back at its address, with what its persistence kept or, if empty, with nothing. If it was ever
// written to, which a fresh one was not, and has peers, it is stale: it serves reads and refuses writes until it has caught up with one region, that
// is until it has all that the shards there had when they reconnected. It lets a hung shard go on.
func start(ctx context.Context, sh *shard, empty, fresh bool) error {
	if State(sh.state.Load()) != Down {
		return wakeUp(sh)
	}
	sh.callOff()
	since, lost, err := sh.keys.start(ctx, empty)
	if err != nil {
		return fmt.Errorf("%s: start: %w", sh.label(), err)
	}
	sh.mu.Lock()
	sh.written = sh.written && !fresh
	sh.stale = sh.written && len(sh.inbound) > 0
	sh.mu.Unlock()
	if lost {
		sh.interruptStreams(since, lost)
	}
	if err := sh.front.reopen(ctx); err != nil {
		sh.keys.end()
		return err
	}
	sh.rise()
	return nil
}
