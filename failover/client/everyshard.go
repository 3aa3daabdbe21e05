package client

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// The commands that go-redis carries out on several shards of a cluster, by a method
// of the cluster client of its own. As one command they would go to one shard.

// forwarded carries out a call of the active region's client.
func forwarded[C redis.Cmder](ctx context.Context, c *Client, refused C, call func(redis.UniversalClient) C) C {
	v, err := c.traffic.enter(ctx)
	if err != nil {
		refused.SetErr(err)
		return refused
	}
	defer c.traffic.exit(v)
	cmd := call(v.client)
	cmd.SetErr(v.explain(cmd.Err()))
	return cmd
}

// DBSize counts the keys of all shards.
func (c *Client) DBSize(ctx context.Context) *redis.IntCmd {
	return forwarded(ctx, c, redis.NewIntCmd(ctx, "dbsize"), func(u redis.UniversalClient) *redis.IntCmd { return u.DBSize(ctx) })
}

// ScriptLoad loads a script into all shards of the active region.
func (c *Client) ScriptLoad(ctx context.Context, script string) *redis.StringCmd {
	return forwarded(ctx, c, redis.NewStringCmd(ctx, "script", "load", script), func(u redis.UniversalClient) *redis.StringCmd { return u.ScriptLoad(ctx, script) })
}

// ScriptFlush removes the scripts from all shards of the active region.
func (c *Client) ScriptFlush(ctx context.Context) *redis.StatusCmd {
	return forwarded(ctx, c, redis.NewStatusCmd(ctx, "script", "flush"), func(u redis.UniversalClient) *redis.StatusCmd { return u.ScriptFlush(ctx) })
}

// ScriptExists tells which scripts all shards of the active region know.
func (c *Client) ScriptExists(ctx context.Context, hashes ...string) *redis.BoolSliceCmd {
	return forwarded(ctx, c, redis.NewBoolSliceCmd(ctx, "script", "exists"), func(u redis.UniversalClient) *redis.BoolSliceCmd { return u.ScriptExists(ctx, hashes...) })
}

// HImportPrepare prepares an import on all shards of the active region.
func (c *Client) HImportPrepare(ctx context.Context, fieldset string, fields ...string) *redis.StatusCmd {
	return forwarded(ctx, c, redis.NewStatusCmd(ctx, "himport", "prepare"), func(u redis.UniversalClient) *redis.StatusCmd { return u.HImportPrepare(ctx, fieldset, fields...) })
}

// HImportDiscard discards an import on all shards of the active region.
func (c *Client) HImportDiscard(ctx context.Context, fieldset string) *redis.IntCmd {
	return forwarded(ctx, c, redis.NewIntCmd(ctx, "himport", "discard"), func(u redis.UniversalClient) *redis.IntCmd { return u.HImportDiscard(ctx, fieldset) })
}

// HImportDiscardAll discards all imports on all shards of the active region.
func (c *Client) HImportDiscardAll(ctx context.Context) *redis.IntCmd {
	return forwarded(ctx, c, redis.NewIntCmd(ctx, "himport", "discardall"), func(u redis.UniversalClient) *redis.IntCmd { return u.HImportDiscardAll(ctx) })
}
