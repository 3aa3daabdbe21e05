package probe

import (
	"testing"
	"time"
)

func TestARoundSendsEverythingOnceAndEvenly(t *testing.T) {
	const interval, opening = 240 * time.Millisecond, 2
	q := newSchedule(interval, opening, 4, []int{3, 1})
	last, end := time.Duration(0), time.Duration(0)
	for round := range int64(opening + 3) {
		took := interval
		if round < opening {
			took = interval / 2
		}
		end += took
		places, pings := map[int]int{}, map[[2]int]int{}
		for range 8 {
			at := q.at()
			if at < end-took || at >= end || at < last || at-last > took/4 {
				t.Errorf("round %d, which ends at %v: something is due at %v, after %v", round, end, at, last)
			}
			if got := q.roundAt(at); got != round {
				t.Errorf("%v is in round %d, want %d", at, got, round)
			}
			last = at
			if task := q.pop(); task.place < 0 {
				pings[[2]int{task.region, task.shard}]++
			} else {
				places[task.place]++
			}
		}
		if len(places) != 4 || len(pings) != 4 {
			t.Errorf("round %d: %v %v", round, places, pings)
		}
	}
}

func TestMissedRoundsAreNotMadeUpFor(t *testing.T) {
	const interval = 200 * time.Millisecond
	q := newSchedule(interval, 3, 2, []int{1}) // the rounds after the opening begin in the middle of an interval
	q.pop()
	q.skip(10*time.Second + 50*time.Millisecond)
	if at := q.at(); at < 10*time.Second || at > 10*time.Second+interval {
		t.Errorf("next is due at %v", at)
	}
	before := q.at()
	q.skip(0)
	if q.at() != before {
		t.Error("a skip went back")
	}
}
