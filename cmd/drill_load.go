package cmd

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/drill"
)

// loadFlags say what the application of a drill writes, and for how long.
type loadFlags struct {
	steady, outage, settle time.Duration
}

// What the application writes a second unless somebody says otherwise.
const (
	labRate   = 1000
	givenRate = 100 // to regions that others use, too
)

// add adds the flags, those that are plain parts of a drill straight to it.
func (f *loadFlags) add(flags *pflag.FlagSet, d *drill.Config) {
	flags.Float64Var(&d.Rate, "rate", labRate, fmt.Sprintf("writes a second; %d where regions are given", givenRate))
	flags.IntVar(&d.Connections, "connections", 16, "connections of the application to a region, and so writes under way at the most")
	flags.IntVar(&d.Payload, "payload", 64, "bytes of each value")
	flags.DurationVar(&d.WriteTimeout, "write-timeout", time.Second, "how long the application waits for a write")
	flags.DurationVar(&d.Expiry, "expiry", time.Hour, "how long a key stays where it cannot be deleted")
	flags.DurationVar(&f.steady, "steady", 0, "how long to write before the fault (default: the scenario's)")
	flags.DurationVar(&f.outage, "outage", 0, "how long the region stays away after the cut-over (default: the scenario's)")
	flags.DurationVar(&f.settle, "settle", 0, "how long to write after the failback (default: the scenario's)")
	flags.Uint64Var(&d.Seed, "seed", 0, "seed of the random arrivals (0: another one each time)")
}

// maxPhase bounds the phases whose length is a setting.
const maxPhase = time.Hour

// complete puts what was given in the place of what the scenario says, and of what is random or depends on where the drill
// takes place.
func (f *loadFlags) complete(flags *pflag.FlagSet, d *drill.Config, given bool) []error {
	var errs []error
	for _, phase := range []struct {
		flag      string
		given, of *time.Duration
	}{
		{"steady", &f.steady, &d.Scenario.Steady}, {"outage", &f.outage, &d.Scenario.Outage}, {"settle", &f.settle, &d.Scenario.Settle},
	} {
		if !flags.Changed(phase.flag) {
			continue
		}
		if *phase.given < 0 || *phase.given > maxPhase {
			errs = append(errs, fmt.Errorf("%s %v: must be 0 to %v", phase.flag, *phase.given, maxPhase))
			continue
		}
		*phase.of = *phase.given
	}
	if given && !flags.Changed("rate") {
		d.Rate = givenRate
	}
	if d.Seed == 0 {
		d.Seed = randomSeed()
	}
	return errs
}

func randomSeed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	seed := uint64(0)
	for _, one := range b {
		seed = seed<<8 | uint64(one)
	}
	return max(seed, 1)
}
