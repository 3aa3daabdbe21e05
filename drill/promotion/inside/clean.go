package inside

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/slots"
)

// Of the clean-up.
const (
	// cleanPatience is for how long it goes on without any progress. A primary that was replaced and has come back is told so by
	// the sentinels after some 10 s, and by the nodes of a cluster sooner.
	cleanPatience = 40 * time.Second
	// cleanLimit bounds the answers to one batch.
	cleanLimit = 2 * time.Second
	// cleanBatch is how many keys are deleted or looked for at once, each by a command of its own.
	cleanBatch = 100
)

// Clean deletes the keys that a drill may have written, and looks in every server whether they are gone: a replica has a deletion
// a moment later than its primary, and one made in a primary that was replaced and does not know it yet never comes to its
// successor. It goes on until no server has any, or for some time without progress, and returns how many may be left then, and
// why: these expire.
func (d *Deployment) Clean(ctx context.Context, l *drill.Ledger) (left int, err error) {
	rest := d.written(l)
	fewest, since := l.Len()+1, time.Now()
	for {
		left, err = d.cleanOnce(ctx, l, rest)
		if left == 0 {
			return 0, nil
		}
		if left < fewest {
			fewest, since = left, time.Now()
		}
		if ctx.Err() != nil || time.Since(since) > cleanPatience {
			return left, err
		}
		pause.For(ctx, settlePause)
	}
}

// written are the numbers of the writes that may have been applied, by their shard.
func (d *Deployment) written(l *drill.Ledger) [][]int {
	all := make([][]int, len(d.shards))
	for n := range l.Len() {
		if e := l.Entry(n); e.Outcome != drill.Unsent && e.Outcome != drill.Rejected {
			shard := slices.IndexFunc(d.shards, func(s slots.Shard) bool { return s.Slots[0].First == e.Slot })
			all[shard] = append(all[shard], n)
		}
	}
	return all
}

// cleanOnce deletes keys in every server that calls itself a primary, and leaves in rest those that a server still has, or may have.
// The error says which.
func (d *Deployment) cleanOnce(ctx context.Context, l *drill.Ledger, rest [][]int) (left int, err error) {
	var errs []error
	for shard, primaries := range d.primaries(d.views(ctx)) {
		for _, host := range primaries {
			errs = append(errs, d.delete(ctx, host, l, rest[shard]))
		}
		found := new(drill.Numbers)
		for host, h := range d.hosts {
			if h.Role != promotion.Guard && h.Shard == shard {
				errs = append(errs, d.remaining(ctx, host, l, rest[shard], found))
			}
		}
		rest[shard] = slices.Collect(found.All())
		left += found.Len()
	}
	return left, errors.Join(errs...)
}

// cleaning is what errors of the clean-up say was being done.
const cleaning = "delete the keys of the drill"

// delete deletes keys in a server.
func (d *Deployment) delete(ctx context.Context, host int, l *drill.Ledger, ns []int) error {
	for batch := range slices.Chunk(ns, cleanBatch) {
		limited, cancel := context.WithTimeout(ctx, cleanLimit)
		p := d.readers[host].Pipeline()
		for _, n := range batch {
			p.Del(limited, l.Key(n))
		}
		_, err := p.Exec(limited)
		cancel()
		if err != nil {
			return d.fail(d.hosts[host].Address, cleaning, err)
		}
	}
	return nil
}

// remaining adds to found the keys that a server has, or of which it does not tell. The error says so.
func (d *Deployment) remaining(ctx context.Context, host int, l *drill.Ledger, ns []int, found *drill.Numbers) error {
	kept := 0
	for at := 0; at < len(ns); at += cleanBatch {
		batch := ns[at:min(at+cleanBatch, len(ns))]
		keys := make([]string, len(batch))
		for i, n := range batch {
			keys[i] = l.Key(n)
		}
		limited, cancel := context.WithTimeout(ctx, cleanLimit)
		has, err := d.Read(limited, host, keys)
		cancel()
		if err != nil {
			for _, n := range ns[at:] {
				found.Add(n)
			}
			return d.fail(d.hosts[host].Address, "look whether the keys of the drill are gone", err)
		}
		for i, n := range batch {
			if has[i] {
				found.Add(n)
				kept++
			}
		}
	}
	if kept > 0 {
		return d.fail(d.hosts[host].Address, cleaning, fmt.Errorf("it still has %d", kept))
	}
	return nil
}
