package drill

import (
	"slices"
	"testing"
	"time"
)

func TestJudgeUnclear(t *testing.T) {
	ms := func(n int) Moment { return time.Duration(n) * time.Millisecond }
	read := func(region, began int, found bool) Reading {
		return Reading{Write: 7, Region: region, Began: ms(began), Ended: ms(began + 1), Found: found}
	}
	fences := []Fence{
		{From: 0, To: 1, Slot: 5, Sent: ms(210), Delivered: ms(250)},
		{From: 1, To: 0, Slot: 5, Sent: ms(210), Delivered: ms(250)},
	}
	for _, test := range []struct {
		name     string
		readings []Reading
		fences   []Fence
		want     Unclear
	}{
		{"found in both regions: applied", []Reading{read(0, 300, true), read(1, 300, true)}, fences, Unclear{Applied: 1, In: []int{1, 1}}},
		{"found in one: applied, and there", []Reading{read(0, 300, false), read(1, 300, true)}, fences, Unclear{Applied: 1, In: []int{0, 1}}},
		{"found without a fence: what was read counts", []Reading{read(1, 300, true)}, nil, Unclear{Applied: 1, In: []int{0, 1}}},
		{"found once, and gone at the last look: it was applied, and is nowhere", []Reading{read(1, 200, true), read(1, 300, false)}, fences, Unclear{Applied: 1, In: []int{0, 0}}},
		{"found while the application still waited for the answer", []Reading{read(1, 5, true)}, nil, Unclear{Applied: 1, In: []int{0, 0}}},
		{"absent everywhere, with fences: not applied", []Reading{read(0, 300, false), read(1, 300, false)}, fences, Unclear{NotApplied: 1, In: []int{0, 0}}},
		{"absent everywhere, without a fence: unknown", []Reading{read(0, 300, false), read(1, 300, false)}, nil, Unclear{Unknown: 1, In: []int{0, 0}}},
		{"absent in one, the other could not be read: unknown", []Reading{read(1, 300, false)}, fences, Unclear{Unknown: 1, In: []int{0, 0}}},
		{"absent before the application gave up: unknown", []Reading{read(0, 5, false), read(1, 5, false)}, fences, Unclear{Unknown: 1, In: []int{0, 0}}},
		{"absent when it may have expired: unknown", []Reading{read(0, 20_000, false), read(1, 300, false)}, fences, Unclear{Unknown: 1, In: []int{0, 0}}},
		{"nobody looked: unknown", nil, fences, Unclear{Unknown: 1, In: []int{0, 0}}},
	} {
		e := Evidence{Quiet: map[int]Moment{5: ms(200)}, Expiry: 10 * time.Second,
			Owners: map[int]map[int]bool{5: {0: true, 1: true}}, Readings: test.readings, Fences: test.fences}
		got := judgeUnclear(e, []Entry{{N: 7, Region: 0, Slot: 5, Sent: ms(9), Ended: ms(10), Outcome: Indeterminate}}, 2)
		if got.Applied != test.want.Applied || got.NotApplied != test.want.NotApplied || got.Unknown != test.want.Unknown || !slices.Equal(got.In, test.want.In) {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestDuplicates(t *testing.T) {
	there := map[int]bool{1: true, 2: true, 4: true, 7: true, 8: true, 9: true}
	operations := [][]int{
		{1, 2},    // twice
		{3, 4},    // once
		{5, 6},    // never
		{7, 8, 9}, // three times: one operation that is doubled
	}
	if got := duplicates(operations, func(n int) bool { return there[n] }); got != 2 {
		t.Errorf("%d operations are doubled, want 2", got)
	}
}
