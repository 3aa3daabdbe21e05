package ask

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/region"
)

// mostSentinels bounds those that are asked: five are many.
const mostSentinels = 25

// sentinels asks the configured ones, and then those that these know of. What answers as a discovery service that is no
// sentinel is left out.
func (a *asking) sentinels(ctx context.Context, e *region.Examiner, configured []string) []check.Sentinel {
	asked := a.consult(ctx, e, configured)
	silent := a.behindNames(ctx, asked)
	var others []string
	for _, w := range asked {
		for _, peer := range w.view.Others {
			address := e.Used(peer.Address)
			known := slices.Contains(others, address) || slices.Contains(silent, address) || slices.ContainsFunc(asked, func(o *guard) bool {
				return o.address == address || o.view.ID != "" && o.view.ID == peer.ID
			})
			if !known {
				others = append(others, address)
			}
		}
	}
	asked = append(asked, a.consult(ctx, e, others)...)
	var all []check.Sentinel
	for _, w := range asked {
		if !errors.Is(w.err, region.ErrNoSentinel) {
			all = append(all, w.facts())
		}
	}
	return all
}

// behindNames are the addresses of those that are configured by a name and did not answer: they did not tell the ID by
// which they are known again among those that others know.
func (a *asking) behindNames(ctx context.Context, asked []*guard) []string {
	var all []string
	for _, w := range asked {
		name, port, err := net.SplitHostPort(w.address)
		if _, notIP := netip.ParseAddr(name); err != nil || notIP == nil || w.err == nil {
			continue
		}
		for _, ip := range a.lookUp(ctx, name).Addresses {
			all = append(all, net.JoinHostPort(ip, port))
		}
	}
	return all
}

// guard is a sentinel while it is asked.
type guard struct {
	address string
	view    region.SentinelView
	err     error
}

// consult asks the sentinels at some addresses, all at once.
func (a *asking) consult(ctx context.Context, e *region.Examiner, addresses []string) []*guard {
	var all []*guard
	var group sync.WaitGroup
	for _, address := range addresses[:min(len(addresses), mostSentinels)] {
		w := &guard{address: address}
		all = append(all, w)
		group.Go(func() { w.view, w.err = e.Consult(ctx, address) })
	}
	group.Wait()
	return all
}

func (w *guard) facts() check.Sentinel {
	if w.err != nil {
		return check.Sentinel{Address: w.address, Failed: said(w.err)}
	}
	v := w.view
	s := check.Sentinel{Address: w.address, Primary: v.Primary, Quorum: v.Quorum, Known: 1 + len(v.Others),
		DownAfter: v.DownAfter, FailoverTimeout: v.FailoverTimeout, ParallelSyncs: v.ParallelSyncs}
	for _, peer := range v.Others {
		if peer.Down {
			s.Down++
		}
	}
	for _, r := range v.Replicas {
		s.Replicas = append(s.Replicas, check.SentinelReplica(r))
	}
	return s
}
