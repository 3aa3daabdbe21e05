package matrix_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/slots"
)

// Every shard is written once in so long, and no write is waited for longer than that.
const (
	writeEvery  = 500 * time.Millisecond
	writeWithin = 300 * time.Millisecond
	outlives    = "3600" // seconds: no key expires before the run ends
)

// use lets an application use every region, until ctx ends.
func (r *run) use(ctx context.Context) {
	for _, of := range r.scenario.Regions {
		r.background.Go(func() error {
			r.apply(ctx, of)
			return nil
		})
	}
}

// apply is an application that uses a region: it writes one key after the other to each of the shards that the lab says there
// are, each only once, and cares for no answer. The observer knows nothing of it; what became of the keys is in the lab's
// truth.
func (r *run) apply(ctx context.Context, of regionFile) {
	for n := 0; rest(ctx, writeEvery); n++ {
		status, err := r.deployment.lab.Status(ctx)
		if err != nil {
			return
		}
		for _, known := range status.Regions {
			if known.Name != of.Name {
				continue
			}
			for _, shard := range known.Shards {
				if len(shard.Slots) > 0 && shard.State == lab.Up {
					key := fmt.Sprintf("%s:{%s}:%s:app:%d", prefix, slots.Key(shard.Slots[0].First), of.Name, n)
					r.judge.truth.write(of.Name, key)
					r.write(ctx, shard.Address, of.Password, key)
				}
			}
		}
	}
}

// write sets a key over a connection of its own.
func (r *run) write(ctx context.Context, address, password, key string) {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	c, err := r.deployment.direct(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	limit, _ := ctx.Deadline()
	_ = c.SetDeadline(limit)
	var out []byte
	answers := 1
	if password != "" {
		out = resp.AppendCommand(out, "AUTH", password)
		answers++
	}
	if _, err := c.Write(resp.AppendCommand(out, "SET", key, "1", "EX", outlives)); err != nil {
		return
	}
	replies := resp.NewReader(c)
	for range answers {
		if _, err := replies.ReadValue(); err != nil {
			return
		}
	}
}
