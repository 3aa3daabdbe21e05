package survey

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// soonest is the least time between two askings of a region for what lasts. A shard that is down is dialled more often than
// that. Least is the same for what happens in a moment.
const (
	soonest = time.Second
	least   = 100 * time.Millisecond
)

// mostInVain is how often in a row a region is asked as soon as that, when it has nothing new to tell. A replica takes over
// within a minute or not by itself; after that, what hints at a change is more likely something else that lasts.
const mostInVain = 60

// watcher asks one region again and again how it is sharded.
type watcher struct {
	index   int
	region  config.Region
	options region.Options
	every   time.Duration
	belief  belief
	other   int           // counts the attempts to ask another server than the endpoint
	hint    chan struct{} // holds a token when there may be news
	alarm   <-chan struct{}

	told      atomic.Bool // the region has told its sharding
	answering atomic.Bool // it did when it was last asked
}

// answer is news of a region: a map, or why it is misconfigured.
type answer struct {
	index int
	m     slots.Map
	err   error
}

func newWatcher(index int, r config.Region, o region.Options, m slots.Map, told bool, every time.Duration, alarm <-chan struct{}) *watcher {
	w := &watcher{index: index, region: r, options: o, every: every, belief: belief{m: m, told: told}, hint: make(chan struct{}, 1), alarm: alarm}
	w.told.Store(told)
	w.answering.Store(told)
	return w
}

// notice makes the watcher ask at once when what is seen of the region hints at a change. It never waits.
func (w *watcher) notice(r *probe.Region) {
	if !suspicious(r, w.told.Load()) {
		return
	}
	signal(w.hint)
}

// suspicious tells whether the sharding of a region may be another one than is known: it has come, or a shard is not where
// it was. A region that rejects the password is not asked more often for it: accounts are locked by failed attempts.
func suspicious(r *probe.Region, told bool) bool {
	if !told {
		return r.State == probe.RegionAvailable || r.State == probe.RegionImpaired
	}
	for i := range r.Shards {
		switch s := &r.Shards[i]; {
		case s.Cause == probe.Authentication:
		case s.State == probe.RegionDown, s.State == probe.RegionImpaired, s.Cause == probe.Moved:
			return true
		}
	}
	return false
}

// run asks until ctx ends, and hands over what is news.
func (w *watcher) run(ctx context.Context, answers chan<- answer) {
	asked, due := time.Now(), time.Now().Add(w.every)
	timer := time.NewTimer(w.every)
	defer timer.Stop()
	// sooner brings the next asking forward, to a time after the last one.
	sooner := func(after time.Duration) {
		if at := asked.Add(after); at.Before(due) {
			due = at
			timer.Reset(time.Until(due))
		}
	}
	hinted, inVain := false, 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.alarm:
			sooner(least)
			continue
		case <-w.hint:
			hinted = true
			if inVain < mostInVain {
				sooner(soonest)
			}
			continue
		case <-timer.C:
		}
		a, news, wait := w.ask(ctx)
		asked = time.Now()
		due = asked.Add(wait)
		timer.Reset(wait)
		if inVain++; news || !hinted {
			inVain = 0
		}
		hinted = false
		if !news {
			continue
		}
		select {
		case answers <- a:
		case <-ctx.Done():
			return
		}
	}
}

// ask asks once, and returns what is news and after what time to ask again.
func (w *watcher) ask(ctx context.Context) (a answer, news bool, wait time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m, err := w.discover(ctx)
	w.answering.Store(err == nil)
	if err != nil {
		return answer{index: w.index, err: err}, errors.Is(err, region.ErrConfiguration), w.every
	}
	w.told.Store(true)
	news, again := w.belief.hear(m, time.Now())
	if again {
		return answer{}, false, soonest
	}
	return answer{index: w.index, m: w.belief.m}, news, w.every
}

// discover asks the endpoint, and when it does not answer one of the shards, another one each time: the server that the
// endpoint leads to may be the one that is gone.
func (w *watcher) discover(ctx context.Context) (slots.Map, error) {
	m, err := region.Discover(ctx, w.region, w.options)
	if err == nil || errors.Is(err, region.ErrConfiguration) || !w.belief.told {
		return m, err
	}
	var others []string
	for _, shard := range w.belief.m.Shards {
		if shard.Address != w.region.Address {
			others = append(others, shard.Address)
		}
	}
	if len(others) == 0 {
		return m, err
	}
	address := others[w.other%len(others)]
	w.other++
	m, elsewhere := region.Discover(ctx, w.at(address), w.options)
	if elsewhere != nil || rank(m.Source) < rank(w.belief.m.Source) {
		return m, err
	}
	return m, nil
}

// at is the region with one of its shards as the endpoint. Its certificate, if it has one, bears the name that it bears for
// all shards, also where they are announced as IP addresses.
func (w *watcher) at(address string) config.Region {
	there := w.region
	host, _, _ := net.SplitHostPort(address)
	if _, err := netip.ParseAddr(host); err == nil && there.TLSOptions.ServerName == "" {
		there.TLSOptions.ServerName = w.certified()
	}
	there.Address, there.Discovery, there.Service = address, nil, ""
	return there
}

// certified is the host that the URL of the region names.
func (w *watcher) certified() string {
	address := w.region.Address
	if len(w.region.Discovery) > 0 {
		address = w.region.Discovery[0]
	}
	host, _, _ := net.SplitHostPort(address)
	return host
}
