package enterprise

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/config"
)

// ErrNoDatabase says that a cluster has no database that a region could be.
var ErrNoDatabase = errors.New("none of its databases")

// DatabaseOf finds the database that a region is among those of a cluster: by the name that its discovery service knows it
// by, or else by an endpoint with the host and the port of its URL. addresses are what that host leads to, since a name of
// the user's own leads to the address of an endpoint. Errors: ErrNoDatabase, with the endpoints that there are.
func DatabaseOf(r config.Region, databases []Database, addresses []string) (Database, error) {
	if r.Service != "" {
		name := strings.TrimSuffix(r.Service, "@internal")
		i := slices.IndexFunc(databases, func(d Database) bool { return d.Name.Known() && d.Name.Value == name })
		if i < 0 {
			return Database{}, fmt.Errorf("%w is called %s", ErrNoDatabase, name)
		}
		return databases[i], nil
	}
	host, port, _ := net.SplitHostPort(r.Address) // config.Region.Validate has looked at it
	number, _ := strconv.Atoi(port)
	if found, ok := At(databases, append([]string{host}, addresses...), number); ok {
		return found, nil
	}
	return Database{}, fmt.Errorf("%w has an endpoint at %s: it has %s", ErrNoDatabase, r.Address, endpointsOf(databases))
}

// mostEndpoints bounds those that an error lists.
const mostEndpoints = 5

func endpointsOf(databases []Database) string {
	var all []string
	for _, d := range databases {
		for _, e := range d.Endpoints {
			all = append(all, e.Address())
		}
	}
	slices.Sort(all)
	if more := len(all) - mostEndpoints; more > 0 {
		all = append(all[:mostEndpoints], fmt.Sprintf("%d more", more))
	}
	return cmp.Or(strings.Join(all, ", "), "none")
}

// At returns the database that has an endpoint at a port of one of the hosts, which are one server's names and addresses.
// The port alone proves nothing.
func At(databases []Database, hosts []string, port int) (Database, bool) {
	for _, d := range databases {
		if slices.ContainsFunc(d.Endpoints, func(e Endpoint) bool { return e.Port == port && e.at(hosts) }) {
			return d, true
		}
	}
	return Database{}, false
}

// at tells whether one of the hosts is this endpoint's, by name or address.
func (e Endpoint) at(hosts []string) bool {
	for _, host := range hosts {
		if e.Name != "" && sameHost(host, e.Name) {
			return true
		}
		for _, address := range e.Addresses {
			if sameHost(host, address) {
				return true
			}
		}
	}
	return false
}

func sameHost(a, b string) bool {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	if errX == nil && errY == nil {
		return x.Unmap() == y.Unmap()
	}
	return strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}
