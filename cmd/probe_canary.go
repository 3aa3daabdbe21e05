package cmd

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/heartbeat"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
)

// writeRate is the value of --canary: writes a second, "10/s" or "10". 0 is none.
type writeRate float64

// String, Set and Type make it a pflag.Value.
func (r *writeRate) String() string {
	if *r == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*r), 'g', -1, 64) + "/s"
}

// Type is what help shows in place of the value.
func (r *writeRate) Type() string { return "RATE" }

// Set refuses what is no rate.
func (r *writeRate) Set(text string) error {
	rate, err := strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
	if err != nil || !(rate >= canary.MinRate && rate <= canary.MaxRate) { // also when it is not a number
		return fmt.Errorf("must be a number of writes a second, such as 10/s: %g to %d", canary.MinRate, canary.MaxRate)
	}
	*r = writeRate(rate)
	return nil
}

// checkCanary says what about the canary makes no sense, as far as it can be told without the regions.
func (f *probeFlags) checkCanary(expiryGiven bool) error {
	switch {
	case f.canary == 0 && expiryGiven:
		return hint.Wrap(errors.New("--canary-expiry is given, and there is no canary"), "give --canary RATE too, such as --canary 10/s")
	case f.canary == 0:
		return nil
	case f.once:
		return hint.Wrap(errors.New("both --canary and --once are given"), "a canary takes time: leave out --once, or give --for in its place")
	}
	err := canary.CheckLoad(float64(f.canary), f.canaryExpiry)
	if most := canary.MaxKept / f.canaryExpiry.Seconds(); err != nil && f.canaryExpiry >= canary.MinExpiry && f.canaryExpiry <= canary.MaxExpiry {
		return hint.Wrap(err, fmt.Sprintf("give --canary %.0f/s or less, or a shorter --canary-expiry", math.Floor(most)))
	}
	return err
}

// canaryConfig is what the canary writes and reads in a topology.
func (w *watching) canaryConfig(t probe.Topology) canary.Config {
	f, d := w.probe, w.deployment
	c := canary.Config{
		Topology: w.canaryTopology(t), Writable: f.allowWrites, Prefix: f.prefix, Run: "canary-" + w.config.Observer, Rate: float64(f.canary),
		Expiry: f.canaryExpiry, Timeout: d.options.Timeout, Grace: beatDeadline(f.policy), Failover: f.moving, CauseOf: region.CauseOf, OnEvent: w.incident,
	}
	if d.kind == report.Lab {
		for _, r := range d.regions {
			c.Writable = append(c.Writable, r.Name)
		}
	}
	return c
}

// canaryTopology is a topology with the ways to its regions. What may not be written is still read: the canary knows what it
// may write.
func (w *watching) canaryTopology(t probe.Topology) canary.Topology {
	var stores []drill.Store
	for i, m := range t.Maps {
		stores = append(stores, region.NewClient(w.deployment.regions[i], m, w.deployment.options))
	}
	return canary.Topology{Maps: t.Maps, Cover: t.Cover, Stores: stores}
}

// incident shows what an incident has come to, and tells it to whoever wants to know.
func (w *watching) incident(e probe.Event, i canary.Incident) {
	w.shown.addIncident(e, i)
	if w.feed != nil {
		w.feed.Event(e)
	}
	if w.changes != nil {
		if s := w.latest.Load(); s != nil {
			w.changes.incident(s, i)
		}
	}
}

// proof joins what is known of a region because its heartbeat keys are written and because the canary is: that writes are
// refused is believed of either.
func (w *watching) proof(name string) probe.Proof {
	var beats, writes probe.Proof
	if w.heart != nil {
		beats = w.heart.Proof(name)
	}
	if w.canary != nil {
		writes = w.canary.Proof(name)
	}
	return joined(beats, writes)
}

func joined(a, b probe.Proof) probe.Proof {
	all := probe.Proof{Writes: a.Writes, Cause: a.Cause, Missing: slices.Concat(a.Missing, b.Missing), Doubtful: slices.Concat(a.Doubtful, b.Doubtful)}
	if rank(b.Writes) > rank(a.Writes) {
		all.Writes, all.Cause = b.Writes, b.Cause
	}
	return all
}

// rank orders what is known about writes by how much it says.
func rank(w probe.Writes) int {
	return slices.Index([]probe.Writes{"", probe.WritesUnproven, probe.WritesProven, probe.WritesRefused}, w)
}

// keysCost says what is written and read besides the messages; "" when nothing is.
func (w *watching) keysCost() []string {
	var lines []string
	if w.heart != nil {
		lines = append(lines, beatsText(w.beats))
	}
	if w.canary != nil {
		cost := canary.CostOf(w.canaryConfig(w.config.Topology()))
		lines = append(lines, fmt.Sprintf("--canary writes %.4g keys/s and reads %.4g/s over some %d more connections; at most %d keys, each expires within %s",
			cost.WritesPerSecond, cost.ReadsPerSecond, cost.Connections, cost.Keys, words.Typed(w.probe.canaryExpiry)))
	}
	return lines
}

func beatsText(c heartbeat.Cost) string {
	return fmt.Sprintf("--dataset writes %.0f keys/s and reads %.0f/s over %d more connections; each key expires by itself",
		c.WritesPerSecond, c.ReadsPerSecond, c.Connections)
}
