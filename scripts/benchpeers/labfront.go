package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/lab"
)

// frontLoads are what is asked of a front of the lab and of a redis-server.
var frontLoads = []struct {
	name     string
	pipeline int
	reads    bool
}{{"set", 1, false}, {"set", 16, false}, {"set", 50, false}, {"get", 1, true}, {"get", 16, true}, {"get", 50, true}}

// The keys of a reading load, and how long a load lasts on redis-server.
const (
	frontKeys = 100_000
	frontFor  = 1500 * time.Millisecond
)

// ofFronts sets a front of the lab, behind which two other regions get every write, beside a redis-server that is alone.
func ofFronts() []experiment {
	fronts := experiment{
		name:    "lab.fronts",
		title:   fmt.Sprintf("redis-benchmark against a lab of 3 regions that replicate, through the front of one, and against a redis-server that is alone: 50 connections, %d bytes", writtenBytes),
		long:    true,
		prepare: throughFront,
	}
	for _, l := range frontLoads {
		what := fmt.Sprintf("`GET`, %d at once", l.pipeline)
		if !l.reads {
			what = fmt.Sprintf("`SET … EX 60` of new keys, %d at once", l.pipeline)
		}
		fronts.lines = append(fronts.lines, line{name: fmt.Sprintf("%s-%d", l.name, l.pipeline), what: what, peer: "redis-server", unit: perSecond, aim: ratioAtLeast(0.5)})
	}
	return []experiment{fronts, {
		name:  "lab.delay",
		title: "From a `SET` in one region of an idle lab, with no delay on its links, until `EXISTS`, asked all the time, finds it in another",
		long:  true,
		lines: []line{
			{name: "median", what: "median", unit: "ms"},
			{name: "p99", what: "99th percentile of 1,000", unit: "ms", aim: atMost(5)},
		},
		prepare: replicationDelay,
	}}
}

// fronts starts a lab of three regions of one shard without delays, and returns who asks each.
func (s *stand) fronts(ctx context.Context) ([]*asker, error) {
	program, err := s.program()
	if err != nil {
		return nil, err
	}
	control, err := s.lab(ctx, program, "us,eu,ap", 1, "--link-delay", "0s")
	if err != nil {
		return nil, err
	}
	client, err := lab.Connect(control)
	if err != nil {
		return nil, err
	}
	status, err := client.Status(ctx)
	if err != nil {
		return nil, err
	}
	var all []*asker
	for _, r := range status.Regions {
		address, err := hostOf(r.URL)
		if err != nil {
			return nil, err
		}
		a, err := newAsker(ctx, address)
		if err != nil {
			return nil, err
		}
		s.later(func() { _ = a.Close() })
		all = append(all, a)
	}
	return all, nil
}

func throughFront(ctx context.Context, s *stand) (repetition, error) {
	_, server, err := s.askedServer(ctx)
	if err != nil {
		return nil, err
	}
	rates := make([]float64, len(frontLoads)) // of the slower one
	return func(ctx context.Context, number int) ([]reading, error) {
		all := make([]reading, len(frontLoads))
		for i, l := range frontLoads {
			b := benchmark{connections: 50, pipeline: l.pipeline, keys: mostKeys, requests: int(max(rates[i], 20_000*min(float64(l.pipeline), 8)) * frontFor.Seconds())}
			b.command = []string{"SET", "key:__rand_int__", strings.Repeat("x", writtenBytes), "EX", "60"}
			if l.reads {
				b.keys, b.command = frontKeys, []string{"GET", "key:__rand_int__"}
			}
			err := inTurn(number,
				func() (err error) {
					// A new lab each time: one remembers for minutes what was removed, lest another region brings it back.
					own := &stand{folder: s.folder, out: s.out, program: s.program}
					defer own.end()
					regions, err := own.fronts(ctx)
					if err == nil {
						all[i].ours, err = own.load(ctx, "a front", b, l.reads, regions)
					}
					return err
				},
				func() (err error) {
					all[i].peer, err = s.load(ctx, "redis-server", b, l.reads, []*asker{server})
					return err
				})
			if err != nil {
				return nil, err
			}
			rates[i] = min(all[i].ours, all[i].peer)
		}
		return all, nil
	}, nil
}

// load puts a load on the first of some regions, and waits until the others have what was written.
func (s *stand) load(ctx context.Context, name string, b benchmark, reads bool, regions []*asker) (perSecond float64, err error) {
	to := regions[0]
	if _, err := to.ask("FLUSHALL"); err != nil {
		return 0, err
	}
	if reads {
		fill := benchmark{connections: 50, pipeline: 16, requests: 3 * frontKeys, keys: frontKeys, command: []string{"SET", b.command[1], strings.Repeat("x", writtenBytes)}}
		if _, _, err := fill.run(ctx, to.RemoteAddr().String()); err != nil {
			return 0, err
		}
	}
	if err := sameSize(ctx, regions); err != nil {
		return 0, err
	}
	perSecond, raw, err := b.run(ctx, to.RemoteAddr().String())
	s.show(name, raw)
	return perSecond, errors.Join(err, sameSize(ctx, regions))
}

// sameSize waits until all regions have as many keys.
func sameSize(ctx context.Context, regions []*asker) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		var sizes []int64
		for _, r := range regions {
			v, err := r.ask("DBSIZE")
			if err != nil {
				return err
			}
			sizes = append(sizes, v.Int)
		}
		if slices.Min(sizes) == slices.Max(sizes) {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the regions have %v keys, and do not come together", sizes)
		}
	}
}

func replicationDelay(ctx context.Context, s *stand) (repetition, error) {
	const trips, pause = 1000, 2 * time.Millisecond
	regions, err := s.fronts(ctx)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, number int) ([]reading, error) {
		var took []time.Duration
		for i := range trips {
			key := fmt.Sprintf("delay:%d:%d", number, i)
			begun := time.Now()
			if _, err := regions[0].ask("SET", key, "v", "EX", "60"); err != nil {
				return nil, err
			}
			for found := false; !found; {
				v, err := regions[1].ask("EXISTS", key)
				if err != nil {
					return nil, err
				}
				if found = v.Int == 1; !found && (ctx.Err() != nil || time.Since(begun) > time.Minute) {
					return nil, fmt.Errorf("%s does not arrive", key)
				}
			}
			took = append(took, time.Since(begun))
			time.Sleep(pause)
		}
		slices.Sort(took)
		return alone(milliseconds(nearestRank(took, 50)), milliseconds(nearestRank(took, 99))), nil
	}, nil
}
