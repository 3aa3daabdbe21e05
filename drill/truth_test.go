package drill_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/lab"
)

// expectation is what the report of a drill must say, computed from the diary of
// the application and the truth of the lab by the plain definitions of the
// words. It shares no code with the analysis.
type expectation struct {
	attempted, acknowledged, rejected, indeterminate int
	indeterminateApplied                             int
	atFailover                                       int
	fates                                            map[drill.Fate]int
	atFailback                                       int

	cutOver, back     time.Time            // the first acknowledgements; zero where there was none
	missed            []time.Time          // acknowledgements of the missed writes
	arrivals          map[string]time.Time // of those that converged, by key: when they were in the target
	rtoTotal, done    time.Duration
	rpoMissed         time.Duration
	firstAck, lastAck time.Time // of the missed writes
}

// expect computes what the report must say. The region from was left for the
// region to. provable says of a key whether, at the end of the drill, all the
// links of its shard worked and the region from was there: only then a drill can
// know what became of a write that has not arrived.
func expect(d *diary, truth *lab.Truth, regions []string, from, to string, provable func(key string) bool) (expectation, error) {
	x := expectation{attempted: d.attempted(), fates: make(map[drill.Fate]int), arrivals: make(map[string]time.Time)}
	var wrong []error
	for _, w := range d.writes {
		applied := len(truth.Applied(w.region, w.key)) > 0
		switch {
		case w.err == nil:
			x.acknowledged++
			if !applied {
				wrong = append(wrong, fmt.Errorf("%s was acknowledged by %s, which never executed it", w.key, w.region))
			}
		case errors.Is(w.err, drill.ErrRejected):
			x.rejected++
			if applied {
				wrong = append(wrong, fmt.Errorf("%s was rejected by %s, and applied all the same", w.key, w.region))
			}
		case errors.Is(w.err, drill.ErrUnsent):
			if applied {
				wrong = append(wrong, fmt.Errorf("%s was not sent to %s, and applied all the same", w.key, w.region))
			}
		default:
			x.indeterminate++
			if presentSomewhere(d, truth, regions, w.key) {
				x.indeterminateApplied++
			}
		}
	}
	there := d.acknowledgedIn(to)
	if len(there) == 0 {
		return x, errors.Join(wrong...)
	}
	cutOver, back := there[0].ended, failback(d, from, there[len(there)-1].ended)
	x.cutOver, x.back = cutOver, back
	for _, w := range d.writes {
		if w.err != nil {
			continue
		}
		if w.region == from && !w.ended.After(cutOver) {
			if first := d.looksAt(to, w.key, cutOver); len(first) > 0 && !foundBy(truth, to, w.key, first[0]) {
				x.atFailover++
				x.missed = append(x.missed, w.ended)
				fate := fateOf(d, truth, regions, to, w, provable(w.key))
				x.fates[fate]++
				if fate == drill.Converged {
					x.arrivals[w.key] = truth.Applied(to, w.key)[0].From
				}
			}
		}
		if !back.IsZero() && !w.ended.After(back) {
			if first := d.looksAt(from, w.key, back); len(first) > 0 && !foundBy(truth, from, w.key, first[0]) {
				x.atFailback++
			}
		}
	}
	return x, errors.Join(wrong...)
}

// fateOf applies the definitions: converged when it was in the target at some
// look after the first; otherwise what could be proven of it.
func fateOf(d *diary, truth *lab.Truth, regions []string, to string, w write, provable bool) drill.Fate {
	for _, l := range d.looksAt(to, w.key, w.ended)[1:] {
		if foundBy(truth, to, w.key, l) {
			return drill.Converged
		}
	}
	if !provable {
		return drill.Pending
	}
	for _, region := range regions {
		looks := d.looksAt(region, w.key, w.ended)
		if len(looks) > 0 && foundBy(truth, region, w.key, looks[len(looks)-1]) {
			return drill.Diverged
		}
	}
	return drill.Lost
}

// failback returns when the application was back: at the first write that the
// preferred region acknowledged after the application had last connected to it, if
// the other region acknowledged none after that. The zero time if it never was.
func failback(d *diary, from string, last time.Time) time.Time {
	connected := d.connects[from]
	if !connected.After(last) {
		return time.Time{}
	}
	for _, w := range d.acknowledgedIn(from) {
		if !w.began.Before(connected) {
			return w.ended
		}
	}
	return time.Time{}
}

// foundBy says what the region executed for a look: a look may ask for a key
// more than once, and the last answer is the one that counts.
func foundBy(truth *lab.Truth, region, key string, l look) bool {
	found := false
	for _, r := range truth.Reads(region, key) {
		if !r.At.Before(l.began) && !r.At.After(l.ended) {
			found = r.Found
		}
	}
	return found
}

// presentSomewhere says whether the last look for a key in some region found it.
func presentSomewhere(d *diary, truth *lab.Truth, regions []string, key string) bool {
	for _, region := range regions {
		looks := d.looksAt(region, key, time.Time{})
		if len(looks) > 0 && foundBy(truth, region, key, looks[len(looks)-1]) {
			return true
		}
	}
	return false
}

// times computes the durations that the report must give.
func (x *expectation) times(d *diary, r *drill.Record) {
	if x.cutOver.IsZero() {
		return
	}
	x.rtoTotal = x.cutOver.Sub(d.broken)
	if !x.back.IsZero() {
		x.done = x.back.Sub(d.healed)
	}
	if len(x.missed) == 0 {
		return
	}
	var last time.Time
	for _, w := range d.acknowledgedIn(r.Maps[r.From].Region) {
		if !w.ended.After(x.cutOver) && w.ended.After(last) {
			last = w.ended
		}
	}
	x.firstAck, x.lastAck = slices.MinFunc(x.missed, time.Time.Compare), slices.MaxFunc(x.missed, time.Time.Compare)
	x.rpoMissed = last.Sub(x.firstAck)
}

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
	equal("missed at failover", len(r.Missed), x.atFailover)
	for _, fate := range []drill.Fate{drill.Converged, drill.Diverged, drill.Lost, drill.Expired, drill.Pending} {
		equal(fate.String(), r.Count(fate), x.fates[fate])
	}
	equal("missed at failback", r.AtFailback, x.atFailback)
	equal("unread", r.Unread, 0)
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
	near := func(what string, got *time.Duration, want time.Duration) {
		switch {
		case got == nil:
			if want != 0 {
				wrong = append(wrong, fmt.Errorf("%s: not reported, truly %v", what, want))
			}
		case (*got - want).Abs() > h.slack:
			wrong = append(wrong, fmt.Errorf("%s: reported %v, truly %v", what, *got, want))
		}
	}
	if rto, ok := r.RTO(); ok {
		near("RTO", &rto.Total, x.rtoTotal)
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
		begins, ends := first-x.firstAck.Sub(r.Start), last-x.lastAck.Sub(r.Start)
		near("begin of the windows", &begins, 0)
		near("end of the windows", &ends, 0)
	}
	for _, m := range r.Missed {
		for key, arrived := range x.arrivals {
			if !strings.HasSuffix(key, ":"+strconv.Itoa(m.N)) {
				continue
			}
			if late := m.ConvergedAt - arrived.Sub(r.Start); late < 0 || late > h.slack {
				wrong = append(wrong, fmt.Errorf("%s: found %v after it had arrived", key, late))
			}
		}
	}
	return wrong
}
