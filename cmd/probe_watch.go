package cmd

import (
	"context"
	"crypto/rand"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/heartbeat"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/lastup"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/survey"
	"github.com/aafailover/aafailover/tui"
)

// watching is a probe whose topology is followed while it runs, and what goes on beside it.
//
//	survey.Survey ─> probe.Topology ─> probe.Run ─> events, snapshots ─┬─> report
//	        │                           ^  ^  │                        ├─> --on-change, --listen
//	        └─> survey.Follower ────────┘  │  │                        ├─> lastup.Memory
//	                  ^                    │  │                        └─> canary.Canary (--canary) ─> incidents
//	                  │                    ├──┼── heartbeat.Heart (--dataset)
//	                  └────────────────────┼──┘ hints at a change
//	                                       └───── canary.Canary
//
//	vitals.Watch (--vitals) asks the servers beside all that ─> events, report
type watching struct {
	probe      *probeFlags
	kind       report.Deployment
	insecure   []string // regions whose certificates are not checked
	deployment *deployment
	survey     *survey.Survey
	config     probe.Config
	stderr     io.Writer
	shown      *printer
	progress   *step
	feed       *tui.Feed[probe.Snapshot] // nil without a dashboard
	heard      *complaints
	asked      func(*probe.Snapshot) bool // what else has to be known before a probe that runs once can end; nil: nothing

	heart    *heartbeat.Heart // nil without --dataset
	beats    heartbeat.Cost
	canary   *canary.Canary  // nil without --canary
	changes  *onChange       // nil without --on-change
	vitals   *readings       // nil without --vitals
	served   *metricsService // nil without --listen
	memory   lastup.Memory
	latest   atomic.Pointer[probe.Snapshot]
	follower *survey.Follower // nil with --once

	mu     sync.Mutex
	newest probe.Topology // that was allowed
}

// rememberEvery is the time between two times that it is written down when the links were last up.
const rememberEvery = time.Minute

// prepare makes what the probe needs from how the regions are sharded.
func (f *probeFlags) prepare(ctx context.Context, d *deployment, s *survey.Survey, heard *complaints, stderr io.Writer) (*watching, error) {
	w := &watching{probe: f, kind: d.kind, insecure: d.insecure(), deployment: d, survey: s, stderr: stderr, heard: heard, newest: probe.Topology{Maps: s.Maps, Cover: s.Cover}}
	if err := f.affordable(w.cost()); err != nil {
		return nil, usage(err)
	}
	preparing := progress(stderr, "looking whether %s are different servers", namesOf(d.regions))
	t, err := s.Prepare(ctx)
	preparing.end()
	if err != nil {
		return nil, exit(exitInterrupted, err)
	}
	w.newest = t
	w.config = probe.Config{
		Policy: f.policy, Prefix: f.prefix, RequireCoverage: f.requireCoverage, Observer: strings.ToLower(rand.Text()[:8]),
		Maps: t.Maps, Endpoints: t.Endpoints, Cover: t.Cover, SameServers: t.SameServers,
	}
	if f.dataset {
		if w.heart, w.beats, err = f.heart(d, t, w.config.Observer, heard); err != nil {
			return nil, usage(err)
		}
		w.config.Keys = w.heart.Keys
	}
	if f.canary > 0 {
		if w.canary, err = canary.New(w.canaryConfig(t)); err != nil {
			return nil, usage(err)
		}
	}
	if w.heart != nil || w.canary != nil {
		w.config.Proof = w.proof
	}
	if f.vitals {
		w.vitals = w.readings(t)
	}
	if d.kind == report.Given { // a lab is another one each time
		w.recall(d)
	}
	return w, nil
}

// recall learns when an earlier run has last seen the links up. That it cannot is worth a word, and no more.
func (w *watching) recall(d *deployment) {
	folder, err := lastup.Folder()
	if err == nil {
		w.memory = lastup.Of(folder, d.regions, w.probe.prefix)
		w.config.LastUp, err = w.memory.Load(time.Now())
	}
	if err != nil {
		w.complain(hint.Wrap(err, "the probe goes on without; XDG_STATE_HOME says where the folder is"))
	}
}

func (w *watching) complain(err error) { complain(w.stderr, err, "") }

// topology is the newest one that the probe was given.
func (w *watching) topology() probe.Topology {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.newest
}

// cost is what observing takes now.
func (w *watching) cost() probe.Cost { return w.costOf(w.topology()) }

func (w *watching) costOf(t probe.Topology) probe.Cost {
	return probe.CostOf(probe.Config{Policy: w.probe.policy, Prefix: w.probe.prefix, Maps: t.Maps, Cover: t.Cover})
}

