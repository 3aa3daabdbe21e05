package drill

import (
	"errors"
)

// operation is what the application wants to write once. It may take several
// attempts, and with fresh numbers several numbers; the outcome of each number is
// what the application knows of it after the last attempt.
type operation struct {
	n        int // the number that is written
	place    int // of its slot
	region   int // that gave the outcome
	attempts int // of the operation
	outcome  Outcome
	former   []int // the numbers of earlier attempts, where each has its own
}

// sure ranks the outcomes by what they tell of a write that was attempted several
// times: an acknowledgement says that it is there; without one, any attempt that
// was left open leaves the write open.
func sure(o Outcome) int {
	switch o {
	case Acknowledged:
		return 3
	case Indeterminate:
		return 2
	case Rejected:
		return 1
	}
	return 0
}

// learn takes in the outcome of one more attempt.
func (o *operation) learn(outcome Outcome, region int) {
	if o.outcome == Inflight || sure(outcome) > sure(o.outcome) {
		o.outcome, o.region = outcome, region
	}
}

// answer is what one attempt to write told.
type answer struct {
	outcome Outcome
	thin    bool // acknowledged, but by fewer replicas than asked for
	existed bool // nothing was written, since the key was there already
}

// OutcomeOf tells what the error of Store.Write says of the write.
func OutcomeOf(err error) Outcome { return answerOf(err).outcome }

// answerOf reads the error of Store.Write.
func answerOf(err error) answer {
	switch {
	case err == nil:
		return answer{outcome: Acknowledged}
	case errors.Is(err, ErrFewReplicas):
		return answer{outcome: Acknowledged, thin: true}
	case errors.Is(err, ErrExists):
		return answer{outcome: Rejected, existed: true}
	case errors.Is(err, ErrRejected):
		return answer{outcome: Rejected}
	case errors.Is(err, ErrUnsent):
		return answer{outcome: Unsent}
	}
	return answer{outcome: Indeterminate}
}
