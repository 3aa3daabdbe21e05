package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
)

// kind is a way of breaking a lab, and what a finding about it names.
type kind struct {
	name    string
	fault   lab.Fault
	mend    lab.Fault
	finding func(probe.Finding) bool
}

// kinds are broken in the first region, which the application prefers: a client library watches no other as closely.
var kinds = []kind{
	{
		name:  "refused",
		fault: lab.Fault{Kind: lab.Kill, Region: "r1"}, mend: lab.Fault{Kind: lab.Begin, Region: "r1"},
		finding: func(f probe.Finding) bool { return f.Kind == probe.FindingRegion && f.Region == "r1" },
	},
	{
		name:  "hung",
		fault: lab.Fault{Kind: lab.Hang, Region: "r1"}, mend: lab.Fault{Kind: lab.Heal},
		finding: func(f probe.Finding) bool { return f.Kind == probe.FindingRegion && f.Region == "r1" },
	},
	{
		name:  "one way of a link cut",
		fault: lab.Fault{Kind: lab.Cut, From: "r1", To: "r2", OneWay: true}, mend: lab.Fault{Kind: lab.Heal},
		finding: func(f probe.Finding) bool {
			return f.Kind == probe.FindingLink && f.From == "r1" && f.To == "r2" && !f.Both && len(f.Shards) == 0
		},
	},
	{
		name:  "a link cut for one shard",
		fault: lab.Fault{Kind: lab.Cut, From: "r1", To: "r2", Shard: 2, OneWay: true}, mend: lab.Fault{Kind: lab.Heal},
		finding: func(f probe.Finding) bool {
			return f.Kind == probe.FindingLink && f.From == "r1" && f.To == "r2" && len(f.Shards) == 1
		},
	},
}

// startup bounds how long a watcher may take to find a lab healthy that is.
const startup = 2 * time.Minute

// errNeverHealthy is that a lab that nothing is wrong with was not seen as such.
var errNeverHealthy = errors.New("a healthy lab was not seen as such")

// try breaks a healthy lab once, and mends it. Noticed is false when the patience was over first.
func (s study) try(ctx context.Context, d *deployment, see sight, round time.Duration, k kind) (took time.Duration, noticed bool, err error) {
	if !within(ctx, startup, see.healthy) {
		return 0, false, cmp.Or(ctx.Err(), errNeverHealthy)
	}
	// Any moment between two rounds is as likely as any other.
	if !pause.For(ctx, rand.N(round)) {
		return 0, false, ctx.Err()
	}
	begun := time.Now()
	if err := d.lab.Inject(ctx, k.fault); err != nil {
		return 0, false, fmt.Errorf("break: %w", err)
	}
	var at time.Time
	noticed = within(ctx, s.patience, func(wait context.Context) bool {
		at, noticed = see.noticed(wait, k)
		return noticed
	})
	if err := d.lab.Inject(ctx, k.mend); err != nil {
		return 0, false, fmt.Errorf("mend: %w", err)
	}
	return at.Sub(begun), noticed, ctx.Err()
}

// within gives something so much time.
func within(ctx context.Context, limit time.Duration, do func(context.Context) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return do(ctx)
}
