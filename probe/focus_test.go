package probe

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Every round trip is counted in the one bucket that it is not below and not beyond.
func TestBucketsShown(t *testing.T) {
	for range 1000 {
		var h histogram
		all := make([]time.Duration, rand.IntN(50))
		for i := range all {
			all[i] = time.Duration(rand.Int64N(int64(1) << (1 + rand.IntN(42))))
			h.add(all[i])
		}
		buckets := h.shown()
		if len(all) == 0 {
			if buckets != nil {
				t.Fatalf("of nothing: %v", buckets)
			}
			continue
		}
		if buckets[0].Count == 0 || buckets[len(buckets)-1].Count == 0 {
			t.Fatalf("an empty bucket at an end: %v", buckets)
		}
		for i, b := range buckets {
			if i > 0 && b.Low != buckets[i-1].High {
				t.Fatalf("%+v follows %+v", b, buckets[i-1])
			}
			in := 0
			for _, d := range all {
				if b.Low <= d && d < b.High {
					in++
				}
			}
			if b.Count != uint64(in) {
				t.Fatalf("%+v counts %d of %v", b, in, all)
			}
		}
	}
}

func TestFocus(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	v.arrives = func(from, to int, seq uint64) []time.Duration {
		return []time.Duration{time.Duration(1+from+2*to)*10*time.Millisecond + time.Duration(seq)*time.Millisecond}
	}
	v.pass(5 * time.Second)
	var look Focus
	asked := 0
	v.state.config.Focus = func() Focus { asked++; return look }
	for _, test := range []struct {
		name  string
		focus Focus
		want  bool
	}{
		{"nothing", Focus{}, false},
		{"a region that there is not", Focus{From: "a", To: "c", Slot: -1}, false},
		{"a slot that is not tried", Focus{From: "a", To: "b", Slot: 1}, false},
		{"a link", Focus{From: "a", To: "b", Slot: -1}, true},
		{"the way back", Focus{From: "b", To: "a", Slot: -1}, true},
		{"a loop", Focus{From: "b", To: "b", Slot: -1}, true},
		{"a cell", Focus{From: "b", To: "a", Slot: 0}, true},
	} {
		look, asked = test.focus, 0
		s := v.state.snapshot()
		if asked != 1 {
			t.Errorf("%s: asked %d times", test.name, asked)
		}
		if (s.Focus != nil) != test.want {
			t.Errorf("%s: %+v", test.name, s.Focus)
			continue
		}
		if s.Focus == nil {
			continue
		}
		l := s.Link(look.From, look.To)
		counted := uint64(0)
		for _, b := range s.Focus.Buckets {
			counted += b.Count
		}
		// The first message was published in the instant in which the subscription was opened.
		if s.Focus.Focus != look || s.Focus.RTT != l.RTT || counted != l.Cells[0].Delivered-1 || counted == 0 {
			t.Errorf("%s: of %d messages that took %+v: %+v", test.name, l.Cells[0].Delivered, l.RTT, s.Focus)
		}
	}
	// What is kept stays as it was.
	look = Focus{From: "a", To: "b", Slot: 0}
	kept := v.state.snapshot().Focus
	before := slices.Clone(kept.Buckets)
	v.pass(5 * time.Second)
	if now := v.state.snapshot().Focus.Buckets; !slices.Equal(kept.Buckets, before) || slices.Equal(now, before) {
		t.Errorf("five seconds later: %v, then %v; now %v", before, kept.Buckets, now)
	}
}

// Of a link and of a slot of it, when it has several; and what cells that are no more have measured is the link's alone.
func TestFocusOnALinkOfManyCells(t *testing.T) {
	l := &link{}
	l.rtt.add(3 * time.Second)
	all := l.rtt
	for slot := range 3 {
		c := &cell{channel: &channel{slot: 100 * slot}}
		for range slot {
			c.rtt.add(time.Duration(slot) * time.Millisecond)
		}
		merge(&all, &c.rtt)
		l.cells = append(l.cells, c)
	}
	for slot, want := range map[int]struct {
		count uint64
		max   time.Duration
	}{-1: {4, 3 * time.Second}, 0: {0, 0}, 100: {1, time.Millisecond}, 200: {2, 2 * time.Millisecond}} {
		d, count := l.detail(Focus{"a", "b", slot}, &all), uint64(0)
		for _, b := range d.Buckets {
			count += b.Count
		}
		if count != want.count || d.RTT.Max != want.max {
			t.Errorf("slot %d: %+v", slot, d)
		}
	}
}
