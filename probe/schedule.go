package probe

import (
	"cmp"
	"slices"
	"time"
)

// schedule is a round: what is sent in one interval, and when. It is spread evenly over the interval, because a burst
// would add delay of our own making to what is measured; the regions of one slot go together. The rounds of the opening follow
// each other twice as fast.
type schedule struct {
	tasks    []task // by their time in the round
	interval time.Duration
	opening  int64 // how many of the first rounds take half an interval
	round    int64 // the number of the round that next is in
	next     int   // the first task not done
}

// task is one thing to send: the messages of one slot, or one PING.
type task struct {
	after time.Duration // the beginning of the round
	place int           // in the cover, -1 for a PING
	// Of a PING.
	region, shard int
}

// newSchedule returns the schedule for a cover of so many slots, and regions with so many shards each.
func newSchedule(interval time.Duration, opening, places int, shards []int) *schedule {
	q := &schedule{interval: interval, opening: int64(opening)}
	for place := range places {
		q.tasks = append(q.tasks, task{after: interval * time.Duration(place) / time.Duration(places), place: place})
	}
	total, number := 0, 0
	for _, n := range shards {
		total += n
	}
	for region, n := range shards {
		for shard := range n {
			// Half a step later than the messages, so that small deployments do not send both at once.
			after := interval * time.Duration(2*number+1) / time.Duration(2*total)
			q.tasks = append(q.tasks, task{after: after, place: -1, region: region, shard: shard})
			number++
		}
	}
	slices.SortStableFunc(q.tasks, func(a, b task) int { return cmp.Compare(a.after, b.after) })
	return q
}

// at returns when the next task is due, as the time since the start.
func (q *schedule) at() time.Duration {
	half := q.interval / 2
	if q.round < q.opening {
		return time.Duration(q.round)*half + q.tasks[q.next].after/2
	}
	return time.Duration(q.opening)*half + time.Duration(q.round-q.opening)*q.interval + q.tasks[q.next].after
}

// roundAt returns the number of the round that a moment is in, a time since the start.
func (q *schedule) roundAt(now time.Duration) int64 {
	half := q.interval / 2
	opened := time.Duration(q.opening) * half
	if now < opened {
		return int64(now / half)
	}
	return q.opening + int64((now-opened)/q.interval)
}

// pop returns the next task and moves on.
func (q *schedule) pop() task {
	t := q.tasks[q.next]
	if q.next++; q.next == len(q.tasks) {
		q.next = 0
		q.round++
	}
	return t
}

// skip leaves out the rounds that should have ended by now: what was missed is not made up for by a burst.
func (q *schedule) skip(now time.Duration) {
	q.round = max(q.round, q.roundAt(now))
}

// from goes on with the first task that is due after now, as the time since the start: what is sent anyway is not sent twice
// in a row because the schedule is another one.
func (q *schedule) from(now time.Duration) {
	q.round, q.next = q.roundAt(now), 0
	for q.at() <= now {
		q.pop()
	}
}
