package drill_test

import (
	"context"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
)

// schedule makes the trouble of a plan when its time has come.
type schedule struct {
	lab    *lab.Lab
	plan   plan
	timers []*time.Timer

	mu   sync.Mutex
	last time.Time // when it changed something
}

// changedAfter tells whether it changed anything after a moment.
func (s *schedule) changedAfter(at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.After(at)
}

func (s *schedule) onEvent(e probe.Event) {
	if e.Kind != drill.EventPhase {
		return
	}
	if tr := s.plan.trouble; tr.kind != "" && e.Detail == tr.phase {
		s.after(tr.at, lab.Fault{Kind: tr.kind, From: tr.from, To: tr.to, OneWay: true, Shard: tr.shard})
		if tr.healed > 0 {
			s.after(tr.at+tr.healed, lab.Fault{Kind: lab.Heal, From: tr.from, To: tr.to, OneWay: true, Shard: tr.shard})
		}
	}
	if th := s.plan.third; th.kind != "" && e.Detail == drill.PhaseFault {
		s.after(th.at, lab.Fault{Kind: th.kind, Region: "ap"})
		if th.healed > 0 {
			undo := map[lab.Kind]lab.Kind{lab.Kill: lab.Begin, lab.Hang: lab.Heal}[th.kind]
			s.after(th.at+th.healed, lab.Fault{Kind: undo, Region: "ap"})
		}
	}
}

func (s *schedule) after(d time.Duration, f lab.Fault) {
	if f.Kind == lab.Slow {
		f.Delay = s.plan.trouble.delay
	}
	s.timers = append(s.timers, time.AfterFunc(d, func() {
		s.mu.Lock()
		s.last = time.Now()
		s.mu.Unlock()
		_ = s.lab.Inject(context.Background(), f) // a plan makes sense; after the end the lab is closed
	}))
}

func (s *schedule) stop() {
	for _, timer := range s.timers {
		timer.Stop()
	}
}
