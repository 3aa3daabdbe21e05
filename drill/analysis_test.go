package drill_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/slots"
)

const (
	us = iota
	eu
	ap
)

// ms is a moment, in milliseconds since the start.
func ms(n int) drill.Moment { return time.Duration(n) * time.Millisecond }

// The write of these tests is acknowledged at 10 ms, and missing in eu at the cut-over at 100 ms; the drill is quiet from 200 ms on, and the key lives for 10 s.
func evidence(readings []drill.Reading, fences []drill.Fence) drill.Evidence {
	return drill.Evidence{
		Quiet: map[int]drill.Moment{5: ms(200)}, Expiry: 10 * time.Second,
		Owners: map[int]map[int]bool{5: {us: true, eu: true, ap: true}},
		Missing: []drill.Absent{{To: eu, Since: ms(100),
			Entry: drill.Entry{N: 7, Region: us, Slot: 5, Sent: ms(9), Ended: ms(10), Outcome: drill.Acknowledged}}},
		Readings: readings, Fences: fences,
	}
}

func read(region, began int, found bool) drill.Reading {
	return drill.Reading{Write: 7, Region: region, Began: ms(began), Ended: ms(began + 1), Found: found}
}

func fence(from, to, sent, delivered int) drill.Fence {
	return drill.Fence{From: from, To: to, Slot: 5, Sent: ms(sent), Delivered: ms(delivered)}
}

// everywhere are fences on every link between us, eu and ap.
func everywhere(sent, delivered int) []drill.Fence {
	var fences []drill.Fence
	for from := us; from <= ap; from++ {
		for to := us; to <= ap; to++ {
			if from != to {
				fences = append(fences, fence(from, to, sent, delivered))
			}
		}
	}
	return fences
}

func TestFate(t *testing.T) {
	absent := []drill.Reading{read(us, 300, false), read(eu, 300, false), read(ap, 300, false)}
	without := func(fences []drill.Fence, from, to int) []drill.Fence {
		var kept []drill.Fence
		for _, f := range fences {
			if f.From != from || f.To != to {
				kept = append(kept, f)
			}
		}
		return kept
	}
	for _, test := range []struct {
		name     string
		readings []drill.Reading
		fences   []drill.Fence
		want     drill.Fate
		at       drill.Moment
	}{
		{"found in the target: converged, at the end of the first such reading",
			[]drill.Reading{read(eu, 150, false), read(eu, 160, true), read(eu, 170, true)}, nil, drill.Converged, ms(161)},
		{"found in the target, although a fence had passed: what was read counts",
			[]drill.Reading{read(eu, 300, true)}, everywhere(210, 250), drill.Converged, ms(301)},
		{"never looked for again", nil, everywhere(210, 250), drill.Pending, 0},
		{"absent everywhere, with fences on every link", absent, everywhere(210, 250), drill.Lost, 0},
		{"absent everywhere, without a fence", absent, nil, drill.Pending, 0},
		{"absent everywhere, but the fences were sent before the drill was quiet", absent, everywhere(199, 250), drill.Pending, 0},
		{"absent everywhere, but the fences arrived only after the readings began", absent, everywhere(210, 301), drill.Pending, 0},
		{"a fence exactly at quiet and exactly at the reading proves", absent, everywhere(200, 300), drill.Lost, 0},
		{"the fence of the way that the write would come is missing", absent, without(everywhere(210, 250), us, eu), drill.Pending, 0},
		{"the fence between two others is missing: a third might still bring it", absent, without(everywhere(210, 250), ap, us), drill.Pending, 0},
		{"fences on another slot prove nothing", absent, func() []drill.Fence {
			fences := everywhere(210, 250)
			for i := range fences {
				fences[i].Slot = 6
			}
			return fences
		}(), drill.Pending, 0},
		{"the region that acknowledged it is not reachable: it may come back",
			[]drill.Reading{read(eu, 300, false), read(ap, 300, false)}, everywhere(210, 250), drill.Pending, 0},
		{"a third region is not reachable: it may hold it, and bring it back",
			[]drill.Reading{read(us, 300, false), read(eu, 300, false)}, everywhere(210, 250), drill.Pending, 0},
		{"still where it was acknowledged, and a third region is not reachable: that one may hand it on",
			[]drill.Reading{read(us, 300, true), read(eu, 300, false)}, everywhere(210, 250), drill.Pending, 0},
		{"still where it was acknowledged, but not coming to the target",
			[]drill.Reading{read(us, 300, true), read(eu, 300, false), read(ap, 300, false)}, everywhere(210, 250), drill.Diverged, 0},
		{"only in the third region, and not coming to the target",
			[]drill.Reading{read(us, 300, false), read(eu, 300, false), read(ap, 300, true)}, everywhere(210, 250), drill.Diverged, 0},
		{"absent when its expiry had passed",
			[]drill.Reading{read(us, 10009, false), read(eu, 10009, false), read(ap, 10009, false)}, everywhere(210, 250), drill.Expired, 0},
		{"absent just before its expiry could have passed", // reading ends at 10,008 ms, expiry from 10,009 ms on
			[]drill.Reading{read(us, 10007, false), read(eu, 10007, false), read(ap, 10007, false)}, everywhere(210, 250), drill.Lost, 0},
		{"a reading from before the acknowledgement does not count",
			[]drill.Reading{read(us, 300, false), read(eu, 5, false)}, everywhere(210, 250), drill.Pending, 0},
		{"what the target held before the cut-over at which it was missing does not count: it has lost it since",
			[]drill.Reading{read(us, 300, false), read(eu, 50, true), read(eu, 300, false), read(ap, 300, false)}, everywhere(210, 250), drill.Lost, 0},
		{"the newest reading of a region counts",
			[]drill.Reading{read(us, 300, false), read(us, 120, true), read(eu, 300, false), read(ap, 300, false)}, everywhere(210, 250), drill.Lost, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			missed := drill.Analyse(evidence(test.readings, test.fences))
			if len(missed) != 1 {
				t.Fatalf("%d fates of one missed write", len(missed))
			}
			if m := missed[0]; m.Fate != test.want || m.ConvergedAt != test.at {
				t.Errorf("got %v at %v, want %v at %v", m.Fate, m.ConvergedAt, test.want, test.at)
			}
		})
	}
}

