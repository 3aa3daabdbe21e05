package durability

import (
	"context"

	"github.com/aafailover/aafailover/proxy"
)

// playAlone writes to one server, crashes it, and starts it again.
func playAlone(ctx context.Context, b *bench) error {
	s, err := b.server(ctx, "alone")
	if err != nil {
		return err
	}
	if err := b.write(ctx, s, b.length()); err != nil {
		return err
	}
	return b.again(ctx, s)
}

// again crashes servers, starts the first one again and looks what it has.
func (b *bench) again(ctx context.Context, nodes ...*node) error {
	if err := b.crash(ctx, nodes...); err != nil {
		return err
	}
	if err := nodes[0].Start(ctx); err != nil {
		return err
	}
	return b.look(ctx, nodes[0])
}

// playPromotion writes to a primary, crashes it, and promotes the replica with the
// most data.
func playPromotion(ctx context.Context, b *bench) error {
	primary, replicas, err := b.deployment(ctx, false)
	if err != nil {
		return err
	}
	if err := b.write(ctx, primary, b.length()); err != nil {
		return err
	}
	return b.takeOver(ctx, primary, replicas)
}

// takeOver crashes the primary and looks what the best of the replicas has.
func (b *bench) takeOver(ctx context.Context, primary *node, replicas []*node) error {
	if err := b.crash(ctx, primary); err != nil {
		return err
	}
	best, err := b.promote(ctx, replicas)
	if err != nil {
		return err
	}
	return b.look(ctx, best)
}

// playOneHangs is playPromotion with the last replica stopped before the first write.
func playOneHangs(ctx context.Context, b *bench) error {
	primary, replicas, err := b.deployment(ctx, false)
	if err != nil {
		return err
	}
	last := len(replicas) - 1
	if err := replicas[last].Hang(); err != nil {
		return err
	}
	if err := b.write(ctx, primary, b.length()); err != nil {
		return err
	}
	return b.takeOver(ctx, primary, replicas[:last])
}

// playBothCut crashes primary and replica together; the primary comes back.
func playBothCut(ctx context.Context, b *bench) error {
	primary, replicas, err := b.deployment(ctx, false)
	if err != nil {
		return err
	}
	if err := b.write(ctx, primary, b.length()); err != nil {
		return err
	}
	return b.again(ctx, append([]*node{primary}, replicas...)...)
}

// playCutOff lets the link go silent after a third of the time. The primary dies
// with the link, so that what is under way is lost.
func playCutOff(ctx context.Context, b *bench) error {
	primary, replicas, err := b.deployment(ctx, true)
	if err != nil {
		return err
	}
	if err := b.write(ctx, primary, b.length()/3); err != nil {
		return err
	}
	if err := b.link.Set(proxy.Hang{}); err != nil {
		return err
	}
	if err := b.writeOn(ctx, b.length()); err != nil {
		return err
	}
	if err := b.crash(ctx, primary); err != nil {
		return err
	}
	if err := b.link.Set(proxy.Reset{}); err != nil {
		return err
	}
	best, err := b.promote(ctx, replicas)
	if err != nil {
		return err
	}
	return b.look(ctx, best)
}
