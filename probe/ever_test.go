package probe_test

import (
	"reflect"
	"testing"

	"github.com/aafailover/aafailover/probe"
)

// neverLess checks that what was ever counted of a link agrees with what its cells count, and went up since the snapshot before,
// nil when there is none. Every test that observes in simulated time does that.
func neverLess(t *testing.T, before, s *probe.Snapshot) {
	t.Helper()
	for i := range s.Links {
		l, ever := &s.Links[i], &s.Links[i].Ever
		now := l.Retired
		for _, c := range l.Cells {
			now = now.Plus(probe.Counts{Sent: c.Sent, Delivered: c.Delivered, Late: c.Late, Lost: c.Lost, NoEvidence: c.NoEvidence, Overdue: c.Overdue,
				Duplicate: c.Duplicate, Foreign: c.Foreign, Forged: c.Forged, TooLate: c.TooLate})
		}
		same := probe.Ever{Sent: now.Sent, Delivered: now.Delivered, Late: now.Late, Overdue: ever.Overdue, Lost: ever.Lost, NoEvidence: ever.NoEvidence,
			Duplicate: now.Duplicate, Foreign: now.Foreign, Forged: now.Forged, TooLate: now.TooLate}
		if *ever != same || ever.Overdue < now.Overdue || ever.Lost < now.Lost || ever.NoEvidence < now.NoEvidence {
			t.Fatalf("%s->%s at %v: ever %+v, and the cells count %+v", l.From, l.To, s.At, *ever, now)
		}
		below := uint64(0)
		for _, n := range l.Trips.Below {
			if n < below || n > l.Trips.Count {
				t.Fatalf("%s->%s: %+v", l.From, l.To, l.Trips)
			}
			below = n
		}
		if before == nil {
			continue
		}
		was := &before.Links[i]
		for k, before := 0, reflect.ValueOf(was.Ever); k < before.NumField(); k++ {
			if before.Field(k).Uint() > reflect.ValueOf(*ever).Field(k).Uint() {
				t.Fatalf("%s->%s at %v: %+v was counted, and now %+v", l.From, l.To, s.At, was.Ever, *ever)
			}
		}
		for k, n := range was.Trips.Below {
			if n > l.Trips.Below[k] {
				t.Fatalf("%s->%s at %v: %+v was counted, and now %+v", l.From, l.To, s.At, was.Trips, l.Trips)
			}
		}
		if was.Trips.Count > l.Trips.Count || was.Trips.Sum > l.Trips.Sum {
			t.Fatalf("%s->%s at %v: %+v was counted, and now %+v", l.From, l.To, s.At, was.Trips, l.Trips)
		}
	}
}
