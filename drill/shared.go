package drill

import "time"

// What a ledger that is kept outside a drill, that of the canary, has in common with one.

// OutcomeOf tells what the error of Store.Write says of the write.
func OutcomeOf(err error) Outcome { return answerOf(err).outcome }

// MergeGap returns the merge gap for writes that are made at a rate, in writes a
// second, to so many slots in turn: see Windows.
func MergeGap(rate float64, slots int) time.Duration { return mergeGap(rate, slots) }

// RPOOf returns both halves of RPO for missed writes, which must be in the order of
// their acknowledgement, and the last acknowledgement before the cut-over.
func RPOOf(missed []Missed, lastAck Moment) RPO { return rpo(missed, lastAck) }
