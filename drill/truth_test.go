package drill_test

import (
	"errors"
	"fmt"
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
}

// expect computes what the report must say. The region from was left for the
// region to. provable says of a key whether, at the end of the drill, all the
// links of its shard worked and the region from was there: only then a drill can
// know what became of a write that has not arrived.
func expect(d *diary, truth *lab.Truth, regions []string, from, to string, provable func(key string) bool) (expectation, error) {
	x := expectation{attempted: d.attempted(), fates: make(map[drill.Fate]int)}
	var wrong []error
	for _, w := range d.writes {
		applied := executed(truth, regions, w)
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
	cutOver := there[0].ended
	back := failback(d, from, there[len(there)-1].ended)
	for _, w := range d.writes {
		if w.err != nil {
			continue
		}
		if w.region == from && !w.ended.After(cutOver) {
			if first := d.looksAt(to, w.key, cutOver); len(first) > 0 && !foundBy(truth, to, w.key, first[0]) {
				x.atFailover++
				x.fates[fateOf(d, truth, regions, to, w, provable(w.key))]++
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

// failback returns when the first write was acknowledged by the preferred region
// after the last one of the other; the zero time if none was.
func failback(d *diary, from string, last time.Time) time.Time {
	for _, w := range d.acknowledgedIn(from) {
		if w.began.After(last) {
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

// executed says whether the region of a write ever executed it.
func executed(truth *lab.Truth, _ []string, w write) bool {
	return len(truth.Applied(w.region, w.key)) > 0
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

// compare returns how a report differs from what it must say.
func compare(r *drill.Record, x expectation) error {
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
	return errors.Join(wrong...)
}