func TestTheExpiryOfAWriteOfItsOwn(t *testing.T) {
	for _, test := range []struct {
		name      string
		all, own  time.Duration
		lookedFor int // ms
		want      drill.Fate
	}{
		{"its own expiry has passed, and that of the others not", time.Hour, 200 * time.Millisecond, 300, drill.Expired},
		{"its own expiry has not passed, and that of the others has", 200 * time.Millisecond, time.Hour, 300, drill.Lost},
		{"a key without any expiry is lost, however late it is looked for", 0, 0, 100_000_000, drill.Lost},
		{"it has an expiry, and the others have none", 0, 200 * time.Millisecond, 300, drill.Expired},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := evidence([]drill.Reading{read(us, test.lookedFor, false), read(eu, test.lookedFor, false), read(ap, test.lookedFor, false)}, everywhere(210, 250))
			e.Expiry, e.Missing[0].Expiry = test.all, test.own
			if got := drill.Analyse(e)[0].Fate; got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

func TestAnalyseOrdersByAcknowledgement(t *testing.T) {
	var e drill.Evidence
	for _, w := range []drill.Entry{{N: 3, Ended: ms(30)}, {N: 2, Ended: ms(20)}, {N: 1, Ended: ms(30)}} {
		e.Missing = append(e.Missing, drill.Absent{Entry: w, To: eu})
	}
	var got []int
	for _, m := range drill.Analyse(e) {
		got = append(got, m.N)
	}
	if len(got) != 3 || got[0] != 2 || got[1] != 1 || got[2] != 3 {
		t.Errorf("got the order %v, want [2 1 3]", got)
	}
}

// Each deliberate mistake must be one: on some evidence it changes the result.
func TestEveryMistakeIsOne(t *testing.T) {
	late := evidence([]drill.Reading{read(eu, 150, true)}, nil)
	unfenced := evidence([]drill.Reading{read(us, 300, false), read(eu, 300, false)}, nil)
	for name, wrong := range drill.DeliberateMistakes {
		changed := false
		for _, e := range []drill.Evidence{late, unfenced} {
			right, mistaken := drill.Analyse(e), drill.AnalyseMistaken(e, wrong)
			changed = changed || len(right) != len(mistaken) || right[0].Fate != mistaken[0].Fate
		}
		if !changed {
			t.Errorf("%s: changes nothing", name)
		}
	}
}

func TestWindows(t *testing.T) {
	missed := func(slot, ended int, fate drill.Fate, converged int) drill.Missed {
		return drill.Missed{Absent: drill.Absent{Entry: drill.Entry{Slot: slot, Ended: ms(ended)}}, Fate: fate, ConvergedAt: ms(converged)}
	}
	us := slots.Map{Region: "us", Shards: []slots.Shard{{Slots: []slots.Range{{First: 0, Last: 9}}}, {Slots: []slots.Range{{First: 10, Last: 19}}}}}
	got := drill.Windows([]drill.Missed{
		missed(5, 40, drill.Converged, 500), missed(5, 10, drill.Converged, 700), // 30 ms apart: one window
		missed(3, 50, drill.Converged, 500),  // another slot of the same shard: the same window
		missed(5, 100, drill.Converged, 600), // 50 ms later: another
		missed(5, 45, drill.Lost, 0),         // in between, but of another fate
		missed(12, 41, drill.Converged, 500), // another shard
		missed(25, 41, drill.Converged, 500), // nobody's
	}, []slots.Map{us}, ms(50))
	want := []drill.Window{
		{Shard: -1, Slot: 25, FirstAck: ms(41), LastAck: ms(41), Count: 1, Fate: drill.Converged, ConvergedAt: ms(500)},
		{Shard: 0, Slot: 3, FirstAck: ms(10), LastAck: ms(50), Count: 3, Fate: drill.Converged, ConvergedAt: ms(700)},
		{Shard: 0, Slot: 5, FirstAck: ms(100), LastAck: ms(100), Count: 1, Fate: drill.Converged, ConvergedAt: ms(600)},
		{Shard: 0, Slot: 5, FirstAck: ms(45), LastAck: ms(45), Count: 1, Fate: drill.Lost},
		{Shard: 1, Slot: 12, FirstAck: ms(41), LastAck: ms(41), Count: 1, Fate: drill.Converged, ConvergedAt: ms(500)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the windows differ (-want +got):\n%s", diff)
	}
}
