package matrix_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/heartbeat"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
)

// beats is a heart that goes on beside a probe, until it is ended.
type beats struct {
	*heartbeat.Heart
	end func() // when it returns, nothing is written any more
}

// beatDeadline is that of the command: package cmd has it from the policy, too.
func beatDeadline(p probe.Policy) time.Duration {
	return min(max(2*p.Deadline, 2*time.Second), 20*time.Second)
}

// beat makes what writes and reads the heartbeat keys of a probe, as the command does with --dataset: all regions may be
// written.
func (r *run) beat(ctx context.Context, t probe.Topology, options region.Options) (*beats, error) {
	c := heartbeat.Config{
		Topology: heartbeat.Topology{Maps: t.Maps, Cover: t.Cover}, Prefix: prefix, Observer: r.observer(),
		Deadline: beatDeadline(r.policy), Timeout: options.Timeout,
	}
	for _, given := range r.deployment.given {
		c.Stores = append(c.Stores, region.NewHeart(given, options))
		c.Writable = append(c.Writable, given.Name)
	}
	h, err := heartbeat.New(c)
	if err != nil {
		return nil, err
	}
	beside, stop := context.WithCancel(context.WithoutCancel(ctx)) // the last snapshot still goes by it
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.Run(beside)
	}()
	return &beats{h, func() {
		stop()
		<-ended
	}}, nil
}

// observer is the id of the probe that is judged.
func (r *run) observer() string { return fmt.Sprintf("m%d", r.seed%1e9) }

// follow makes the heart take up the topologies that the probe takes up.
func (b *beats) follow(t probe.Topology) error {
	return b.Change(heartbeat.Topology{Maps: t.Maps, Cover: t.Cover})
}
