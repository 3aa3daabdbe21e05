package config

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// DefaultDiscoveryPort is the port of a discovery server that names none: that of Redis Sentinel. The Discovery Service
// of Redis Enterprise listens on 8001, which has to be given.
const DefaultDiscoveryPort = 26379

// discoveryScheme follows redis or rediss in the scheme of a URL that names a discovery service. The database is
// spoken to in TLS for rediss+sentinel; the discovery itself always in plain text and without a password.
const discoveryScheme = "+sentinel"

const discoveryHint = "a URL with discovery is redis+sentinel://[user[:password]@]host[:port][,host2[:port]…]/NAME[/database], " +
	"or rediss+sentinel:// for TLS to the database; the port is 26379 for Redis Sentinel, and 8001 has to be given for Redis Enterprise"

// internalSuffix is what the name of a Redis Enterprise database ends with when the address inside its cluster is wanted.
const internalSuffix = "@internal"

// maxDiscovery bounds the servers of one discovery service. A Redis Enterprise cluster has at most 35 nodes, and a few
// of them suffice.
const maxDiscovery = 35

// cutInternal returns what stands behind "://" without the suffix of the service's name, whose '@' is not the one
// that ends user and password: the one with a '/' before it, and at the end of the path, or of the name, behind it.
func cutInternal(rest string) (without string, found bool) {
	at := strings.LastIndex(rest, internalSuffix)
	if at < 0 || !strings.Contains(rest[:at], "/") {
		return rest, false
	}
	after := rest[at+len(internalSuffix):]
	path, query, hasQuery := strings.Cut(after, "?")
	if strings.Trim(path, "/0123456789") != "" || path != "" && path[0] != '/' {
		return rest, false
	}
	if hasQuery {
		query = "?" + query
	}
	return rest[:at] + path + query, true
}

// parseDiscovery takes "host[:port],…" and "NAME[/database]"; internal is whether the name had the suffix.
func (r *Region) parseDiscovery(hosts, path string, internal bool) error {
	name, database, hasDatabase := strings.Cut(path, "/")
	service, err := url.PathUnescape(name)
	plain := strings.TrimSuffix(service, internalSuffix)
	if err != nil || checkWord(plain) != nil || internal && plain != service {
		return r.refuse(discoveryHint, "the URL names no database that a discovery service could know")
	}
	if internal {
		service += internalSuffix
	}
	r.Service = service
	addresses := strings.Split(hosts, ",")
	if len(addresses) > maxDiscovery {
		return r.refuse("a few suffice: they all know the same", "the URL names more than %d servers of a discovery service", maxDiscovery)
	}
	for _, address := range addresses {
		if err := r.parseAddress(address, DefaultDiscoveryPort); err != nil {
			return err
		}
		r.Discovery = append(r.Discovery, r.Address)
	}
	host, port, _ := net.SplitHostPort(r.Discovery[0]) // parseAddress has joined it
	r.Address = net.JoinHostPort(service+"@"+host, port)
	if !hasDatabase {
		database = ""
	}
	return r.parseDatabase(database)
}

// parseDatabase takes the number of a database, "" for none.
func (r *Region) parseDatabase(text string) error {
	if text == "" {
		return nil
	}
	database, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return r.refuse("what follows the address is the number of the database, as in /0", "the database is not a number")
	}
	r.Database = int(database)
	return nil
}
