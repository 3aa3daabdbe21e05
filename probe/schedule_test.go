package probe

import (
	"testing"
	"time"
)

func TestARoundSendsEverythingOnceAndEvenly(t *testing.T) {
	const interval = 240 * time.Millisecond
	q := newSchedule(interval, 4, []int{3, 1})
	for round := range 3 {
		places, pings := map[int]int{}, map[[2]int]int{}
		last := time.Duration(round) * interval
		for range 8 {
			at := q.at()
			if at < last || at >= time.Duration(round+1)*interval || at-last > interval/4 {
				t.Errorf("round %d: something is due at %v, after %v", round, at, last)
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
	q := newSchedule(interval, 2, []int{1})
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
