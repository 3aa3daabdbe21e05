package drill_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// compare returns how the report of a rehearsal differs from what it must say.
func compare(h rehearsal) error {
	r, x := h.record, h.want
	var wrong []error
	equal := func(what string, got, want int) {
		if got != want {
			wrong = append(wrong, fmt.Errorf("%s: reported %d, truly %d", what, got, want))
		}
	}
	equal("attempted", r.Writes.Attempted, x.attempted)
	equal("acknowledged", r.Writes.Acknowledged, x.acknowledged)
	equal("rejected", r.Writes.Rejected, x.rejected)
	equal("indeterminate", r.Writes.Indeterminate, x.indeterminate)
	equal("indeterminate applied", r.IndeterminateApplied, x.indeterminateApplied)
	equal("rejected but applied", r.RejectedApplied, 0)
	for i, m := range r.Moves {
		equal(fmt.Sprintf("missing at move %d", i+1), m.Missing, x.missing[i])
	}
	equal("missed at failovers", len(r.Missed), x.atFailover)
	fates := []drill.Fate{drill.Converged, drill.Diverged, drill.Lost, drill.Expired, drill.Pending}
	if h.unsure { // the regions changed while the last proofs were gathered: whether those came in time is chance
		open := func(count func(drill.Fate) int) int {
			return count(drill.Diverged) + count(drill.Lost) + count(drill.Pending)
		}
		equal("diverged, lost or pending", open(r.Count), open(func(f drill.Fate) int { return x.fates[f] }))
		fates = []drill.Fate{drill.Converged, drill.Expired}
	}
	for _, fate := range fates {
		equal(fate.String(), r.Count(fate), x.fates[fate])
	}
	equal("missed at failback", r.AtFailback, x.atFailback)
	equal("of them too early", r.Early, x.early)
	equal("unread", r.Unread, x.unread)
	for region, absent := range r.AtEnd {
		if absent >= 0 {
			equal("absent at the end in "+r.Maps[region].Region, absent, x.atEnd[region])
		}
	}
	inWindows := 0
	for _, w := range r.Windows {
		inWindows += w.Count
	}
	equal("writes in windows", inWindows, x.atFailover)
	return errors.Join(append(append(wrong, compareTimes(h)...), h.later)...)
}

// compareTimes looks at durations. The diary is written just outside the drill,
// so that nothing but its own rounding to microseconds, and on a real machine a
// moment of scheduling, lies between.
func compareTimes(h rehearsal) (wrong []error) {
	r, x := h.record, h.want
	near := func(what string, got, want *time.Duration) {
		switch {
		case (got == nil) != (want == nil):
			wrong = append(wrong, fmt.Errorf("%s: reported %v, truly %v", what, got, want))
		case got != nil && (*got-*want).Abs() > h.slack:
			wrong = append(wrong, fmt.Errorf("%s: reported %v, truly %v", what, *got, *want))
		}
	}
	if rto, ok := r.RTO(); ok {
		near("RTO", &rto.Total, x.rtoTotal)
		if rto.Least > rto.Total || rto.Detect+rto.Decide+rto.Connect != rto.Total {
			wrong = append(wrong, fmt.Errorf("an RTO whose parts do not add up: %+v", rto))
		}
	} else {
		near("RTO", nil, x.rtoTotal)
	}
	near("failback", r.Failback.Done, x.done)
	near("RPO", r.RPO.Missed, x.rpoMissed)
	if (r.RPO.Lost != nil) != (r.Count(drill.Lost) > 0) {
		wrong = append(wrong, fmt.Errorf("RPO of losses is %v, with %d losses", r.RPO.Lost, r.Count(drill.Lost)))
	}
	var first, last drill.Moment
	for i, w := range r.Windows {
		if i == 0 || w.FirstAck < first {
			first = w.FirstAck
		}
		last = max(last, w.LastAck)
	}
	if len(r.Windows) > 0 {
		begins, ends := x.firstAck.Sub(r.Start), x.lastAck.Sub(r.Start)
		near("begin of the windows", &first, &begins)
		near("end of the windows", &last, &ends)
	}
	return append(wrong, compareArrivals(h)...)
}

// compareArrivals looks at when each missed write was found.
func compareArrivals(h rehearsal) (wrong []error) {
	byNumber := make(map[string]time.Time, len(h.want.arrivals))
	for key, at := range h.want.arrivals {
		byNumber[key[strings.LastIndexByte(key, ':')+1:]] = at
	}
	for _, m := range h.record.Missed {
		arrived, ok := byNumber[strconv.Itoa(m.N)]
		if !ok {
			continue
		}
		if late := m.ConvergedAt - arrived.Sub(h.record.Start); late < 0 || late > h.slack {
			wrong = append(wrong, fmt.Errorf("write %d: found %v after it had arrived", m.N, late))
		}
	}
	return wrong
}
