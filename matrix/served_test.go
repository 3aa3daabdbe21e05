package matrix_test

import (
	"slices"
	"testing"

	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/probe"
)

// few are the scenarios that are played on real servers where nobody has asked for all of them: none with the race detector, which
// leaves a machine no time for what has to happen in time.
var few = []string{"24-one-shard-down", "45-region-back-but-empty", "02-remote-process-down"}[:3/racetest.Slowdown]

// What is expected of the lab's own engine is what is found where server processes keep the keys. All scenarios on them are
//
//	go test ./matrix -run TestMatrix -parallel 6 -args -runs 0 -tcp 1 -engine redis-server
func TestServersShowWhatTheEngineDoes(t *testing.T) {
	t.Parallel()
	servers, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range load(t) {
		if !slices.Contains(few, s.name) {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			out := overTCP(t, s, probe.DefaultPolicy(), servers, *seed)
			if len(out.wrong) > 0 {
				t.Error(out.report(s, servers.Name, *seed))
			}
		})
	}
}
