package region

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/drill"
)

// compareAndSet writes a key that nobody has written: WATCH, a look, and a
// transaction that the server drops when the key has changed since. It returns the
// reply that tells what became of the write, and the replicas that have it.
func (c *Client) compareAndSet(ctx context.Context, shard *redis.Client, key string, value []byte, expiry time.Duration) (made []*redis.StatusCmd, replicas int) {
	for range watchAttempts {
		var set *redis.StatusCmd
		err := shard.Watch(ctx, func(tx *redis.Tx) error {
			there, err := counted(tx.Exists(ctx, key), 1)
			switch {
			case err != nil:
				return err
			case there > 0:
				return drill.ErrExists
			}
			_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
				set = p.Set(ctx, key, value, expiry)
				return nil
			})
			if err == nil && c.manners.Replicas > 0 {
				replicas = int(tx.Wait(ctx, c.manners.Replicas, c.manners.ReplicaWait).Val())
			}
			return err
		}, key)
		switch {
		case err == nil || set != nil && set.Val() == "OK":
			return []*redis.StatusCmd{set}, replicas
		case !errors.Is(err, redis.TxFailedErr):
			set = redis.NewStatusCmd(ctx)
			set.SetErr(err)
			return []*redis.StatusCmd{set}, 0
		}
	}
	dropped := redis.NewStatusCmd(ctx)
	dropped.SetErr(errDropped)
	return []*redis.StatusCmd{dropped}, 0
}

// watchAttempts is how often a transaction is tried that the server drops: what
// changes the key is an earlier attempt, which the next look finds, or a WATCH that a
// cancelled attempt left on the connection.
const watchAttempts = 2

// errDropped says that the server dropped the transaction: it was not applied.
var errDropped = errors.New("the key changed between WATCH and EXEC")
