package cmd

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// surveyLimit bounds how long all regions together may take to say how they are sharded.
const surveyLimit = 15 * time.Second

// survey is how the regions are sharded, as far as they said.
type survey struct {
	maps   []slots.Map // by region
	failed []error     // by region; nil where there is a map
	cover  []int       // of the regions that said it
}

// survey asks all regions at once. The error is one of configuration that only a region could find; that a region cannot
// be asked is a part of the survey.
func (d *deployment) survey(ctx context.Context) (survey, error) {
	ctx, cancel := context.WithTimeout(ctx, surveyLimit)
	defer cancel()
	s := survey{maps: make([]slots.Map, len(d.regions)), failed: make([]error, len(d.regions))}
	s.ask(func(i int) error {
		var err error
		s.maps[i], err = region.Discover(ctx, d.regions[i], d.options)
		return err
	})
	if err := s.misconfigured(); err != nil {
		return s, err
	}
	known := s.known()
	if len(known) == 0 {
		return s, nil
	}
	s.cover = slots.Cover(known, nil)
	return s, d.verifyHashing(ctx, &s)
}

// verifyHashing asks the regions that told their sharding whether they hash the channels as they should, and notes of those
// that do not that they failed.
func (d *deployment) verifyHashing(ctx context.Context, s *survey) error {
	s.ask(func(i int) error {
		var channels []string
		for _, slot := range s.cover {
			channels = append(channels, slots.Channel(d.options.Prefix, slot, d.regions[i].Name))
		}
		if err := region.VerifyHashing(ctx, d.regions[i], channels, d.options); errors.Is(err, region.ErrConfiguration) {
			return err
		}
		return nil // a region that cannot say so has told its sharding all the same
	})
	return s.misconfigured()
}

// ask asks every region that has not failed yet, at once.
func (s *survey) ask(question func(i int) error) {
	var asking sync.WaitGroup
	for i, failed := range s.failed {
		if failed == nil {
			asking.Go(func() { s.failed[i] = question(i) })
		}
	}
	asking.Wait()
}

// known are the maps of the regions that answered.
func (s *survey) known() []slots.Map {
	var known []slots.Map
	for i, m := range s.maps {
		if s.failed[i] == nil {
			known = append(known, m)
		}
	}
	return known
}

// misconfigured returns what the regions said that no waiting mends.
func (s *survey) misconfigured() error {
	var errs []error
	for _, err := range s.failed {
		if errors.Is(err, region.ErrConfiguration) {
			errs = append(errs, err)
		}
	}
	return usage(errors.Join(errs...))
}

// complete returns the error of every region that did not answer.
func (s *survey) complete() error { return unobservable(errors.Join(s.failed...)) }

// complain says of each region that did not answer why, and notes what was said.
func (s *survey) complain(stderr io.Writer, heard *complaints) {
	for i, err := range s.failed {
		if err == nil {
			continue
		}
		complain(stderr, err, "")
		heard.known(s.maps[i].Region, region.CauseOf(err))
	}
}

// assume puts in the place of a map that is missing that of a single endpoint of unknown sharding, which leaves the coverage
// unproven. The cover stays that of the others, which is as good a guess as any; without others it is spread evenly.
func (s *survey) assume(d *deployment) {
	for i, failed := range s.failed {
		if failed == nil {
			continue
		}
		s.maps[i] = slots.Map{Region: d.regions[i].Name, Source: slots.Single, Shards: []slots.Shard{{
			ID: "1", Address: d.regions[i].Address, Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}}
	}
	if len(s.cover) == 0 {
		s.cover = slots.Cover(s.maps, nil)
	}
}

// endpoints are the regions as the probe sees them.
func (d *deployment) endpoints(maps []slots.Map) []*region.Endpoint {
	endpoints := make([]*region.Endpoint, len(maps))
	for i, m := range maps {
		endpoints[i] = region.NewEndpoint(d.regions[i], m, d.options)
	}
	return endpoints
}

// observed hands endpoints to the probe.
func observed(endpoints []*region.Endpoint) []probe.Endpoint {
	all := make([]probe.Endpoint, len(endpoints))
	for i, e := range endpoints {
		all[i] = e
	}
	return all
}
