package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/slots"
)

// Check is one thing that was looked at before a drill began.
type Check struct {
	Name   string // "links", "lag", "writes", "memory", "coverage" or "lock"
	Region string // "" when it is about all of them
	State  CheckState
	Text   string // what was found
	Hint   string // what to do about it; "" when there is nothing to be done
}

// CheckState is how a check came out. Its texts are part of the JSON contract.
type CheckState string

// The states. Only Failed keeps a drill from beginning.
const (
	Passed   CheckState = "passed"
	Noted    CheckState = "noted"    // worth knowing, and no reason not to begin
	Accepted CheckState = "accepted" // would have failed, and was accepted by name
	Failed   CheckState = "failed"
)

// Preflight is all that was looked at before a drill began, and what it will come
// to.
type Preflight struct {
	Checks   []Check
	Estimate Estimate
}

// Err returns an ErrPreflight that names the checks which failed, with their
// hints; nil when the drill may begin.
func (p *Preflight) Err() error {
	var failed []error
	for _, c := range p.Checks {
		if c.State == Failed {
			failed = append(failed, hint.Wrap(fmt.Errorf("%w: %s", ErrPreflight, c.Text), c.Hint))
		}
	}
	return errors.Join(failed...)
}

// ErrPreflight says that a drill did not begin, because it could have done harm
// or proven nothing.
var ErrPreflight = errors.New("preflight")

// failedCheck is the check of something that went wrong.
func failedCheck(name string, err error) Check {
	return Check{Name: name, State: Failed, Text: err.Error(), Hint: strings.Join(hint.Of(err), "; ")}
}

// Doubt is something that makes a preflight fail unless it is accepted by name.
type Doubt string

// The doubts.
const (
	// UnknownMemory is a region that does not tell how much memory it has left, so
	// that the keys of the drill might push out its owner's.
	UnknownMemory Doubt = "unknown-memory"
	// OneWayLinks is a deployment in which only the first region replicates to the
	// others, as a primary does to its replicas.
	OneWayLinks Doubt = "one-way-links"
)

// Doubts returns all doubts that can be accepted.
func Doubts() []Doubt { return []Doubt{UnknownMemory, OneWayLinks} }

// ShardFacts is what was found out about one shard.
type ShardFacts struct {
	Address string
	Memory  Memory
	Unknown error // why the memory is not known; nil when it is
	// Trial is why a key could not be written, read and deleted there; nil when all
	// of that works. ErrRefused stands in it when the user may, and the shard does
	// not take writes.
	Trial error
}

// ErrRefused says that a shard takes no writes from anybody, as a replica does.
var ErrRefused = errors.New("writes are refused")

// Inspector is one region as a preflight asks it.
type Inspector interface {
	// Inspect asks every shard of the region for its memory, and tries the key of
	// the same index there: writes it with a short expiry, reads it and deletes it.
	// What fails is part of the facts.
	Inspect(ctx context.Context, keys []string) []ShardFacts
	LockPlace
}

// Safety is what keeps a drill from doing harm to a deployment that is not a
// rehearsal's. The zero value is that of a lab nobody else uses.
type Safety struct {
	// Inspectors ask the regions what a preflight judges, and hold the lock that
	// keeps two drills apart. Nil: nothing is asked and nothing is locked.
	Inspectors []Inspector
	MaxLag     time.Duration // of the links from the first region; 0: no limit
	Accept     []Doubt
	AbortIf    []Condition // made by ParseAbort
	Holder     string      // who runs the drill, for whoever finds its lock; one line
}

func (s Safety) accepts(d Doubt) bool { return slices.Contains(s.Accept, d) }

// trialKey is the key that proves that a shard takes writes. Each region has its own:
// all are tried at once, and the delete in one would come between the write and the
// read in another.
func trialKey(prefix, run string, slot int, region string) string {
	return slots.Channel(prefix, slot, run) + ":" + region + ":trial"
}
