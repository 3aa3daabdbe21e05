package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Listen opens a listener, as net.ListenConfig.Listen does.
type Listen func(ctx context.Context, network, address string) (net.Listener, error)

// Persistence says what a shard has kept when it comes back after a kill.
type Persistence string

const (
	// KeepAll keeps every effect, the backlog and the receivers' positions: as with appendfsync always.
	KeepAll Persistence = "all"
	// KeepLastSecond loses what came after the last checkpoint; there is one every second. As with appendfsync everysec.
	KeepLastSecond Persistence = "last-second"
	// KeepNothing loses everything: no persistence.
	KeepNothing Persistence = "nothing"
)

// RegionConfig describes one region.
type RegionConfig struct {
	Name        string      // unique
	Shards      int         // number of shards, which split the slots evenly; 0 means 1
	Persistence Persistence // "" means KeepAll; with an Engine that has settings, they decide
	Password    string      // of the user default, who is the only one; "" means that none is needed
}

// Config describes a deployment.
type Config struct {
	Regions []RegionConfig
	// Delay is how long an effect is on its way from a region to another. Nil means the defaults of DefaultDelay.
	Delay func(from, to string) time.Duration
	// Backlog bounds the effects that each shard keeps for streams to resume from, in bytes as engine.Effect.Size
	// counts them. 0 means DefaultBacklog.
	Backlog int
	// Listen opens the listeners of the fronts, again when a killed shard is started. Nil means TCP, on free ports below those
	// that the kernel hands out to clients. On Linux a shard that is down keeps its port, with listeners of net that were
	// asked for a port by its number, by whatever they were opened; elsewhere another process can take it.
	Listen Listen
	Host   string // the address to listen on and to announce; "" means 127.0.0.1
	Truth  *Truth // nil: nothing is recorded
	// OnFault is told of every fault that Inject has brought about, in their order. It must return at once, and inject none
	// itself. Nil: nobody is.
	OnFault func(Fault)
	// Engine has the keys be kept by server processes. Nil: by this process.
	Engine *Engine
	// Seed makes the choice of the messages that lossy links lose the same in every run: which ones of a stream, in their
	// order. 0 means another one every time.
	Seed uint64
}

// DefaultBacklog is 1 MiB, the default of repl-backlog-size in Redis.
const DefaultBacklog = 1 << 20

// maxRegions is bounded by the replica numbers of stamps, and by sense.
const maxRegions = 64

// Check returns an error that says what of a configuration makes no sense, as Start does.
func (c Config) Check() error {
	_, err := c.complete()
	return err
}

// complete checks a configuration and fills in the defaults.
func (c Config) complete() (Config, error) {
	if len(c.Regions) == 0 {
		return c, errors.New("lab: no region given")
	}
	if len(c.Regions) > maxRegions {
		return c, fmt.Errorf("lab: %d regions are more than %d", len(c.Regions), maxRegions)
	}
	if c.Backlog < 0 {
		return c, fmt.Errorf("lab: backlog of %d bytes: must not be negative", c.Backlog)
	}
	if c.Engine != nil {
		if err := c.Engine.check(); err != nil {
			return c, err
		}
	}
	seen := make(map[string]bool)
	regions := make([]RegionConfig, len(c.Regions))
	for i, r := range c.Regions {
		r.Shards = cmp.Or(r.Shards, 1)
		r.Persistence = cmp.Or(r.Persistence, KeepAll)
		switch {
		case r.Name == "":
			return c, fmt.Errorf("lab: region %d has no name", i+1)
		case seen[r.Name]:
			return c, fmt.Errorf("lab: region %s is given twice", r.Name)
		case r.Shards < 1 || r.Shards > slots.Count:
			return c, fmt.Errorf("lab: region %s: %d shards: must be 1 to %d", r.Name, r.Shards, slots.Count)
		}
		switch r.Persistence {
		case KeepAll, KeepLastSecond, KeepNothing:
		default:
			return c, fmt.Errorf("lab: region %s: unknown persistence %q: known are %s, %s, %s",
				r.Name, r.Persistence, KeepAll, KeepLastSecond, KeepNothing)
		}
		if c.Engine != nil {
			r.Persistence = c.Engine.persistence(r.Persistence)
		}
		seen[r.Name] = true
		regions[i] = r
	}
	c.Regions = regions
	c.Backlog = cmp.Or(c.Backlog, DefaultBacklog)
	c.Host = cmp.Or(c.Host, "127.0.0.1")
	if c.Delay == nil {
		c.Delay = DefaultDelay
	}
	return c, nil
}
