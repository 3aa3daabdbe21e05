package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/redisconf"
)

// The reference configurations of a guide that many have copied, and what an expert says of them.
func TestWhatGuidesRecommend(t *testing.T) {
	for _, row := range []struct {
		file    string
		profile string
		want    []string // OUTCOME RULE SUBJECT, of what does not pass
		starts  bool
	}{
		{"balanced.conf", redisconf.Balanced, []string{
			"failure directives-known balanced.conf:12", // replication-backlog-size
			"failure promised-loss balanced.conf",       // 30 s, by no-appendfsync-on-rewrite
			"warning fsync-during-rewrite balanced.conf",
			"warning latency-monitor balanced.conf",
			"warning maxmemory balanced.conf", // and with one, allkeys-lru would evict
		}, false},
		{"max-durability.conf", redisconf.MaxDurability, []string{
			"failure comments-apart max-durability.conf:5",
			"warning latency-monitor max-durability.conf",
			"warning maxmemory max-durability.conf",
		}, false},
		{"low-latency.conf", redisconf.LowLatency, []string{
			"warning latency-monitor low-latency.conf",
			"warning maxmemory low-latency.conf",
		}, true},
		{"sentinel.conf", redisconf.Balanced, nil, true},
	} {
		t.Run(row.file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", "guides", row.file))
			if err != nil {
				t.Fatal(err)
			}
			file := check.NewFile(row.file, string(text), redisconf.Reading{Sentinel: redisconf.IsSentinel(string(text))})
			if file.Sentinel != strings.HasPrefix(row.file, "sentinel") {
				t.Error("the file is taken for one of the other kind")
			}
			if _, refused := redisconf.Refusal(file.Mistakes); refused == row.starts {
				t.Errorf("a server starts: %v", !refused)
			}
			if diff := cmp.Diff(row.want, complaints(t, row.profile, file)); diff != "" {
				t.Errorf("what does not pass (-want +got):\n%s", diff)
			}
		})
	}
}

// complaints are what the rules for files find that is not good, for the target of a profile.
func complaints(t *testing.T, profile string, files ...check.File) []string {
	t.Helper()
	target, err := check.TargetOf(profile)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := check.Select(check.Rules(), []string{string(check.Durability), string(check.Settings)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, judged := range check.Run(rules, check.FactsOfFiles(time.Time{}, files), target, false).Rules {
		for _, f := range judged.Findings {
			if f.Outcome.Worse(check.Passed) {
				found = append(found, strings.TrimSpace(strings.Join([]string{string(f.Outcome), judged.Rule.ID, f.Subject}, " ")))
			}
		}
	}
	slices.Sort(found)
	return found
}

// What is rendered for a profile keeps what the profile is for.
func TestRenderedFilesPass(t *testing.T) {
	for _, profile := range redisconf.Profiles() {
		for _, replicas := range []int{0, 1, 2} {
			c, err := redisconf.Server{Profile: profile, Replicas: replicas, MaxMemory: "4gb"}.Settings()
			if err != nil {
				t.Fatal(err)
			}
			s, err := redisconf.SentinelFor{Profile: profile, Name: "main", Primary: "10.0.0.10:6379"}.Settings()
			if err != nil {
				t.Fatal(err)
			}
			files := []check.File{check.NewFile("redis.conf", c.String(), redisconf.Reading{}), check.NewFile("sentinel.conf", s.String(), redisconf.Reading{Sentinel: true})}
			if got := complaints(t, profile, files...); len(got) > 0 {
				t.Errorf("%s with %d replicas: %q", profile, replicas, got)
			}
		}
	}
}
