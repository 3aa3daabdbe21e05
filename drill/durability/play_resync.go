package durability

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/proxy"
)

const (
	// held is the data of a primary whose replicas catch up, in bytes.
	held = 48 << 20
	// gap is what is written besides while a link is broken: more than the small
	// backlog holds at any rate of writes.
	gap = 256 << 10
	// apart is how long a link is broken.
	apart = time.Second
	// fillBytes is the size of the values that fill a server.
	fillBytes = 16 << 10
)

// fill writes values of other keys, so many bytes in all.
func (n *node) fill(ctx context.Context, name string, bytes int) error {
	const script = `local v = string.rep('y', tonumber(ARGV[2]))
for i = 1, tonumber(ARGV[1]) do redis.call('SET', KEYS[1] .. i, v) end`
	_, err := n.do(ctx, "EVAL", script, "1", name, strconv.Itoa(bytes/fillBytes), strconv.Itoa(fillBytes))
	return err
}

// heldPair starts a server that holds data, and one that is going to be its replica.
func (b *bench) heldPair(ctx context.Context) (primary, replica *node, err error) {
	if primary, err = b.server(ctx, "primary"); err != nil {
		return nil, nil, err
	}
	if replica, err = b.server(ctx, "replica-1"); err != nil {
		return nil, nil, err
	}
	return primary, replica, primary.fill(ctx, "held:", held)
}

// playGap breaks the link of a replica for a second, and measures how it catches up.
func playGap(ctx context.Context, b *bench) error {
	primary, replica, err := b.heldPair(ctx)
	if err != nil {
		return err
	}
	if err := b.connect(ctx, primary, []*node{replica}, true); err != nil {
		return err
	}
	if err := b.write(ctx, primary, b.length()/3); err != nil {
		return err
	}
	if err := b.link.Set(proxy.Reset{}); err != nil {
		return err
	}
	if err := primary.fill(ctx, "gap:", gap); err != nil {
		return err
	}
	if err := b.writeOn(ctx, apart); err != nil {
		return err
	}
	return b.catchUp(ctx, primary, replica, func() error { return b.link.Set(proxy.Pass{}) })
}

// playFirstSync gives a primary with data a replica, while the application writes.
func playFirstSync(ctx context.Context, b *bench) error {
	primary, replica, err := b.heldPair(ctx)
	if err != nil {
		return err
	}
	if err := b.write(ctx, primary, b.length()/3); err != nil {
		return err
	}
	return b.catchUp(ctx, primary, replica, func() error { return b.connect(ctx, primary, []*node{replica}, true) })
}

// catchUp lets a replica come back, and measures until it has what the primary had
// then; the application ends some time after that.
func (b *bench) catchUp(ctx context.Context, primary, replica *node, begin func() error) error {
	before, err := primary.info(ctx, "stats")
	if err != nil {
		return err
	}
	var bytes int64
	if b.link != nil {
		bytes = b.link.bytes.Load()
	}
	at, err := primary.info(ctx, "replication")
	if err != nil {
		return err
	}
	if err := begin(); err != nil {
		return err
	}
	err = replica.await(ctx, "it has caught up", "replication", func(fields map[string]string) bool {
		return fields["master_link_status"] == "up" && offset(fields) >= offset(at)
	})
	if err != nil {
		return err
	}
	b.row.Resync = &Resync{Bytes: b.link.bytes.Load() - bytes, Took: time.Since(b.link.lastJoined())}
	after, err := primary.info(ctx, "stats")
	if err != nil {
		return err
	}
	b.row.Resync.Full = counter(after, "sync_full") - counter(before, "sync_full")
	b.row.Resync.Partial = counter(after, "sync_partial_ok") - counter(before, "sync_partial_ok")
	b.row.Notes = append(b.row.Notes, fmt.Sprintf("the primary held %s", words.Bytes(held)))
	return b.settle(ctx, primary, replica)
}

// settle lets the application write for a third of its time more, ends it, waits
// until the replica has everything, and looks what it has.
func (b *bench) settle(ctx context.Context, primary, replica *node) error {
	if err := b.writeOn(ctx, b.length()/3); err != nil {
		return err
	}
	b.measure()
	b.app.stop()
	if err := sameOffset(ctx, primary, replica); err != nil {
		return err
	}
	return b.look(ctx, replica)
}

// sameOffset waits until a replica has all that a primary has, to which nobody
// writes any more.
func sameOffset(ctx context.Context, primary, replica *node) error {
	at, err := primary.info(ctx, "replication")
	if err != nil {
		return err
	}
	return replica.await(ctx, "it has everything", "replication", func(fields map[string]string) bool {
		return offset(fields) >= offset(at)
	})
}

func counter(fields map[string]string, name string) int {
	n, _ := strconv.Atoi(fields[name])
	return n
}
