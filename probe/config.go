package probe

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Pair names a link by its regions.
type Pair struct{ From, To string }

// Proof is what somebody who writes, a drill or a canary, knows about a region.
type Proof struct {
	Writes Writes // "" where nobody writes
	Cause  Cause  // why writes are refused
	// Missing says, in words, which writes known to exist elsewhere are not readable in the region; empty when all are.
	Missing []string
	// Doubtful says, in words, of which writes that is not known any more: they were not readable when it was last known.
	Doubtful []string
}

// KeyEvidence is what somebody who writes keys in one region and reads them in another knows of a cell.
type KeyEvidence struct {
	State KeyState      // "" is KeysUnproven
	Last  time.Time     // when the newest key that was found had been written; zero when none was
	Lag   time.Duration // how long after it was written it was found, at the least
}

// Config is what is observed, how, and who is told.
type Config struct {
	Policy Policy
	// Prefix is the first part of every channel name: see [slots.Channel].
	Prefix string
	// Observer tells the messages of this process from those of others: 1 to 32 of 0-9, a-z and '-'. When it is empty a
	// random one is made.
	Observer string
	// Maps are the slot maps of the regions; the first region is the local one.
	Maps []slots.Map
	// Endpoints are the regions themselves, in the order of Maps.
	Endpoints []Endpoint
	// Cover are the slots that are tried, ascending: see [slots.Cover].
	Cover []int
	// SameServers are pairs of regions that turned out to be one server: nothing is replicated between them, and that
	// messages get from one to the other proves nothing.
	SameServers [][2]string
	// Changes brings the topologies that follow the one above, which may be in force for a while: what is observed goes on,
	// with all counts and states of the cells and shards that stay. One that does not pass Check, or has other regions, is
	// told as an event and ignored: a mistake in learning the topology is no reason to stop observing. Nil for none.
	Changes <-chan Topology
	// Opening is how many rounds there are at the beginning that take half an interval each, for whoever waits until the first
	// messages have arrived: it costs twice as many messages for so long. 0 is none.
	Opening int
	// RequireCoverage makes unknown sharding a finding.
	RequireCoverage bool
	// LastUp is when links were last seen up by an earlier run. It may be nil.
	LastUp map[Pair]time.Time

	// OnEvent and OnSnapshot are told, one call at a time and from one goroutine, of every change, and of the state. They must
	// return quickly: an observer that waits cannot observe. Either may be nil.
	//
	// A snapshot is made soon after each change, and when nothing changes once per interval, but at least twice a second: what
	// shows it live needs no clock of its own, and the newest one alone. There are at most 20 a second, and of more
	// than 3,333 cells fewer: they are 15 µs apart for each cell, 96 ms for 6,400, and at most 450 ms.
	OnEvent    func(Event)
	OnSnapshot func(*Snapshot)
	// Done ends the run early, when it returns true for a snapshot. Nil never does. It is called after OnSnapshot.
	Done func(*Snapshot) bool
	// Proof is asked for every region when a snapshot is made; it must be quick. Nil means that nobody writes.
	Proof func(region string) Proof
	// Keys is asked for every cell between two regions when a snapshot is made; it must be quick. Nil means that nobody
	// writes keys in one region and looks for them in another.
	Keys func(from, to string, slot int) KeyEvidence
	// Focus is asked, when a snapshot is made, of what somebody looks at more closely; it must be quick. It is called from the
	// goroutine that OnSnapshot is. Nil, and the zero Focus, mean nothing.
	Focus func() Focus
	// Random is where the nonces of messages come from, and the id of the observer. It must not be foreseeable where
	// others can publish on the channels; nil is a generator of this kind with a random seed.
	Random rand.Source
}

// Topology returns what the run begins with.
func (c Config) Topology() Topology {
	return Topology{Maps: c.Maps, Endpoints: c.Endpoints, Cover: c.Cover, SameServers: c.SameServers}
}

// Check returns an error that says what makes no sense, all of it; nil when everything does.
func (c Config) Check() error {
	errs := []error{c.Policy.Check(), c.Topology().Check()}
	if c.Opening < 0 {
		errs = append(errs, fmt.Errorf("an opening of %d rounds: must not be less than 0", c.Opening))
	}
	if c.Observer != "" && !validObserver([]byte(c.Observer)) {
		errs = append(errs, fmt.Errorf("observer %q: must be 1 to %d of 0-9, a-z and '-'", c.Observer, maxObserver))
	}
	return errors.Join(errs...)
}

// maxRegions bounds the regions of a run; the documents of the database allow 10.
const maxRegions = 64
