package region

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// keysAtOnce bounds the keys of one EXISTS, and the commands of one pipeline.
const keysAtOnce = 100

// shardOf returns the connections to the shard that owns a key.
func (c *Client) shardOf(key string) (*pool, error) {
	slot := slots.Of(key)
	i, ok := c.sharding.ShardOf(slot)
	if !ok {
		return nil, fmt.Errorf("%s: no shard owns slot %d of key %s", c.door.region, slot, key)
	}
	return c.use().shards[i], nil
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
	shard, err := c.shardOf(keys[0])
	if err != nil {
		return nil, err
	}
	slot := slots.Of(keys[0])
	if i := slices.IndexFunc(keys, func(key string) bool { return slots.Of(key) != slot }); i >= 0 {
		return nil, fmt.Errorf("%s: read: keys %s and %s are not of one slot", c.door.region, keys[0], keys[i])
	}
	for first := 0; first < len(keys); first += keysAtOnce {
		last := min(first+keysAtOnce, len(keys))
		err := shard.with(ctx, 0, func(l *lent) error { return l.look(keys[first:last], found[first:last]) })
		if err != nil {
			return nil, c.door.fail(shard.address, "read", err)
		}
	}
	return found, nil
}

// look sets found[i] for each keys[i].
func (l *lent) look(keys []string, found []bool) error {
	there, err := l.count(keys...)
	switch {
	case err != nil:
		return err
	case there == 0 || there == len(keys):
		for i := range found {
			found[i] = there > 0
		}
		return nil
	}
	for _, key := range keys {
		l.out = resp.AppendCommand(l.out, "EXISTS", key)
	}
	return l.trip(len(keys), func(i int, kind resp.Kind, parts [][]byte) error {
		n, err := counted(kind, parts, 1)
		found[i] = n > 0
		return err
	})
}

// count returns how many of the keys there are.
func (l *lent) count(keys ...string) (there int, err error) {
	l.out = resp.AppendArrayLen(l.out, 1+len(keys))
	l.out = resp.AppendBulk(l.out, "EXISTS")
	for _, key := range keys {
		l.out = resp.AppendBulk(l.out, key)
	}
	err = l.trip(1, func(_ int, kind resp.Kind, parts [][]byte) error {
		there, err = counted(kind, parts, len(keys))
		return err
	})
	return there, err
}

// counted returns the number that a reply is, which cannot be more than most.
func counted(kind resp.Kind, parts [][]byte, most int) (int, error) {
	if err := errorIn(kind, parts); err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(string(parts[0]))
	if kind != resp.Integer || err != nil || n < 0 || n > most {
		return 0, &resp.ProtocolError{Detail: fmt.Sprintf("%q where a number up to %d is expected", parts[0], most)}
	}
	return n, nil
}

// Delete removes keys, each with a DEL of its own. It goes on after an error, and
// returns the errors joined, one for each batch that failed.
func (c *Client) Delete(ctx context.Context, keys []string) error {
	var errs []error
	batches := make(map[*pool][]string)
	flush := func(shard *pool) {
		if err := shard.with(ctx, 0, func(l *lent) error { return l.remove(batches[shard]) }); err != nil {
			errs = append(errs, c.door.fail(shard.address, "delete", err))
		}
		batches[shard] = batches[shard][:0]
	}
	for _, key := range keys {
		shard, err := c.shardOf(key)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if batches[shard] = append(batches[shard], key); len(batches[shard]) == keysAtOnce {
			flush(shard)
		}
	}
	for shard, batch := range batches {
		if len(batch) > 0 {
			flush(shard)
		}
	}
	return errors.Join(errs...)
}

// remove deletes keys of a shard.
func (l *lent) remove(keys []string) error {
	for _, key := range keys {
		l.out = resp.AppendCommand(l.out, "DEL", key)
	}
	return l.trip(len(keys), refused)
}
