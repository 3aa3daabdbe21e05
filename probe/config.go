package probe

import (
	"errors"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Pair names a link by its regions.
type Pair struct{ From, To string }

// Proof is what somebody who writes, a drill or a canary, knows about a region.
type Proof struct {
	Writes Writes // "" is WritesUnproven
	// Missing says, in words, which writes known to exist elsewhere are not readable in the region; empty when all are.
	Missing []string
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
	// RequireCoverage makes unknown sharding a finding.
	RequireCoverage bool
	// LastUp is when links were last seen up by an earlier run. It may be nil.
	LastUp map[Pair]time.Time

	// OnEvent and OnSnapshot are told, one call at a time and from one goroutine, of every change, and of the state at
	// each change and at least once per interval. They must return quickly: an observer that waits cannot observe.
	// Either may be nil.
	OnEvent    func(Event)
	OnSnapshot func(*Snapshot)
	// Done ends the run early, when it returns true for a snapshot. Nil never does. It is called after OnSnapshot.
	Done func(*Snapshot) bool
	// Proof is asked for every region when a snapshot is made; it must be quick. Nil means that nobody writes.
	Proof func(region string) Proof
}

// Check returns an error that says what makes no sense, all of it; nil when everything does.
func (c Config) Check() error {
	errs := []error{c.Policy.Check()}
	if len(c.Maps) == 0 {
		errs = append(errs, errors.New("no region to observe"))
	}
	if len(c.Maps) > maxRegions {
		errs = append(errs, fmt.Errorf("%d regions: at most %d can be observed", len(c.Maps), maxRegions))
	}
	if len(c.Endpoints) != len(c.Maps) {
		errs = append(errs, fmt.Errorf("%d endpoints for %d regions", len(c.Endpoints), len(c.Maps)))
	}
	if len(c.Cover) == 0 {
		errs = append(errs, errors.New("no slot to try"))
	}
	for i, slot := range c.Cover {
		if slot < 0 || slot >= slots.Count {
			errs = append(errs, fmt.Errorf("slot %d: not within 0-%d", slot, slots.Count-1))
		} else if i > 0 && slot <= c.Cover[i-1] {
			errs = append(errs, fmt.Errorf("slot %d: the slots to try must ascend", slot))
		}
	}
	seen := map[string]bool{}
	for _, m := range c.Maps {
		if seen[m.Region] {
			errs = append(errs, fmt.Errorf("%s: the region is named twice", m.Region))
		}
		seen[m.Region] = true
		if err := m.Check(); err != nil {
			errs = append(errs, err)
		}
		if len(m.Shards) == 0 {
			errs = append(errs, fmt.Errorf("%s: the region has no shard", m.Region))
		}
	}
	if c.Observer != "" && !validObserver([]byte(c.Observer)) {
		errs = append(errs, fmt.Errorf("observer %q: must be 1 to %d of 0-9, a-z and '-'", c.Observer, maxObserver))
	}
	return errors.Join(errs...)
}

// maxRegions bounds the regions of a run; the documents of the database allow 10.
const maxRegions = 64
