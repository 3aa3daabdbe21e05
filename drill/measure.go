package drill

import (
	"slices"
	"time"

	"github.com/aafailover/aafailover/failover"
)

// Measure is one thing that an assertion can be about.
type Measure struct {
	Name string
	What string // in words, for help and documents
	Unit string // "time", "number", "%" or "a second"

	unit     unit
	ofReturn bool // it is about the return to the first region
	final    final
	of       func(*Record) (value float64, measured bool)
}

var units = [...]string{inTime: "time", inWrites: "number", inShare: "%", inPerSecond: "a second"}

// Measures returns what assertions can be about, in the order of help.
func Measures() []Measure {
	return []Measure{
		ofTime("rto", "from the fault to the first write acknowledged elsewhere", ofRTO(func(r RTO) time.Duration { return r.Total })).since(sinceCutOver),
		ofTime("detect", "from the fault until the region was unusable in the eyes of the policy", ofRTO(func(r RTO) time.Duration { return r.Detect })).since(sinceCutOver),
		ofTime("decide", "from there until the policy decided to move", ofRTO(func(r RTO) time.Duration { return r.Decide })).since(sinceCutOver),
		ofTime("connect", "from there to the first write acknowledged elsewhere", ofRTO(func(r RTO) time.Duration { return r.Connect })).since(sinceCutOver),
		ofTime("rpo", "age of the oldest missed write at the cut-over; 0 when none was missed", ofRPO(func(r RPO) *time.Duration { return r.Missed })).since(sinceBroken),
		ofTime("rpo_lost", "age of the oldest lost write at the cut-over; 0 when none was lost", ofRPO(func(r RPO) *time.Duration { return r.Lost })).since(sinceBroken),
		ofMissed("missed", "acknowledged writes that were not readable at the cut-over", (*Record).AtFailover).since(sinceBroken),
		ofMissed("converged", "missed writes that became readable later", fateCount(Converged)).since(sinceBroken),
		ofMissed("diverged", "missed writes that are somewhere, and proven not to come", fateCount(Diverged)).since(sinceBroken),
		ofMissed("lost", "missed writes that are proven to be nowhere", fateCount(Lost)).since(sinceBroken),
		ofMissed("expired", "missed writes that expired first", fateCount(Expired)).since(sinceBroken),
		ofMissed("pending", "missed writes whose fate cannot be told", fateCount(Pending)).since(sinceBroken),
		ofWrites("failovers", "times that the application got to another region", func(r *Record) (int, bool) { return r.Made(failover.FailOver), true }).since(sinceBroken),
		ofWrites("failbacks", "times that it got back to the first region", func(r *Record) (int, bool) { return r.Made(failover.FailBack), true }).returning(),
		ofWrites("at_failback", "acknowledged writes that were not readable when the application came back", func(r *Record) (int, bool) {
			return r.AtFailback, r.Made(failover.FailBack) > 0
		}).returning(),
		ofWrites("early", "those of at_failback that some region had at the end: the return was too early", func(r *Record) (int, bool) {
			return r.Early, r.Made(failover.FailBack) > 0
		}).returning(),
		ofWrites("absent_at_end", "acknowledged writes that were not readable at the end, in the region that lacks most; not measured unless all could be read", absentAtEnd).since(sinceResume),
		ofTime("available", "from the heal until the first region could be used", ofFailback(func(f Failback) *time.Duration { return f.Available })).since(sinceReturn),
		ofTime("resynced", "from the heal until it had what was written elsewhere", ofFailback(func(f Failback) *time.Duration { return f.Resynced })).returning(),
		ofTime("ready", "from the heal until it was safe to return to", ofFailback(func(f Failback) *time.Duration { return f.Ready })).returning(),
		ofTime("failback", "from the heal to the first write acknowledged there", ofFailback(func(f Failback) *time.Duration { return f.Done })).returning(),
		ofWrites("attempted", "writes that were sent", ofTally(func(t Tally) int { return t.Attempted })),
		ofWrites("acknowledged", "writes that were answered with OK", ofTally(func(t Tally) int { return t.Acknowledged })),
		ofWrites("rejected", "writes that were refused", ofTally(func(t Tally) int { return t.Rejected })),
		ofWrites("indeterminate", "writes that may or may not have been applied", ofTally(func(t Tally) int { return t.Indeterminate })),
		ofWrites("unsent", "writes that could not be sent", ofTally(func(t Tally) int { return t.Unsent })),
		ofWrites("held_back", "writes that were never begun, because all connections were busy", func(r *Record) (int, bool) { return r.HeldBack, true }),
		ofShare("errors", "writes that were sent and not acknowledged, of all that were sent", func(r *Record) (float64, bool) {
			return 100 * float64(r.Writes.Rejected+r.Writes.Indeterminate) / float64(r.Writes.Attempted), r.Writes.Attempted > 0
		}),
		ofRate("per_second", "writes acknowledged a second before the fault", func(r *Record) (float64, bool) { return r.Reached, r.Reached > 0 }).since(sinceSteady),
		ofTime("lag", "median of the lag to the other region before the fault", ofLag(func(l Lag) time.Duration { return l.P50 })).since(sinceCutOver),
		ofTime("lag_p99", "99th percentile of that lag", ofLag(func(l Lag) time.Duration { return l.P99 })).since(sinceCutOver),
	}
}

