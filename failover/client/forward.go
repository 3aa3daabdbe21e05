package client

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// forwarding is the hook of the front: it carries out every command in the active
// region, and nothing comes behind it.
type forwarding struct{ c *Client }

// DialHook leaves dialling alone, which there is none of.
func (forwarding) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook carries out a command.
func (f forwarding) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		v, err := f.c.traffic.enter(ctx)
		if err != nil {
			return err
		}
		defer f.c.traffic.exit(v)
		return v.explain(v.client.Process(ctx, cmd))
	}
}

// ProcessPipelineHook carries out a pipeline or a transaction.
func (f forwarding) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		v, err := f.c.traffic.enter(ctx)
		if err != nil {
			for _, cmd := range cmds {
				cmd.SetErr(err)
			}
			return err
		}
		defer f.c.traffic.exit(v)
		pipeline := v.client.Pipeline
		if inner, ok := transaction(cmds); ok {
			cmds, pipeline = inner, v.client.TxPipeline
		}
		p := pipeline()
		for _, cmd := range cmds {
			_ = p.Process(ctx, cmd) // it is only put in the queue
		}
		_, err = p.Exec(ctx)
		for _, cmd := range cmds {
			cmd.SetErr(v.explain(cmd.Err()))
		}
		return v.explain(err)
	}
}

// transaction returns the commands between MULTI and EXEC: a TxPipeline hands over
// these two as well, and that of the region puts its own there.
func transaction(cmds []redis.Cmder) (inner []redis.Cmder, ok bool) {
	if last := len(cmds) - 1; last > 0 && cmds[0].Name() == "multi" && cmds[last].Name() == "exec" {
		return cmds[1:last], true
	}
	return nil, false
}

// Do carries out a command of any name.
func (c *Client) Do(ctx context.Context, args ...any) *redis.Cmd { return c.front.Do(ctx, args...) }

// Process carries out a command.
func (c *Client) Process(ctx context.Context, cmd redis.Cmder) error {
	return c.front.Process(ctx, cmd)
}

// Watch carries out a transaction with WATCH, in the region that is active when it
// begins.
func (c *Client) Watch(ctx context.Context, fn func(*redis.Tx) error, keys ...string) error {
	v, err := c.traffic.enter(ctx)
	if err != nil {
		return err
	}
	defer c.traffic.exit(v)
	called := false
	err = v.client.Watch(ctx, func(tx *redis.Tx) error {
		called = true
		return fn(tx)
	}, keys...)
	if err == nil && !called {
		err = redis.ErrClosed // a cluster client that is closed meanwhile reports success when its attempts are used up
	}
	return v.explain(err)
}

// Subscribe subscribes in the region that is active now, and ends when it is left.
func (c *Client) Subscribe(ctx context.Context, channels ...string) *redis.PubSub {
	return c.traffic.now().client.Subscribe(ctx, channels...)
}

// PSubscribe subscribes in the region that is active now, and ends when it is left.
func (c *Client) PSubscribe(ctx context.Context, channels ...string) *redis.PubSub {
	return c.traffic.now().client.PSubscribe(ctx, channels...)
}

// SSubscribe subscribes in the region that is active now, and ends when it is left.
func (c *Client) SSubscribe(ctx context.Context, channels ...string) *redis.PubSub {
	return c.traffic.now().client.SSubscribe(ctx, channels...)
}

// AddHook adds a hook to the go-redis clients of all regions, so that it sees what
// is carried out in each, as that client shows it: one of a cluster shows commands,
// and no connections.
func (c *Client) AddHook(h redis.Hook) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hooks = append(c.hooks, h)
	c.traffic.now().client.AddHook(h)
}

// PoolStats returns the statistics of the connections to the active region.
func (c *Client) PoolStats() *redis.PoolStats { return c.traffic.now().client.PoolStats() }

// AutoPipeline is that of go-redis, and its pipelines go where all do. It is
// experimental there.
func (c *Client) AutoPipeline() (*redis.AutoPipeliner, error) { return c.front.AutoPipeline() }

// AutoPipelineWithOptions is as [Client.AutoPipeline].
func (c *Client) AutoPipelineWithOptions(o *redis.AutoPipelineOptions) (*redis.AutoPipeliner, error) {
	return c.front.AutoPipelineWithOptions(o)
}

// AsyncAutoPipeline is as [Client.AutoPipeline].
func (c *Client) AsyncAutoPipeline() (*redis.AutoPipeliner, error) {
	return c.front.AsyncAutoPipeline()
}

// AsyncAutoPipelineWithOptions is as [Client.AutoPipeline].
func (c *Client) AsyncAutoPipelineWithOptions(o *redis.AutoPipelineOptions) (*redis.AutoPipeliner, error) {
	return c.front.AsyncAutoPipelineWithOptions(o)
}
