package region

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// portHints says what is at the ports that are given in the place of a database's: those of Redis Enterprise beside its
// databases, by "Network port configurations" in redis.io/docs, and that of Redis Sentinel.
func portHints() map[string]string {
	return map[string]string{
		"8001":  "8001 is the port of the Discovery Service of Redis Enterprise: redis+sentinel://HOST:8001/DATABASE asks it, or give the endpoint of the database itself",
		"8443":  "8443 is the port of the console of Redis Enterprise: the database has an endpoint of its own, which the console shows",
		"9443":  "9443 is the port of the REST API of Redis Enterprise, which --api NAME=https://USER@HOST:9443 reads: the database has an endpoint of its own",
		"26379": "26379 is the port of Redis Sentinel: redis+sentinel://HOST:26379/NAME asks it where the primary of this NAME is",
	}
}

// azureHosts are how the hosts of Azure's offers of Redis end, and the port at which each has TLS. There is no other, unless
// somebody has allowed it. See "Connect" in the documents of Azure Cache for Redis and of Azure Managed Redis, learn.microsoft.com.
var azureHosts = []struct{ suffix, port string }{
	{".redis.cache.windows.net", "6380"},
	{".redisenterprise.cache.azure.net", "10000"},
	{".redis.azure.net", "10000"},
}

// placeHint is the hint by what is known of a host and port of the configuration where connections fail for this cause; ""
// where they tell nothing.
func (d *door) placeHint(address, action string, cause probe.Cause) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || address != d.region.Address {
		return ""
	}
	for _, azure := range azureHosts {
		if !strings.HasSuffix(strings.ToLower(host), azure.suffix) || cause == probe.NameNotFound || cause == probe.ServerRefused {
			continue
		}
		if d.security == nil || port != azure.port {
			return "Azure serves this with TLS at the port " + azure.port + ": rediss://HOST:" + azure.port
		}
	}
	switch cause {
	case probe.TLS, probe.Protocol, probe.Reset, probe.Timeout:
		if action == encrypting || action == greeting || action == authenticating {
			return portHints()[port]
		}
	case probe.ServerRefused:
		return portHints()[port]
	}
	return ""
}

// errSentinel says that a server is a Sentinel, which holds no data.
var errSentinel = errors.New("a Redis Sentinel answers here, and no database")

// mistakenForDatabase returns an error where the server on c, which knows nothing of clusters, says that it is a Sentinel. It
// is asked by HELLO without a version, which alters nothing; one that does not know that, or hangs up at it, is taken for a
// database.
func (d *door) mistakenForDatabase(ctx context.Context, c *conn) error {
	if v, err := c.ask(ctx, "HELLO"); err != nil || !saysSentinel(v) {
		return nil //nolint:nilerr // no Sentinel hangs up at this
	}
	err := d.fail(c.address, readingSlots, misconfiguration{errSentinel})
	return hint.Wrap(err, fmt.Sprintf("it tells where the primary of a NAME is: --region %s=%s+sentinel://%s/NAME", d.region.Name, d.scheme(), c.address))
}

// saysSentinel tells the answer of a Sentinel to HELLO: keys and values in turn.
func saysSentinel(v resp.Value) bool {
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if v.Elems[i].Str == "mode" && v.Elems[i+1].Str == "sentinel" {
			return true
		}
	}
	return false
}

func (d *door) scheme() string {
	if d.region.TLS {
		return "rediss"
	}
	return "redis"
}

// protectedMode tells the error of a server that takes nobody but its own machine.
func protectedMode(err error) bool {
	text, _ := serverText(err)
	return resp.ServerError(text).Code() == "DENIED" && strings.Contains(text, "protected mode")
}
