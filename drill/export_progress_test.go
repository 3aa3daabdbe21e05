package drill

import "github.com/aafailover/aafailover/slots"

// MissedTally is missedTally.
type MissedTally struct{ *missedTally }

// NewMissedTally is newMissedTally.
func NewMissedTally(regions []slots.Map, cover []int) MissedTally {
	return MissedTally{newMissedTally(regions, cover)}
}

// Missed is missed.
func (t MissedTally) Missed(e Entry, again bool) { t.missed(e, again) }

// Found is found.
func (t MissedTally) Found(e Entry) { t.found(e) }

// Read is read.
func (t MissedTally) Read() ([]ShardMissed, *Look) { return t.read() }
