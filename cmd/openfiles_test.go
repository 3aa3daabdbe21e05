package cmd

import (
	"testing"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
)

// Connections that this process may not open are no regions that are down.
func TestAProbeNeedsFilesForItsConnections(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name        string
		connections int
		most        uint64
		err, hint   string
	}{
		{name: "a few regions, and the usual limit", connections: 18, most: 1024},
		{name: "just enough", connections: 992, most: 1024},
		{
			name: "one connection more", connections: 993, most: 1024,
			err:  "the probe would open 993 connections, and this process may have 1024 files open",
			hint: "raise its limit to 1025 at the least: ulimit -n 1025, or LimitNOFILE=1025 in the unit of a service",
		},
	} {
		err := enoughFiles(probe.Cost{Connections: row.connections}, row.most)
		if got := hint.Of(err); err == nil && row.err != "" || err != nil && (err.Error() != row.err || len(got) != 1 || got[0] != row.hint) {
			t.Errorf("%s: %v, hints %q", row.name, err, got)
		}
	}
	f := probeFlags{maxMessages: 1}
	if f.affordable(probe.Cost{Connections: 18}) != nil || f.affordable(probe.Cost{Connections: 1 << 30}) == nil {
		t.Error("what this process may open is not looked at")
	}
}
