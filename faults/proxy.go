package faults

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/slots"
)

// Proxy spoils the way between the drill and the regions; the servers notice nothing. The application of the drill and its
// probe both go through it, since the probe sees what an application beside it would.
//
//	Do(kill us) ──> proxy.Refuse for the addresses of us        Do(start us), Heal ──> proxy.Pass
//	Do(hang us) ──> proxy.Hang
//
// Faults of replication, and whatever a server would lose, cannot be made in this way: Check says so.
type Proxy struct {
	proxy   *proxy.Proxy
	kill    proxy.Condition
	regions []proxied
}

// Over has what becomes of the way to a region become of another proxy's, too, which leads to that region only and stays the
// caller's to close: that of an application which goes through it by itself. What becomes of a region as a whole becomes of all
// addresses that such an application ever asks for. It is called before anything is done. Without such a region it does nothing.
func (f *Proxy) Over(region string, p *proxy.Proxy) {
	for i := range f.regions {
		if f.regions[i].name == region {
			f.regions[i].over = p
		}
	}
}

// proxied is a region and the addresses that lead to it.
type proxied struct {
	name   string
	shards []string // by shard
	all    []string
	over   *proxy.Proxy // of an application of its own; nil: there is none
}

var _ drill.Fault = (*Proxy)(nil)

// ErrUnknownAddress is in the error of a dial to an address that no region had when the drill began. To let it pass would let
// the application slip past the fault.
var ErrUnknownAddress = errors.New("no region had this address when the drill began")

// NewProxy returns the faults of regions that have these maps, and these endpoints, host:port, as they are configured. kill is
// what becomes of the way to a region that is killed; nil: proxy.Refuse. The caller must Close it. The error is about an
// address that two regions have: they could not be told apart.
func NewProxy(maps []slots.Map, endpoints []string, kill proxy.Condition, o proxy.Options) (*Proxy, error) {
	f := &Proxy{kill: kill}
	if f.kill == nil {
		f.kill = proxy.Refuse{}
	}
	owner := make(map[string]string)
	for i, m := range maps {
		r := proxied{name: m.Region, all: []string{endpoints[i]}}
		for _, shard := range m.Shards {
			r.shards = append(r.shards, shard.Address)
			if !slices.Contains(r.all, shard.Address) {
				r.all = append(r.all, shard.Address)
			}
		}
		for _, address := range r.all {
			if other, ok := owner[address]; ok {
				return nil, fmt.Errorf("%s and %s have the same address %s: a proxy cannot tell them apart", other, r.name, address)
			}
			owner[address] = r.name
		}
		f.regions = append(f.regions, r)
	}
	f.proxy = proxy.New(o)
	return f, nil
}

// Dial connects to a region through the proxy. It is for region.Options.Dial, below TLS. Errors: ErrUnknownAddress, and those
// of proxy.Dial.
func (f *Proxy) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	for _, r := range f.regions {
		if slices.Contains(r.all, address) {
			return f.proxy.Dial(ctx, network, address)
		}
	}
	return nil, fmt.Errorf("dial %s: %w", address, ErrUnknownAddress)
}

// Check says what of a scenario cannot be made between an application and its regions.
func (f *Proxy) Check(s drill.Scenario) error {
	var reasons []string
	if keeps := s.Needs.Persistence; keeps != "" && keeps != drill.KeepAll {
		reasons = append(reasons, "the servers lose nothing behind a proxy")
	}
	for _, step := range s.Steps {
		a := step.Action
		switch {
		case a.Kind.OfLink():
			reasons = append(reasons, "replication does not go through it")
		case a.Empty || a.Fresh:
			reasons = append(reasons, "the servers keep their data behind a proxy")
		case a.Shard != drill.AllShards:
			reasons = append(reasons, f.lacks(a)...)
		}
	}
	return cannot(s, "a proxy", reasons, "rehearse it on the lab, or make it yourself with --fault manual or with --inject and --heal")
}

// lacks says why an action on a shard cannot be made. Who has which role is not known yet, so every region must be able to.
func (f *Proxy) lacks(a drill.Action) (reasons []string) {
	for _, r := range f.regions {
		if _, err := r.addresses(a.Shard); err != nil {
			reasons = append(reasons, err.Error())
		}
	}
	return reasons
}

// addresses are those of a shard, or of all.
func (r proxied) addresses(shard int) ([]string, error) {
	if shard == drill.AllShards {
		return r.all, nil
	}
	if shard < 0 || shard > len(r.shards) {
		return nil, fmt.Errorf("%s has %d shards, and no shard %d", r.name, len(r.shards), shard)
	}
	address := r.shards[shard-1]
	for i, other := range r.shards {
		if other == address && i != shard-1 {
			return nil, fmt.Errorf("shards %d and %d of %s have one address", min(i+1, shard), max(i+1, shard), r.name)
		}
	}
	return []string{address}, nil
}

// Do puts an action in force. Errors: ErrCannot, or a listener could not be opened.
func (f *Proxy) Do(_ context.Context, a drill.Action) error {
	condition := map[drill.ActionKind]proxy.Condition{drill.Kill: f.kill, drill.Hang: proxy.Hang{}, drill.Start: proxy.Pass{}}[a.Kind]
	i := slices.IndexFunc(f.regions, func(r proxied) bool { return r.name == a.Region })
	if condition == nil || i < 0 || a.Empty || a.Fresh {
		return fmt.Errorf("%v: %w by a proxy", a, ErrCannot)
	}
	addresses, err := f.regions[i].addresses(a.Shard)
	if err != nil {
		return fmt.Errorf("%v: %w by a proxy: %w", a, ErrCannot, err)
	}
	return errors.Join(f.proxy.Set(condition, addresses...), f.regions[i].set(condition, a.Shard, addresses))
}

// set puts a condition in force for who goes through a proxy of its own. Which addresses it asks for it finds out by itself, so
// that of a whole region is for all.
func (r proxied) set(c proxy.Condition, shard int, addresses []string) error {
	if r.over == nil {
		return nil
	}
	if shard == drill.AllShards {
		addresses = nil
	}
	return r.over.Set(c, addresses...)
}

// Heal lets everything pass.
func (f *Proxy) Heal(context.Context) error {
	errs := []error{f.proxy.Set(proxy.Pass{})}
	for _, r := range f.regions {
		errs = append(errs, r.set(proxy.Pass{}, drill.AllShards, nil))
	}
	errs = slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, proxy.ErrClosed) }) // a closed proxy spoils nothing
	return errors.Join(errs...)
}

// Close ends the proxy and its connections.
func (f *Proxy) Close() error { return f.proxy.Close() }
