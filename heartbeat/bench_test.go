package heartbeat

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// atScale is the book of 5 regions of 256 shards, all written: 1,280 keys, 6,400 cells.
func atScale() *book {
	c := Config{Observer: "me", Prefix: "aafailover"}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		m := slots.Map{Region: name, Source: slots.ClusterSlots}
		for _, ranges := range slots.Even(256) {
			m.Shards = append(m.Shards, slots.Shard{Slots: ranges})
		}
		c.Maps, c.Writable = append(c.Maps, m), append(c.Writable, name)
	}
	c.Cover = slots.Cover(c.Maps, nil)
	return newBook(c.complete())
}

// beatOnce writes all keys and reads them everywhere.
func beatOnce(b *book, at time.Time) {
	for _, s := range b.ordered {
		n := s.send(at)
		s.written(n, &Write{Outcome: Acknowledged}, at)
		text := beat{"me", n}.text(at)
		for region := range s.cells {
			s.read(region, text, at, at, b.terms)
		}
	}
}

// One second of beats: what the reducer takes of a core, without the connections.
func BenchmarkBeatAtScale(b *testing.B) {
	book, at := atScale(), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(time.Second)
		beatOnce(book, at)
	}
}

// What a probe asks when it makes a snapshot.
func BenchmarkSnapshotAtScale(b *testing.B) {
	book, at := atScale(), time.Now()
	beatOnce(book, at)
	b.ReportAllocs()
	for b.Loop() {
		for _, from := range book.regions {
			if p := book.proof(from, at); len(p.Missing) > 0 {
				b.Fatal(p)
			}
			for _, to := range book.regions {
				for _, s := range book.ordered[:256] {
					book.keys(from, to, s.slot, at)
				}
			}
		}
	}
}
