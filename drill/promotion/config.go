package promotion

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
)

// Config is one drill.
type Config struct {
	Deployment   Deployment
	Scenario     Scenario
	Prefix, Run  string        // of every key: PREFIX:{KEY}:RUN:N
	Rate         float64       // writes a second of the application, to all shards together
	Connections  int           // writes under way at the most, to each shard
	Payload      int           // bytes of a value
	WriteTimeout time.Duration // how long the application waits for an answer
	Expiry       time.Duration // of every key
	Steady       time.Duration // writes before the fault
	Outage       time.Duration // from the cut-over, or from when it is clear that there is none, to the heal
	Settle       time.Duration // writes after all servers are in sync again
	Assert       []drill.Condition
	Limits       Limits
	Way          drill.Way // in which the fault is made; "": by the lab
	// Leave is called when the drill has ended, however it did, with what it has
	// written: to undo what is left of the fault, and to delete the keys. Its context
	// does not end with the drill's. Nil: nobody is.
	Leave func(context.Context, *drill.Ledger)
	// OnEvent is told what happens as it happens; nil: nobody is. It must not block.
	OnEvent func(probe.Event)
}

// Limits bound what a drill waits for.
type Limits struct {
	Failover time.Duration // from the fault to the cut-over
	Sync     time.Duration // from the heal until all servers are in sync
	Step     time.Duration // of one step of the scenario
	Read     time.Duration // of looking for every write
}

// DefaultLimits are far above what any of it takes on a machine that is slow.
func DefaultLimits() Limits {
	return Limits{Failover: 3 * time.Minute, Sync: 2 * time.Minute, Step: time.Minute, Read: time.Minute}
}

// Bounds of a configuration.
const (
	maxRate        = 100_000
	maxConnections = 1000
	maxPayload     = 1 << 20
	maxTime        = time.Hour
)

// Check says what makes no sense.
func (c Config) Check() error {
	var errs []error
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	demand(c.Rate > 0 && c.Rate <= maxRate, "rate %g: must be more than 0 and at most %d", c.Rate, maxRate)
	demand(c.Connections > 0 && c.Connections <= maxConnections, "connections %d: must be 1 to %d", c.Connections, maxConnections)
	demand(c.Payload >= 0 && c.Payload <= maxPayload, "payload %d: must be 0 to %d", c.Payload, maxPayload)
	for _, d := range []struct {
		name  string
		of    time.Duration
		least time.Duration
	}{
		{"write-timeout", c.WriteTimeout, time.Millisecond}, {"expiry", c.Expiry, time.Minute},
		{"steady", c.Steady, 0}, {"outage", c.Outage, 0}, {"settle", c.Settle, 0},
	} {
		demand(d.of >= d.least && (d.of <= maxTime || d.name == "expiry"), "%s %v: must be %v to %v", d.name, d.of, d.least, maxTime)
	}
	return errors.Join(errs...)
}

// secondShare is the part of the application's rate at which a second client writes.
const secondShare = 0.5
