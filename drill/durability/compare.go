package durability

import (
	"math"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// Compare puts what the application was told beside what is there: present are
// the writes that could be read after the crash, unconfirmed those acknowledged
// ones that fewer replicas had in time than the application asked for. A write
// whose outcome was never told counts as indeterminate. What was acknowledged after
// the cut-over to another server does not count for the RPO.
func Compare(l *drill.Ledger, unconfirmed, present *drill.Numbers, cutOver drill.Moment) (Counts, Loss) {
	tally := l.Tally()
	counts := Counts{Attempted: tally.Attempted, Acknowledged: tally.Acknowledged, Rejected: tally.Rejected,
		Indeterminate: tally.Indeterminate, Unconfirmed: unconfirmed.Len()}
	var loss Loss
	var span lostSpan
	for n := range l.Len() {
		e := l.Entry(n)
		switch {
		case e.Outcome != drill.Acknowledged:
			if present.Has(n) {
				counts.Applied++
			}
			continue
		case present.Has(n):
		case unconfirmed.Has(n):
			loss.Lost++
			loss.Unconfirmed++
		default:
			loss.Lost++
			span.lost(e.Ended)
		}
		if e.Ended <= cutOver {
			span.acknowledged(e.Ended)
		}
	}
	loss.RPO, loss.Everything = span.rpo()
	return counts, loss
}

// lostSpan is the stretch of acknowledgements that a crash took back.
type lostSpan struct {
	any, some           bool // any acknowledgement; some lost one
	first, last, oldest drill.Moment
}

func (s *lostSpan) acknowledged(at drill.Moment) {
	if !s.any || at < s.first {
		s.first = at
	}
	s.last = max(s.last, at)
	s.any = true
}

func (s *lostSpan) lost(at drill.Moment) {
	if !s.some || at < s.oldest {
		s.oldest = at
	}
	s.some = true
}

func (s *lostSpan) rpo() (rpo time.Duration, everything bool) {
	if !s.some {
		return 0, false
	}
	return max(0, s.last-s.oldest), s.oldest == s.first
}

// latencyOf is how long the acknowledged writes took that were sent before a moment.
func latencyOf(l *drill.Ledger, before drill.Moment) Latency {
	var took []time.Duration
	for n := range l.Len() {
		if e := l.Entry(n); e.Outcome == drill.Acknowledged && e.Sent < before {
			took = append(took, e.Ended-e.Sent)
		}
	}
	if len(took) == 0 {
		return Latency{}
	}
	slices.Sort(took)
	return Latency{P50: rank(took, 0.5), P99: rank(took, 0.99), Max: took[len(took)-1]}
}

// rank is the smallest of sorted values that a share of them do not exceed.
func rank(sorted []time.Duration, share float64) time.Duration {
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)]
}

// longestGap is the longest time between two acknowledgements, in the order in
// which they came.
func longestGap(l *drill.Ledger) time.Duration {
	var at []drill.Moment
	for n := range l.Len() {
		if e := l.Entry(n); e.Outcome == drill.Acknowledged {
			at = append(at, e.Ended)
		}
	}
	slices.Sort(at)
	longest := time.Duration(0)
	for i := 1; i < len(at); i++ {
		longest = max(longest, at[i]-at[i-1])
	}
	return longest
}

// lastAcknowledged is when the last acknowledgement came; 0 without any.
func lastAcknowledged(l *drill.Ledger) drill.Moment {
	last := drill.Moment(0)
	for n := range l.Len() {
		if e := l.Entry(n); e.Outcome == drill.Acknowledged {
			last = max(last, e.Ended)
		}
	}
	return last
}
