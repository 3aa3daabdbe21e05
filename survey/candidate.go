package survey

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aafailover/aafailover/probe"
)

// candidate makes the topology with what the regions tell, without a Detail when nothing differs from what is observed; and
// says of each region whether it has what that one told. A region that hashes channels by another rule keeps
// the map that it had: complete is false then, and it is complained of.
func (f *Follower) candidate(ctx context.Context) (t probe.Topology, taken []bool, complete bool) {
	barred := make([]bool, len(f.told))
	complete = true
	for {
		t, taken = f.topology(barred)
		wrong := f.verifyHashing(ctx, t.Cover, barred)
		again := false
		for i, err := range wrong {
			if err != nil {
				f.complain(err)
				barred[i], again, complete = true, true, false
			}
		}
		if !again || ctx.Err() != nil {
			break
		}
	}
	t.Endpoints = slices.Clone(f.now.Endpoints)
	for i, m := range t.Maps {
		if !sameAddresses(m, f.now.Maps[i]) {
			t.Endpoints[i] = f.survey.endpoint(i, m)
		}
	}
	return t, taken, complete
}

// topology makes the topology with what the regions tell, but those that are barred; without endpoints.
func (f *Follower) topology(barred []bool) (probe.Topology, []bool) {
	t, taken := probe.Topology{Maps: slices.Clone(f.now.Maps)}, slices.Clone(f.taken)
	for i, m := range f.told {
		if barred[i] || len(m.Shards) == 0 {
			continue
		}
		taken[i] = true
		if before := f.now.Maps[i]; !same(m, before) {
			t.Maps[i] = arranged(m, before)
		}
	}
	t.Cover = coverOf(t.Maps, taken, f.now.Cover)
	t.SameServers = f.kin.pairs(t.Maps)
	t.Detail = f.detail(t)
	return t, taken
}

// verifyHashing asks the regions that answer for the channels that are new to them, but those that are barred, and returns
// by region what is wrong.
func (f *Follower) verifyHashing(ctx context.Context, cover []int, barred []bool) []error {
	wrong := make([]error, len(f.watchers))
	var asking sync.WaitGroup
	for i, w := range f.watchers {
		try := f.hashed[i].missing(cover)
		if len(try) == 0 || barred[i] || !w.answering.Load() {
			continue
		}
		asking.Go(func() {
			if wrong[i] = verifyHashing(ctx, w.region, try, w.options); wrong[i] == nil {
				f.hashed[i].add(try)
			}
		})
	}
	asking.Wait()
	return wrong
}

// detail says in words what differs from what is observed, and is empty when nothing does.
func (f *Follower) detail(t probe.Topology) string {
	var parts []string
	for i, m := range t.Maps {
		if before := f.now.Maps[i]; !same(before, m) {
			parts = append(parts, difference(before, m))
		}
	}
	for _, pair := range t.SameServers {
		if !slices.Contains(f.now.SameServers, pair) {
			parts = append(parts, fmt.Sprintf("%s and %s are one server", pair[0], pair[1]))
		}
	}
	for _, pair := range f.now.SameServers {
		if !slices.Contains(t.SameServers, pair) {
			parts = append(parts, fmt.Sprintf("%s and %s are not one server any more", pair[0], pair[1]))
		}
	}
	text := strings.Join(parts, "; ")
	if text != "" && !slices.Equal(t.Cover, f.now.Cover) {
		text += ": observed on " + counted(len(t.Cover), "slot")
	}
	return text
}

// slotSet is some slots.
type slotSet map[int]struct{}

func (s slotSet) add(some []int) {
	for _, slot := range some {
		s[slot] = struct{}{}
	}
}

// missing returns those of some slots that are not in the set.
func (s slotSet) missing(some []int) []int {
	var missing []int
	for _, slot := range some {
		if _, ok := s[slot]; !ok {
			missing = append(missing, slot)
		}
	}
	return missing
}

// keep removes all but some slots, which are in ascending order.
func (s slotSet) keep(some []int) {
	maps.DeleteFunc(s, func(slot int, _ struct{}) bool {
		_, ok := slices.BinarySearch(some, slot)
		return !ok
	})
}
