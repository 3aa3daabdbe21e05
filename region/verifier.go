package region

import (
	"context"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// Verifier is one region as it is read after a service has written to it: it looks single items up, in database 0, whatever
// their keys are called, and can do nothing else. Of a value only a digest leaves a call; the value itself is forgotten there.
//
// It follows no redirection: an item is asked for where the slot map has it.
type Verifier struct {
	door  *door
	seed  maphash.Seed // of the digests
	pools []*pool      // by shard
	end   context.CancelFunc
	dials sync.WaitGroup
}

// mostOfAValue is the longest value that a server can be made to give: proto-max-bulk-len is 512 MiB unless it is set.
const mostOfAValue = 512 << 20

// NewVerifier prepares a Verifier whose digests are made with a seed; it opens no connection. Close ends it.
func NewVerifier(r config.Region, m slots.Map, o Options, seed maphash.Seed) *Verifier {
	r.Database = 0
	v := &Verifier{door: newDoor(r, o), seed: seed}
	v.door.uses = ToVerify
	v.door.replies = resp.Limits{Bulk: mostOfAValue, Elems: 1 << 17, Depth: 16} // COMMAND nests to 10
	ctx, end := context.WithCancel(context.Background())
	v.end = end
	may := newList(v.door.prefix, verifyRules.Get())
	for _, shard := range m.Shards {
		v.pools = append(v.pools, &pool{door: v.door, may: may, address: shard.Address, ctx: ctx, dialing: &v.dials})
	}
	return v
}

// Read tells in what state items of one shard are, in their order, as of some moment of the call: one round trip for every
// hundred. What the answers mean is for commands.StateOf to say. Errors:
// no connection, or a server that serves no reads now, or not these.
func (v *Verifier) Read(ctx context.Context, shard int, items []commands.Item) ([]commands.State, error) {
	if shard < 0 || shard >= len(v.pools) {
		return nil, fmt.Errorf("%s: read: no shard owns these keys", v.door.region)
	}
	pool := v.pools[shard]
	states := make([]commands.State, 0, len(items))
	for first := 0; first < len(items); first += keysAtOnce {
		part := items[first:min(first+keysAtOnce, len(items))]
		err := pool.with(ctx, 0, func(l *lent) (err error) {
			states, err = v.look(l, part, states)
			return err
		})
		if err != nil {
			return nil, v.door.fail(pool.address, "read", err)
		}
	}
	return states, nil
}

// look appends the states of some items.
func (v *Verifier) look(l *lent, items []commands.Item, states []commands.State) ([]commands.State, error) {
	for _, item := range items {
		l.out = resp.AppendCommand(l.out, commands.Look(item.Kind, string(item.Key), string(item.Part))...)
	}
	var refused error
	err := l.tripOfValues(len(items), func(i int, reply resp.Value) {
		if err := reply.Err(); err != nil && !strings.HasPrefix(reply.Str, "WRONGTYPE ") {
			refused = err
			return
		}
		states = append(states, commands.StateOf(items[i].Kind, commands.ReplyOf(reply), v.seed))
	})
	if err == nil {
		err = refused
	}
	return states, err
}

// tripOfValues is trip for replies that nest.
func (l *lent) tripOfValues(replies int, each func(i int, reply resp.Value)) error {
	_, err := l.Write(l.out)
	l.out = l.out[:0]
	for i := 0; i < replies && err == nil; i++ {
		var reply resp.Value
		if reply, err = l.replies.ReadValue(); err == nil {
			each(i, reply)
		}
	}
	l.spent = l.spent || err != nil
	return err
}

// Commands asks a shard, the first that answers, which commands there are. Errors: that of the last shard, or what is wrong with
// the answer.
func (v *Verifier) Commands(ctx context.Context) (table *commands.Table, err error) {
	for _, pool := range v.pools {
		err = pool.with(ctx, 0, func(l *lent) error {
			l.out = resp.AppendCommand(l.out, "COMMAND")
			var reply resp.Value
			if err := l.tripOfValues(1, func(_ int, r resp.Value) { reply = r }); err != nil {
				return err
			}
			if err := reply.Err(); err != nil {
				return err
			}
			table, err = commands.Parse(reply)
			return err
		})
		if err == nil {
			return table, nil
		}
		err = v.door.fail(pool.address, "ask for its commands", err)
	}
	return nil, err
}

// Close ends the connections, and breaks off what is under way. A Verifier that was closed cannot be used again.
func (v *Verifier) Close() error {
	v.end()
	for _, pool := range v.pools {
		_ = pool.close() // nothing was written that could be lost
	}
	v.dials.Wait()
	return nil
}
