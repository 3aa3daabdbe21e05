package probe

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// crowd is 5 regions of 256 shards, 6,400 cells, of which everything arrives.
type crowd struct {
	state *state
	at    instant
}

const crowdRegions, crowdShards = 5, 256

// newCrowd returns a crowd that was observed for 100 intervals.
func newCrowd() *crowd {
	c := &Config{Policy: DefaultPolicy(), Prefix: "aafailover"}
	for i := range crowdRegions {
		m := slots.Map{Region: fmt.Sprint("r", i), Source: slots.ClusterSlots}
		for k, ranges := range slots.Even(crowdShards) {
			m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprint(k), Slots: ranges})
		}
		c.Maps = append(c.Maps, m)
	}
	c.Cover = slots.Cover(c.Maps, nil)
	w := &crowd{state: newState(c, "me", time.Now()), at: 1}
	for r := range crowdRegions {
		for h := range crowdShards {
			for _, role := range []Role{Publishing, Subscribing} {
				w.state.observe(&observation{what: opened, region: uint16(r), shard: uint16(h), role: role, at: w.at})
			}
		}
	}
	for range 100 {
		w.interval()
	}
	return w
}

// interval publishes, acknowledges and delivers a message of each channel, and lets an interval pass.
func (w *crowd) interval() {
	s := w.state
	for _, ch := range s.channels {
		nonce := rand.Uint64()
		seq := s.published(ch, nonce, w.at)
		s.observe(&observation{what: accepted, region: uint16(ch.region), shard: uint16(ch.shard), id: messageID(ch.index, seq), at: w.at})
		id := s.pinged(ch.region, ch.shard, w.at)
		s.observe(&observation{what: accepted, region: uint16(ch.region), shard: uint16(ch.shard), id: id, at: w.at})
		for to := range crowdRegions {
			s.observe(&observation{what: received, region: uint16(to), shard: uint16(ch.shard), channel: int32(ch.index), id: seq, nonce: nonce, at: w.at})
		}
	}
	for range 10 {
		w.at += instant(s.policy.Interval / 10)
		s.advance(w.at)
	}
}

// BenchmarkSecond measures what one second of observing 5 regions of 256 shards costs, without the network: 5,120
// messages published, acknowledged and received in 5 regions, 5,120 PINGs, 40 looks at the whole state, 4 snapshots.
func BenchmarkSecond(b *testing.B) {
	w := newCrowd()
	var snap *Snapshot
	b.ReportAllocs()
	for b.Loop() {
		for range 4 {
			w.interval()
			snap = w.state.snapshot()
		}
	}
	if snap.Verdict != Healthy {
		b.Fatal(snap.Sentence)
	}
}

// BenchmarkSnapshot measures one snapshot of them, after an interval that is not counted.
func BenchmarkSnapshot(b *testing.B) {
	w := newCrowd()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		w.interval()
		b.StartTimer()
		w.state.snapshot()
	}
}
