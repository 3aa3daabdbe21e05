package region

import (
	"context"
	"net"

	"github.com/aafailover/aafailover/internal/config"
)

// Passage is how a program that is not ours gets to a region: connected, and secured where the region's URL says so. Nothing is
// sent over it, and nobody is authenticated: that is the program's own to do.
type Passage struct{ door *door }

// NewPassage returns the way to a region.
func NewPassage(r config.Region, o Options) *Passage { return &Passage{newDoor(r, o)} }

// Dial connects to an address of the region, beneath TLS. Where a discovery service tells the endpoint, it is asked each time.
func (p *Passage) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	located, err := p.door.locate(ctx, address)
	if err != nil {
		return nil, err
	}
	return p.door.dial(ctx, network, located)
}

// Secured tells whether the region's URL asks for TLS.
func (p *Passage) Secured() bool { return p.door.security != nil }

// Secure shakes hands for TLS over a connection to that address, as the region's URL and settings say; without TLS it returns c. A
// connection of which the handshake fails is closed.
func (p *Passage) Secure(ctx context.Context, c net.Conn, address string) (net.Conn, error) {
	secure, asked, err := p.door.encrypt(ctx, c, p.door.serverName(address, address))
	if err != nil {
		return nil, asked.Explain(timely(ctx, err))
	}
	return secure, nil
}
