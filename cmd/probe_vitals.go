package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/vitals"
	"github.com/aafailover/aafailover/vitals/host"
)

// shortestVitals and longestVitals bound --vitals-every: a server that is asked all the time has other work, and
// what was said hours ago explains nothing.
const (
	shortestVitals = time.Second
	longestVitals  = time.Hour
)

// checkVitals says what about --vitals makes no sense.
func (f *probeFlags) checkVitals(everyGiven bool) error {
	switch {
	case !f.vitals && everyGiven:
		return hint.Wrap(errors.New("--vitals-every is given, and no server is asked how it is"), "give --vitals too")
	case f.vitalsEvery < shortestVitals || f.vitalsEvery > longestVitals:
		return fmt.Errorf("vitals-every %v: must be from %v to %v", f.vitalsEvery, shortestVitals, longestVitals)
	}
	return nil
}

// readings are what the servers say of themselves while a probe runs, and how this machine is.
type readings struct {
	config vitals.Config
	watch  *vitals.Watch
	before host.Sample // when the probe began
}

// readings prepares to ask the servers of a topology.
func (w *watching) readings(t probe.Topology) *readings {
	c := vitals.Config{Maps: t.Maps, Every: w.probe.vitalsEvery, Complain: w.complain,
		OnChange: func(region string, shard int, c vitals.Change) { w.event(c.Event(region, shard)) }}
	for _, r := range w.deployment.regions {
		c.Sources = append(c.Sources, region.NewReader(r, w.deployment.options))
	}
	before, _ := host.Read() // what could not be read is unknown in the report
	return &readings{config: c, watch: vitals.NewWatch(c), before: before}
}

// cost says what asking takes.
func (r *readings) cost() string { return report.VitalsCostText(vitals.CostOf(r.config)) }

// run asks until ctx ends.
func (r *readings) run(ctx context.Context) { r.watch.Run(ctx) }

// taken is what is known now.
func (r *readings) taken() *report.Vitals {
	now, _ := host.Read()
	return &report.Vitals{Shards: r.watch.Shards(), Machine: host.Between(r.before, now)}
}
