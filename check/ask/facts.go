package ask

import (
	"cmp"
	"context"
	"net"
	"sync"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/vitals"
	"github.com/aafailover/aafailover/vitals/host"
)

// DefaultMeasure is what Config.Measure means when it is zero.
const DefaultMeasure = 2 * time.Second

// patience is how many times Options.Timeout everything may take, beside what is measured: a few servers that answer as
// late as they may, one after the other. What was not told by then is a gap.
const patience = 15

// atOnce bounds the servers that are asked at a time, in all regions together.
const atOnce = 32

// Config is whom to ask, and how.
type Config struct {
	Regions []config.Region // the local one first
	Options region.Options
	Lab     bool // the regions are those of a lab
	// Measure is the time between two readings of each server, which tell how much is written; 0: DefaultMeasure.
	Measure time.Duration
	// LookUp resolves a name to addresses; nil: the resolver of this machine.
	LookUp func(ctx context.Context, name string) ([]string, error)
	// Synchronised tells whether the clock of this machine follows a time service; nil: its kernel does.
	Synchronised func() (bool, error)
}

// Facts asks all regions at once. It takes somewhat more than Measure where all answer, and 15 times Options.Timeout
// longer at the most. What nobody told is unknown in the facts, and says why. The only error is that of ctx; the facts
// are then what had been told by that time.
func Facts(ctx context.Context, c Config) (*check.Facts, error) {
	c.Measure = cmp.Or(c.Measure, DefaultMeasure)
	c.Options.Timeout = cmp.Or(c.Options.Timeout, region.DefaultTimeout)
	if c.Options.Dial == nil {
		c.Options.Dial = new(net.Dialer).DialContext
	}
	if c.LookUp == nil {
		c.LookUp = net.DefaultResolver.LookupHost
	}
	if c.Synchronised == nil {
		c.Synchronised = host.Synchronised
	}
	a := &asking{Config: c, began: time.Now(), turns: make(chan struct{}, atOnce)}
	f := &check.Facts{At: a.began.UTC(), Lab: c.Lab, Regions: make([]check.Region, len(c.Regions))}
	if synchronised, err := c.Synchronised(); err == nil {
		f.Here.Synchronised = vitals.FieldOf(synchronised)
	}
	limited, cancel := context.WithTimeout(ctx, c.Measure+patience*c.Options.Timeout)
	defer cancel()
	var regions sync.WaitGroup
	for i, r := range c.Regions {
		regions.Go(func() { f.Regions[i] = a.region(limited, r) })
	}
	regions.Wait()
	f.Interrupted = ctx.Err() != nil
	return f, ctx.Err()
}

// asking is one call of Facts.
type asking struct {
	Config
	began time.Time // with which all times of the observer are compared, by the monotonic clock
	turns chan struct{}
}

// turn waits until one more server may be asked; false: ctx ended first. Whoever had a turn calls over.
func (a *asking) turn(ctx context.Context) bool {
	select {
	case a.turns <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (a *asking) over() { <-a.turns }

// as makes of a field another one.
func as[T, U any](f vitals.Field[T], of func(T) U) vitals.Field[U] {
	if !f.Known() {
		return vitals.Field[U]{Standing: f.Standing}
	}
	return vitals.FieldOf(of(f.Value))
}
