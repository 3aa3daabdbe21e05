package probe_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// distant is a region at a distance from the observer: whatever is sent to it and comes back takes its time, and is lost when the
// observer's network is away by then.
type distant struct {
	*fake
	roundTrip time.Duration
	away      *bool // guarded by mu of the deployment
}

// travel does something after half a round trip, unless the network is away.
func (r *distant) travel(do func()) {
	time.AfterFunc(r.roundTrip/2, func() {
		r.of.mu.Lock()
		away := *r.away
		r.of.mu.Unlock()
		if !away {
			do()
		}
	})
}

func (r *distant) Run(ctx context.Context, channels [][]string, sink probe.Sink) error {
	return r.fake.Run(ctx, channels, distantSink{sink, r})
}

func (r *distant) Ping(shard int, id uint64) { r.travel(func() { r.fake.Ping(shard, id) }) }

func (r *distant) Publish(shard int, id uint64, channel string, payload []byte) {
	text := slices.Clone(payload)
	r.travel(func() { r.fake.Publish(shard, id, channel, text) })
}

type distantSink struct {
	probe.Sink
	region *distant
}

func (s distantSink) Accepted(shard int, id uint64, receivers int, _ time.Time) {
	s.region.travel(func() { s.Sink.Accepted(shard, id, receivers, time.Now()) })
}

func (s distantSink) Message(shard int, channel, payload []byte, _ time.Time) {
	c, text := slices.Clone(channel), slices.Clone(payload)
	s.region.travel(func() { s.Sink.Message(shard, c, text, time.Now()) })
}

// When the observer's network goes away, what was on its way to the regions far away is lost, and what was sent to one nearby a
// moment later was answered.
func TestAnObserverThatIsCutOffBlamesNoDistantRegion(t *testing.T) {
	for _, row := range []struct {
		name  string
		trips []time.Duration // in milliseconds
	}{
		{"other regions are far away", []time.Duration{2, 80, 200}},
		{"the local region is far away", []time.Duration{200, 2, 80}},
		{"one region is so far away that its deadline is near", []time.Duration{2, 2, 700}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for phase := range 50 {
				synctest.Test(t, func(t *testing.T) {
					d := deploy(80*time.Millisecond, 1, 1, 1)
					c := d.config()
					away := false
					for i, trip := range row.trips {
						c.Endpoints[i] = &distant{d.regions[i], trip * time.Millisecond, &away}
					}
					observed(t, c, func(r *rehearsal) {
						r.pass(time.Duration(phase) * 5 * time.Millisecond)
						events := len(r.told())
						d.set(func() { away = true })
						r.pass(10 * time.Second)
						d.set(func() { away = false })
						r.pass(15 * time.Second)
						if told := slices.Compact(r.changes(events)); !slices.Equal(told, []probe.Verdict{probe.Unobservable, probe.Healthy}) {
							t.Errorf("phase %d: %s", phase, told)
						}
						for _, e := range r.told()[events:] {
							if e.State == string(probe.RegionDown) {
								t.Errorf("phase %d: %s of %s%s→%s is told", phase, e.State, e.Region, e.From, e.To)
							}
						}
					})
				})
			}
		})
	}
}
