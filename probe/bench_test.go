package probe

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// BenchmarkSecond measures what one second of observing 5 regions of 256 shards costs, without the network: 5,120
// messages published, acknowledged and received in 5 regions, 5,120 PINGs, 40 looks at the whole state, 4 snapshots.
func BenchmarkSecond(b *testing.B) {
	const regions, shards = 5, 256
	c := &Config{Policy: DefaultPolicy(), Prefix: "aafailover"}
	for i := range regions {
		m := slots.Map{Region: fmt.Sprint("r", i), Source: slots.ClusterSlots}
		for k, ranges := range slots.Even(shards) {
			m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprint(k), Slots: ranges})
		}
		c.Maps = append(c.Maps, m)
	}
	c.Cover = slots.Cover(c.Maps, nil)
	s := newState(c, "me", time.Now())
	at := instant(1)
	for r := range regions {
		for h := range shards {
			for _, role := range []Role{Publishing, Subscribing} {
				s.observe(&observation{what: opened, region: uint16(r), shard: uint16(h), role: role, at: at})
			}
		}
	}
	interval := func() {
		for _, ch := range s.channels {
			nonce := rand.Uint64()
			seq := s.published(ch, nonce, at)
			s.observe(&observation{what: accepted, region: uint16(ch.region), shard: uint16(ch.shard), id: messageID(ch.index, seq), at: at})
			id := s.pinged(ch.region, ch.shard, at)
			s.observe(&observation{what: accepted, region: uint16(ch.region), shard: uint16(ch.shard), id: id, at: at})
			for to := range regions {
				s.observe(&observation{what: received, region: uint16(to), shard: uint16(ch.shard), channel: int32(ch.index), id: seq, nonce: nonce, at: at})
			}
		}
		for range 10 {
			at += instant(c.Policy.Interval / 10)
			s.advance(at)
		}
	}
	for range 100 {
		interval()
	}
	var snap *Snapshot
	b.ReportAllocs()
	for b.Loop() {
		for range 4 {
			interval()
			snap = s.snapshot()
		}
	}
	if snap.Verdict != Healthy {
		b.Fatal(snap.Sentence)
	}
}
