package survey_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/survey"
)

// observed is a deployment that a probe observes while its topology is followed.
type observed struct {
	t       *testing.T
	changed chan struct{} // holds a token when there is something new
	end     func()

	mu       sync.Mutex
	events   []probe.Event
	verdict  string // that was told last
	before   string // that which was told last when the events were forgotten
	snapshot *probe.Snapshot
}

// observe surveys regions and begins to observe them; the caller ends that.
func observe(t *testing.T, regions []config.Region, o region.Options, following survey.Following) *observed {
	t.Helper()
	s, err := survey.Take(t.Context(), regions, o)
	if err != nil {
		t.Fatal(err)
	}
	s.Assume()
	topology, err := s.Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := &observed{t: t, changed: make(chan struct{}, 1)}
	following.Complain = func(err error) { t.Errorf("complaint: %v", err) }
	follower := s.Follow(topology, following)
	c := probe.Config{
		Policy: probe.DefaultPolicy(), Prefix: region.DefaultPrefix, Changes: follower.Changes(), OnEvent: w.tell,
		Maps: topology.Maps, Endpoints: topology.Endpoints, Cover: topology.Cover, SameServers: topology.SameServers,
	}
	c.OnSnapshot = func(s *probe.Snapshot) {
		follower.Notice(s)
		w.show(s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { follower.Run(ctx) })
	running.Go(func() {
		if _, err := probe.Run(ctx, c); err != nil {
			t.Errorf("the probe: %v", err)
		}
	})
	w.end = func() {
		cancel()
		running.Wait()
	}
	return w
}

func (w *observed) tell(e probe.Event) {
	w.mu.Lock()
	w.events = append(w.events, e)
	if e.Kind == probe.EventVerdict {
		w.verdict = e.State
	}
	w.mu.Unlock()
	w.wake()
}

func (w *observed) show(s *probe.Snapshot) {
	w.mu.Lock()
	w.snapshot = s
	w.mu.Unlock()
	w.wake()
}

func (w *observed) wake() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// until waits for something to be true of the events and the newest snapshot.
func (w *observed) until(what string, ok func(events []probe.Event, s *probe.Snapshot) bool) {
	w.t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		w.mu.Lock()
		done := w.snapshot != nil && ok(w.events, w.snapshot)
		w.mu.Unlock()
		if done {
			return
		}
		select {
		case <-w.changed:
		case <-limit:
			w.mu.Lock()
			defer w.mu.Unlock()
			w.t.Fatalf("never: %s; events: %s", what, inWords(w.events))
		}
	}
}

// untilTold waits for an event about the topology that says this.
func (w *observed) untilTold(text string) {
	w.t.Helper()
	w.until("told that "+text, func(events []probe.Event, _ *probe.Snapshot) bool {
		return slices.ContainsFunc(events, func(e probe.Event) bool {
			return e.Kind == probe.EventTopology && strings.Contains(e.Detail, text)
		})
	})
}

// untilHealthy waits until the verdict is healthy and was told so, everything has delivered since, and the local region has so many shards.
func (w *observed) untilHealthy(shards int) {
	w.t.Helper()
	since := time.Now()
	w.until("healthy again", func(_ []probe.Event, s *probe.Snapshot) bool {
		if s.Verdict != probe.Healthy || w.verdict != string(probe.Healthy) || !s.Settled || len(s.Regions[0].Shards) != shards {
			return false
		}
		return !slices.ContainsFunc(s.Links, func(l probe.Link) bool {
			return l.State != probe.LinkUp || slices.ContainsFunc(l.Cells, func(c probe.Cell) bool { return !c.LastDelivered.After(since) })
		})
	})
}

// forget forgets the events until now.
func (w *observed) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forgetAll()
}

func (w *observed) forgetAll() { w.events, w.before = nil, w.verdict }

// verdictsAre fails unless exactly these verdicts were told since what was forgotten, and forgets them. Where the observer says
// that it did not run itself, as on a machine that is busy, it counts for none that nothing could be observed and then
// all was as before.
func (w *observed) verdictsAre(want ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	paused := slices.ContainsFunc(w.events, func(e probe.Event) bool { return e.Kind == probe.EventObserver })
	var told []string
	last := w.before
	for _, e := range w.events {
		if e.Kind != probe.EventVerdict || paused && (e.State == string(probe.Unobservable) || e.State == last) {
			continue
		}
		last = e.State
		told = append(told, e.State)
	}
	if !slices.Equal(told, want) {
		w.t.Errorf("verdicts on the way: %v, want %v:%s", told, want, inWords(w.events))
	}
	w.forgetAll()
}

func inWords(events []probe.Event) string {
	var text strings.Builder
	for _, e := range events {
		text.WriteString("\n  " + e.At.Format("05.000") + " " + string(e.Kind) + " " + e.Region + e.From + " " + e.To + " " + e.Was + "->" + e.State + " " + e.Detail)
	}
	return text.String()
}
