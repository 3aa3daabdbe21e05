package ask

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/neterror"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// region gathers what is known of one region.
func (a *asking) region(ctx context.Context, r config.Region) check.Region {
	f := check.Region{Name: r.Name, Address: r.Address, Discovery: slices.Clone(r.Discovery), Service: r.Service,
		TLS: r.TLS, Insecure: r.TLS && r.TLSOptions.Insecure}
	e := region.NewExaminer(r, a.Options)
	var beside, watching sync.WaitGroup
	var managed []check.Port
	beside.Go(func() { f.Lookups, f.Ports = a.names(ctx, r) })
	beside.Go(func() { f.Management, managed = a.management(ctx, r) })
	watching.Go(func() { f.Sentinels = a.sentinels(ctx, e, r.Discovery) })
	i := &inquiry{asking: a, examiner: e, region: &f}
	i.begin(ctx)
	watching.Wait()
	i.goOn(ctx)
	beside.Wait()
	f.Ports = append(f.Ports, managed...)
	f.Certificates = certificates(e.Chains())
	return f
}

// inquiry is the servers of one region while they are asked.
type inquiry struct {
	*asking
	examiner *region.Examiner
	region   *check.Region
	cluster  region.ClusterView
	servers  []*server
}

// begin asks how the region is sharded, and its primaries how they are.
func (i *inquiry) begin(ctx context.Context) {
	f := i.region
	m, err := i.examiner.Discover(ctx)
	if errors.Is(err, region.ErrManagement) {
		err = nil // of which the rules of the REST API speak; the map is the next best
	}
	if errors.Is(err, region.ErrConfiguration) {
		i.unreachable(err)
		return
	}
	shards := []slots.Shard{{Address: f.Address}}
	if err == nil {
		f.Map, shards = vitals.FieldOf(m), m.Shards
	}
	for n, shard := range shards {
		i.add(shard.Address, n)
	}
	i.ask(ctx, i.servers)
	// An endpoint that does not tell its slots at present can still be asked for the rest.
	if err != nil && i.servers[0].err != nil {
		i.unreachable(i.servers[0].err)
		i.servers = nil
	}
}

// unreachable notes that the endpoint could not be asked.
func (i *inquiry) unreachable(err error) {
	f := i.region
	f.Unreachable, f.Cause, f.Advice = said(err), region.CauseOf(err), advice(err)
	if e, ok := errors.AsType[*region.Error](err); ok && e.Address != f.Address {
		f.Unreachable = e.Address + ": " + f.Unreachable
	}
}

// goOn asks the replicas, and then all servers once more.
func (i *inquiry) goOn(ctx context.Context) {
	if len(i.servers) == 0 {
		return
	}
	i.askFirst(ctx)
	primaries := len(i.servers)
	for _, found := range i.replicas() {
		i.add(found.address, found.shard)
	}
	i.ask(ctx, i.servers[primaries:])
	i.dropTwins(primaries)
	i.askAgain(ctx)
	for _, s := range i.servers {
		i.region.Servers = append(i.region.Servers, s.facts)
		if !i.region.Clock.Known() {
			i.region.Clock = s.facts.Clock
		}
	}
}

// askFirst asks the first primary that answers what is of the region as a whole. What breaks off is a gap.
func (i *inquiry) askFirst(ctx context.Context) {
	at := slices.IndexFunc(i.servers, func(s *server) bool { return s.err == nil })
	if at < 0 {
		return
	}
	first := i.servers[at]
	x, err := i.examiner.Connect(ctx, first.connect)
	if err != nil {
		return
	}
	defer x.Close() //nolint:errcheck // everything was answered
	if i.region.Hashing, err = x.Hashing(ctx); err != nil {
		return
	}
	if mode := first.facts.Vitals.Mode; mode.Known() && mode.Value != "cluster" {
		return
	}
	view, err := x.Cluster(ctx)
	if err != nil {
		return
	}
	i.cluster = view.Value
	i.region.Cluster = as(view, i.clusterFacts)
}

// said is an error without the region and the address, which stand beside it.
func said(err error) string {
	if e, ok := errors.AsType[*region.Error](err); ok {
		return strings.TrimPrefix(e.Error(), e.Region+" ("+e.Address+"): ")
	}
	return neterror.Text(err)
}

// advice is what an error says can be done about it.
func advice(err error) string { return strings.Join(hint.Of(err), "; ") }
