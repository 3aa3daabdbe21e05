package probe

import "time"

// roundsKept is how many rounds of a link are remembered: what a sparkline has room for.
const roundsKept = 64

// rounds is a ring of the last rounds of a link. A message belongs to the round in which it was sent, whatever became of it and
// whenever that was known: the messages of a link that was cut are missing when they were sent, and not in one heap a deadline later;
// and when they come after all, those rounds are late ones, and the one in which they came is not.
type rounds struct {
	interval time.Duration
	newest   int64 // the number of the newest round that anything was sent in, counted from the start of the run
	ring     [roundsKept]round
}

// round is one of them. The zero value is one without messages.
type round struct {
	number int64
	counts [fates]uint32
	// took holds the round trips, as their buckets: not more than the link has cells, but for messages that were sent a
	// little early or late, and in an opening, when twice as many are sent.
	took     []uint8
	p50, max time.Duration
	stale    bool // p50 is not that of took
}

// A round trip fits into a byte.
const _ = uint8(rttOctaves*rttSteps - 1)

// number returns which round it was at a moment.
func (r *rounds) number(at instant) int64 { return int64(max(at.since(1), 0) / r.interval) }

// of returns the round in which a message was sent, nil when it is not remembered any more.
func (r *rounds) of(sent instant) *round {
	n := r.number(sent)
	if kept := &r.ring[n%roundsKept]; kept.number == n {
		return kept
	}
	return nil
}

// published counts a message that is sent now.
func (r *rounds) published(sent instant) {
	n := r.number(sent)
	kept := &r.ring[n%roundsKept]
	if kept.number != n {
		*kept = round{number: n, took: kept.took[:0]}
	}
	r.newest = max(r.newest, n)
	kept.counts[waiting]++
}

// decided changes the fate of a message.
func (r *rounds) decided(sent instant, was, is fate) {
	if kept := r.of(sent); kept != nil {
		kept.counts[was]--
		kept.counts[is]++
	}
}

// arrived takes in a round trip.
func (r *rounds) arrived(sent instant, took time.Duration) {
	if kept := r.of(sent); kept != nil {
		kept.took = append(kept.took, uint8(bucketOf(took)))
		kept.max = max(kept.max, took)
		kept.stale = true
	}
}

// median returns the median of the round trips.
func (r *round) median() time.Duration {
	if r.stale {
		h := histogram{total: uint64(len(r.took)), max: r.max}
		for _, bucket := range r.took {
			*h.room(int(bucket))++
		}
		r.p50, r.stale = h.quantile(50), false
	}
	return r.p50
}

// snapshot returns the last rounds up to now, those in which nothing was sent included.
func (r *rounds) snapshot(clock clock, now instant) []Round {
	newest := max(r.number(now), r.newest)
	first := max(newest-roundsKept+1, 0)
	all := make([]Round, newest-first+1)
	for i := range all {
		n := first + int64(i)
		all[i].At = clock.time(instant(n*int64(r.interval)) + 1)
		if kept := &r.ring[n%roundsKept]; kept.number == n {
			kept.show(&all[i])
		}
	}
	return all
}

// show fills in what became of the messages of a round.
func (r *round) show(shown *Round) {
	n := &r.counts
	shown.Delivered, shown.Late, shown.Missing = n[delivered], n[delayed]+n[excused], n[overdue]+n[lost]
	shown.NoEvidence, shown.Waiting = n[withoutEvidence], n[waiting]
	shown.P50, shown.Max = r.median(), r.max
}
