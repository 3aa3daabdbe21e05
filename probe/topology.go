package probe

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/aafailover/aafailover/slots"
)

// Topology is how the regions are sharded, where they are talked to, and which slots are tried. It may change during a
// run; the regions and their order may not.
type Topology struct {
	// Maps are the slot maps of the regions; the first region is the local one.
	Maps []slots.Map
	// Endpoints are the regions themselves, in the order of Maps.
	Endpoints []Endpoint
	// Cover are the slots that are tried, ascending: see [slots.Cover].
	Cover []int
	// SameServers are pairs of regions that turned out to be one server: nothing is replicated between them, and that
	// messages get from one to the other proves nothing.
	SameServers [][2]string
	// Detail says in words what has changed. Of the topology that a run begins with it is not used.
	Detail string
}

// Check returns an error that says what makes no sense, all of it; nil when everything does.
func (t Topology) Check() error {
	var errs []error
	if len(t.Maps) == 0 {
		errs = append(errs, errors.New("no region to observe"))
	}
	if len(t.Maps) > maxRegions {
		errs = append(errs, fmt.Errorf("%d regions: at most %d can be observed", len(t.Maps), maxRegions))
	}
	if len(t.Endpoints) != len(t.Maps) {
		errs = append(errs, fmt.Errorf("%d endpoints for %d regions", len(t.Endpoints), len(t.Maps)))
	}
	if len(t.Cover) == 0 {
		errs = append(errs, errors.New("no slot to try"))
	}
	for i, slot := range t.Cover {
		if slot < 0 || slot >= slots.Count {
			errs = append(errs, fmt.Errorf("slot %d: not within 0-%d", slot, slots.Count-1))
		} else if i > 0 && slot <= t.Cover[i-1] {
			errs = append(errs, fmt.Errorf("slot %d: the slots to try must ascend", slot))
		}
	}
	seen := map[string]bool{}
	for _, m := range t.Maps {
		if seen[m.Region] {
			errs = append(errs, fmt.Errorf("%s: the region is named twice", m.Region))
		}
		seen[m.Region] = true
		if err := m.Check(); err != nil {
			errs = append(errs, err)
		}
		if len(m.Shards) == 0 {
			errs = append(errs, fmt.Errorf("%s: the region has no shard", m.Region))
		}
	}
	return errors.Join(errs...)
}

// follows returns an error unless this topology can take the place of another one.
func (t Topology) follows(before *Topology) error {
	if err := t.Check(); err != nil {
		return err
	}
	name := func(m slots.Map) string { return m.Region }
	if !slices.EqualFunc(t.Maps, before.Maps, func(a, b slots.Map) bool { return name(a) == name(b) }) {
		return errors.New("the regions and their order cannot change during a run")
	}
	return nil
}

// subscriptions returns the channels that each shard of a region is to deliver: those of all source regions.
func (t *Topology) subscriptions(prefix string, region int) [][]string {
	names := make([][]string, len(t.Maps[region].Shards))
	shards := owners(t.Maps[region], t.Cover)
	for _, source := range t.Maps {
		for place, owner := range owners(source, t.Cover) {
			if owner >= 0 && shards[place] >= 0 {
				names[shards[place]] = append(names[shards[place]], slots.Channel(prefix, t.Cover[place], source.Region))
			}
		}
	}
	return names
}

// owners returns which shard owns each slot of a cover, -1 for none.
func owners(m slots.Map, cover []int) []int {
	shards := make([]int, len(cover))
	for place, slot := range cover {
		shard, ok := m.ShardOf(slot)
		if !ok {
			shard = -1
		}
		shards[place] = shard
	}
	return shards
}

// keeps tells whether the connections to a region serve this topology as they served the one before.
func (t *Topology) keeps(before *Topology, prefix string, region int) bool {
	return same(t.Endpoints[region], before.Endpoints[region]) &&
		slices.EqualFunc(t.subscriptions(prefix, region), before.subscriptions(prefix, region), slices.Equal[[]string])
}

// same tells whether two endpoints are the same value. Those that cannot be compared are not.
func same(a, b Endpoint) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}
