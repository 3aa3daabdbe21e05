package region

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"

	"github.com/aafailover/aafailover/internal/handshake"
)

// encrypt shakes hands over c where the region's URL says so, with a server that
// should be of this name. c is closed when that fails.
func (d *door) encrypt(ctx context.Context, c net.Conn, name string) (net.Conn, *handshake.Request, error) {
	if d.security == nil {
		return c, new(handshake.Request), nil
	}
	how, asked, err := d.security.Config(name)
	if err != nil {
		_ = c.Close()
		return nil, new(handshake.Request), err
	}
	secure := tls.Client(c, how)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return nil, asked, err
	}
	return secure, asked, nil
}

// serverName is the name that the certificate must have, unless one is configured,
// of a connection that is made to an address because one was wanted to another; the
// two differ where a discovery service was asked.
//
// Regions announce shards by IP address, while certificates carry the name of what
// the user gave. What a region announces came over a connection with a certificate;
// what a discovery service says came in plain text, and whoever can change that must
// not choose the name as well: it has to be one that the user gave.
func (d *door) serverName(wanted, address string) string {
	host, endpoint := hostOf(address), hostOf(d.endpointAddress())
	told := len(d.region.Discovery) > 0 && wanted == d.region.Address && d.addresses.origin(address) == ""
	if told || isIP(host) && !isIP(endpoint) {
		return endpoint
	}
	return host
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
