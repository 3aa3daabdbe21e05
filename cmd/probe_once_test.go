package cmd

import (
	"testing"

	"github.com/aafailover/aafailover/probe"
)

func TestWhenAProbeThatRunsOnceCanEnd(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		seen probe.Snapshot
		want bool
	}{
		{"not before everything has a state", probe.Snapshot{}, false},
		{"then it can", probe.Snapshot{Settled: true}, true},
		{"but not on what this process has slept through", probe.Snapshot{Settled: true, Paused: true}, false},
	} {
		if got := (&watching{}).enough(&row.seen); got != row.want {
			t.Errorf("%s: %t", row.name, got)
		}
	}
}
