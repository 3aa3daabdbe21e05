package ask

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/neterror"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
)

// lookups is how often each name is looked up, spread over the time that is measured.
const lookups = 4

// mostAddresses bounds the addresses of one name that are tried.
const mostAddresses = 16

// target is a name that the configuration has, and what is at its port.
type target struct {
	name, port string
	use        string
}

// targets are the names of a region, each with its ports; addresses need no looking up.
func targets(r config.Region) []target {
	var all []target
	add := func(address, use string) {
		name, port, err := net.SplitHostPort(address)
		if _, notIP := netip.ParseAddr(name); err == nil && notIP != nil {
			all = append(all, target{name, port, use})
		}
	}
	if len(r.Discovery) == 0 {
		add(r.Address, "database")
	}
	for _, address := range r.Discovery {
		add(address, "sentinel")
	}
	return all
}

// names looks up the names of a region several times, and tries each of the addresses that one of several stands for: a
// connection that is made to a name is made to one of them.
func (a *asking) names(ctx context.Context, r config.Region) ([]check.Lookup, []check.Port) {
	var (
		found []check.Lookup
		ports []check.Port
		names []string // each once
		group sync.WaitGroup
	)
	all := targets(r)
	for _, t := range all {
		if !slices.Contains(names, t.name) {
			names = append(names, t.name)
		}
	}
	for n := range lookups {
		at := make([]check.Lookup, len(names))
		for i, name := range names {
			group.Go(func() { at[i] = a.lookUp(ctx, name) })
		}
		group.Wait()
		found = append(found, at...)
		if n == 0 {
			ports = a.ports(ctx, all, found)
		}
		if len(all) == 0 || n < lookups-1 && !pause.For(ctx, a.Measure/(lookups-1)) {
			break
		}
	}
	return found, ports
}

// lookUp resolves a name once.
func (a *asking) lookUp(ctx context.Context, name string) check.Lookup {
	ctx, cancel := context.WithTimeout(ctx, a.Options.Timeout)
	defer cancel()
	l := check.Lookup{Name: name}
	addresses, err := a.LookUp(ctx, name)
	if err != nil {
		l.Failed = neterror.Text(err)
		return l
	}
	l.Addresses = slices.Compact(slices.Sorted(slices.Values(addresses)))
	return l
}

// ports tries the addresses of names that have several.
func (a *asking) ports(ctx context.Context, all []target, found []check.Lookup) []check.Port {
	var tried []*check.Port
	var group sync.WaitGroup
	for _, t := range all {
		i := slices.IndexFunc(found, func(l check.Lookup) bool { return l.Name == t.name })
		if i < 0 || len(found[i].Addresses) < 2 || isLoopback(found[i].Addresses[0]) {
			continue // one is what is connected to, and needed; those of this machine are not all served
		}
		for _, ip := range found[i].Addresses[:min(len(found[i].Addresses), mostAddresses)] {
			p := &check.Port{Address: net.JoinHostPort(ip, t.port), Use: t.use + " of " + t.name}
			tried = append(tried, p)
			group.Go(func() { a.try(ctx, p) })
		}
	}
	group.Wait()
	var ports []check.Port
	for _, p := range tried {
		if p.Address != "" {
			ports = append(ports, *p)
		}
	}
	return ports
}

func isLoopback(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.IsLoopback()
}

// try connects to a port, and hangs up. A port that no way leads to for want of IPv6 here is not told of: its Address is
// then empty.
func (a *asking) try(ctx context.Context, p *check.Port) {
	if !a.turn(ctx) {
		p.Address = ""
		return
	}
	defer a.over()
	ctx, cancel := context.WithTimeout(ctx, a.Options.Timeout)
	defer cancel()
	c, err := a.Options.Dial(ctx, "tcp", p.Address)
	if err == nil {
		_ = c.Close()
		return
	}
	host, _, _ := net.SplitHostPort(p.Address)
	if ip, _ := netip.ParseAddr(host); ip.Is6() && region.CauseOf(err) == probe.Unreachable {
		p.Address = ""
		return
	}
	p.Failed = neterror.Text(err)
}
