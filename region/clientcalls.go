package region

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// keysAtOnce bounds the keys of one EXISTS, and the commands of one pipeline.
const keysAtOnce = 100

// shardOf returns the connections to, and the address of, the shard that owns a
// key.
func (c *Client) shardOf(key string) (*redis.Client, string, error) {
	slot := slots.Of(key)
	i, ok := c.sharding.ShardOf(slot)
	if !ok {
		return nil, "", fmt.Errorf("%s: no shard owns slot %d of key %s", c.door.region, slot, key)
	}
	return c.use().shards[i], c.sharding.Shards[i].Address, nil
}

// Read tells for each key, all of one slot, whether it is readable. It takes at
// most two round trips for every keysAtOnce keys, so that the answers hold for
// the moment of the call however far the region is: EXISTS only counts, and where
// the count is neither none nor all, each key is asked for by itself, in one
// pipeline.
func (c *Client) Read(ctx context.Context, keys []string) ([]bool, error) {
	found := make([]bool, len(keys))
	if len(keys) == 0 {
		return found, nil
	}
	shard, address, err := c.shardOf(keys[0])
	if err != nil {
		return nil, err
	}
	slot := slots.Of(keys[0])
	if i := slices.IndexFunc(keys, func(key string) bool { return slots.Of(key) != slot }); i >= 0 {
		return nil, fmt.Errorf("%s: read: keys %s and %s are not of one slot", c.door.region, keys[0], keys[i])
	}
	for first := 0; first < len(keys); first += keysAtOnce {
		last := min(first+keysAtOnce, len(keys))
		if err := look(ctx, shard, keys[first:last], found[first:last]); err != nil {
			return nil, c.door.fail(address, "read", err)
		}
	}
	return found, nil
}

// look sets found[i] for each keys[i].
func look(ctx context.Context, shard *redis.Client, keys []string, found []bool) error {
	n, err := counted(shard.Exists(ctx, keys...), len(keys))
	switch {
	case err != nil:
		return err
	case n == 0 || n == len(keys):
		for i := range found {
			found[i] = n > 0
		}
		return nil
	}
	replies := make([]*redis.IntCmd, len(keys))
	_, err = shard.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, key := range keys {
			replies[i] = p.Exists(ctx, key)
		}
		return nil
	})
	for i := 0; i < len(keys) && err == nil; i++ {
		n, err = counted(replies[i], 1)
		found[i] = n > 0
	}
	return err
}

// counted returns how many of so many keys an EXISTS has found.
func counted(reply *redis.IntCmd, keys int) (int, error) {
	n, err := reply.Result()
	if err == nil && (n < 0 || n > int64(keys)) {
		err = &resp.ProtocolError{Detail: fmt.Sprintf("EXISTS of %d keys counts %d", keys, n)}
	}
	return int(n), err
}

// Delete removes keys, each with a DEL of its own. It goes on after an error, and
// returns the errors joined, one for each batch that failed.
func (c *Client) Delete(ctx context.Context, keys []string) error {
	var errs []error
	batches := make(map[string][]string) // by the address of the shard
	flush := func(shard *redis.Client, address string) {
		_, err := shard.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, key := range batches[address] {
				p.Del(ctx, key)
			}
			return nil
		})
		batches[address] = batches[address][:0]
		if err != nil {
			errs = append(errs, c.door.fail(address, "delete", err))
		}
	}
	shards := make(map[string]*redis.Client)
	for _, key := range keys {
		shard, address, err := c.shardOf(key)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		shards[address] = shard
		if batches[address] = append(batches[address], key); len(batches[address]) == keysAtOnce {
			flush(shard, address)
		}
	}
	for address, shard := range shards {
		if len(batches[address]) > 0 {
			flush(shard, address)
		}
	}
	return errors.Join(errs...)
}
