package inside

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// healthyWithin is how long a deployment may take to be healthy before a drill.
const healthyWithin = 10 * time.Second

// Preflight looks whether a drill may begin: all servers replicate and agree, every shard takes a key, and has room for
// all that the drill can write at the most. The error is a [drill.ErrPreflight], or drill.ErrNotHealthy.
func (d *Deployment) Preflight(ctx context.Context, c promotion.Config, accept []drill.Doubt) error {
	limited, cancel := context.WithTimeout(ctx, healthyWithin)
	defer cancel()
	if err := d.Settled(limited); err != nil {
		return hint.Wrap(fmt.Errorf("%w: %w", drill.ErrNotHealthy, err), "mend that first; every server must be reachable from here, and tell its ROLE (see aafailover acl drill --topology)")
	}
	m := slots.Map{Region: d.options.Region.Name, Source: slots.Static, Shards: d.Shards()}
	var keys []string
	judged := drill.Config{Rate: c.Rate, Payload: c.Payload, Prefix: c.Prefix, WriteTimeout: c.WriteTimeout, Safety: drill.Safety{Accept: accept},
		Scenario: drill.Scenario{Steady: c.Steady, Outage: c.Outage, Settle: c.Settle},
		Limits:   drill.Limits{Detect: c.Limits.Failover, Fault: c.Limits.Step, Resync: c.Limits.Sync}}
	for i, s := range m.Shards {
		m.Shards[i].Address = d.options.Network.Addresses.Used(s.Address, d.options.Region.Address)
		judged.Cover = append(judged.Cover, s.Slots[0].First)
		keys = append(keys, slots.Channel(c.Prefix, s.Slots[0].First, d.options.Run)+":trial")
	}
	judged.Maps = []slots.Map{m}
	facts := region.NewInspector(d.options.Region, m, d.options.Network).Inspect(ctx, keys)
	p := drill.Preflight{Checks: drill.JudgeFacts(judged, [][]drill.ShardFacts{facts})}
	return errors.Join(ctx.Err(), p.Err())
}

var _ drill.LockPlace = (*Deployment)(nil)

// Claim sets a key if there is none; see [drill.LockPlace].
func (d *Deployment) Claim(ctx context.Context, key, value string, expiry time.Duration) (string, error) {
	err := d.follower.Do(ctx, "set", key, value, "nx", "px", expiry.Milliseconds()).Err()
	switch {
	case err == nil:
		return value, nil
	case errors.Is(err, redis.Nil):
		return d.Look(ctx, key)
	}
	return "", d.locking(err)
}

// Look returns what a key holds; see [drill.LockPlace].
func (d *Deployment) Look(ctx context.Context, key string) (string, error) {
	held, err := d.follower.Get(ctx, key).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return held, d.locking(err)
}

// Renew sets a key whatever it holds; see [drill.LockPlace].
func (d *Deployment) Renew(ctx context.Context, key, value string, expiry time.Duration) error {
	return d.locking(d.follower.Set(ctx, key, value, expiry).Err())
}

// Drop deletes a key, in every server that calls itself the primary of its shard; see [drill.LockPlace]. Whoever follows a
// failover may be sent to one that was replaced for a while yet, and what is deleted there stays in its successor.
func (d *Deployment) Drop(ctx context.Context, key string) error {
	shard, _ := slots.Map{Shards: d.shards}.ShardOf(slots.Of(key))
	primaries := d.primaries(d.views(ctx))[shard]
	if len(primaries) == 0 {
		return d.locking(errors.New("no server is a primary"))
	}
	var errs []error
	for _, host := range primaries {
		errs = append(errs, d.locking(d.readers[host].Del(ctx, key).Err()))
	}
	return errors.Join(errs...)
}

func (d *Deployment) locking(err error) error {
	if err == nil {
		return nil
	}
	return d.fail(d.options.Region.Address, "lock the deployment for a drill", err)
}
