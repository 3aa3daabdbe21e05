package canary

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// What a zero field of Config means.
const (
	DefaultExpiry  = time.Hour
	DefaultTimeout = 2 * time.Second
	DefaultGrace   = 2 * time.Second
)

// The bounds of a configuration.
const (
	MinRate   = 0.1  // writes a second: less would tell nothing of an outage
	MaxRate   = 1000 // writes a second: more is a load test
	MinExpiry = time.Minute
	MaxExpiry = 24 * time.Hour
	// MaxKept bounds the keys in a region, rate by expiry, and so the memory: 40
	// bytes each, and some 200 more of one that is missed.
	MaxKept = 400_000
	// MaxIncidents is how many incidents that have ended are kept: the last ones.
	MaxIncidents = 20
	// MaxWindows is how many windows of an incident are kept; more are only counted.
	MaxWindows = 1000
	// maxRegions is the number of bits of a set of regions.
	maxRegions = 64
)

// Topology is how the regions are sharded, which slots are written to, and the
// way to each region.
type Topology struct {
	Maps   []slots.Map
	Cover  []int         // ascending: see slots.Cover
	Stores []drill.Store // in the order of Maps; the canary closes them
}

// Config is what is written, where, and how often.
type Config struct {
	Topology
	// Writable are the names of the regions that the command line allows to be
	// written. The first of the regions that is among them is the home of the canary.
	Writable []string
	Prefix   string  // the first part of every key
	Run      string  // id of the run, part of every key; "": a random one
	Rate     float64 // writes a second

	Expiry  time.Duration // of every key; 0: DefaultExpiry
	Timeout time.Duration // of a write, and of a read; 0: DefaultTimeout
	// Grace is how long a write may take to another region until that counts as
	// missing for those who want to return to it; 0: DefaultGrace.
	Grace time.Duration

	Failover failover.Policy
	// CauseOf tells why a write was refused; nil: it is not told.
	CauseOf func(error) probe.Cause
	// OnEvent is told of what begins, changes and ends, with the incident that it
	// is about, from one goroutine at a time. It must be quick. It may be nil.
	OnEvent func(probe.Event, Incident)
}

// complete fills in what is zero.
func (c Config) complete() Config {
	c.Expiry = cmp.Or(c.Expiry, DefaultExpiry)
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.Grace = cmp.Or(c.Grace, DefaultGrace)
	if c.Run == "" {
		c.Run = "canary-" + strings.ToLower(rand.Text()[:8])
	}
	if c.CauseOf == nil {
		c.CauseOf = func(error) probe.Cause { return probe.NoCause }
	}
	if c.OnEvent == nil {
		c.OnEvent = func(probe.Event, Incident) {}
	}
	return c
}

// Check returns an error that says what makes no sense, all of it; nil when
// everything does. Whether there are stores is for New to check.
func (c Config) Check() error {
	c = c.complete()
	errs := []error{CheckLoad(c.Rate, c.Expiry), c.Failover.Check()}
	bad := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(len(c.Maps) < 2, "a canary needs at least two regions: there must be another one to look in")
	bad(len(c.Maps) > maxRegions, "%d regions are more than %d", len(c.Maps), maxRegions)
	bad(len(c.Cover) == 0, "a canary needs at least one slot to write to")
	bad(c.Timeout < 0 || c.Grace < 0, "time-out %v and grace %v must be positive", c.Timeout, c.Grace)
	bad(c.home() < 0, "no region may be written, so that there is nothing to miss")
	for _, name := range c.Writable {
		bad(!slices.Contains(c.names(), name), "%s: to be written, and not one of the regions", name)
	}
	return errors.Join(errs...)
}

// CheckLoad says what of a rate, in writes a second, and an expiry makes no sense:
// what can be told before the regions are known.
func CheckLoad(rate float64, expiry time.Duration) error {
	if !(rate >= MinRate && rate <= MaxRate) { // also when it is not a number
		return fmt.Errorf("a canary of %g writes/s makes no sense: it must be %g to %d", rate, MinRate, MaxRate)
	}
	if expiry < MinExpiry || expiry > MaxExpiry {
		return fmt.Errorf("canary expiry %v: must be %v to %v", expiry, MinExpiry, MaxExpiry)
	}
	if keys := rate * expiry.Seconds(); keys > MaxKept {
		return fmt.Errorf("%g writes/s that stay for %v are %.0f keys in every region, and at most %d are allowed", rate, expiry, keys, MaxKept)
	}
	return nil
}

// home is the index of the region that is written to while all is well; -1: none.
func (c Config) home() int {
	return slices.IndexFunc(c.Maps, func(m slots.Map) bool { return c.writable(m.Region) })
}

func (c Config) writable(region string) bool { return slices.Contains(c.Writable, region) }

// names are the names of the regions.
func (t Topology) names() []string {
	names := make([]string, len(t.Maps))
	for i, m := range t.Maps {
		names[i] = m.Region
	}
	return names
}
