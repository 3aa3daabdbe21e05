// Package smoke answers, for a job of CI, whether a deployment is fit: is it sharded equally, can every region be used, does every
// link carry messages, are their round trips within the limits, and is it safe to return to each region. It is pure:
//
//	survey.Survey ─> slots.Map ──┐
//	                             ├─> Question.Judge ─> Result: five answers and one verdict ─> package report
//	probe.Run ─> probe.Snapshot ─┘
//	                   └─> Question.Enough: can the probe end?
//
// What is broken is for the verdict of the probe to say; nothing here finds a failure that the probe did not, but that of a limit
// that was asked for.
package smoke

import (
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// Verdict is the answer to it all. The texts are part of the JSON contract.
type Verdict string

// The verdicts.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive" // no verdict: too little was seen
)

// Subject is what an answer is about.
type Subject string

// The subjects.
const (
	Sharding  Subject = "sharding"   // whether the regions are known to be sharded equally
	Regions   Subject = "regions"    // whether all of them can be used
	Links     Subject = "links"      // whether all of them carry messages
	RoundTrip Subject = "round_trip" // whether the limits on round trips hold
	Failback  Subject = "failback"   // whether each region is safe to return to
)

// Outcome is what an answer comes to: the same words as those of a rule of `check`.
type Outcome string

// The outcomes.
const (
	Passed Outcome = "pass"
	Warned Outcome = "warning"
	Failed Outcome = "failure"
	Untold Outcome = "could_not_tell" // neither good nor bad
)

// Answer is what was found on one subject.
type Answer struct {
	Subject Subject
	Outcome Outcome
	Text    string // in a line
	Advice  string // what to do; "" where there is nothing to
	// Needed says that the verdict needs this answer: not to know it is inconclusive.
	Needed bool
}

// Question is what is asked beside the verdict of the probe.
type Question struct {
	// Limits are on the round trips of every link: see [ParseLimit].
	Limits []drill.Condition
	// Failback asks that every region is proven to be safe to return to.
	Failback bool
}

// Seen is what was learned of a deployment.
type Seen struct {
	// Maps say how the regions are sharded, the local one first; one without shards did not tell.
	Maps []slots.Map
	// Snapshot is the last of the probe; nil where no region answered, so that nothing was tried.
	Snapshot *probe.Snapshot
	// Why says why nothing was tried; "" with a snapshot.
	Why string
	// Errors say of each region that did not answer why, region and address included; none where none was waited for.
	Errors []string
}

// Result is the answers, in the order of the subjects, and what they come to.
type Result struct {
	Verdict  Verdict
	Sentence string // the verdict in words
	Answers  []Answer
	Limits   []Limited
}

// Limited is a limit, with the worst value that was measured.
type Limited struct {
	drill.Assertion
	From, To string        // the link it was measured on; "" where nothing was
	Took     time.Duration // what was measured there
}

// Answer returns the answer on a subject.
func (r Result) Answer(s Subject) Answer {
	for _, a := range r.Answers {
		if a.Subject == s {
			return a
		}
	}
	return Answer{Subject: s, Outcome: Untold}
}

// Judge answers the question by what was seen.
func (q Question) Judge(seen Seen) Result {
	var r Result
	r.Answers = []Answer{sharding(seen), regions(seen), links(seen)}
	round, limits := q.roundTrip(seen)
	r.Limits = limits
	r.Answers = append(r.Answers, round, q.failback(seen))
	r.Verdict, r.Sentence = conclude(seen, r.Answers)
	return r
}
