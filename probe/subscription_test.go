package probe_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// perishing is a region whose subscriptions, as long as it is bad, deliver nothing and are lost after a while.
type perishing struct {
	*fake
	life time.Duration
	bad  atomic.Bool
	deaf atomic.Bool // the present subscription delivers nothing
}

// unheard is a sink that hears nothing of what is delivered over a deaf subscription.
type unheard struct {
	probe.Sink
	region *perishing
}

func (s unheard) Message(shard int, channel, payload []byte, at time.Time) {
	if !s.region.deaf.Load() {
		s.Sink.Message(shard, channel, payload, at)
	}
}

func (r *perishing) Run(ctx context.Context, channels [][]string, sink probe.Sink) error {
	ended := make(chan struct{})
	defer func() { <-ended }()
	r.deaf.Store(r.bad.Load())
	go func() {
		defer close(ended)
		for wait(ctx, r.life) {
			if !r.bad.Load() && !r.deaf.Load() {
				continue
			}
			r.deaf.Store(true)
			sink.Closed(0, probe.Subscribing, probe.Timeout, errors.New("10.0.0.1:6379: no answer in time"), time.Now())
			if !wait(ctx, 20*time.Millisecond) {
				return
			}
			sink.Opened(0, probe.Subscribing, time.Now())
			r.deaf.Store(r.bad.Load())
		}
	}()
	return r.fake.Run(ctx, channels, unheard{sink, r})
}

// wait waits, and tells whether ctx goes on.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// Lives are how long a subscription that delivers nothing lasts. Package region gives one up that is dead after four seconds.
var lives = []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 4 * time.Second, 6 * time.Second}

func TestASubscriptionThatIsLostAgainAndAgainIsFoundOut(t *testing.T) {
	for _, life := range lives {
		t.Run("after "+life.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := deploy(100*time.Millisecond, 1, 1, 1)
				c := d.config()
				eu := &perishing{fake: d.regions[1], life: life}
				c.Endpoints[1] = eu
				observed(t, c, func(r *rehearsal) {
					events := len(r.told())
					eu.bad.Store(true)
					r.until(3*life+4*time.Second, "degraded", verdict(probe.Degraded))
					for range 200 {
						s := r.pass(500 * time.Millisecond)
						if eu := s.Region("eu"); s.Verdict != probe.Degraded || eu.State != probe.RegionImpaired || len(s.Findings) != 1 {
							t.Fatalf("%s: %s", s.Verdict, s.Sentence)
						}
					}
					told := slices.Compact(r.changes(events))
					if last := told[len(told)-1]; last != probe.Degraded || len(told) > 2 {
						t.Errorf("told: %s", told)
					}
					events = len(r.told())
					eu.bad.Store(false)
					r.until(life+8*time.Second, "healthy", verdict(probe.Healthy))
					r.pass(20 * time.Second)
					if told := slices.Compact(r.changes(events)); !slices.Equal(told, []probe.Verdict{probe.Healthy}) {
						t.Errorf("it delivers again, and told is %s", told)
					}
				})
			})
		})
	}
}

func TestASubscriptionThatIsLostAgainAndAgainFromTheStart(t *testing.T) {
	for _, life := range lives {
		t.Run("after "+life.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := deploy(100*time.Millisecond, 1, 1, 1)
				c := d.config()
				eu := &perishing{fake: d.regions[1], life: life}
				eu.bad.Store(true)
				c.Endpoints[1] = eu
				r := rehearse(t, c)
				r.pass(time.Second)
				r.until(12*time.Second, "settled", func(s *probe.Snapshot) bool { return s.Settled })
				r.until(2*life+4*time.Second, "degraded", verdict(probe.Degraded))
				for i := range 100 {
					s := r.pass(500 * time.Millisecond)
					if s.Verdict != probe.Degraded || !s.Settled && i > 20 || s.Region("eu").State != probe.RegionImpaired {
						t.Fatalf("settled %v, %s: %s", s.Settled, s.Verdict, s.Sentence)
					}
				}
				r.end()
			})
		})
	}
}
