package matrix_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
)

// truth is why regions are, in truth, not safe to return to. It asks the lab and what the lab has recorded beside its engines,
// and is asked by the judge only.
type truth struct {
	lab    *lab.Lab
	keys   *lab.Truth
	mu     sync.Mutex
	tried  []written // whatever became of it
	policy probe.Policy
	slack  time.Duration        // for a machine that is busy
	since  map[reason]time.Time // since when it has been true whenever it was looked at
}

// written is a key that the application has tried to write in a region.
type written struct{ region, key string }

// write notes that the application is about to write a key in a region.
func (t *truth) write(region, key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tried = append(t.tried, written{region, key})
}

// reason is something that makes a region unsafe to return to.
type reason struct{ region, text string }

func newTruth(d *deployment, p probe.Policy, slack time.Duration) *truth {
	return &truth{lab: d.lab, keys: d.truth, policy: p, slack: slack, since: make(map[reason]time.Time)}
}

// promise is how soon a policy finds out that a region cannot be used or that a link is silent.
var promise = map[probe.Sensitivity]time.Duration{probe.Fast: 1500 * time.Millisecond, probe.Balanced: 3 * time.Second, probe.Cautious: 10 * time.Second}

// contradicts says which of the regions that a snapshot calls ready are not, and have not been for so long that it should have
// been found out. It must be asked of every snapshot, in order.
func (t *truth) contradicts(s *probe.Snapshot) []string {
	status, err := t.lab.Status(context.Background())
	if err != nil {
		return []string{err.Error()}
	}
	now := time.Now()
	found := t.reasons(s, status)
	for r := range t.since {
		if !slices.Contains(found, r) {
			delete(t.since, r)
		}
	}
	var wrong []string
	for _, r := range found {
		if t.since[r].IsZero() {
			t.since[r] = now
		}
		if ready(s, r.region) && now.Sub(t.since[r]) > promise[sensible]+t.slack {
			wrong = append(wrong, fmt.Sprintf("%s is called ready, and %s", r.region, r.text))
		}
	}
	for i := range s.Regions {
		name := s.Regions[i].Name
		if !ready(s, name) {
			continue
		}
		// Keys are written and read once a second each, and missing after their deadline.
		late := max(promise[sensible], beatDeadline(t.policy)+3*time.Second)
		for _, l := range t.lacks(name, s, now.Add(-late-t.slack)) {
			wrong = append(wrong, fmt.Sprintf("%s is called ready, and lacks what was written in %s, which %s has", name, l.source, l.where))
		}
	}
	return wrong
}

func ready(s *probe.Snapshot, name string) bool {
	r := s.Region(name)
	return r != nil && r.FailbackReady == probe.ReadyYes
}

// refuseWrites are the conditions in which a shard refuses writes.
var refuseWrites = []lab.Condition{lab.Loading, lab.ClusterDown, lab.ReadOnly, lab.MasterDown, lab.OutOfMemory, lab.NoReplicas,
	lab.DiskError, lab.Busy, lab.NoPermKey, lab.NoPermWrite}

// reasons are those that are true at the moment. A link to a region that cannot be used as far as is known from here is none: it
// holds nobody back.
func (t *truth) reasons(s *probe.Snapshot, status lab.Status) []reason {
	var found []reason
	up := make(map[string]map[int]bool)
	for _, r := range status.Regions {
		up[r.Name] = make(map[int]bool)
		for _, shard := range r.Shards {
			up[r.Name][shard.Number] = shard.State == lab.Up
			switch {
			case shard.State != lab.Up:
				found = append(found, reason{r.Name, fmt.Sprintf("its shard %d is %s", shard.Number, shard.State)})
			case shard.Stale:
				found = append(found, reason{r.Name, fmt.Sprintf("its shard %d is stale", shard.Number)})
			case slices.Contains(refuseWrites, shard.Answers):
				found = append(found, reason{r.Name, fmt.Sprintf("its shard %d refuses writes: %s", shard.Number, shard.Answers)})
			}
		}
	}
	for _, l := range status.Links {
		for _, x := range l.Streams {
			silent := x.State == lab.LinkCut || x.State == lab.LinkStalled || x.Loss == 1
			if !silent || !up[l.From][x.FromShard] || !up[l.To][x.ToShard] {
				continue
			}
			text := fmt.Sprintf("%s->%s is %s from shard %d", l.From, l.To, x.State, x.FromShard)
			if usable(s, l.To) {
				found = append(found, reason{l.From, text})
			}
			if usable(s, l.From) {
				found = append(found, reason{l.To, text})
			}
		}
	}
	return found
}

func usable(s *probe.Snapshot, name string) bool {
	r := s.Region(name)
	return r != nil && r.State != probe.RegionDown && r.State != probe.RegionUnobservable
}

// lack is that a region lacks keys of a source region which another region has.
type lack struct {
	source, where string
	origin        bool      // the source itself has them
	first, last   time.Time // when the oldest and the newest of them were written
}

// inFlight is how far apart the keys may be written that were on their way when their source died: no key that is written once
// a second shows that others are lacking, and nothing brings them before their source is back, if it still has them then.
const inFlight = 3 * time.Second

// lacks returns what a region has been lacking since before a moment, though another that can be used has it.
func (t *truth) lacks(name string, s *probe.Snapshot, before time.Time) []lack {
	t.mu.Lock()
	tried := t.tried
	t.mu.Unlock()
	type which struct {
		source string
		origin bool
	}
	all := make(map[which]lack)
	for _, w := range tried {
		source, k := w.region, w.key
		here, origin := t.keys.Applied(name, k), t.keys.Applied(source, k)
		if there(here) {
			continue
		}
		for i := range s.Regions {
			other := s.Regions[i].Name
			elsewhere := t.keys.Applied(other, k)
			if other == name || s.Regions[i].State != probe.RegionAvailable || !there(elsewhere) {
				continue
			}
			since := elsewhere[len(elsewhere)-1].From
			if n := len(here); n > 0 {
				since = later(since, here[n-1].To) // it had it until then
			}
			if there(origin) {
				since = later(since, origin[len(origin)-1].From) // its source lacked it, too, until then
			}
			if !since.Before(before) {
				continue
			}
			id, at := which{source, there(origin)}, elsewhere[0].From
			l, known := all[id]
			if !known {
				l = lack{source, other, id.origin, at, at}
			}
			l.first, l.last = sooner(l.first, at), later(l.last, at)
			all[id] = l
		}
	}
	var found []lack
	for _, l := range all {
		if l.origin && s.Region(l.source).State == probe.RegionAvailable || l.last.Sub(l.first) > inFlight {
			found = append(found, l)
		}
	}
	return found
}

func sooner(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// there tells whether a key is there now.
func there(intervals []lab.Interval) bool {
	return len(intervals) > 0 && intervals[len(intervals)-1].To.IsZero()
}
