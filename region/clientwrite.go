package region

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
)

// Write sets a key with an expiry, which must be at least a millisecond. A nil
// error is an acknowledgement. drill.ErrUnsent: nothing of the write was sent,
// because there was no connection. drill.ErrRejected: the server answered with an
// error that is known to mean "not applied". drill.ErrExists and
// drill.ErrFewReplicas: as the manners of the client say. Any other error leaves it
// open. When ctx is cancelled after the write was sent, it is broken off at once.
func (c *Client) Write(ctx context.Context, key string, value []byte, expiry time.Duration) error {
	return c.WriteAll(ctx, []string{key}, value, expiry)[0]
}

// WriteAll is Write for several keys, all of one slot, in one pipeline. It returns
// the error of each. (Fencing by WATCH takes a single key.)
func (c *Client) WriteAll(ctx context.Context, keys []string, value []byte, expiry time.Duration) []error {
	shard, address, err := c.shardOf(keys[0])
	if err != nil {
		return slices.Repeat([]error{fmt.Errorf("%w: %w", drill.ErrUnsent, err)}, len(keys))
	}
	w := c.writes.begin(ctx, keys)
	var made []*redis.StatusCmd
	replicas := c.manners.Replicas
	switch {
	case c.manners.Fencing == drill.FencingWatch:
		made, replicas = c.compareAndSet(ctx, shard, keys[0], value, expiry)
	case len(keys) == 1 && replicas == 0:
		made = []*redis.StatusCmd{c.set(ctx, shard, keys[0], value, expiry)}
	default:
		made, replicas = c.setAll(ctx, shard, keys, value, expiry)
	}
	sent := w.end()
	errs := make([]error, len(keys))
	for i, reply := range made {
		if errs[i] = c.judge(address, sent[i], reply); errs[i] == nil && replicas < c.manners.Replicas {
			errs[i] = c.door.fail(address, "write", fmt.Errorf("%w: %d of %d", drill.ErrFewReplicas, replicas, c.manners.Replicas))
		}
	}
	return errs
}

// set sends, or adds to a pipeline, the write of one key.
func (c *Client) set(ctx context.Context, to redis.Cmdable, key string, value []byte, expiry time.Duration) *redis.StatusCmd {
	if c.manners.Fencing == drill.FencingNX {
		return to.SetArgs(ctx, key, value, redis.SetArgs{Mode: "NX", TTL: expiry})
	}
	return to.Set(ctx, key, value, expiry)
}

// setAll writes keys in one pipeline, and asks at its end for the replicas that
// have them: WAIT is about all that the connection wrote. It returns how many have.
func (c *Client) setAll(ctx context.Context, shard *redis.Client, keys []string, value []byte, expiry time.Duration) (made []*redis.StatusCmd, replicas int) {
	var wait *redis.IntCmd
	_, _ = shard.Pipelined(ctx, func(p redis.Pipeliner) error { // every reply is judged by itself
		for _, key := range keys {
			made = append(made, c.set(ctx, p, key, value, expiry))
		}
		if c.manners.Replicas > 0 {
			wait = redis.NewIntCmd(ctx, "wait", c.manners.Replicas, c.manners.ReplicaWait.Milliseconds())
			return p.Process(ctx, wait)
		}
		return nil
	})
	if wait != nil {
		replicas = int(wait.Val())
	}
	return made, replicas
}

// judge returns what the reply to a write means.
func (c *Client) judge(address string, sent bool, made *redis.StatusCmd) error {
	err := made.Err()
	switch {
	case err == nil, made.Val() == "OK": // also when what followed it in a pipeline failed
		return nil
	case errors.Is(err, redis.Nil):
		err = drill.ErrExists
	}
	reply, replied := serverText(err)
	known := errors.Is(err, drill.ErrExists)
	err = c.door.fail(address, "write", err)
	switch {
	case known:
		return err
	case !sent:
		return fmt.Errorf("%w: %w", drill.ErrUnsent, err)
	case replied && NotApplied(reply), errors.Is(err, errDropped):
		return fmt.Errorf("%w: %w", drill.ErrRejected, err)
	}
	return err
}

// rejections are the codes of errors that are given before a command is executed.
var rejections = map[string]bool{
	"MOVED": true, "ASK": true, "TRYAGAIN": true, "CLUSTERDOWN": true, "CROSSSLOT": true, // the slot
	"LOADING": true, "READONLY": true, "OOM": true, "MASTERDOWN": true, "MISCONF": true, "NOREPLICAS": true, "BUSY": true, // the state
	"EXECABORT": true,                                                    // the transaction that it was in
	"NOAUTH":    true, "NOPERM": true, "WRONGPASS": true, "DENIED": true, // the user
}

// rejectionTexts are the same for errors whose code is ERR, which proxies also
// give for a time-out: that leaves the write open.
var rejectionTexts = []string{"ERR max number of clients", "ERR unknown command", "ERR syntax error", "ERR invalid expire"}

// NotApplied tells whether an error with which a server answers a write proves that it
// was not applied. Others leave it open.
func NotApplied(reply string) bool {
	if rejections[resp.ServerError(reply).Code()] {
		return true
	}
	return slices.ContainsFunc(rejectionTexts, func(text string) bool { return strings.HasPrefix(reply, text) })
}
