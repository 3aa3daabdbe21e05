package recorder

import (
	"sync/atomic"

	"github.com/aafailover/aafailover/drill"
)

// Dropped is what was not recorded, and why.
type Dropped struct {
	// Writes that have ended and found no room, by outcome. An item that was followed is not followed any more then.
	Writes drill.Tally
	// Long keys or parts of keys, which are over commands.MostText.
	Long int
	// Commands are those of which not enough was kept to tell their keys.
	Commands int
	// Unknown commands, which are in no table; they may have written.
	Unknown int
	// Otherwhere are commands that write, in other databases than 0.
	Otherwhere int
	// Unmatched are writes to keys that match no pattern.
	Unmatched int
	// Connections beyond MostConnections.
	Connections int
	// NotUnderstood is how many connections were passed through from some moment on.
	NotUnderstood int
}

// Unseen counts what of it may have been writes that were to be recorded.
func (d Dropped) Unseen() int {
	return d.Writes.Attempted + d.Long + d.Commands + d.Unknown + d.Otherwhere + d.NotUnderstood
}

// dropped counts what was not recorded.
type dropped struct {
	writes                                                        [drill.Unsent]atomic.Int64 // by outcome
	long, commands, unknown, otherwhere, unmatched, notUnderstood atomic.Int64
}

func (d *dropped) write(o drill.Outcome) { d.writes[o].Add(1) }

// Dropped returns what was not recorded so far.
func (l *Log) Dropped() Dropped {
	d := &l.dropped
	of := func(o drill.Outcome) int { return int(d.writes[o].Load()) }
	all := Dropped{
		Writes: drill.Tally{Acknowledged: of(drill.Acknowledged), Rejected: of(drill.Rejected), Indeterminate: of(drill.Indeterminate)},
		Long:   int(d.long.Load()), Commands: int(d.commands.Load()), Unknown: int(d.unknown.Load()),
		Otherwhere: int(d.otherwhere.Load()), Unmatched: int(d.unmatched.Load()), NotUnderstood: int(d.notUnderstood.Load()),
	}
	all.Writes.Attempted = all.Writes.Acknowledged + all.Writes.Rejected + all.Writes.Indeterminate
	l.connections.mu.Lock()
	defer l.connections.mu.Unlock()
	all.Connections = l.connections.dropped
	return all
}
