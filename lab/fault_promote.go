package lab

import (
	"context"
	"slices"
	"time"
)

// promotion is the time between the death of a shard and its replica taking over. Closing it calls it off.
type promotion chan struct{}

// promote lets a shard fail over inside its region: it dies, its connections are reset and new ones refused, and after some
// time a replica of it, which has all of its data, takes its place, at another address and with another id. Until then the
// other shards of the region announce the one that died, and lead to it, as a real cluster does before it has elected
// another. CLUSTER SHARDS and NODES go on listing the dead one, without slots.
//
// A replica that has not got the last writes is not modelled: that is a kill with a persistence that loses something. A kill
// in the meantime is the end of the replica, too, and a start brings back the shard that died.
func promote(sh *shard, after time.Duration) error {
	sh.die(nothingLost)
	sh.keys.goOn() // the replica does not hang
	p := make(promotion)
	sh.promotion = p
	sh.region.lab.running.Go(func() { p.run(sh, after) })
	return nil
}

// run waits, and brings the replica up unless the promotion was called off.
func (p promotion) run(sh *shard, after time.Duration) {
	l := sh.region.lab
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p:
		return
	case <-l.closed:
		return
	}
	l.faults.Lock()
	defer l.faults.Unlock()
	select {
	case <-l.closed:
		return
	default:
	}
	if sh.promotion != p { // called off while it waited for the lock
		return
	}
	sh.promotion = nil
	dead := sh.site()
	if sh.front.open(context.Background()) != nil {
		return // no port is free: the shard stays down until it is started
	}
	lay := *sh.region.layout.Load()
	lay.fallen = append(slices.Clip(lay.fallen), dead)
	sh.region.layout.Store(&lay)
	sh.rise()
}

// callOff ends a promotion that is under way, and tells whether there was one. The caller holds faults.
func (sh *shard) callOff() bool {
	if sh.promotion == nil {
		return false
	}
	close(sh.promotion)
	sh.promotion = nil
	return true
}
