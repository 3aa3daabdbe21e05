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

	hints, alarms, doubts prompts // what was seen, what happened, and answers that are not believed yet

	told      atomic.Bool // the region has told its sharding
	answering atomic.Bool // it did when it was last asked
}

// answer is what a region is believed to tell, or why it is misconfigured.
type answer struct {
	index int
	m     slots.Map
	news  bool
	err   error
}

func newWatcher(index int, r config.Region, o region.Options, m slots.Map, told bool, every time.Duration, alarm <-chan struct{}) *watcher {
	w := &watcher{
		index: index, region: r, options: o, every: every, belief: belief{m: m, told: told}, hint: make(chan struct{}, 1), alarm: alarm,
		hints: prompts{every: every}, alarms: prompts{every: every, atOnce: mostAtOnce}, doubts: prompts{every: every},
	}
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

// run asks until ctx ends, and hands over what the region answers.
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
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.alarm:
			sooner(w.alarms.prompt(time.Now()))
			continue
		case <-w.hint:
			sooner(w.hints.prompt(time.Now()))
			continue
		case <-timer.C:
		}
		a, answered, again := w.ask(ctx)
		for _, p := range []*prompts{&w.hints, &w.alarms, &w.doubts} {
			p.asked(a.news)
		}
		asked = time.Now()
		due = asked.Add(w.every)
		timer.Reset(w.every)
		if again {
			sooner(w.doubts.prompt(asked))
		}
		if !answered {
			continue
		}
		select {
		case answers <- a:
		case <-ctx.Done():
			return
		}
	}
}

// ask asks once. It returns whether there is an answer, and whether to ask again soon, since it is not believed yet.
func (w *watcher) ask(ctx context.Context) (a answer, answered, again bool) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m, err := w.discover(ctx)
	w.answering.Store(err == nil)
	if err != nil {
		return answer{index: w.index, err: err}, errors.Is(err, region.ErrConfiguration), false
	}
	w.told.Store(true)
	news, again := w.belief.hear(m, time.Now())
	return answer{index: w.index, m: w.belief.m, news: news}, w.belief.told, again
}

// discover asks the endpoint, and when it does not answer one of the shards, another one each time: the server that the
// endpoint leads to may be the one that is gone.
func (w *watcher) discover(ctx context.Context) (slots.Map, error) {
	m, err := region.Discover(ctx, w.region, w.options)
	if errors.Is(err, region.ErrManagement) {
		// The cluster manager is not the database: that it does not tell any more changes nothing of what it told.
		if w.belief.told && w.belief.m.Source == slots.REST {
			m = w.belief.m
		}
		return m, nil
	}
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
