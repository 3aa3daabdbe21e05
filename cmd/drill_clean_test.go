package cmd_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/slots"
)

// keepKilled keeps a run on two regions as a drill leaves it that is killed, and returns its ledger, which is closed at the
// end of the test.
func keepKilled(t *testing.T, state, id string, urls map[string]string) *drill.Ledger {
	t.Helper()
	settings, err := archive.SettingsOf(drill.Config{Run: id, Expiry: time.Hour, Rate: 10})
	if err != nil {
		t.Fatal(err)
	}
	b := archive.Begin{Run: id, At: time.Now(), Deployment: "given", Scenario: "region-down", Prefix: "aafailover", Settings: settings,
		Fault: archive.Fault{By: "manual"}}
	for _, name := range []string{"us", "eu"} {
		b.Regions = append(b.Regions, archive.Region{URL: urls[name], Map: slots.Map{Region: name, Source: slots.Single,
			Shards: []slots.Shard{{ID: "1", Address: strings.TrimPrefix(urls[name], "redis://"), Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}}})
	}
	kept, err := archive.New(state).Begin(b, 100)
	if err != nil {
		t.Fatal(err)
	}
	l, err := drill.CreateLedger(kept.Ledger(), drill.Head{Prefix: b.Prefix, Run: id, Regions: b.Names(), Slots: []int{1, 9000}, Start: b.At})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	return l
}

// Only the keys of the run are deleted, each in the region that wrote it, those in flight included. What is elsewhere is
// told, and left to expire.
func TestCleanDeletesTheKeysOfTheRunAndNoOthers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	state := t.TempDir()
	servers := map[string]*redistest.Server{"us": redistest.Start(t), "eu": redistest.Start(t)}
	urls := map[string]string{"us": "redis://" + servers["us"].Addr, "eu": "redis://" + servers["eu"].Addr}
	l := keepKilled(t, state, "run1", urls)
	clients := make(map[string]*redis.Client)
	for name, s := range servers {
		clients[name] = redis.NewClient(&redis.Options{Addr: s.Addr})
		defer clients[name].Close()
	}
	put := func(region, key string) {
		t.Helper()
		if err := clients[region].Set(ctx, key, "x", time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 250 { // several batches
		region := i % 2
		n := l.Begin(region, time.Second)
		put([]string{"us", "eu"}[region], l.Key(n))
		if i%3 > 0 { // the others are in flight
			l.End(n, drill.Acknowledged, 2*time.Second)
		}
	}
	elsewhere := l.Begin(0, time.Second) // written to us, which has lost it, and had handed it on
	l.End(elsewhere, drill.Acknowledged, time.Second)
	put("eu", l.Key(elsewhere))
	foreign := []string{"mine", "aafailover:{3b6}:run2:1", "aafailover:{3b6}:run1:x", strings.Replace(l.Key(0), ":0", ":100000", 1)}
	for _, key := range foreign {
		put("us", key)
	}

	o := run(t, nil, "drill", "clean", "run1", "--state-dir", state, "--region", "eu="+urls["eu"], "--region", "us="+urls["us"],
		"--allow-writes", "us,eu", "-o", "json")
	d := o.decode(t)
	if o.code != 1 || d["clean"] != false || d["expires"] == nil {
		t.Errorf("exit code %d, clean %v: %s", o.code, d["clean"], o.stderr)
	}
	want := map[string]string{"us": "removed 125, absent 1, failed 0, left 0", "eu": "removed 125, absent 0, failed 0, left 1"}
	regions, _ := d["regions"].([]any)
	for _, one := range regions {
		r, _ := one.(map[string]any)
		got := fmt.Sprintf("removed %v, absent %v, failed %v, left %v", r["removed"], r["absent"], r["failed"], r["left"])
		if got != want[fmt.Sprint(r["region"])] {
			t.Errorf("%v: %s, want %s", r["region"], got, want[fmt.Sprint(r["region"])])
		}
	}
	for region, n := range map[string]int64{"us": int64(len(foreign)), "eu": 1} {
		if got := clients[region].DBSize(ctx).Val(); got != n {
			t.Errorf("%s has %d keys, want %d", region, got, n)
		}
	}
}

// Whatever does not fit the run is an error before anything is sent.
func TestCleanAndResumeTakeTheRegionsOfTheRunOnly(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	urls := map[string]string{"us": "redis://127.0.0.1:1", "eu": "redis://127.0.0.1:2"}
	keepKilled(t, state, "run1", urls)
	both := []string{"--region", "us=redis://127.0.0.1:1", "--region", "eu=redis://127.0.0.1:2"}
	for _, row := range []struct {
		name   string
		args   []string
		stderr string
	}{
		{"no run", nil, "aafailover: aafailover drill COMMAND takes a run\nhint: aafailover drill history shows the runs that are kept\n"},
		{"an unknown run", append([]string{"run2"}, both...), "aafailover: no such run: run2\nhint: aafailover drill history shows the runs that are kept\n"},
		{"a run that is a path", append([]string{"../run1"}, both...), "aafailover: no such run: \"../run1\"\nhint: aafailover drill history shows the runs that are kept\n"},
		{"no regions", []string{"run1"}, "aafailover: run run1 was on us and eu, and no region is given\nhint: give the regions of the drill, as it was run, with --region NAME=URL or --config FILE: its record keeps no password\n"},
		{"one region is missing", []string{"run1", "--region", "us=redis://127.0.0.1:1"},
			"aafailover: run run1 was on us and eu, and eu is not given\nhint: give the regions of the drill, as it was run, with --region NAME=URL or --config FILE: its record keeps no password\n"},
		{"another region", append([]string{"run1", "--region", "ap=redis://127.0.0.1:3"}, both...), "aafailover: run run1 was not on ap\nhint: its regions are us, eu\n"},
		{"another prefix", append([]string{"run1", "--prefix", "mine"}, both...),
			"aafailover: run run1 wrote under the prefix aafailover, not mine\nhint: give --prefix aafailover\n"},
		{"the lab", []string{"run1", "--lab"}, "aafailover: run run1 was on us, eu, not on the lab\nhint: give each of them with --region NAME=URL, or --config FILE\n"},
		{"no permission", append([]string{"run1"}, both...),
			"aafailover: keys are to be deleted, and that is not allowed in us\nhint: allow it on the command line with --allow-writes us,eu\n"},
		{"permission for one region", append([]string{"run1", "--allow-writes", "us"}, both...),
			"aafailover: keys are to be deleted, and that is not allowed in eu\nhint: allow it on the command line with --allow-writes us,eu\n"},
		{"permission for what is no region", append([]string{"run1", "--allow-writes", "us,eu,asia"}, both...),
			"aafailover: --allow-writes names \"asia\", which is not a region\nhint: the regions are us, eu\n"},
	} {
		for _, command := range []string{"clean", "resume"} {
			t.Run(command+": "+row.name, func(t *testing.T) {
				o := run(t, nil, append([]string{"drill", command, "--state-dir", state}, row.args...)...)
				if want := strings.Replace(row.stderr, "COMMAND", command, 1); o.code != 2 || o.stderr != want || o.stdout != "" {
					t.Errorf("exit code %d, stderr:\n%swant:\n%s%s", o.code, o.stderr, want, o.stdout)
				}
			})
		}
	}
	t.Run("while it is at work", func(t *testing.T) {
		working, err := archive.New(state).Open("run1")
		if err != nil {
			t.Fatal(err)
		}
		defer working.Close()
		o := run(t, nil, append([]string{"drill", "clean", "run1", "--state-dir", state, "--allow-writes", "us,eu"}, both...)...)
		if o.code != 2 || !strings.HasPrefix(o.stderr, "aafailover: run1: the run is still at work\n") {
			t.Errorf("exit code %d, stderr:\n%s", o.code, o.stderr)
		}
	})
}

// Regions that cannot be reached keep the keys until they expire, and that is said.
func TestCleanTellsWhatCouldNotBeReached(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	us := redistest.Start(t)
	urls := map[string]string{"us": "redis://" + us.Addr, "eu": "redis://127.0.0.1:1"}
	l := keepKilled(t, state, "run1", urls)
	l.End(l.Begin(1, 0), drill.Acknowledged, time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	stderr := awaiting("eu (127.0.0.1:1)")
	go func() { <-stderr.seen; cancel() }() // or it would try for half a minute
	o := runContext(ctx, nil, stderr, "drill", "clean", "run1", "--state-dir", state, "--allow-writes", "us,eu", "--region", "us="+urls["us"], "--region", "eu="+urls["eu"])
	if o.code != 130 || !strings.HasPrefix(o.stdout, "LEFT  keys of run run1 are left, or may be; they expire by themselves, ") ||
		!strings.Contains(o.stdout, "eu (127.0.0.1:1): ") { // refused, or called off in the middle
		t.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
}
