package check

import (
	"net/netip"
	"slices"

	"github.com/aafailover/aafailover/internal/words"
)

// addressesOf are those that are known of a host: itself, or what its name led to.
func (r Region) addressesOf(host string) []string {
	if _, err := netip.ParseAddr(host); err == nil {
		return []string{host}
	}
	var all []string
	for _, l := range r.Lookups {
		if l.Name == host {
			all = append(all, l.Addresses...)
		}
	}
	return all
}

// sameHost tells whether two servers run on one host, as far as their addresses tell: a name that was not looked up may lead
// to any.
func (r Region) sameHost(a, b string) (same, known bool) {
	if a, b = hostOf(a), hostOf(b); a == b {
		return true, true
	}
	one, other := r.addressesOf(a), r.addressesOf(b)
	if len(one) == 0 || len(other) == 0 {
		return false, false
	}
	return slices.ContainsFunc(one, func(address string) bool { return slices.Contains(other, address) }), true
}

func replicasApart(_ *Facts, _ Target, r Region) []Finding {
	var found []Finding
	for _, s := range r.primaries() {
		if !s.managed() && len(s.Vitals.Replication.Replicas.Value) > 0 {
			what := apart(r, s)
			what.Subject = s.subject(r)
			found = append(found, what)
		}
	}
	if len(found) == 0 {
		return []Finding{nothing("there are no replicas")}
	}
	return found
}

func apart(r Region, s Server) Finding {
	var here, elsewhere, unclear []string
	for _, f := range s.Vitals.Replication.Replicas.Value {
		switch same, known := r.sameHost(s.Address, f.Address); {
		case !known:
			unclear = append(unclear, f.Address)
		case same:
			here = append(here, f.Address)
		default:
			elsewhere = append(elsewhere, f.Address)
		}
	}
	switch {
	case loopback(hostOf(s.Address)):
		return nothing("it runs on this machine, as do its replicas")
	case len(elsewhere) > 0 && len(here) > 0:
		return pass("", "on another host: %s; on its own: %s", words.Enumerate(elsewhere), words.Enumerate(here))
	case len(elsewhere) > 0:
		return pass("", "on another host: %s", words.Enumerate(elsewhere))
	case len(unclear) > 0:
		return untold("", "whether %s is on another host cannot be told by names that were not looked up", words.Enumerate(unclear))
	}
	return warned("", "", "on its own host are all of its replicas: %s", words.Enumerate(here))
}
