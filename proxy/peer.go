package proxy

import (
	"context"
	"errors"
	"net"
	"time"
)

// peer is one of the two that a session joins: the application, or the region.
type peer struct {
	side   Side
	gate   *gate
	conn   net.Conn // to read from and to write to: the gate, or TLS above it
	secure bool
}

func newPeer(side Side, g *gate) *peer { return &peer{side: side, gate: g, conn: g} }

// shake begins TLS by a handshake, which lasts as long as s allows.
func (p *peer) shake(s *session, begin func(context.Context, net.Conn) (net.Conn, error)) error {
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	s.owned.Go(func() { s.front.limit(ctx, cancel) })
	conn, err := begin(ctx, p.gate)
	if err != nil {
		if cause := context.Cause(ctx); errors.Is(cause, context.DeadlineExceeded) {
			return cause
		}
		return err
	}
	p.conn, p.secure = conn, true
	return nil
}

// served makes the handshake of what serve returns.
func served(serve func(net.Conn) net.Conn) func(context.Context, net.Conn) (net.Conn, error) {
	return func(ctx context.Context, c net.Conn) (net.Conn, error) {
		c = serve(c)
		if s, ok := c.(interface {
			HandshakeContext(ctx context.Context) error
		}); ok {
			return c, s.HandshakeContext(ctx)
		}
		return c, nil
	}
}

// limit ends ctx when a handshake has lasted long enough. A hang holds it up, and is not its fault.
func (f *front) limit(ctx context.Context, end context.CancelCauseFunc) {
	for {
		select {
		case <-time.After(f.proxy.dialTimeout):
		case <-ctx.Done():
			return
		}
		if !f.terms().still {
			end(context.DeadlineExceeded)
			return
		}
		if !f.moving(ctx) {
			return
		}
	}
}

// push writes what may go out now. The error is errHeld when a hang holds the rest back. TLS cannot take a piece back that it has
// begun to write: it waits until the hang is over.
func (p *peer) push(b []byte) (int, error) {
	if !p.secure {
		return p.gate.pass(b)
	}
	if p.gate.front.terms().still {
		return 0, errHeld
	}
	return p.conn.Write(b)
}

// closeWrite says that nothing more comes.
func (p *peer) closeWrite() {
	if half, ok := p.conn.(interface{ CloseWrite() error }); ok && p.secure {
		_ = half.CloseWrite()
	}
	_ = p.gate.CloseWrite()
}
