package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

// watching is a probe that begins again when a region, of which nobody could tell at the start how it is sharded, has come
// and told it: the channels of a cover that was guessed do not reach every shard.
//
//	survey ─> preparation ─> probe.Run ─> snapshot ─> report
//	             ^               │ a region that had not told is available
//	             └── survey <────┘
type watching struct {
	probe      *probeFlags
	deployment *deployment
	survey     survey // how the regions are sharded, as far as is known
	heard      *complaints
	stderr     io.Writer
	shown      *recorder

	newest atomic.Pointer[probe.Snapshot] // of the run that is under way
}

// preparation is all that a run of the probe needs.
type preparation struct {
	survey survey
	config probe.Config
	cost   probe.Cost
	told   []string // the regions that told their sharding only now
}

// askAgain is the time between two attempts to learn how a region is sharded that can be reached and had not told.
const askAgain = time.Second

// prepare makes what a run needs from how the regions are sharded.
func (w *watching) prepare(ctx context.Context, s survey) (*preparation, error) {
	f, d := w.probe, w.deployment
	p := &preparation{survey: s}
	p.config = probe.Config{Policy: f.policy, Prefix: f.prefix, Maps: s.maps, Cover: s.cover, RequireCoverage: f.requireCoverage}
	p.cost = probe.CostOf(p.config)
	if err := f.affordable(p.cost); err != nil {
		return nil, usage(err)
	}
	endpoints := d.endpoints(s.maps)
	var err error
	if p.config.SameServers, err = region.SameServers(ctx, endpoints); err != nil {
		return nil, exit(exitInterrupted, err)
	}
	for i, e := range endpoints {
		p.config.Endpoints = append(p.config.Endpoints, w.heard.listen(s.maps[i].Region, e))
	}
	return p, nil
}

// run observes until ctx ends or, with --once, there is a verdict. What it returns is from the last run that had one, so that
// an end in the first moments of a run does not hide what the one before had found.
func (w *watching) run(ctx context.Context, begin *preparation) (report.ProbeResult, error) {
	var found report.ProbeResult
	for p := begin; p != nil; {
		if w.probe.once {
			p.config.Done = func(s *probe.Snapshot) bool { return s.Settled }
		}
		p.config.OnEvent = w.shown.add
		p.config.OnSnapshot = func(s *probe.Snapshot) { w.newest.Store(s) }
		last, next, err := w.until(ctx, p)
		if err != nil {
			return found, err
		}
		if found.Snapshot == nil || last.Settled || !found.Snapshot.Settled {
			found.Snapshot, found.Cost = last, p.cost
		}
		if next != nil {
			next.config.LastUp = lastUp(last, p.config.LastUp)
			w.shown.again(next.announcement(), next.config.Maps)
			w.survey = next.survey
		}
		p = next
	}
	return found, nil
}

// until runs one probe until it ends or another one is to follow.
func (w *watching) until(ctx context.Context, p *preparation) (last *probe.Snapshot, next *preparation, err error) {
	ctx, stop := context.WithCancel(ctx)
	var asking sync.WaitGroup
	if !w.probe.once {
		asking.Go(func() {
			if next = w.learn(ctx); next != nil {
				stop()
			}
		})
	}
	last, err = probe.Run(ctx, p.config)
	stop()
	asking.Wait()
	return last, next, err
}

// learn waits until a region that had not told its sharding does, and returns what the probe is to go on with; nil when
// there is no such region, or ctx ended before.
func (w *watching) learn(ctx context.Context) *preparation {
	tick := time.NewTicker(askAgain)
	defer tick.Stop()
	asked := w.survey
	asked.failed = slices.Clone(asked.failed)
	for slices.ContainsFunc(asked.failed, func(err error) bool { return err != nil }) {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		p, err := w.askedAgain(ctx, &asked)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil: // no waiting mends it: the probe goes on as it is
			complain(w.stderr, err, "")
			return nil
		case p != nil:
			return p
		}
	}
	return nil
}

// askedAgain asks the regions that have not told their sharding and can be reached by now. It returns nil when none did.
func (w *watching) askedAgain(ctx context.Context, asked *survey) (*preparation, error) {
	again := survey{maps: slices.Clone(asked.maps), failed: slices.Clone(asked.failed)}
	var told []string
	for i, failed := range asked.failed {
		name := w.deployment.regions[i].Name
		if failed == nil || !w.reachable(name) {
			continue
		}
		m, err := region.Discover(ctx, w.deployment.regions[i], w.deployment.options)
		if errors.Is(err, region.ErrConfiguration) {
			return nil, err
		}
		if err == nil {
			again.maps[i], again.failed[i] = m, nil
			told = append(told, name)
		}
	}
	if len(told) == 0 {
		return nil, nil
	}
	again.cover = slots.Cover(again.maps, asked.cover)
	if err := w.deployment.verifyHashing(ctx, &again); err != nil {
		return nil, err
	}
	p, err := w.prepare(ctx, again)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("how %s is sharded is known now, and is not used: %w", strings.Join(told, " and "), err),
			"start the probe again to take it in")
	}
	p.told = told
	return p, nil
}

// reachable tells whether the probe has found that a region answers.
func (w *watching) reachable(name string) bool {
	s := w.newest.Load()
	if s == nil {
		return false
	}
	i := slices.IndexFunc(s.Regions, func(r probe.Region) bool { return r.Name == name })
	return i >= 0 && (s.Regions[i].State == probe.RegionAvailable || s.Regions[i].State == probe.RegionImpaired)
}

// eventSharding is the kind of the event that says that the probe begins again, knowing how more regions are sharded.
const eventSharding probe.EventKind = "sharding"

// announcement is the event that stands between two runs of the probe.
func (p *preparation) announcement() probe.Event {
	var parts []string
	for _, m := range p.config.Maps {
		if slices.Contains(p.told, m.Region) {
			parts = append(parts, fmt.Sprintf("%s tells its %s (%s)", m.Region, plural(len(m.Shards), "shard"), m.Source))
		}
	}
	e := probe.Event{At: time.Now(), Kind: eventSharding, Shard: -1, Slot: -1,
		Detail: strings.Join(parts, "; ") + ": observed anew on " + plural(len(p.config.Cover), "slot")}
	if len(p.told) == 1 {
		e.Region = p.told[0]
	}
	return e
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// lastUp is when links were last seen up, in a run or before it.
func lastUp(s *probe.Snapshot, before map[probe.Pair]time.Time) map[probe.Pair]time.Time {
	up := maps.Clone(before)
	if up == nil {
		up = make(map[probe.Pair]time.Time)
	}
	for _, l := range s.Links {
		if !l.LastUp.IsZero() {
			up[probe.Pair{From: l.From, To: l.To}] = l.LastUp
		}
	}
	return up
}
