package survey

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// DefaultEvery is what Following.Every means when it is zero.
const DefaultEvery = 10 * time.Second

// Following says how a topology is followed. The zero value works.
type Following struct {
	// Every is the time between two askings of a region at which nothing hints at a change; 0: DefaultEvery.
	Every time.Duration
	// Allow may object to a topology; then the one before stays, and what has changed is offered again each Every. Nil objects
	// to none.
	Allow func(probe.Topology) error
	// Complain is told of what somebody has to mend before a change can be taken in, each text once. Nil: nobody is told.
	Complain func(error)
}

// Follower asks the regions again and again how they are sharded, and makes a new topology when that has changed. It is
// made by [Survey.Follow], and does nothing until Run.
type Follower struct {
	survey     *Survey
	following  Following
	watchers   []*watcher
	changes    chan probe.Topology
	complained map[string]bool

	now    probe.Topology // that is observed
	told   []slots.Map    // what the regions told last; without shards where nothing was told since the beginning
	taken  []bool         // by region: now has what it told, not what was assumed
	hashed []slotSet      // by region: the slots whose channels it hashes as it should
	open   bool           // something is, or may be, other than in now
	tried  time.Time      // when that was last to be taken in; zero when there was news since

	kin       kinship
	comparing bool
	compared  chan compared // has room for one
}

// compared is what comparisons have found.
type compared struct {
	comparisons []comparison
	likenesses  [][]region.Likeness // of each comparison
}

// Follow returns a Follower that begins with a topology made by [Survey.Prepare].
//
// Every region is asked once per Following.Every, and at once when a connection to it is lost or it
// says that a slot has moved. As long as [Follower.Notice] is shown something that hints at a change, a
// region is asked once a second: a shard that is down or has moved; and, where the
// sharding is not known yet, that the region can be reached. None of this goes on for longer than a minute in vain. Where the
// endpoint of a region does not answer, its shards are asked in turn. A region that does not answer
// keeps its map, and so does one whose answer looks half done, unless it says the same for two seconds.
//
// What cannot be taken in is tried again each Every: the sharding of a region that hashes by another rule, which hinders
// no other region, and what Allow objects to.
//
// Which regions are one server is decided anew with each map that changes; and by comparing a region with the others
// when its servers are others, or all connections to it were made anew. Two regions are compared at most once each Every.
func (s *Survey) Follow(t probe.Topology, f Following) *Follower {
	f.Every = cmp.Or(f.Every, DefaultEvery)
	follower := &Follower{
		survey: s, following: f, changes: make(chan probe.Topology), complained: make(map[string]bool),
		now: t, told: make([]slots.Map, len(t.Maps)), taken: s.told(), hashed: make([]slotSet, len(t.Maps)),
		kin: newKinship(t.Maps, t.SameServers), compared: make(chan compared, 1),
	}
	for i, r := range s.regions {
		follower.hashed[i] = make(slotSet)
		if follower.taken[i] {
			follower.hashed[i].add(t.Cover) // see Take
		}
		follower.watchers = append(follower.watchers, newWatcher(i, r, s.Options, t.Maps[i], follower.taken[i], f.Every, s.contacts[i].alarm))
	}
	return follower
}

// Changes returns where topologies that have changed come, each complete in itself. It is never closed.
func (f *Follower) Changes() <-chan probe.Topology { return f.changes }

// Notice looks for hints at a change in what is observed. It never waits, and may be called at any time by any goroutine.
func (f *Follower) Notice(s *probe.Snapshot) {
	for i := range s.Regions {
		f.watchers[i].notice(&s.Regions[i])
	}
}

// Run follows until ctx ends, and returns when everything that it started has ended. It may run once.
func (f *Follower) Run(ctx context.Context) {
	answers := make(chan answer)
	var running sync.WaitGroup
	defer running.Wait()
	for _, w := range f.watchers {
		running.Go(func() { w.run(ctx, answers) })
	}
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-answers:
			f.hear(a)
		case c := <-f.compared:
			f.learn(c)
		}
		f.update(ctx)
		if comparisons := f.due(); len(comparisons) > 0 {
			f.comparing = true
			maps := f.now.Maps
			running.Go(func() { f.compared <- f.survey.compare(ctx, maps, comparisons) })
		}
	}
}

// hear takes the answer of a region.
func (f *Follower) hear(a answer) {
	if a.err != nil {
		f.complain(a.err)
		return
	}
	f.told[a.index] = a.m
	if a.news {
		f.renew()
	}
}

// renew says that there is news.
func (f *Follower) renew() { f.open, f.tried = true, time.Time{} }

// complain tells of an error, once.
func (f *Follower) complain(err error) {
	const most = 100 // errors may name things that change
	if f.following.Complain == nil || f.complained[err.Error()] {
		return
	}
	if len(f.complained) == most {
		clear(f.complained)
	}
	f.complained[err.Error()] = true
	f.following.Complain(err)
}

// update takes in what is other than what is observed, as far as that can be. What cannot is left open, for the next time.
func (f *Follower) update(ctx context.Context) {
	if !f.open || time.Since(f.tried) < f.following.Every {
		return
	}
	f.tried = time.Now()
	t, taken, complete := f.candidate(ctx)
	if ctx.Err() != nil {
		return
	}
	if t.Detail != "" {
		if f.following.Allow != nil {
			if err := f.following.Allow(t); err != nil {
				f.complain(fmt.Errorf("%s; this is not taken in: %w", t.Detail, err))
				return
			}
		}
		select {
		case f.changes <- t:
		case <-ctx.Done():
			return
		}
	}
	f.open = !complete
	f.commit(t, taken)
}

// commit takes note of what is observed from now on.
func (f *Follower) commit(t probe.Topology, taken []bool) {
	for i, m := range t.Maps {
		if taken[i] != f.taken[i] || !sameServers(m, f.now.Maps[i]) {
			f.kin.doubt(i)
		}
	}
	f.taken = taken
	if t.Detail == "" {
		return
	}
	f.now = t
	for _, slots := range f.hashed {
		slots.keep(t.Cover)
	}
}

// due returns what is to be compared now.
func (f *Follower) due() []comparison {
	for i, c := range f.survey.contacts {
		if c.renewed.Swap(false) {
			f.kin.doubt(i)
		}
	}
	if f.comparing {
		return nil
	}
	answering := func(i int) bool { return f.watchers[i].answering.Load() }
	return f.kin.due(f.now.Maps, answering, f.following.Every, time.Now())
}

// learn takes the result of comparisons.
func (f *Follower) learn(c compared) {
	f.comparing = false
	for i, comparison := range c.comparisons {
		if f.kin.learn(comparison, c.likenesses[i]) {
			f.renew()
		}
	}
}

// compare makes comparisons, all at once.
func (s *Survey) compare(ctx context.Context, maps []slots.Map, comparisons []comparison) compared {
	c := compared{comparisons, make([][]region.Likeness, len(comparisons))}
	var comparing sync.WaitGroup
	for i, comparison := range comparisons {
		comparing.Go(func() {
			var others []*region.Endpoint
			for _, other := range comparison.others {
				others = append(others, s.bare(other, maps[other]))
			}
			c.likenesses[i] = s.bare(comparison.listens, maps[comparison.listens]).Compare(ctx, others)
		})
	}
	comparing.Wait()
	return c
}
