package probe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// broken is an endpoint of which Run returns too early.
type broken struct {
	*fake
	err error
}

func (b broken) Run(context.Context, [][]string, probe.Sink) error { return b.err }

func TestAnEndpointThatCannotRunEndsTheRun(t *testing.T) {
	mishap := errors.New("us: no such thing")
	for err, want := range map[error]string{mishap: mishap.Error(), nil: "us: stopped observing by itself"} {
		synctest.Test(t, func(t *testing.T) {
			d := deploy(0, 1, 1)
			c := d.config()
			c.Endpoints[0] = broken{d.regions[0], err}
			start := time.Now()
			last, got := probe.Run(t.Context(), c)
			if got == nil || got.Error() != want || last == nil || time.Since(start) > time.Second {
				t.Errorf("%v, want %s; %v", got, want, last)
			}
		})
	}
}

func TestTheRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		c := deploy(0, 1, 1).config()
		var last *probe.Snapshot
		var kinds []probe.EventKind
		snapshots := 0
		c.OnSnapshot = func(s *probe.Snapshot) { last = s; snapshots++ }
		c.OnEvent = func(e probe.Event) { kinds = append(kinds, e.Kind) }
		start := time.Now()
		got, err := probe.Run(ctx, c)
		if err != nil || got != last || got.Verdict != probe.Healthy || time.Since(start) != 5*time.Second {
			t.Errorf("%v %v after %v", got, err, time.Since(start))
		}
		if snapshots < 20 || snapshots > 40 {
			t.Errorf("%d snapshots in 20 intervals", snapshots)
		}
		if kinds[0] != probe.EventStart || kinds[len(kinds)-1] != probe.EventEnd {
			t.Errorf("events: %v", kinds)
		}
	})
}

func TestARunThatNobodyWaitsFor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	last, err := probe.Run(ctx, deploy(0, 1, 1).config())
	if err != nil || last == nil || last.Verdict != probe.Unobservable {
		t.Errorf("%v %v", last, err)
	}
}
