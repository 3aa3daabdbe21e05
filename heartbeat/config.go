package heartbeat

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// What a zero field of Config means.
const (
	DefaultInterval = time.Second
	DefaultDeadline = 2 * time.Second
	DefaultTimeout  = 2 * time.Second
)

// The bounds of an interval. Below MinInterval the heart would be load; above MaxInterval it would prove too little.
const (
	MinInterval = 100 * time.Millisecond
	MaxInterval = time.Minute
)

// leastExpiry is how long a key stays at the least. Regions see a key expire by clocks of their own: half of it is margin.
const leastExpiry = time.Minute

// Expiry returns how long a key stays after its last beat: three intervals, at least a minute.
func Expiry(interval time.Duration) time.Duration {
	return max(leastExpiry, 3*interval).Round(time.Second)
}

// Topology is how the regions are sharded, and which slots are tried.
type Topology struct {
	Maps  []slots.Map // in the order of the configuration
	Cover []int       // ascending: see [slots.Cover]
}

// Config is what is written and read, and how.
type Config struct {
	Topology
	// Stores are the regions themselves, in the order of Maps.
	Stores []Store
	// Writable are the names of the regions that the command line allows to be written.
	Writable []string
	// Prefix is the first part of every key: see [Key].
	Prefix string
	// Observer tells the beats of this process from those of others: 1 to 32 of 0-9, a-z and '-'. When it is empty a random
	// one is made.
	Observer string

	// Interval is the time between two beats of a key, and between two reads of it. 0: DefaultInterval.
	Interval time.Duration
	// Deadline is how long a beat that is known to exist may take until it is readable in every region. 0: DefaultDeadline.
	Deadline time.Duration
	// Timeout bounds an exchange over a connection. 0: DefaultTimeout.
	Timeout time.Duration
}

// complete fills in what is zero.
func (c Config) complete() Config {
	c.Interval = cmp.Or(c.Interval, DefaultInterval)
	c.Deadline = cmp.Or(c.Deadline, DefaultDeadline)
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	if c.Observer == "" {
		var random [4]byte
		_, _ = rand.Read(random[:]) // it never fails
		c.Observer = hex.EncodeToString(random[:])
	}
	return c
}

// Check returns an error that says what makes no sense, all of it; nil when everything does.
func (c Config) Check() error {
	c = c.complete()
	errs := []error{c.check()}
	bad := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(len(c.Stores) != len(c.Maps), "%d stores for %d regions", len(c.Stores), len(c.Maps))
	bad(len(c.Writable) == 0, "no region may be written, so that there is no key to read")
	for _, name := range c.Writable {
		bad(!slices.Contains(c.regions(), name), "%s: to be written, and not one of the regions", name)
	}
	bad(!validObserver(c.Observer), "observer %q: must be 1 to %d of 0-9, a-z and '-'", c.Observer, maxObserver)
	bad(c.Interval < MinInterval || c.Interval > MaxInterval, "interval %v of the heartbeat keys: must be %v to %v", c.Interval, MinInterval, MaxInterval)
	longest := Expiry(c.Interval)/2 - c.Interval
	bad(c.Deadline < 0 || c.Deadline > longest, "deadline %v of the heartbeat keys: must be positive and at most %v: they expire", c.Deadline, longest)
	bad(c.Timeout < 0, "timeout %v: must be positive", c.Timeout)
	return errors.Join(errs...)
}

// regions are the names of the regions.
func (t Topology) regions() []string {
	var names []string
	for _, m := range t.Maps {
		names = append(names, m.Region)
	}
	return names
}

// check is Config.Check for the topology.
func (t Topology) check() error {
	var errs []error
	if len(t.Maps) == 0 {
		errs = append(errs, errors.New("no region"))
	}
	if len(t.Cover) == 0 {
		errs = append(errs, errors.New("no slot to try"))
	}
	for i, slot := range t.Cover {
		if slot < 0 || slot >= slots.Count {
			errs = append(errs, fmt.Errorf("slot %d: not within 0-%d", slot, slots.Count-1))
		} else if i > 0 && slot <= t.Cover[i-1] {
			errs = append(errs, fmt.Errorf("slot %d: the slots to try must ascend", slot))
		}
	}
	for i, m := range t.Maps {
		errs = append(errs, m.Check())
		if slices.Contains(t.regions()[:i], m.Region) {
			errs = append(errs, fmt.Errorf("%s: the region is named twice", m.Region))
		}
	}
	return errors.Join(errs...)
}

// terms is how long things may take.
type terms struct {
	observer           string
	interval, deadline time.Duration
}

// proven is how long an acknowledged write proves that a region accepts writes.
func (t terms) proven() time.Duration { return 3 * t.interval }

// lately is how long a read, and what it showed, is worth something.
func (t terms) lately() time.Duration { return t.deadline + 3*t.interval }

// life is how long a key must be there after it was sent: half of its expiry, so that it does not matter when the clocks of
// two regions differ by less than the other half.
func (t terms) life() time.Duration { return Expiry(t.interval) / 2 }
