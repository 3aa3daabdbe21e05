package survey

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// shard makes a shard of ranges of slots that are given by their ends.
func shard(id, address string, ends ...int) slots.Shard {
	s := slots.Shard{ID: id, Address: address}
	for i := 0; i < len(ends); i += 2 {
		s.Slots = append(s.Slots, slots.Range{First: ends[i], Last: ends[i+1]})
	}
	return s
}

func usMap(shards ...slots.Shard) slots.Map {
	return slots.Map{Region: "us", Source: slots.ClusterSlots, Shards: shards}
}

func TestWhichAnswersAreBelieved(t *testing.T) {
	two := usMap(shard("a", "h:1", 0, 8191), shard("b", "h:2", 8192, 16383))
	reordered := usMap(shard("b", "h:2", 8192, 16383), shard("a", "h:1", 0, 4095, 4096, 8191))
	moved := usMap(shard("a", "h:1", 0, 7999), shard("b", "h:2", 8000, 16383))
	hole := usMap(shard("a", "h:1", 0, 7999), shard("b", "h:2", 8192, 16383))
	other := usMap(shard("a", "h:1", 0, 8191), shard("b", "h:2", 8300, 16383))
	single := slots.Map{Region: "us", Source: slots.Single, Shards: []slots.Shard{shard("1", "h:1", 0, 16383)}}

	type heard struct {
		after       time.Duration
		m           slots.Map
		news, again bool
	}
	for _, row := range []struct {
		name    string
		told    bool
		initial slots.Map
		heard   []heard
	}{
		{"the same in another order is no news", true, two, []heard{{0, reordered, false, false}}},
		{"what is complete is believed at once", true, two, []heard{{0, moved, true, false}, {time.Second, moved, false, false}}},
		{"a hole is believed when it is still there after a while", true, two,
			[]heard{{0, hole, false, true}, {time.Second, hole, false, true}, {time.Second, hole, true, false}, {time.Second, hole, false, false}}},
		{"a hole that closes was none", true, two,
			[]heard{{0, hole, false, true}, {time.Second, moved, true, false}, {time.Minute, moved, false, false}}},
		{"a hole that was there before, and closed, has to be confirmed anew", true, two,
			[]heard{{0, hole, false, true}, {time.Second, two, false, false}, {time.Hour, hole, false, true}}},
		{"another hole each time is never believed", true, two,
			[]heard{{0, hole, false, true}, {time.Minute, other, false, true}, {time.Minute, hole, false, true}, {time.Minute, other, false, true}}},
		{"a hole that was known does not need to be confirmed", true, hole,
			[]heard{{0, usMap(shard("b", "h:2", 0, 7999), shard("a", "h:1", 8192, 16383)), true, false}}},
		{"a region that does not tell any more keeps its map for a while", true, two,
			[]heard{{0, single, false, true}, {settleTime, single, true, false}}},
		{"the map before, from a server that has not heard the news, does not count", true, two,
			[]heard{{0, moved, true, false}, {time.Second, two, false, true}, {time.Second, moved, false, false}, {time.Second, two, false, true}}},
		{"but it does when it stays", true, two,
			[]heard{{0, moved, true, false}, {time.Second, two, false, true}, {settleTime, two, true, false}}},
		{"and at once when the news has reached all of them", true, two,
			[]heard{{0, moved, true, false}, {newsTime - time.Second, two, false, true}, {time.Second, two, true, false}, {newsTime, moved, true, false}}},
		{"what was assumed and is now told is news, though it is the same", false, single,
			[]heard{{0, single, true, false}, {time.Second, single, false, false}}},
		{"what was assumed gives way to what is told", false, single, []heard{{0, two, true, false}}},
		{"and only later to half of it", false, single, []heard{{0, hole, false, true}, {settleTime, hole, true, false}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := belief{m: row.initial, told: row.told}
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for i, h := range row.heard {
				at = at.Add(h.after)
				if news, again := b.hear(h.m, at); news != h.news || again != h.again {
					t.Fatalf("answer %d: news %v, again %v; want %v, %v", i+1, news, again, h.news, h.again)
				} else if news && !same(b.m, h.m) {
					t.Fatalf("answer %d: believed %v", i+1, b.m)
				}
			}
		})
	}
}
