package survey

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// threeRegions are regions whose maps do not show that any two of them are one.
func threeRegions() []slots.Map {
	var all []slots.Map
	for _, name := range []string{"us", "eu", "ap"} {
		all = append(all, slots.Map{Region: name, Shards: []slots.Shard{shard("1", name+":1", 0, 16383)}})
	}
	return all
}

func everybody(int) bool { return true }

// pairsDue are the comparisons as pairs of indexes, the one that listens first.
func (k kinship) pairsDue(maps []slots.Map, answering func(int) bool, now time.Time) (pairs [][2]int) {
	for _, c := range k.due(maps, answering, DefaultEvery, now) {
		for _, other := range c.others {
			pairs = append(pairs, [2]int{c.listens, other})
		}
	}
	return pairs
}

func TestWhichRegionsAreCompared(t *testing.T) {
	maps := threeRegions()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	later := now.Add
	k := newKinship(maps, nil)
	expect := func(when string, got [][2]int, want ...[2]int) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	expect("without a doubt", k.pairsDue(maps, everybody, now))
	k.doubt(1)
	k.doubt(1)
	expect("one of which there is a doubt, with the others that answer", k.pairsDue(maps, func(i int) bool { return i != 2 }, now), [2]int{1, 0})
	expect("the other one, when it answers", k.pairsDue(maps, everybody, later(time.Hour)), [2]int{1, 2})
	k.doubt(1)
	expect("not so soon again", k.pairsDue(maps, everybody, later(time.Hour+DefaultEvery-1)), [2]int{1, 0})
	expect("but in its turn", k.pairsDue(maps, everybody, later(time.Hour+DefaultEvery)), [2]int{1, 2})
	expect("and once", k.pairsDue(maps, everybody, later(2*time.Hour)))
	k.doubt(0)
	maps[2].Shards[0].Address = maps[0].Shards[0].Address
	expect("those that share a node need none", k.pairsDue(maps, everybody, later(2*time.Hour)), [2]int{0, 1})
	if diff := cmp.Diff([][2]string{{"us", "ap"}}, k.pairs(maps)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAComparisonTeaches(t *testing.T) {
	one := [][2]string{{"us", "eu"}}
	type step struct {
		doubt    bool // while the comparison was made
		likeness region.Likeness
		news     bool
		same     [][2]string
	}
	for _, row := range []struct {
		name  string
		known [][2]string
		steps []step
	}{
		{"one server is news", nil, []step{{false, region.One, true, one}}},
		{"two servers are none, if they were", nil, []step{{false, region.Apart, false, nil}}},
		{"one server can become two", one, []step{{false, region.Apart, true, nil}, {false, region.One, true, one}, {false, region.One, false, one}}},
		{"without a result they stay what they are", one, []step{{false, region.Undecided, false, one}, {false, region.Undecided, false, one}}},
		{"a result that was in doubt before it came is none", nil, []step{{true, region.One, false, nil}, {false, region.One, true, one}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			maps := threeRegions()[:2]
			k, at := newKinship(maps, row.known), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for i, s := range row.steps {
				k.doubt(1)
				at = at.Add(time.Hour)
				due := k.due(maps, everybody, DefaultEvery, at)
				if len(due) != 1 {
					t.Fatalf("step %d: due are %v", i+1, due)
				}
				if s.doubt {
					k.doubt(0)
				}
				if news := k.learn(due[0], []region.Likeness{s.likeness}); news != s.news {
					t.Errorf("step %d: news %v", i+1, news)
				}
				if diff := cmp.Diff(s.same, k.pairs(maps)); diff != "" {
					t.Errorf("step %d: %s", i+1, diff)
				}
			}
		})
	}
}

func TestAComparisonWithoutAResultIsTriedAFewTimesInBothDirections(t *testing.T) {
	maps, now := threeRegions()[:2], time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	k := newKinship(maps, nil)
	for range 2 {
		var listened []int
		k.doubt(1)
		for range 100 {
			now = now.Add(time.Second)
			for _, c := range k.due(maps, everybody, DefaultEvery, now) {
				listened = append(listened, c.listens)
				k.learn(c, []region.Likeness{region.Undecided})
			}
		}
		if diff := cmp.Diff([]int{1, 0, 1, 0, 1, 0}, listened); diff != "" {
			t.Error(diff)
		}
	}
}
