package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/heartbeat"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
)

// writes is the flag that asks for keys to be written; "" when none does.
func (f *probeFlags) writes() string {
	switch {
	case f.dataset:
		return "--dataset"
	case f.canary > 0:
		return "--canary"
	}
	return ""
}

// allowed says whether the keys of --dataset and --canary may be written as the settings say. On a lab they always may.
func (f *probeFlags) allowed(c config.Config) error {
	var names []string
	for _, r := range c.Regions {
		names = append(names, r.Name)
	}
	switch {
	case len(f.allowWrites) > 0 && f.writes() == "":
		return hint.Wrap(errors.New("--allow-writes is given, and nothing is to be written"), "give --dataset or --canary too, or leave it out")
	case len(f.allowWrites) > 0 && len(names) == 0:
		return hint.Wrap(fmt.Errorf("--allow-writes names no region that is given: %s", strings.Join(f.allowWrites, ", ")),
			"leave it out on the lab, where writes are always allowed; or give each region with --region NAME=URL")
	case f.writes() != "" && len(f.allowWrites) == 0 && len(names) > 0:
		return hint.Wrap(fmt.Errorf("%s writes keys, and no region may be written", f.writes()),
			"allow it on the command line with --allow-writes "+strings.Join(names, ","))
	}
	return allowedAreRegions(f.allowWrites, names)
}

// allowedAreRegions says which of the names of --allow-writes is none of a region.
func allowedAreRegions(allowed, names []string) error {
	for _, name := range allowed {
		if !slices.Contains(names, name) {
			return hint.Wrap(fmt.Errorf("--allow-writes names %q, which is not a region", name), "the regions are "+strings.Join(names, ", "))
		}
	}
	return nil
}

// beatDeadline bounds how long a key may take before it is missing: twice as long as a message may, and within the bounds of
// package heartbeat.
func beatDeadline(p probe.Policy) time.Duration {
	return min(max(2*p.Deadline, 2*time.Second), 20*time.Second)
}

// heart is what writes and reads the keys of --dataset.
func (f *probeFlags) heart(d *deployment, t probe.Topology, observer string, heard *complaints) (*heartbeat.Heart, heartbeat.Cost, error) {
	c := heartbeat.Config{
		Topology: heartbeat.Topology{Maps: t.Maps, Cover: t.Cover}, Writable: f.allowWrites, Prefix: f.prefix,
		Observer: observer, Deadline: beatDeadline(f.policy), Timeout: d.options.Timeout,
	}
	for _, r := range d.regions {
		if d.kind == report.Lab {
			c.Writable = append(c.Writable, r.Name)
		}
		made := region.NewReadingHeart
		if slices.Contains(c.Writable, r.Name) {
			made = region.NewHeart
		}
		c.Stores = append(c.Stores, heard.keys(r.Name, made(r, d.options)))
	}
	h, err := heartbeat.New(c)
	return h, heartbeat.CostOf(c), err
}
