//go:build unix

package ask_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/check/ask"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
)

// patient is how tests ask: a machine that is busy with other tests is no server that does not answer.
var patient = region.Options{Timeout: 30 * time.Second}

// factsOf gathers the facts of regions.
func factsOf(t *testing.T, regions ...config.Region) *check.Facts {
	t.Helper()
	f, err := ask.Facts(t.Context(), ask.Config{Regions: regions, Options: patient, Measure: short})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// regionsAt are regions us, eu, ap and so on, one at each address.
func regionsAt(addresses ...string) []config.Region {
	names := []string{"us", "eu", "ap", "sa", "af"}
	var all []config.Region
	for i, address := range addresses {
		all = append(all, config.Region{Name: names[i], Address: address})
	}
	return all
}

// judge is what one rule finds.
func judge(t *testing.T, id string, f *check.Facts, target check.Target) check.Judged {
	t.Helper()
	rule, err := check.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	return check.Run([]check.Rule{rule}, f, target, false).Rules[0]
}

// row is one rule, and what it finds of real servers: one region for each, which has one.
type row struct {
	name    string
	rule    string
	servers [][]string                                // more options of each redis-server
	then    func(t *testing.T, s []*redistest.Server) // is done with them before they are asked
	target  check.Target
	want    check.Outcome
	text    string // is a part of the worst finding, or of what to do about it
}

func (r row) run(t *testing.T) {
	t.Run(r.name, func(t *testing.T) {
		var servers []*redistest.Server
		var addresses []string
		for _, options := range r.servers {
			s := redistest.Start(t, options...)
			servers, addresses = append(servers, s), append(addresses, s.Addr)
		}
		if r.then != nil {
			r.then(t, servers)
		}
		found(t, judge(t, r.rule, factsOf(t, regionsAt(addresses...)...), r.target), r.want, r.text)
	})
}

// found demands that a rule came out so, and that its worst finding says something.
func found(t *testing.T, j check.Judged, want check.Outcome, text string) {
	t.Helper()
	if worst := j.Findings[0]; j.Outcome != want || !strings.Contains(worst.Subject+": "+worst.Text+"; "+worst.Fix, text) {
		t.Errorf("%s: %s %+v; want %s with %q", j.Rule.ID, j.Outcome, j.Findings, want, text)
	}
}

var bare = []string{}

// slowToLoad takes some 300 µs for each key, and looks at its connections every 1024 bytes.
var slowToLoad = []string{"--key-load-delay", "300", "--loading-process-events-interval-bytes", "1024"}

// reload starts a server again that has a minute to load.
func reload(t *testing.T, s []*redistest.Server) {
	s[0].Do(t, "EVAL", "for i=1,200000 do redis.call('SET','k'..i,i) end", "0")
	s[0].Do(t, "SAVE")
	if err := s[0].Restart(); err != nil {
		t.Fatal(err)
	}
}

func TestRealRules(t *testing.T) {
	gone := redistest.Start(t)
	gone.Kill()
	for _, r := range []row{
		{name: "servers that answer can be reached", rule: "reachable", servers: [][]string{bare, bare}, want: check.Passed, text: "it answers"},
		{name: "a server that loads its data answers, and serves nobody", rule: "reachable", servers: [][]string{slowToLoad}, then: reload, want: check.Broken, text: "refused with LOADING"},
		{name: "servers of one version", rule: "same-version", servers: [][]string{bare, bare}, want: check.Passed},
	} {
		r.run(t)
	}
	f := factsOf(t, append(regionsAt(redistest.Start(t).Addr), config.Region{Name: "eu", Address: gone.Addr})...)
	found(t, judge(t, "reachable", f, check.Target{}), check.Broken, "eu: ")
	if eu := f.Regions[1]; eu.Unreachable != "connect: connection refused" || eu.Cause != probe.Refused || !strings.Contains(eu.Advice, "nothing listens there") {
		t.Errorf("%+v", eu)
	}
}

// A bare server tells everything that is asked for.
func TestRealServerTellsAll(t *testing.T) {
	s := redistest.Start(t)
	s.Do(t, "FUNCTION", "LOAD", "#!lua name=mylib\nredis.register_function('f', function() return 1 end)")
	s.Do(t, "EVAL", "return 1", "0")
	f := factsOf(t, regionsAt(s.Addr)...)
	r := f.Regions[0]
	if r.Unreachable != "" || len(r.Servers) != 1 || len(r.Map.Value.Shards) != 1 || r.Cluster.Known() || r.Hashing.Known() || len(r.Lookups) > 0 {
		t.Fatalf("%+v", r)
	}
	one := r.Servers[0]
	if one.Failed != "" || one.Address != s.Addr || !one.Vitals.Version.Known() || !one.Rates.Effects.Known() || one.Measured < short || !one.Modules.Known() || one.Scripts.Value != 1 {
		t.Errorf("%+v", one)
	}
	for _, name := range check.SettingNames() {
		if !one.Setting(name).Known() {
			t.Errorf("the setting %s is not told", name)
		}
	}
	if l := one.Libraries.Value; len(l) != 1 || l[0].Name != "mylib" || !slices.Equal(l[0].Functions, []string{"f"}) || len(l[0].Digest) != 64 {
		t.Errorf("%+v", one.Libraries)
	}
	// Both are one machine: the difference is 0, as far as can be known.
	if c := r.Clock.Value; c.Samples != 8 || c.Within <= 0 || c.Offset.Abs() > c.Within {
		t.Errorf("%+v", r.Clock)
	}
}
