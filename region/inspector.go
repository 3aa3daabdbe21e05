package region

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// Inspector is one region as a drill looks at it before it begins, and holds its
// lock there: it is a drill.Inspector. It connects anew for each call, since there
// are few, and a region that was away in between is nothing special then. Make one
// only where the command line allows writes.
type Inspector struct {
	door     *door
	sharding slots.Map
	list     *list
}

var _ drill.Inspector = (*Inspector)(nil)

// NewInspector prepares an Inspector; it opens no connection.
func NewInspector(r config.Region, m slots.Map, o Options) *Inspector {
	door := newDoor(r, o)
	door.uses |= ToDrill | ToInspect
	return &Inspector{door: door, sharding: m, list: inspecting(door.prefix)}
}

// trialExpiry is how long the key of a trial stays where it cannot be deleted.
const trialExpiry = time.Minute

// Inspect asks all shards at once; see drill.Inspector. A shard takes a few times
// Options.Timeout at the most.
func (i *Inspector) Inspect(ctx context.Context, keys []string) []drill.ShardFacts {
	facts := make([]drill.ShardFacts, len(i.sharding.Shards))
	var group sync.WaitGroup
	for n, shard := range i.sharding.Shards {
		group.Go(func() {
			facts[n] = i.inspect(ctx, shard.Address, keys[n])
			facts[n].Address = shard.Address
		})
	}
	group.Wait()
	return facts
}

func (i *Inspector) inspect(ctx context.Context, address, key string) (f drill.ShardFacts) {
	c, err := i.open(ctx, address)
	if err != nil {
		return drill.ShardFacts{Unknown: err, Trial: err}
	}
	defer c.Close() //nolint:errcheck // everything was answered
	if f.Memory, err = c.memory(ctx); err != nil {
		f.Unknown = i.door.fail(c.address, askingMemory, err)
	}
	if key != "" {
		f.Trial = c.trial(ctx, key)
	}
	return f
}

// open connects and selects the database.
func (i *Inspector) open(ctx context.Context, address string) (*conn, error) {
	c, err := i.door.open(ctx, address, i.list, publisherBuffer)
	if err != nil || i.door.region.Database == 0 {
		return c, err
	}
	if _, err := c.answer(ctx, "SELECT", strconv.Itoa(i.door.region.Database)); err != nil {
		_ = c.Close()
		return nil, i.door.fail(c.address, "select the database", err)
	}
	return c, nil
}

// answer is ask for who takes an error reply for an error.
func (c *conn) answer(ctx context.Context, args ...string) (resp.Value, error) {
	v, err := c.ask(ctx, args...)
	if err == nil {
		err = v.Err()
	}
	return v, err
}

// memory asks how much memory a shard uses and may use.
func (c *conn) memory(ctx context.Context) (drill.Memory, error) {
	v, err := c.answer(ctx, "INFO", "memory")
	if err != nil {
		return drill.Memory{}, err
	}
	return parseMemory(v.Str), nil
}

// parseMemory takes the lines NAME:VALUE that matter. What is not there, or is no
// number, is not told.
func parseMemory(info string) drill.Memory {
	var m drill.Memory
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		number, err := strconv.ParseUint(value, 10, 63)
		switch {
		case name == "maxmemory_policy":
			m.Policy = presentable(value)
		case err != nil:
		case name == "used_memory":
			m.Used = number
		case name == "maxmemory":
			m.Limit = number
		case name == "total_system_memory":
			m.System = number
		}
	}
	return m
}

// trial writes a key, reads it in both ways of a drill and deletes it.
func (c *conn) trial(ctx context.Context, key string) error {
	const value = "trial"
	for _, step := range []struct {
		action string
		args   []string
		ok     func(resp.Value) bool
	}{
		{"write", []string{"SET", key, value, "PX", strconv.FormatInt(trialExpiry.Milliseconds(), 10)}, func(v resp.Value) bool { return v.Str == "OK" }},
		{"read", []string{"GET", key}, func(v resp.Value) bool { return v.Str == value }},
		{"read", []string{"EXISTS", key}, func(v resp.Value) bool { return v.Int == 1 }},
		{"delete", []string{"DEL", key}, func(v resp.Value) bool { return v.Int == 1 }},
	} {
		v, err := c.answer(ctx, step.args...)
		if err == nil && !step.ok(v) {
			err = errTrial
		}
		if err != nil {
			if err = c.door.fail(c.address, step.action, err); takesNoWrites(v) {
				err = fmt.Errorf("%w: %w", drill.ErrRefused, err)
			}
			return err
		}
	}
	return nil
}

// errTrial says that a key which was just written is not there.
var errTrial = hint.Wrap(errors.New("the key that was written here to try it is gone already"),
	"a replica that is being copied from its primary loses what was written to it alone: wait until that is over, and try again")

// Claim sets the key if there is none; see drill.LockPlace.
func (i *Inspector) Claim(ctx context.Context, key, value string, expiry time.Duration) (held string, err error) {
	err = i.at(ctx, key, func(c *conn) error {
		v, err := c.ask(ctx, "SET", key, value, "NX", "PX", strconv.FormatInt(expiry.Milliseconds(), 10))
		if err != nil {
			return err
		}
		if refused := takesNoWrites(v); v.Err() != nil && !refused {
			return v.Err()
		} else if v.Err() == nil && v.Str == "OK" {
			held = value
			return nil
		} else if held, err = c.held(ctx, key); err == nil && held == "" && refused {
			return fmt.Errorf("%w: %w", drill.ErrRefused, v.Err())
		}
		return err
	})
	return held, err
}

// Look returns what the key holds; see drill.LockPlace.
func (i *Inspector) Look(ctx context.Context, key string) (held string, err error) {
	err = i.at(ctx, key, func(c *conn) error {
		held, err = c.held(ctx, key)
		return err
	})
	return held, err
}

// Renew sets the key whatever it holds; see drill.LockPlace.
func (i *Inspector) Renew(ctx context.Context, key, value string, expiry time.Duration) error {
	return i.at(ctx, key, func(c *conn) error {
		_, err := c.answer(ctx, "SET", key, value, "PX", strconv.FormatInt(expiry.Milliseconds(), 10))
		return err
	})
}

// Drop deletes the key; see drill.LockPlace.
func (i *Inspector) Drop(ctx context.Context, key string) error {
	return i.at(ctx, key, func(c *conn) error {
		_, err := c.answer(ctx, "DEL", key)
		return err
	})
}

// held returns what a key holds, "" when there is none.
func (c *conn) held(ctx context.Context, key string) (string, error) {
	v, err := c.answer(ctx, "GET", key)
	return v.Str, err
}

// at does something over a connection to the shard that owns a key.
func (i *Inspector) at(ctx context.Context, key string, do func(*conn) error) error {
	n, ok := i.sharding.ShardOf(slots.Of(key))
	if !ok {
		return fmt.Errorf("%s: no shard owns slot %d of key %s", i.door.region, slots.Of(key), key)
	}
	c, err := i.open(ctx, i.sharding.Shards[n].Address)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // everything was answered
	if err := do(c); err != nil {
		return i.door.fail(c.address, "lock the deployment for a drill", err)
	}
	return nil
}

// takesNoWrites tells whether a shard answered that it takes writes from nobody.
func takesNoWrites(v resp.Value) bool {
	err := v.Err()
	return err != nil && resp.ServerError(v.Str).Code() == "READONLY"
}
