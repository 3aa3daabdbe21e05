package region

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// A discovery service tells where a database is at present: Redis Sentinel, and
// the Discovery Service of Redis Enterprise, which speaks its protocol.
//
//	connection wanted -> SENTINEL get-master-addr-by-name NAME -> address -> connection
//
// It is asked before every connection to the endpoint, since the address may
// have changed, in plain text and without a password: neither is known for it,
// and those of the database are not for it to see. The servers are asked one
// after the other, beginning with the one that knew the answer the last time.
//
// What it answers is used as it is, or by the rules of Options.Addresses. That
// the address is still that of a primary is not asked: a primary that Sentinel
// has replaced closes its connections, and the next one is made to its successor.

// discovery is the memory that a door has of its discovery service.
type discovery struct {
	next atomic.Int32 // index of the server to ask first: the one that knew the answer the last time
}

// leastShare is the part of the timeout, one of so many, that every server has to
// answer.
const leastShare = 4

// askPrimary is the one question that a discovery service is asked.
const askPrimary = "get-master-addr-by-name"

// locating is the action of asking it, as errors name it.
const locating = "discover"

// discoveryBuffer is the size of the read buffer, in bytes: an answer is an
// address.
const discoveryBuffer = 512

// ErrUnknownService is in the errors of a region whose discovery service can be
// reached and does not know the database by the name that is configured.
var ErrUnknownService = errors.New("the discovery service knows no database or primary")

// locate returns the address to connect to for one of the region: what the
// discovery service says of the endpoint, and any other as it is.
func (d *door) locate(ctx context.Context, address string) (string, error) {
	servers := d.region.Discovery
	if len(servers) == 0 || address != d.region.Address {
		return address, nil
	}
	// A server that says nothing must leave time for the others; one that is far away
	// must have the time to answer, however many there are.
	share := d.timeout / time.Duration(min(len(servers)+1, leastShare))
	begin := int(d.discovery.next.Load())
	var first error
	for i := range servers {
		at := (begin + i) % len(servers)
		located, err := d.askDiscovery(ctx, servers[at], share)
		if err == nil {
			d.discovery.next.Store(int32(at))
			return d.addresses.located(located), nil
		}
		// Those that there was no time for are asked first the next time.
		d.discovery.next.Store(int32((at + 1) % len(servers)))
		// That the name is not known says more than that a server is not there.
		if first == nil || errors.Is(err, ErrUnknownService) && !errors.Is(first, ErrUnknownService) {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return "", first
}

// askDiscovery asks one server, which may take so long.
func (d *door) askDiscovery(ctx context.Context, server string, within time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	raw, err := d.dial(ctx, "tcp", server)
	if err != nil {
		return "", d.fail(server, locating, timely(ctx, err))
	}
	defer raw.Close() //nolint:errcheck // everything was read
	defer closeWhenDone(ctx, raw)()
	service := d.region.Service
	g := newGuard(raw, discovering(d.prefix))
	sized := limits
	sized.Buffer = discoveryBuffer
	v, err := exchange(g, resp.NewReaderLimits(g, sized), "SENTINEL", askPrimary, service)
	if err == nil {
		err = v.Err()
	}
	if err != nil {
		return "", d.fail(server, locating, timely(ctx, err))
	}
	return d.answered(server, v)
}

// answered takes the answer: host and port, or nothing for a name that is not
// known.
func (d *door) answered(server string, v resp.Value) (string, error) {
	if v.Kind == resp.Null {
		return "", d.fail(server, locating, fmt.Errorf("%w of the name %q", ErrUnknownService, d.region.Service))
	}
	if len(v.Elems) == 2 {
		host, port := v.Elems[0].Str, v.Elems[1]
		if n, ok := number(port); ok && isPort(n) && host != "" {
			return net.JoinHostPort(host, strconv.FormatInt(n, 10)), nil
		}
	}
	return "", d.fail(server, locating, malformed("SENTINEL "+askPrimary, v))
}

// endpointAddress is the address that the URL of the region names first: its
// endpoint, or a server of its discovery service, which in Redis Enterprise bears
// the name of the cluster.
func (d *door) endpointAddress() string {
	if len(d.region.Discovery) > 0 {
		return d.region.Discovery[0]
	}
	return d.region.Address
}

// discoveryHint is hintFor for what went wrong with the discovery service.
func (d *door) discoveryHint(err error) string {
	name := d.region.Name
	if errors.Is(err, ErrUnknownService) {
		return "the name follows the address in the URL of region " + name +
			": that of the database in Redis Enterprise, or of the primary that Sentinel monitors"
	}
	switch CauseOf(err) {
	case probe.NoCause:
		return ""
	case probe.Authentication:
		return "the discovery service wants a password, and is asked without one: let its default user ask for addresses"
	case probe.Protocol, probe.TLS, probe.ServerRefused, probe.Permission:
		return "what answers here is no discovery service, or speaks TLS: check the host and the port in the URL of region " + name +
			" (26379 for Redis Sentinel, 8001 for Redis Enterprise)"
	}
	return "the discovery service of region " + name + " does not answer: check its hosts in the URL, and the port " +
		"(26379 for Redis Sentinel, 8001 for Redis Enterprise)"
}