func newMeasure(name, what string, u unit, of func(*Record) (float64, bool)) Measure {
	return Measure{Name: name, What: what, Unit: units[u], unit: u, of: of}
}

// returning is the measure as one that is about the return.
func (m Measure) returning() Measure {
	m.ofReturn, m.final = true, sinceReturn
	return m
}

// since is the measure as one that is final when something has come about.
func (m Measure) since(f final) Measure {
	m.final = f
	return m
}

func ofTime(name, what string, of func(*Record) (time.Duration, bool)) Measure {
	return newMeasure(name, what, inTime, func(r *Record) (float64, bool) {
		d, ok := of(r)
		return float64(d), ok
	})
}

func ofWrites(name, what string, of func(*Record) (int, bool)) Measure {
	return newMeasure(name, what, inWrites, func(r *Record) (float64, bool) {
		n, ok := of(r)
		return float64(n), ok
	})
}

// ofMissed is for what only a cut-over lets anybody see.
func ofMissed(name, what string, of func(*Record) int) Measure {
	return ofWrites(name, what, func(r *Record) (int, bool) { return of(r), r.CutOverAt != nil })
}

func ofShare(name, what string, of func(*Record) (float64, bool)) Measure {
	return newMeasure(name, what, inShare, of)
}

func ofRate(name, what string, of func(*Record) (float64, bool)) Measure {
	return newMeasure(name, what, inPerSecond, of)
}

func ofRTO(part func(RTO) time.Duration) func(*Record) (time.Duration, bool) {
	return func(r *Record) (time.Duration, bool) {
		rto, ok := r.RTO()
		return part(rto), ok
	}
}

func ofRPO(part func(RPO) *time.Duration) func(*Record) (time.Duration, bool) {
	return func(r *Record) (time.Duration, bool) {
		d, _ := known(part(r.RPO))
		return d, r.CutOverAt != nil
	}
}

func ofFailback(part func(Failback) *time.Duration) func(*Record) (time.Duration, bool) {
	return func(r *Record) (time.Duration, bool) { return known(part(r.Failback)) }
}

func ofTally(part func(Tally) int) func(*Record) (int, bool) {
	return func(r *Record) (int, bool) { return part(r.Writes), true }
}

func ofLag(part func(Lag) time.Duration) func(*Record) (time.Duration, bool) {
	return func(r *Record) (time.Duration, bool) { return part(r.Lag), r.Lag != (Lag{}) }
}

func fateCount(f Fate) func(*Record) int { return func(r *Record) int { return r.Count(f) } }

func known(d *time.Duration) (time.Duration, bool) {
	if d == nil {
		return 0, false
	}
	return *d, true
}

// absentAtEnd is the most that any region lacks at the end.
func absentAtEnd(r *Record) (int, bool) {
	if len(r.AtEnd) == 0 || slices.Contains(r.AtEnd, -1) {
		return 0, false
	}
	return slices.Max(r.AtEnd), true
}
