package slots_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/slots"
)

// region is a map whose shards s0, s1, … own the given ranges.
func region(shards ...[]slots.Range) slots.Map {
	m := slots.Map{Region: "us", Source: slots.ClusterSlots}
	for i, ranges := range shards {
		id := "s" + string(rune('0'+i))
		m.Shards = append(m.Shards, slots.Shard{ID: id, Address: id + ":6379", Slots: ranges})
	}
	return m
}

// ranges is {first, last, first, last, …}.
func ranges(ends ...int) []slots.Range {
	var list []slots.Range
	for i := 0; i < len(ends); i += 2 {
		list = append(list, slots.Range{First: ends[i], Last: ends[i+1]})
	}
	return list
}

func TestMapInJSON(t *testing.T) {
	m := region(ranges(0, 5460), ranges(5461, 5461, 10000, 16383))
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"us","source":"cluster-slots","shards":[` +
		`{"id":"s0","address":"s0:6379","slots":[[0,5460]]},` +
		`{"id":"s1","address":"s1:6379","slots":[[5461,5461],[10000,16383]]}]}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	var back slots.Map
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, back); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestRangeRefusesOtherJSON(t *testing.T) {
	for text, want := range map[string]string{
		`[1]`:      "range of slots: want [first,last], got 1 numbers",
		`[1,2,3]`:  "range of slots: want [first,last], got 3 numbers",
		`null`:     "range of slots: want [first,last], got 0 numbers",
		`"0-5460"`: "range of slots: json: cannot unmarshal string into Go value of type []int",
		`[1,"2"]`:  "range of slots: json: cannot unmarshal string into Go value of type int",
	} {
		var r slots.Range
		if err := r.UnmarshalJSON([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: got error %v, want %s", text, err, want)
		}
	}
}

func TestRangeString(t *testing.T) {
	for want, r := range map[string]slots.Range{"0-5460": {First: 0, Last: 5460}, "7": {First: 7, Last: 7}} {
		if got := r.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestShardOf(t *testing.T) {
	m := region(ranges(0, 99, 200, 200), nil, ranges(100, 150))
	for _, test := range []struct {
		name        string
		slot, shard int
		ok          bool
	}{
		{"the first slot", 0, 0, true},
		{"the last slot of a range", 99, 0, true},
		{"the next shard's first", 100, 2, true},
		{"a shard's second range", 200, 0, true},
		{"just before a range of one slot", 199, 0, false},
		{"just after it", 201, 0, false},
		{"the last slot of all, which nobody owns", 16383, 0, false},
		{"a number that is no slot", 16384, 0, false},
		{"a negative number", -1, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if shard, ok := m.ShardOf(test.slot); shard != test.shard || ok != test.ok {
				t.Errorf("ShardOf(%d) = %d, %v; want %d, %v", test.slot, shard, ok, test.shard, test.ok)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name string
		m    slots.Map
		want string // of the error; empty for none
	}{
		{"a partition", region(ranges(0, 8191), ranges(8192, 16383)), ""},
		{"no shard at all", region(), ""},
		{"holes are no error", region(ranges(5, 9), nil, ranges(7000, 7000)), ""},
		{"ranges in any order", region(ranges(100, 200, 0, 50), ranges(60, 70)), ""},
		{"an end past the last slot", region(ranges(0, 16384)), "us: shard s0 (s0:6379): slots 0-16384 are not within 0-16383"},
		{"a negative beginning", region(ranges(-1, 5)), "us: shard s0 (s0:6379): slots -1-5 are not within 0-16383"},
		{"far out of range", region(ranges(1<<40, 1<<41)), "us: shard s0 (s0:6379): slots 1099511627776-2199023255552 are not within 0-16383"},
		{"backwards", region(ranges(0, 1), ranges(9, 5)), "us: shard s1 (s1:6379): slots 9-5 end before they begin"},
		{"two owners", region(ranges(0, 100), ranges(100, 200)), "us: slot 100 is owned by both shard s0 (s0:6379) and shard s1 (s1:6379)"},
		{"twice in one shard", region(ranges(0, 100, 50, 60)), "us: shard s0 (s0:6379): slot 50 is listed twice"},
		{"a shard without a name", slots.Map{Region: "eu", Shards: []slots.Shard{{Slots: ranges(3, 2)}}}, "eu: shard #0: slots 3-2 end before they begin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if err := test.m.Check(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestUnowned(t *testing.T) {
	for _, test := range []struct {
		name string
		m    slots.Map
		want []slots.Range
	}{
		{"everything owned", region(ranges(0, 8191), ranges(8192, 16383)), nil},
		{"no shard", region(), ranges(0, 16383)},
		{"holes at both ends and in between", region(ranges(10, 19), ranges(30, 16000)), ranges(0, 9, 20, 29, 16001, 16383)},
		{"a hole of one slot", region(ranges(0, 99), ranges(101, 16383)), ranges(100, 100)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.m.Unowned()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestProven(t *testing.T) {
	for source, want := range map[slots.Source]bool{
		slots.ClusterSlots: true, slots.ClusterShards: true, slots.REST: true, slots.Static: true, slots.Single: false,
	} {
		if got := (slots.Map{Source: source}).Proven(); got != want {
			t.Errorf("%s: got %v, want %v", source, got, want)
		}
	}
}

func TestEqual(t *testing.T) {
	half := region(ranges(0, 8191), ranges(8192, 16383))
	for _, test := range []struct {
		name string
		maps []slots.Map
		want bool
	}{
		{"no map", nil, true},
		{"one map", []slots.Map{half}, true},
		{"the order of shards does not matter", []slots.Map{half, region(ranges(8192, 16383), ranges(0, 8191))}, true},
		{"a range in two pieces is the same range", []slots.Map{half, region(ranges(5, 8191, 0, 4), ranges(8192, 16383))}, true},
		{"shards that own nothing do not count", []slots.Map{half, region(nil, ranges(0, 8191), nil, ranges(8192, 16383))}, true},
		{"a cut one slot aside", []slots.Map{half, region(ranges(0, 8192), ranges(8193, 16383))}, false},
		{"more shards", []slots.Map{half, evenMap("eu", 4)}, false},
		{"fewer shards", []slots.Map{evenMap("eu", 4), half}, false},
		{"a hole in one of them", []slots.Map{half, region(ranges(0, 8191), ranges(8192, 16382))}, false},
		{"the same hole in both", []slots.Map{region(ranges(0, 9)), region(ranges(0, 9))}, true},
		{"the third differs", []slots.Map{half, half, evenMap("ap", 3)}, false},
		{"the same cuts, but one shard owns two of the parts", []slots.Map{
			region(ranges(0, 99, 200, 299), ranges(100, 199)), region(ranges(0, 99), ranges(100, 199, 200, 299)),
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := slots.Equal(test.maps...); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
