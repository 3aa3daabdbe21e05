package canary

import (
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// sight is what a snapshot says of regions and links, as far as the ledger goes by
// it.
type sight struct {
	at      Moment
	regions []regionSight
	fences  map[path]drill.Fence // the newest of each path
	dead    []path               // on which nothing arrives, or nobody knows
}

// path is the way of an effect: one link, through the shards of one slot.
type path struct{ from, to, slot int }

type regionSight struct {
	down   bool // it makes no sense to ask it
	shards []shardSight
}

type shardSight struct {
	ranges    []slots.Range
	connected bool
	since     Moment // when the connections were made
	present   bool   // connected, and what it holds can be asked for
}

// sightOf takes from a snapshot what matters, at a moment after it was made. The
// regions have the indexes of their names.
func sightOf(s *probe.Snapshot, names []string, start time.Time, now Moment) sight {
	seen := sight{at: now, regions: make([]regionSight, len(names)), fences: make(map[path]drill.Fence)}
	index := make(map[string]int, len(names))
	for i, name := range names {
		index[name] = i
		if r := s.Region(name); r != nil {
			seen.regions[i] = regionOf(r, start)
		}
	}
	for i := range s.Links {
		l := &s.Links[i]
		if l.Loop() {
			continue
		}
		for k := range l.Cells {
			c := &l.Cells[k]
			p := path{index[l.From], index[l.To], c.Slot}
			if c.State.Silent() || c.State == probe.LinkUnknown {
				seen.dead = append(seen.dead, p)
			}
			// Each delivered message of the probe is a fence.
			if !c.LastDelivered.IsZero() {
				seen.fences[p] = drill.Fence{From: p.from, To: p.to, Slot: p.slot,
					Sent: c.LastDeliveredSent.Sub(start), Delivered: c.LastDelivered.Sub(start)}
			}
		}
	}
	return seen
}

func regionOf(r *probe.Region, start time.Time) regionSight {
	seen := regionSight{down: r.State == probe.RegionDown}
	for i := range r.Shards {
		h := &r.Shards[i]
		s := shardSight{ranges: h.Slots, connected: !h.Connected.IsZero()}
		if s.connected {
			s.since = h.Connected.Sub(start)
			s.present = h.State == probe.RegionAvailable || h.State == probe.RegionImpaired
		}
		seen.shards = append(seen.shards, s)
	}
	return seen
}

// shard returns what is seen of the shard of a region that owns a slot; nobody is
// the zero shardSight.
func (s *sight) shard(region, slot int) shardSight {
	if region >= len(s.regions) {
		return shardSight{}
	}
	for _, h := range s.regions[region].shards {
		for _, r := range h.ranges {
			if slot >= r.First && slot <= r.Last {
				return h
			}
		}
	}
	return shardSight{}
}

// crossed tells whether a fence that was sent at or after a moment has arrived on
// a path.
func (s *sight) crossed(p path, sent Moment) bool {
	f, ok := s.fences[p]
	return ok && f.Sent >= sent
}
