package service

import (
	"time"

	"github.com/aafailover/aafailover/drill"
)

// Measure is one thing that an assertion can be about.
type Measure struct {
	Name string
	What string // in words, for help and documents
	Time bool   // it is a time; else a whole number

	of func(*Record) (value float64, measured bool)
}

// AssertionMeasures returns what assertions can be about, in the order of help.
func AssertionMeasures() []Measure {
	return []Measure{
		ofTime("rto", "from the fault to the first success elsewhere", func(r *Record) (time.Duration, bool) {
			total, _, ok := r.RTO()
			return total, ok
		}),
		ofTime("gap", "the longest stretch after the fault without any success", func(r *Record) (time.Duration, bool) {
			return r.Gap.Length(), r.FaultAt != nil
		}),
		ofTime("rpo", "age of the oldest missed write at the move; 0 when none was missed", ofRPO(func(r drill.RPO) *time.Duration { return r.Missed })),
		ofTime("rpo_lost", "age of the oldest lost write at the move; 0 when none was lost", ofRPO(func(r drill.RPO) *time.Duration { return r.Lost })),
		ofNumber("moved", "times that the service left a region for another, but for its returns", func(r *Record) int { return len(r.Moves) - len(r.Homecomings) }),
		ofNumber("returned", "times that it came back to the first region", func(r *Record) int { return len(r.Homecomings) }),
		ofNumber("unsafe_returns", "of these, those at which it was not known to be safe", (*Record).unsafeReturns),
		ofMissed("missed", "acknowledged writes that were not readable where the service got to", func(r *Record) int { return len(r.Missed) }),
		ofMissed("converged", "missed writes that became readable later", fateCount(drill.Converged)),
		ofMissed("diverged", "missed writes that are somewhere, and proven not to come", fateCount(drill.Diverged)),
		ofMissed("lost", "missed writes that are proven to be nowhere", fateCount(drill.Lost)),
		ofMissed("expired", "missed writes that expired first", fateCount(drill.Expired)),
		ofMissed("pending", "missed writes whose fate cannot be told", fateCount(drill.Pending)),
		ofMissed("rewritten", "missed writes that the service wrote again before their fate could be told", (*Record).Rewritten),
		ofNumber("superseded", "acknowledged writes that were written again before anybody could look for them", func(r *Record) int { return r.Accounts.Superseded }),
		{"at_failback", "acknowledged writes that were not readable when the service came back", false, func(r *Record) (float64, bool) {
			n := 0
			for _, h := range r.Homecomings {
				n += h.Missing
			}
			return float64(n), len(r.Homecomings) > 0
		}},
		ofNumber("errors", "commands that failed or were never answered since the fault", func(r *Record) int { return r.Failed }),
		ofNumber("timeouts", "connections that the service closed since the fault with commands unanswered", func(r *Record) int { return r.TimedOut }),
		ofNumber("repeats", "writes that were sent again", func(r *Record) int { return r.Repeats.Count }),
		ofNumber("doubtful_repeats", "of these, those that may have been applied twice, which makes a difference", func(r *Record) int { return r.Repeats.Doubtful }),
		ofNumber("stale_reads", "reads of its own items that found them older, or not at all", (*Record).StaleReads),
		ofNumber("storm", "connections opened to one region within a second, at the most", func(r *Record) int { return r.Storm.Opened }),
		ofNumber("split", "writes acknowledged elsewhere in a second in which another region acknowledged more", func(r *Record) int { return r.Split.Writes }),
		ofNumber("strays", "writes sent to a region that the service had left", func(r *Record) int { return r.Strays.Sent }),
		ofNumber("attempted", "writes that were sent", func(r *Record) int { return r.Writes.Attempted }),
		ofNumber("acknowledged", "writes of which the answer was delivered", func(r *Record) int { return r.Writes.Acknowledged }),
		ofNumber("rejected", "writes that were refused", func(r *Record) int { return r.Writes.Rejected }),
		ofNumber("indeterminate", "writes that may or may not have been applied", func(r *Record) int { return r.Writes.Indeterminate }),
	}
}

func ofTime(name, what string, of func(*Record) (time.Duration, bool)) Measure {
	return Measure{name, what, true, func(r *Record) (float64, bool) {
		d, ok := of(r)
		return float64(d), ok
	}}
}

// ofNumber is for what is measured once there was a fault.
func ofNumber(name, what string, of func(*Record) int) Measure {
	return Measure{name, what, false, func(r *Record) (float64, bool) { return float64(of(r)), r.FaultAt != nil }}
}

// ofMissed is for what only a move lets anybody see.
func ofMissed(name, what string, of func(*Record) int) Measure {
	return Measure{name, what, false, func(r *Record) (float64, bool) { return float64(of(r)), r.CutOverAt != nil }}
}

func ofRPO(part func(drill.RPO) *time.Duration) func(*Record) (time.Duration, bool) {
	return func(r *Record) (time.Duration, bool) {
		if d := part(r.RPO); d != nil {
			return *d, true
		}
		return 0, r.CutOverAt != nil
	}
}

func fateCount(f drill.Fate) func(*Record) int { return func(r *Record) int { return r.Count(f) } }

func (r *Record) unsafeReturns() int {
	n := 0
	for _, h := range r.Homecomings {
		if h.Unsafe() != "" {
			n++
		}
	}
	return n
}

// StaleReads returns how many reads of its own items found them older, or not at all.
func (r *Record) StaleReads() int {
	n := 0
	for _, s := range r.Stale {
		n += s.Count
	}
	return n
}

// ParseAssertions parses what a drill must show to pass: `rto<=5s`, `lost==0`. It refuses what drill.ParseAssertions does.
func ParseAssertions(texts []string) ([]drill.Condition, error) {
	var times, numbers []string
	for _, m := range AssertionMeasures() {
		if m.Time {
			times = append(times, m.Name)
		} else {
			numbers = append(numbers, m.Name)
		}
	}
	return drill.ParseConditions(texts, times, numbers)
}
