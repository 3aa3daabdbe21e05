package client_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/failover/client"
	"github.com/aafailover/aafailover/lab"
)

// What goes through a client comes to what a client of the region alone would have come to.
func TestEverythingIsForwarded(t *testing.T) {
	told(t, nil, func(d *deployment) {
		c, ctx := d.client, d.t.Context()
		for i := range 30 {
			d.set(fmt.Sprint(app, "{", i, "}"))
		}
		for name, test := range map[string]struct {
			got  func() (any, error)
			want any
		}{
			"a command":             {func() (any, error) { return c.Incr(ctx, "n").Result() }, int64(1)},
			"a command of any name": {func() (any, error) { return c.Do(ctx, "incrby", "m", 7).Int() }, 7},
			"a command by Process": {func() (any, error) {
				cmd := redis.NewStringCmd(ctx, "get", "none")
				err := c.Process(ctx, cmd)
				return cmd.Err(), err
			}, redis.Nil},
			"an error of the server": {func() (any, error) { return c.Incr(ctx, app+"{1}").Err() != nil, nil }, true},
			"a pipeline": {func() (any, error) {
				cmds, err := c.Pipelined(ctx, func(p redis.Pipeliner) error { p.Incr(ctx, "p"); p.Incr(ctx, "{p}q"); p.Incr(ctx, "p"); return nil })
				return []int64{cmds[0].(*redis.IntCmd).Val(), cmds[1].(*redis.IntCmd).Val(), cmds[2].(*redis.IntCmd).Val()}, err
			}, []int64{1, 1, 2}},
			"a transaction": {func() (any, error) {
				cmds, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error { p.Incr(ctx, "t"); p.Incr(ctx, "t"); return nil })
				return []int64{cmds[0].(*redis.IntCmd).Val(), cmds[1].(*redis.IntCmd).Val(), int64(len(cmds))}, err
			}, []int64{1, 2, 2}},
			"a watch": {func() (any, error) {
				var n int64
				err := c.Watch(ctx, func(tx *redis.Tx) error {
					_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { p.Incr(ctx, "w"); return nil })
					n, _ = tx.Get(ctx, "w").Int64()
					return err
				}, "w")
				return n, err
			}, int64(1)},
			"the number of keys of all shards": {func() (any, error) {
				n, err := c.DBSize(ctx).Result()
				return n >= 30, err
			}, true},
		} {
			got, err := test.got()
			if err != nil && !errors.Is(err, redis.Nil) || fmt.Sprint(got) != fmt.Sprint(test.want) {
				d.t.Errorf("%s: got %v, %v, want %v", name, got, err, test.want)
			}
		}
		if c.PoolStats().TotalConns == 0 {
			d.t.Error("no connection is counted")
		}
	})
}

// counting is a hook that counts the commands of one name.
type counting struct{ incr *atomic.Int64 }

func (counting) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h counting) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() == "incr" {
			h.incr.Add(1)
		}
		return next(ctx, cmd)
	}
}

func (counting) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func TestHooksSeeEveryRegion(t *testing.T) {
	told(t, nil, func(d *deployment) {
		h := counting{new(atomic.Int64)}
		d.client.AddHook(h)
		d.client.Incr(d.t.Context(), "n")
		d.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		d.in("eu")
		d.client.Incr(d.t.Context(), "n")
		if n := h.incr.Load(); n != 2 {
			d.t.Errorf("%d of 2 commands were seen", n)
		}
	})
}

// Whatever moves, every command ends, none is answered by a region that was left before it began, and what was acknowledged
// was written.
func TestCommandsWhileTheRegionsFlap(t *testing.T) {
	told(t, nil, func(d *deployment) {
		ctx, stop := context.WithCancel(d.t.Context())
		var writing sync.WaitGroup
		var mu sync.Mutex
		acknowledged, failed := 0, make(map[string]int)
		for w := range 8 {
			writing.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					key := fmt.Sprint(app, "{", w, "}", i)
					err := d.client.Set(ctx, key, "v", time.Hour).Err()
					mu.Lock()
					if err == nil {
						acknowledged++
						if !d.isIn(key, "us") && !d.isIn(key, "eu") && !d.isIn(key, "ap") {
							d.t.Errorf("%s was acknowledged, and written nowhere", key)
						}
					} else {
						failed[kind(err)]++
					}
					mu.Unlock()
					<-time.After(10 * time.Millisecond)
				}
			})
		}
		for _, region := range []string{"us", "eu", "us"} {
			d.inject(lab.Fault{Kind: lab.Kill, Region: region})
			d.until(region+" is left", func(s client.State) bool { return s.Active != region })
			d.inject(lab.Fault{Kind: lab.Begin, Region: region})
			d.in("us")
			d.healthy()
		}
		stop()
		writing.Wait()
		if acknowledged < 1000 {
			d.t.Errorf("only %d writes were acknowledged; failed %v", acknowledged, failed)
		}
		d.t.Logf("%d writes acknowledged, failed: %v; moves %q", acknowledged, failed, d.told())
	})
}

// kind is the end of an error, without addresses.
func kind(err error) string {
	text := err.Error()
	return text[strings.LastIndex(text, ":")+1:]
}
