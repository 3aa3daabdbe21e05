package lab

import (
	"context"
	"slices"
)

// reshard splits the slots of a region evenly over another number of shards, while everything runs. It is many moves at once.
// Shards that are added get ports of their own; those that are not needed any more close, and what they had executed still
// gets to the other regions.
func (l *Lab) reshard(ctx context.Context, f Fault) error {
	r, err := l.region(f.Region)
	if err != nil {
		return err
	}
	if r.state() != Up {
		return refusal("reshard: region %s is %v: all of its shards must be up", r.name, r.state())
	}
	last := r.layout.Load()
	shards := slices.Clone(last.shards[:min(f.Shards, len(last.shards))])
	var added []*shard
	for i := len(shards); i < f.Shards; i++ {
		added = append(added, newShard(r, i))
	}
	if err := l.furnish(ctx, added); err != nil {
		closeAll(added)
		return err
	}
	for _, sh := range added {
		if err := sh.front.open(ctx); err != nil {
			closeAll(added)
			return err
		}
		sh.keys.settle()
	}
	shards = append(shards, added...)
	if err := r.reshape(f.Kind, shards, evenly(shards).owner); err != nil {
		closeAll(added)
		return err
	}
	closeAll(last.shards[min(f.Shards, len(last.shards)):])
	return nil
}

// closeAll ends the service of shards that do not belong to their region.
func closeAll(shards []*shard) {
	for _, sh := range shards {
		sh.keys.end()
		sh.front.close()
		sh.front.release()
	}
}
