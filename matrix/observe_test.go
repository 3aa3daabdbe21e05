package matrix_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/survey"
)

// begin starts the probe that is judged.
func (r *run) begin(ctx context.Context) error {
	return r.start(ctx, r.deployment.options, r.scenario.Dataset, func(c *probe.Config) {
		c.Random = rand.NewPCG(r.seed, 1)
		c.Observer = r.observer()
		// What stops the observer stops the loop in which these are called, too.
		notice := c.OnSnapshot
		c.OnSnapshot = func(s *probe.Snapshot) {
			notice(s)
			r.judge.snapshot(s)
			r.deployment.network.Awake()
		}
		c.OnEvent = func(e probe.Event) {
			r.judge.event(e)
			r.deployment.network.Awake()
		}
	})
}

// observe starts another probe, elsewhere: of it nothing is judged, and no fault of the network concerns it.
func (r *run) observe(ctx context.Context) error {
	elsewhere := r.deployment.options
	elsewhere.Dial = r.deployment.dial
	return r.start(ctx, elsewhere, false, func(*probe.Config) {})
}

// start asks the regions how they are sharded, observes them, and follows what changes, as the command does; with a dataset it
// writes and reads keys, too.
func (r *run) start(ctx context.Context, options region.Options, dataset bool, adapt func(*probe.Config)) error {
	s, err := survey.Take(ctx, r.deployment.given, options)
	if err != nil {
		return err
	}
	s.Assume()
	t, err := s.Prepare(ctx)
	if err != nil {
		return err
	}
	var like survey.Following
	c := probe.Config{
		Policy: r.policy, Prefix: prefix, Maps: t.Maps, Endpoints: t.Endpoints, Cover: t.Cover, SameServers: t.SameServers,
	}
	end := func() {}
	if dataset {
		heart, err := r.beat(ctx, t, options)
		if err != nil {
			return err
		}
		like.Allow, c.Proof, c.Keys, end = heart.follow, heart.Proof, heart.Keys, heart.end
	}
	following := s.Follow(t, like)
	c.Changes, c.OnSnapshot = following.Changes(), following.Notice
	adapt(&c)
	r.probing.Go(func() error {
		following.Run(ctx)
		return nil
	})
	r.probing.Go(func() error {
		defer end()
		return r.clock.run(ctx, c)
	})
	return nil
}

// forge publishes messages that no observer sent, on every channel of every region: garbage, and such as only their nonce
// tells from real ones.
func (r *run) forge(ctx context.Context, messages int) error {
	last := r.judge.latest()
	if last == nil {
		return fmt.Errorf("forge: there is no snapshot to tell the observer from")
	}
	for _, given := range r.deployment.given {
		c, err := r.deployment.direct(ctx, "tcp", given.Address)
		if err != nil {
			return err
		}
		var commands []byte
		n := 0
		for _, l := range last.Links {
			for _, cell := range l.Cells {
				if l.From != given.Name || !l.Loop() {
					continue
				}
				for i := range messages {
					text := fmt.Sprintf("aaf1 %s %d %016x", last.Observer, int(cell.Sent)+i-messages/2, r.random.Uint64())
					if i%4 == 0 {
						text = "garbage"
					}
					commands = resp.AppendCommand(commands, "PUBLISH", cell.Channel, text)
					n++
				}
			}
		}
		_, err = c.Write(commands)
		replies := resp.NewReader(c)
		for range n {
			if err == nil {
				_, err = replies.ReadValue()
			}
		}
		_ = c.Close()
		if err != nil {
			return fmt.Errorf("forge: %w", err)
		}
	}
	return nil
}
