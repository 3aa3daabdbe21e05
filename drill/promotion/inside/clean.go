package inside

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/slots"
)

// Of the clean-up.
const (
	// calmWithin is how long all servers are waited for to be in sync: what is deleted in a primary that was replaced and does not
	// know it yet stays in its successor. Sentinels tell it after some 10 s.
	calmWithin = 30 * time.Second
	// cleanPatience is for how long it goes on without any progress.
	cleanPatience = 10 * time.Second
	// deleteLimit bounds one deletion.
	deleteLimit = 2 * time.Second
)

// Clean deletes the keys that a drill may have written, each by a command of its own, in every server that is a primary, and
// returns how many it could not delete: these expire. It gives up after some time without progress.
func (d *Deployment) Clean(ctx context.Context, l *drill.Ledger) (left int, err error) {
	calm, cancel := context.WithTimeout(ctx, calmWithin)
	defer cancel()
	_ = d.Settled(calm) // what can be deleted all the same is
	last, primaries := time.Now(), d.primaries(d.views(ctx))
	for n := range l.Len() {
		e := l.Entry(n)
		if e.Outcome == drill.Unsent || e.Outcome == drill.Rejected {
			continue
		}
		shard := slices.IndexFunc(d.shards, func(s slots.Shard) bool { return s.Slots[0].First == e.Slot })
		for {
			if err = d.delete(ctx, primaries[shard], l.Key(n)); err == nil {
				break
			}
			if ctx.Err() != nil || time.Since(last) > cleanPatience {
				return l.Len() - n, err
			}
			pause.For(ctx, settlePause)
			primaries = d.primaries(d.views(ctx))
		}
		last = time.Now()
	}
	return 0, nil
}

// delete deletes a key in some servers.
func (d *Deployment) delete(ctx context.Context, hosts []int, key string) error {
	if len(hosts) == 0 {
		return d.fail(d.options.Region.Address, "delete the keys of the drill", errors.New("no server is a primary"))
	}
	ctx, cancel := context.WithTimeout(ctx, deleteLimit)
	defer cancel()
	for _, i := range hosts {
		if err := d.readers[i].Del(ctx, key).Err(); err != nil {
			return d.fail(d.hosts[i].Address, "delete the keys of the drill", err)
		}
	}
	return nil
}
