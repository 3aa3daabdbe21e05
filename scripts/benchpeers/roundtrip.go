package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Round trips of one repetition: so many messages, the same pause between them for both.
const (
	tripsAtOnce = 500
	tripPause   = 10 * time.Millisecond
)

// ofRoundTrips sets the round trips that the program reports beside those of bare sockets. Both publish to the same server at the
// same rate, over as many connections, so that neither keeps the server or the machine more awake than the other. The program
// counts in buckets whose bounds are up to 12.5 % apart, and reports the upper one.
func ofRoundTrips() []experiment {
	var all []experiment
	for _, shards := range []int{1, 16} {
		all = append(all, experiment{
			name:  fmt.Sprintf("round-trip.%d", shards),
			title: fmt.Sprintf("Round trips that `probe` reports, over %d connections to publish and %[1]d to receive, 100 messages a second in all", shards),
			long:  true,
			lines: []line{
				{name: "median", what: "median", peer: "bare sockets", unit: "ms", aim: ratioAtMost(1.2)},
				{name: "p99", what: "99th percentile", peer: "bare sockets", unit: "ms", aim: ratioAtMost(1.5)},
			},
			prepare: func(ctx context.Context, s *stand) (repetition, error) { return roundTrips(ctx, s, shards) },
		})
	}
	return all
}

func roundTrips(ctx context.Context, s *stand, shards int) (repetition, error) {
	program, err := s.program()
	if err != nil {
		return nil, err
	}
	address, err := s.server(ctx)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, number int) ([]reading, error) {
		readings := make([]reading, 2)
		err := inTurn(number,
			func() (err error) {
				readings[0].ours, readings[1].ours, err = probedTrips(ctx, program, address, shards)
				return err
			},
			func() error {
				took, err := bareTrips(ctx, address, shards)
				if err != nil {
					return err
				}
				slices.Sort(took)
				readings[0].peer, readings[1].peer = milliseconds(nearestRank(took, 50)), milliseconds(nearestRank(took, 99))
				return nil
			})
		return readings, err
	}, nil
}

// nearestRank returns what so many percent of sorted durations do not exceed, as the program defines it.
func nearestRank(sorted []time.Duration, percent int) time.Duration {
	return sorted[max((len(sorted)*percent+99)/100, 1)-1]
}

// probedTrips has the program observe the server alone, as a region with so many shards, and returns the median and the 99th
// percentile of its loop in milliseconds.
func probedTrips(ctx context.Context, program, address string, shards int) (median, p99 float64, err error) {
	_, out, err := timed(ctx, program, "probe", "-o", "json",
		"--region", fmt.Sprintf("us=redis://%s?shards=%d", address, shards),
		"--interval", (tripPause * time.Duration(shards)).String(), "--for", (tripsAtOnce * tripPause).String())
	if err != nil {
		return 0, 0, err
	}
	var said struct {
		Verdict string `json:"verdict"`
		Links   []struct {
			RTT struct {
				P50 float64 `json:"p50"`
				P99 float64 `json:"p99"`
			} `json:"rtt_ms"`
		} `json:"links"`
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		return 0, 0, fmt.Errorf("probe: %w", err)
	}
	if said.Verdict != "healthy" || len(said.Links) != 1 {
		return 0, 0, fmt.Errorf("probe of one server that works: %s, %d links", said.Verdict, len(said.Links))
	}
	return said.Links[0].RTT.P50, said.Links[0].RTT.P99, nil
}

// bareTrips publishes on so many pairs of connections in turn, and returns how long each message took to come back.
func bareTrips(ctx context.Context, address string, pairs int) ([]time.Duration, error) {
	all := make([]*pingPong, pairs)
	for i := range all {
		p, err := newPingPong(ctx, address, slots.Channel("baresocket", i, "us")) // as long as a channel of the program
		if err != nil {
			return nil, err
		}
		defer p.close()
		all[i] = p
	}
	tick := time.NewTicker(tripPause)
	defer tick.Stop()
	took := make([]time.Duration, 0, tripsAtOnce)
	for i := range tripsAtOnce {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		one, err := all[i%pairs].trip(i)
		if err != nil {
			return nil, err
		}
		took = append(took, one)
	}
	return took, nil
}
