// Package survey finds out how the regions of a deployment are sharded and which slots are to be tried, and follows both
// while they are observed.
//
//	config.Region ──> region.Discover ──> Survey: one slots.Map per region, and their slots.Cover
//	                                        │ Prepare
//	                                        ▼
//	                                 probe.Topology ───────────────────────────────> probe.Config
//	                                        │ Follow
//	                                        ▼
//	probe.Snapshot ──> Notice ──> watcher, one per region: asks again
//	                                        │ answers
//	                                        ▼
//	                              belief: is it to be believed already?
//	                                        │ maps that differ
//	                                        ▼
//	    connections ──> kinship ──> Follower: arranged, covered, checked ──> probe.Topology ──> probe.Config.Changes
//
// What a region says is never judged here: one that cannot be asked keeps the map that it had, or is taken for a single
// endpoint of unknown sharding, and that it cannot be used is for the probe to find. Nothing is published but to
// find regions that are one server, and nothing is ever written.
package survey

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// limit bounds how long all regions together may take to say how they are sharded.
const limit = 15 * time.Second

// Survey is how the regions of a deployment are sharded, as far as they said. It is made by [Take].
type Survey struct {
	// Maps are the slot maps, by region; empty where Failed is not nil, until [Survey.Assume].
	Maps []slots.Map
	// Failed says, by region, why it did not tell its sharding; nil where it did.
	Failed []error
	// Unmanaged says, by region, why its REST API, or for want of a right the region itself, did not tell its sharding: its map is the next best.
	// Nil where it told, or was not needed.
	Unmanaged []error
	// Cover are the slots to try, ascending: see [slots.Cover]. It is that of the regions that told their sharding, and
	// empty when none did, until [Survey.Assume].
	Cover []int
	// Wrap, where it is not nil, is what every endpoint that is handed to the probe is passed through, those of
	// later topologies included.
	Wrap func(region string, e probe.Endpoint) probe.Endpoint
	// Options is how the regions are talked to: that of Take, and to be changed before Prepare at the latest.
	Options region.Options

	regions  []config.Region
	contacts []*contact // by region
}

// Take asks all regions at once how they are sharded, and whether they hash channels as they should. It takes a few
// times Options.Timeout at the most. That a region cannot be asked is a part of the survey; the error is
// [region.ErrConfiguration] of those that are not as they are configured, which no waiting mends.
func Take(ctx context.Context, regions []config.Region, o region.Options) (*Survey, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s := &Survey{Maps: make([]slots.Map, len(regions)), Failed: make([]error, len(regions)), Unmanaged: make([]error, len(regions)), regions: regions, Options: o}
	for range regions {
		s.contacts = append(s.contacts, newContact())
	}
	s.ask(func(i int) error {
		var err error
		s.Maps[i], err = region.Discover(ctx, regions[i], o)
		if errors.Is(err, region.ErrManagement) {
			s.Unmanaged[i], err = err, nil
		}
		return err
	})
	if err := s.misconfigured(); err != nil {
		return nil, err
	}
	if s.Told() == 0 {
		return s, nil
	}
	s.Cover = coverOf(s.Maps, s.told(), nil)
	s.ask(func(i int) error { return verifyHashing(ctx, regions[i], s.Cover, o) })
	if err := s.misconfigured(); err != nil {
		return nil, err
	}
	return s, nil
}

// ask asks every region that has not failed yet, at once.
func (s *Survey) ask(question func(i int) error) {
	var asking sync.WaitGroup
	for i, failed := range s.Failed {
		if failed == nil {
			asking.Go(func() { s.Failed[i] = question(i) })
		}
	}
	asking.Wait()
}

// misconfigured returns what the regions said that no waiting mends.
func (s *Survey) misconfigured() error {
	var errs []error
	for _, err := range s.Failed {
		if errors.Is(err, region.ErrConfiguration) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// verifyHashing asks a region whether it hashes the channels of its own on these slots as it should. The error is
// [region.ErrConfiguration]: a region that cannot say so has told its sharding all the same.
func verifyHashing(ctx context.Context, r config.Region, cover []int, o region.Options) error {
	var channels []string
	for _, slot := range cover {
		channels = append(channels, slots.Channel(cmp.Or(o.Prefix, region.DefaultPrefix), slot, r.Name))
	}
	if err := region.VerifyHashing(ctx, r, channels, o); errors.Is(err, region.ErrConfiguration) {
		return err
	}
	return nil
}

// told says of each region whether it told its sharding.
func (s *Survey) told() []bool {
	told := make([]bool, len(s.Failed))
	for i, failed := range s.Failed {
		told[i] = failed == nil
	}
	return told
}

// Told returns how many regions told their sharding.
func (s *Survey) Told() int {
	n := 0
	for _, told := range s.told() {
		if told {
			n++
		}
	}
	return n
}

// Err returns the errors of all regions that did not tell their sharding, joined; nil when all did.
func (s *Survey) Err() error { return errors.Join(s.Failed...) }

// Assume puts in the place of a map that is missing that of a single endpoint of unknown sharding, which leaves the
// coverage unproven. The cover stays that of the others, which is as good a guess as any; without others it is
// spread evenly.
func (s *Survey) Assume() {
	for i, failed := range s.Failed {
		if failed != nil {
			s.Maps[i] = assumed(s.regions[i])
		}
	}
	s.Cover = coverOf(s.Maps, s.told(), s.Cover)
}

// assumed is the map of a region of which nothing is known but its endpoint.
func assumed(r config.Region) slots.Map {
	return slots.Map{Region: r.Name, Source: slots.Single, Shards: []slots.Shard{{
		ID: "1", Address: r.Address, Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}}
}

// coverOf returns the cover of the maps that were told, or of all when none was.
func coverOf(maps []slots.Map, told []bool, previous []int) []int {
	var known []slots.Map
	for i, m := range maps {
		if told[i] {
			known = append(known, m)
		}
	}
	if len(known) == 0 {
		known = maps
	}
	return slots.Cover(known, previous)
}

// Prepare makes what a probe needs: an endpoint for every region, and which of them are one server. [Survey.Assume] comes
// first where a region did not tell its sharding. It takes four times Options.Timeout at the most; the only error
// is that of ctx.
func (s *Survey) Prepare(ctx context.Context) (probe.Topology, error) {
	t := probe.Topology{Maps: s.Maps, Cover: s.Cover, Endpoints: s.Endpoints()}
	var endpoints []*region.Endpoint
	for i := range s.Maps {
		endpoints = append(endpoints, s.bare(i, s.Maps[i]))
	}
	var err error
	t.SameServers, err = region.SameServers(ctx, endpoints)
	return t, err
}

// Endpoints are the regions as the probe sees them, without any connection yet. They are others at each call.
func (s *Survey) Endpoints() []probe.Endpoint {
	var endpoints []probe.Endpoint
	for i, m := range s.Maps {
		endpoints = append(endpoints, s.endpoint(i, m))
	}
	return endpoints
}

// endpoint is a region as the probe sees it.
func (s *Survey) endpoint(i int, m slots.Map) probe.Endpoint {
	var e probe.Endpoint = &attentive{Endpoint: s.bare(i, m), shards: len(m.Shards), contact: s.contacts[i]}
	if s.Wrap != nil {
		e = s.Wrap(m.Region, e)
	}
	return e
}

// bare is a region as it is talked to, by whomever.
func (s *Survey) bare(i int, m slots.Map) *region.Endpoint {
	return region.NewEndpoint(s.regions[i], m, s.Options)
}
