package faults

import (
	"context"
	"sync"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
)

// Sight tells from the snapshots of a probe when somebody else has made an action. The zero value has seen nothing.
type Sight struct {
	mu     sync.Mutex
	latest *probe.Snapshot
	newer  chan struct{} // closed when a newer one comes; nil while nobody waits
}

// Snapshot takes the newest snapshot. It never waits.
func (s *Sight) Snapshot(latest *probe.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = latest
	if s.newer != nil {
		close(s.newer)
		s.newer = nil
	}
}

func (s *Sight) look() (*probe.Snapshot, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newer == nil {
		s.newer = make(chan struct{})
	}
	return s.latest, s.newer
}

// Await returns true when the snapshots begin to show an action, and false when ctx ended first. What they show already when
// it is called is no evidence that anybody did anything.
func (s *Sight) Await(ctx context.Context, a drill.Action) bool {
	absent := false
	for {
		latest, newer := s.look()
		shows := latest != nil && Shows(latest, a)
		if shows && absent {
			return true
		}
		absent = absent || latest != nil && !shows
		select {
		case <-newer:
		case <-ctx.Done():
			return false
		}
	}
}

// Holds tells whether the newest snapshot shows regions and links as they should be after an action.
func (s *Sight) Holds(a drill.Action) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest != nil && Shows(s.latest, a)
}

// Shows tells whether regions and links are as they should be after an action.
func Shows(s *probe.Snapshot, a drill.Action) bool {
	if !a.Kind.OfLink() {
		return showsRegion(s.Region(a.Region), a)
	}
	there := showsLink(s.Link(a.From, a.To), a)
	if a.OneWay {
		return there
	}
	return there && showsLink(s.Link(a.To, a.From), a)
}

func showsRegion(r *probe.Region, a drill.Action) bool {
	if r == nil {
		return false
	}
	state := r.State
	if a.Shard != drill.AllShards {
		if a.Shard > len(r.Shards) {
			return false
		}
		state = r.Shards[a.Shard-1].State
	}
	if a.Kind == drill.Start {
		return state == probe.RegionAvailable
	}
	return state == probe.RegionDown
}

func showsLink(l *probe.Link, a drill.Action) bool {
	switch {
	case l == nil:
		return false
	case a.Kind == drill.Mend:
		return l.State == probe.LinkUp
	case a.Kind == drill.Slow:
		return l.State == probe.LinkLate || l.State.Silent() // too slow to count looks silent
	}
	return l.State.Silent()
}
