package recorder

import (
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/proxy"
)

// Connection is one connection of the service.
type Connection struct {
	Region int
	Opened drill.Moment
	// Reached is when the connection to the region was made, First when the service got its first reply that is no error, Ended
	// when it was over: -1 for what has not happened.
	Reached, First, Ended drill.Moment
	By                    proxy.Side // who ended it
	Code                  string     // how: "closed", "refused", "reset", "timeout", …
	Commands              int
	Unanswered            int  // commands in flight when it ended
	NotUnderstood         bool // it was passed through from some moment on
}

// Connections returns the connections so far, in the order in which they were opened. Of more than MostConnections only the
// first are there.
func (l *Log) Connections() []Connection { return nil }

// MostConnections is how many connections are kept.
const MostConnections = 1 << 17

// Errors are those of one code that the service was given in one region.
type Errors struct {
	Region int
	// Code is the first word of an error reply: "READONLY"; or what happened to connections, in lower case: "refused" and
	// "unreachable" to those that never were, "reset" and "closed" to those that ended with commands unanswered, and "timeout"
	// where it was the service that closed such a one.
	Code        string
	Count       int // replies, or connections
	First, Last drill.Moment
}

// Errors returns the errors so far, by region and code.
func (l *Log) Errors() []Errors { return nil }

// Step is what went on between the service and one region for a while.
type Step struct {
	At        drill.Moment // when it began; it lasted for the width of the Traffic
	Commands  int          // sent
	Succeeded int          // replies delivered that are no errors
	Failed    int          // errors delivered, and commands abandoned
	Writes    int          // of the replies that succeeded: to commands that write
	Opened    int          // connections
}

// Traffic is what went on between the service and one region, by steps of equal width.
type Traffic struct {
	Width time.Duration // 100 ms; in a long run, a multiple of that
	Steps []Step        // from the start on, without gaps
}

// Traffic returns the traffic of a region so far.
func (l *Log) Traffic(region int) Traffic { return Traffic{} }

// Reads are those in which the service asked one region for items that it had written, by what it found.
type Reads struct {
	Region      int
	Verdict     Verdict
	Count       int
	First, Last drill.Moment // of the replies' deliveries
}

// Reads returns the reads so far, by region and verdict; those of items that nobody wrote are not among them.
func (l *Log) Reads() []Reads { return nil }

// BadRead is a read that found an item Older or Missing.
type BadRead struct {
	Item    int
	Region  int
	At      drill.Moment // when the reply was delivered
	Verdict Verdict
}

// MostBadReads is how many bad reads are kept.
const MostBadReads = 10_000

// BadReads returns the bad reads so far, by the order of their delivery; the first MostBadReads.
func (l *Log) BadReads() []BadRead { return nil }

// Dropped is what was not recorded, and why.
type Dropped struct {
	// Writes that found no room, by outcome. An item that was followed is not followed any more then.
	Writes drill.Tally
	// Long keys or parts of keys, which are over commands.MostText.
	Long int
	// Commands are those of which not enough was kept to tell their keys.
	Commands int
	// Unknown commands, which are in no table; they may have written.
	Unknown int
	// Otherwhere are commands in other databases than 0.
	Otherwhere int
	// Unmatched are writes to keys that match no pattern.
	Unmatched int
	// Connections beyond MostConnections.
	Connections int
	// NotUnderstood is how many connections were passed through from some moment on.
	NotUnderstood int
}

// Dropped returns what was not recorded so far.
func (l *Log) Dropped() Dropped { return Dropped{} }
