package topology

import (
	"context"
	"fmt"
)

// Promote makes the server of a host a primary (REPLICAOF NO ONE), as an operator does where nobody else decides. Errors: that
// sentinels or the nodes of a cluster decide here; that it does not answer.
func (d *Deployment) Promote(ctx context.Context, host string) error {
	return d.replicateFrom(ctx, host, "NO", "ONE")
}

// Follow makes the server of a host a replica of another. What it has is thrown away for what that one has.
func (d *Deployment) Follow(ctx context.Context, host, primary string) error {
	p, err := d.member(primary)
	if err != nil {
		return err
	}
	return d.replicateFrom(ctx, host, wordsOf(p.Addr)...)
}

func (d *Deployment) replicateFrom(ctx context.Context, host string, source ...string) error {
	if d.kind != Replica {
		return fmt.Errorf("%s: a %s deployment decides itself who is primary", host, d.kind)
	}
	return d.order(ctx, host, append([]string{"REPLICAOF"}, source...)...)
}