// allow objects to a topology that would take more than the limit, and prepares for one that is about to be used.
func (w *watching) allow(t probe.Topology) error {
	if err := w.probe.affordable(w.costOf(t)); err != nil {
		return hint.Wrap(err, "start the probe again to take it in")
	}
	if w.heart != nil {
		if err := w.heart.Change(heartbeat.Topology{Maps: t.Maps, Cover: t.Cover}); err != nil {
			return err
		}
	}
	if w.canary != nil {
		if err := w.canary.Change(w.canaryTopology(t)); err != nil {
			return err
		}
	}
	if w.vitals != nil {
		w.vitals.watch.Change(t.Maps)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.newest = t
	return nil
}

// run observes until ctx ends or, with --once, there is a verdict.
func (w *watching) run(ctx context.Context) (report.ProbeResult, error) {
	// What goes on beside the probe ends after it: the last snapshot still goes by it.
	beside, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	if w.probe.once {
		w.config.Done = w.enough
	} else {
		w.follow()
		running.Go(func() { w.follower.Run(beside) })
		running.Go(func() { w.remember(beside) })
	}
	if w.heart != nil {
		running.Go(func() { w.heart.Run(beside) })
	}
	if w.canary != nil {
		running.Go(func() { w.canary.Run(beside) })
	}
	if w.vitals != nil {
		running.Go(func() { w.vitals.run(beside) })
	}
	if w.probe.onChange != "" {
		w.changes = newOnChange(ctx, w.probe.onChange, w.kind, w.insecure, w.stderr)
	}
	w.config.OnEvent, w.config.OnSnapshot = w.event, w.snapshot
	last, err := probe.Run(ctx, w.config)
	stop()
	running.Wait()
	if saveErr := w.memory.Save(last); saveErr != nil {
		w.complain(saveErr)
	}
	return w.result(last), err
}

// result is what is known with a snapshot, without the events.
func (w *watching) result(s *probe.Snapshot) report.ProbeResult {
	found := report.ProbeResult{Deployment: w.kind, Insecure: w.insecure, Snapshot: s, Failover: w.probe.moving, Cost: w.cost(), PubSub: w.survey.Options.PubSub.String()}
	if w.canary != nil {
		state := w.canary.State()
		found.Canary = &state
	}
	if w.vitals != nil {
		found.Vitals = w.vitals.taken()
	}
	return found
}

// enough tells whether a probe that runs once can end. Where this process itself was not running it waits until something can
// be said of the regions again, with --dataset until something is known of writes as well, and with --vitals until each server
// was asked.
func (w *watching) enough(s *probe.Snapshot) bool {
	if !s.Settled || s.Paused || w.vitals != nil && !w.vitals.watch.Complete() {
		return false
	}
	if w.asked != nil && !w.asked(s) {
		return false
	}
	if w.heart == nil {
		return true
	}
	writable := w.probe.allowWrites
	for _, r := range s.Regions {
		waits := w.kind == report.Lab || slices.Contains(writable, r.Name)
		if waits && r.State == probe.RegionAvailable && r.Writes == probe.WritesUnproven {
			return false
		}
	}
	return true
}

// follow makes the probe follow what becomes different.
func (w *watching) follow() {
	w.follower = w.survey.Follow(w.config.Topology(), survey.Following{Allow: w.allow, Complain: w.complain})
	w.config.Changes = w.follower.Changes()
}

// remember writes down now and then when the links were last up, so that a run that is killed has not seen it in vain.
func (w *watching) remember(ctx context.Context) {
	tick := time.NewTicker(rememberEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := w.memory.Save(w.latest.Load()); err != nil {
			w.complain(err)
			return
		}
	}
}

// event shows an event, and takes care that shards are named as they are from then on.
func (w *watching) event(e probe.Event) {
	var maps []slots.Map
	if e.Kind == probe.EventTopology {
		maps = w.topology().Maps
	}
	w.shown.add(e, maps)
	if w.feed != nil {
		w.feed.Event(e)
	}
	if w.changes != nil {
		w.changes.event(e)
	}
	w.served.event(e)
}

// snapshot hands on what is known to all that go by it.
func (w *watching) snapshot(s *probe.Snapshot) {
	w.latest.Store(s)
	w.served.snapshot(s)
	w.note(s)
	if w.feed != nil {
		w.feed.Put(s)
	}
	if w.canary != nil {
		w.canary.Observe(s)
	}
	if w.follower != nil {
		w.follower.Notice(s)
	}
	if w.changes != nil {
		w.changes.snapshot(s)
	}
}
