package cmd

import (
	"runtime/debug"
	"testing"
)

func TestOriginOfTheProgram(t *testing.T) {
	t.Parallel()
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.time", Value: "2026-11-22T14:00:00Z"}}
	for _, row := range []struct {
		name    string
		version string // of the main module
		noted   []debug.BuildSetting
		want    origin
	}{
		{"built in a clone, by its commit", "v0.1.1-0.20261122140000-0123456789ab+dirty", vcs, origin{"v0.1.1-0.20261122140000-0123456789ab+dirty", "0123456789abcdef", "2026-11-22T14:00:00Z"}},
		{"installed from a commit without a tag", "v0.0.0-20261122140102-0123456789ab", nil, origin{"v0.0.0-20261122140102-0123456789ab", "0123456789ab", "2026-11-22T14:01:02Z"}},
		{"installed from a commit after a tag", "v1.2.4-0.20261122140102-0123456789ab", nil, origin{"v1.2.4-0.20261122140102-0123456789ab", "0123456789ab", "2026-11-22T14:01:02Z"}},
		{"installed from a commit after a tag for trying out", "v1.2.3-rc.1.0.20261122140102-0123456789ab", nil, origin{"v1.2.3-rc.1.0.20261122140102-0123456789ab", "0123456789ab", "2026-11-22T14:01:02Z"}},
		{"installed from a tag, which names no commit", "v1.2.3", nil, origin{"v1.2.3", "unknown", "unknown"}},
		{"a time that there is not", "v0.0.0-20261322140102-0123456789ab", nil, origin{"v0.0.0-20261322140102-0123456789ab", "unknown", "unknown"}},
		{"built without a version", "", nil, origin{"(devel)", "unknown", "unknown"}},
	} {
		if got := builtFrom(&debug.BuildInfo{Main: debug.Module{Version: row.version}, Settings: row.noted}, true); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
	}
	if got, want := builtFrom(nil, false), (origin{"(devel)", "unknown", "unknown"}); got != want {
		t.Errorf("without anything that was noted: %+v, want %+v", got, want)
	}
}
