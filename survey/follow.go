package survey

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// DefaultEvery is what Following.Every means when it is zero.
const DefaultEvery = 10 * time.Second

// Following says how a topology is followed. The zero value works.
type Following struct {
	// Every is the time between two askings of a region at which nothing hints at a change; 0: DefaultEvery.
	Every time.Duration
	// Allow may object to a topology; then the one before stays. Nil objects to none.
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
	now        probe.Topology // that is observed
	believed   []slots.Map    // what the regions told last: now.Maps, unless Allow objected
	told       []bool         // by region
	same       [][2]string    // regions that were ever found to be one server; begins with now.SameServers
	complained map[string]bool
}

// Follow returns a Follower that begins with a topology made by [Survey.Prepare].
//
// Every region is asked once per Following.Every, and at once when a connection to it is lost or it
// says that a slot has moved. As long as [Follower.Notice] is shown something that hints at a change, a
// region is asked once a second, but not for longer than a minute in vain: a shard that is down or has moved; and, where the
// sharding is not known yet, that the region can be reached. Where the endpoint of a region does not answer, its shards are asked in turn. A region that does not answer
// keeps its map, and so does one whose answer looks half done, unless it says the same for two seconds.
func (s *Survey) Follow(t probe.Topology, f Following) *Follower {
	f.Every = cmp.Or(f.Every, DefaultEvery)
	follower := &Follower{
		survey: s, following: f, changes: make(chan probe.Topology), complained: make(map[string]bool),
		now: t, believed: slices.Clone(t.Maps), told: s.told(), same: t.SameServers,
	}
	for i, r := range s.regions {
		follower.watchers = append(follower.watchers, newWatcher(i, r, s.Options, t.Maps[i], follower.told[i], f.Every, s.alarms[i]))
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
	var watching sync.WaitGroup
	defer watching.Wait()
	for _, w := range f.watchers {
		watching.Go(func() { w.run(ctx, answers) })
	}
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-answers:
			f.hear(ctx, a)
		}
	}
}

// hear takes the news of a region in.
func (f *Follower) hear(ctx context.Context, a answer) {
	if a.err != nil {
		f.complain(a.err)
		return
	}
	t, err := f.topology(ctx, a)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		f.complain(err)
		return
	case t.Detail == "":
		return
	}
	if f.following.Allow != nil {
		if err := f.following.Allow(t); err != nil {
			f.complain(fmt.Errorf("%s; this is not taken in: %w", t.Detail, err))
			return
		}
	}
	select {
	case f.changes <- t:
		f.now = t
	case <-ctx.Done():
	}
}

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

// topology makes the topology with what a region told; without a Detail when nothing differs from what is observed. The
// error is that of a region that hashes by another rule: then what was told is forgotten.
func (f *Follower) topology(ctx context.Context, a answer) (probe.Topology, error) {
	came := !f.told[a.index]
	maps, told := slices.Clone(f.believed), slices.Clone(f.told)
	maps[a.index], told[a.index] = arranged(a.m, f.now.Maps[a.index]), true
	t := probe.Topology{Maps: maps, Cover: coverOf(maps, told, f.now.Cover)}
	if err := f.verifyHashing(ctx, t.Cover, a.index, came); err != nil {
		return t, err
	}
	f.believed, f.told = maps, told
	if came {
		f.same = f.sameServers(ctx, maps)
	}
	t.SameServers = f.same
	for i, m := range maps {
		e := f.now.Endpoints[i]
		if !sameAddresses(m, f.now.Maps[i]) {
			e = f.survey.endpoint(i, m)
		}
		t.Endpoints = append(t.Endpoints, e)
	}
	t.Detail = f.detail(t)
	return t, nil
}

// verifyHashing asks the regions that answer for the channels that are new to them: all of them to one that came.
func (f *Follower) verifyHashing(ctx context.Context, cover []int, index int, came bool) error {
	var added []int
	for _, slot := range cover {
		if _, was := slices.BinarySearch(f.now.Cover, slot); !was {
			added = append(added, slot)
		}
	}
	failed := make([]error, len(f.watchers))
	var asking sync.WaitGroup
	for i, w := range f.watchers {
		try := added
		if came && i == index {
			try = cover
		}
		if len(try) > 0 && w.answering.Load() {
			asking.Go(func() { failed[i] = verifyHashing(ctx, w.region, try, w.options) })
		}
	}
	asking.Wait()
	return cmp.Or(failed...)
}

// sameServers returns which regions are one server as far as they answer, and those of which that was known.
func (f *Follower) sameServers(ctx context.Context, maps []slots.Map) [][2]string {
	var answering []int
	for i, w := range f.watchers {
		if w.answering.Load() {
			answering = append(answering, i)
		}
	}
	pairs := slices.Clone(f.same)
	found, _ := f.survey.sameServers(ctx, maps, answering) // the only error is that of ctx, which the caller looks at
	for _, pair := range found {
		if !slices.Contains(pairs, pair) {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// detail says in words what differs from what is observed, and is empty when nothing does.
func (f *Follower) detail(t probe.Topology) string {
	var parts []string
	for i, m := range t.Maps {
		if before := f.now.Maps[i]; !same(before, m) {
			parts = append(parts, difference(before, m))
		}
	}
	for _, pair := range t.SameServers[len(f.now.SameServers):] {
		parts = append(parts, fmt.Sprintf("%s and %s are one server", pair[0], pair[1]))
	}
	text := strings.Join(parts, "; ")
	if text != "" && !slices.Equal(t.Cover, f.now.Cover) {
		text += ": observed on " + counted(len(t.Cover), "slot")
	}
	return text
}
