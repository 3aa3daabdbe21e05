package client

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
)

// Config is which regions there are, and when to move.
type Config struct {
	// Regions are at least two, the local one first.
	Regions []Region
	// Policy is when to move, and where to. The zero value is a sensible one.
	Policy failover.Policy
	// Probe is how closely the regions are observed; the zero value is
	// [probe.DefaultPolicy].
	Probe probe.Policy
	// Observe is how the observer talks to the regions; the zero value works. Its
	// Dial is also what the application's connections are made with, unless
	// Region.Application brings a Dialer.
	Observe region.Options
	// Heartbeats lets the observer write keys in every region, under Observe.Prefix
	// and with an expiry of a minute, which its user must be allowed to. Nothing
	// fails back by itself without: see the package comment.
	Heartbeats bool

	// Grace is how long commands that are under way in a region that is left may
	// take until they are cut. 0 is [DefaultGrace]; below 0 they are cut at once.
	Grace time.Duration
	// Handover is how long commands may be held back for a failback. 0 is
	// [DefaultHandover]; below 0 a failback is made as a failover is, and what was
	// written last may not be readable in the local region at first.
	Handover time.Duration

	// OnMove is told of each move once it is made, one at a time, by the goroutine
	// that makes them: it must return soon, and not call MoveTo or Close, nor wait for a
	// command of this client. Nil for none.
	OnMove func(Move)
	// OnDecision is told when what the policy decides becomes another Action or
	// another region; failover.Alert is among them. Otherwise as OnMove.
	OnDecision func(failover.Decision)
	// OnError is told, by any goroutine and once each, what keeps regions from being
	// observed that waiting does not mend. Nil for none.
	OnError func(error)
}

// The defaults of a Config.
const (
	DefaultGrace    = 100 * time.Millisecond
	DefaultHandover = 2 * time.Second
)

// Region is one region.
type Region struct {
	Name string
	// URL is where and as whom the region is observed: redis://, or rediss:// for TLS,
	// [user[:password]@]host[:port][/database][?parameters], or
	// redis+sentinel://host:port/NAME, as --region takes it.
	URL string
	// TLS is how TLS is done with a rediss:// URL; the zero value trusts the system's
	// authorities.
	TLS TLS
	// Application is how the application's connections are made. Nil, or without Addrs
	// and MasterName, the endpoint, user, password and TLS are those of the URL, and
	// the cluster's if the region is one. Nil besides means that no command is
	// repeated in the same region either, which go-redis else does; and that a
	// command ends with its context.
	Application *redis.UniversalOptions
}

// TLS is how a server proves who it is, and who we are.
type TLS struct {
	CAFile            string // PEM file of the authorities to trust; "": the system's
	CertFile, KeyFile string // PEM files of a client certificate and its key; both or none
	ServerName        string // that the certificate must have; "": the host of the endpoint
}

// Check says what of a configuration makes no sense, all of it.
func (c Config) Check() error {
	_, err := c.regions()
	complete := c.complete()
	errs := []error{err, c.Policy.Check(), complete.Probe.Check(), config.CheckPrefix(complete.Observe.Prefix)}
	if len(c.Regions) < 2 {
		errs = append(errs, errors.New("there must be at least two regions, so that there is somewhere to fail over to"))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Policy.Weights)) {
		if !slices.ContainsFunc(c.Regions, func(r Region) bool { return r.Name == name }) {
			errs = append(errs, fmt.Errorf("weight of %q: there is no such region", name))
		}
	}
	return errors.Join(errs...)
}

// complete fills in what is zero.
func (c Config) complete() Config {
	if c.Probe == (probe.Policy{}) {
		c.Probe = probe.DefaultPolicy()
	}
	c.Observe.Prefix = cmp.Or(c.Observe.Prefix, region.DefaultPrefix)
	c.Grace = max(0, cmp.Or(c.Grace, DefaultGrace))
	c.Handover = max(0, cmp.Or(c.Handover, DefaultHandover))
	if c.OnError == nil {
		c.OnError = func(error) {}
	}
	if c.OnMove == nil {
		c.OnMove = func(Move) {}
	}
	if c.OnDecision == nil {
		c.OnDecision = func(failover.Decision) {}
	}
	return c
}

// regions reads the regions.
func (c Config) regions() ([]config.Region, error) {
	var all []config.Region
	var errs []error
	for _, given := range c.Regions {
		r, err := config.ParseRegionFlag(given.Name + "=" + given.URL)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if slices.ContainsFunc(all, func(other config.Region) bool { return other.Name == r.Name }) {
			errs = append(errs, fmt.Errorf("%s: the region is named twice", r.Name))
		}
		r.TLSOptions = config.TLS{CAFile: given.TLS.CAFile, CertFile: given.TLS.CertFile, KeyFile: given.TLS.KeyFile, ServerName: given.TLS.ServerName}
		switch {
		case r.TLS:
			errs = append(errs, r.TLSOptions.Check(time.Now()))
		case given.TLS != TLS{}:
			errs = append(errs, fmt.Errorf("%s: TLS is given, and the URL is not one for TLS", r.Name))
		}
		all = append(all, r)
	}
	return all, errors.Join(errs...)
}
