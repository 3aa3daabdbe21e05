package matrix_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// A judge that finds nothing wrong is worth nothing unless it finds what is. Each row is a slip in a scenario that is right
// otherwise.
func TestTheJudgeFindsEverySlip(t *testing.T) {
	const right = `
says: The processes of eu are killed, and started again.
steps:
  - do: [{lab: {kind: kill, region: eu}}]
    expect:
      verdict: remote_failure
      findings: [{kind: region, region: eu, cause: refused}]
      regions: {eu: {state: down, cause: refused}}
      links: {"eu->*": unknown, "*->eu": unknown}
      failback: {eu: "no"}
      allowed: [degraded]
      passing: [eu]
      changes: 2
  - do: [{lab: {kind: start, region: eu}}]
    expect: {verdict: healthy, changes: 3, settle: 2s}
`
	for _, row := range []struct{ says, text, instead, blamed string }{
		{"nothing is wrong", "", "", ""},
		{"another verdict", "verdict: remote_failure", "verdict: local_failure", "verdict remote_failure"},
		{"a verdict too many", "verdict: remote_failure", "verdict: healthy", "verdict remote_failure"},
		{"another cause", "{kind: region, region: eu, cause: refused}", "{kind: region, region: eu, cause: timeout}", "because timeout"},
		{"another severity", "{kind: region, region: eu", "{kind: region, severity: warning, region: eu", "warning region eu"},
		{"another kind of finding", "{kind: region, region: eu", "{kind: shard, region: eu", "shard eu"},
		{"shards where all are meant", "eu, cause: refused}]", "eu, cause: refused, shards: [1]}]", "shards [1]"},
		{"another region", "{kind: region, region: eu, cause: refused}", "{kind: region, region: ap, cause: refused}", "finding:"},
		{"a finding too many", "cause: refused}]", "cause: refused}, {kind: link, from: us, to: ap}]", "link us->ap"},
		{"no finding", "findings: [{kind: region, region: eu, cause: refused}]", "findings: []", "finding:"},
		{"another state of a region", "eu: {state: down, cause: refused}", "eu: {state: impaired, cause: refused}", "impaired"},
		{"another state of a shard", "eu: {state: down, cause: refused}", "eu: {state: down, cause: refused, shards: {1: down}}", "2 available"},
		{"another cause of a region", "eu: {state: down, cause: refused}", "eu: {state: down, cause: reset}", "down reset"},
		{"a link that is up", `"*->eu": unknown`, `"ap->eu": unknown`, "us->eu: up"},
		{"a link that is in another state", `"*->eu": unknown`, `"*->eu": down`, "us->eu: down"},
		{"a cell that is in another state", `"*->eu": unknown`, `"*->eu": {state: unknown, shards: {"1/1": unknown}}`, "2/2 up"},
		{"a region that is ready", `eu: "no"`, `eu: "yes"`, "want yes"},
		{"no change of the verdict", "changes: 2", "changes: 0", "changes for the 1. time"},
		{"no time to find it", "changes: 2", "changes: 2\n      within: 1ms", "still"},
		{"a class of faults", "- do: [{lab: {kind: kill", "- measures: refused\n    do: [{lab: {kind: kill", ""},
		{"what must never be said is said", "changes: 2", "changes: 2\n      never: {failback: {eu: \"no\"}}", "failback to eu is no"},
		{"writes that nobody tries", "changes: 2", "changes: 2\n      writes: {us: proven}", "writes of us: got unproven"},
		{"it goes on while it should be over", "- do: [{lab: {kind: start, region: eu}}]", "- do: []", "still"},
		{"it is over while it should go on", "changes: 3, settle: 2s", "within: 1ns, settle: 2s", "still"},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			blames(t, right, row.text, row.instead, row.blamed)
		})
	}
}

// blames plays a right scenario with one text of it replaced, and fails unless the judge finds that wrong, in these words; "" is
// for nothing.
func blames(t *testing.T, right, text, instead, blamed string) {
	t.Helper()
	if !strings.Contains(right, text) {
		t.Fatalf("there is no %q", text)
	}
	s, err := parse("slip", []byte(strings.Replace(right, text, instead, 1)))
	if err != nil {
		t.Fatal(err)
	}
	out := simulate(t, s, probe.DefaultPolicy(), 1)
	if all := strings.Join(out.wrong, "\n"); (blamed == "") != (all == "") || !strings.Contains(all, blamed) {
		t.Errorf("want %q, got %s", blamed, out.report(s, "simulated", 1))
	}
}

// Each row is a slip in what is expected of writes, keys and readiness.
func TestTheJudgeFindsEverySlipOfTheEvidence(t *testing.T) {
	const right = `
says: eu refuses writes; then the keys and messages of us do not get to it.
dataset: true
steps:
  - do: [{lab: {kind: answer, region: eu, error: oom}}]
    expect:
      verdict: remote_failure
      findings: [{kind: writes, region: eu, cause: out_of_memory}]
      writes: {eu: {state: refused, cause: out_of_memory}}
  - do: [{lab: {kind: heal}}]
    expect: {verdict: healthy}
  - do: [{lab: {kind: cut, from: us, to: eu, one_way: true}}]
    expect:
      verdict: replication_failure
      findings: [{kind: link, from: us, to: eu}]
      links: {us->eu: down}
      keys: {us->eu: missing}
      never: {writes: {ap: refused}}
`
	for _, row := range []struct{ says, text, instead, blamed string }{
		{"nothing is wrong", "", "", ""},
		{"another cause", "cause: out_of_memory}}", "cause: read_only}}", "want refused read_only"},
		{"writes that are accepted", "      writes: {eu: {state: refused, cause: out_of_memory}}\n", "", "want proven"},
		{"keys that arrive", "keys: {us->eu: missing}", "keys: {us->eu: arriving}", "keys of us->eu: got 1/1 missing"},
		{"keys of one shard", "keys: {us->eu: missing}", "keys: {us->eu: {state: arriving, shards: {2: missing}}}", "keys of us->eu: got 1/1 missing"},
		{"a region that is ready", "keys: {us->eu: missing}", "failback: {eu: yes}", "failback to eu: got no"},
		{"a region that is not", "keys: {us->eu: missing}", "failback: {ap: no}", "failback to ap: got yes"},
		{"what must never be said", "never: {writes: {ap: refused}}", "never: {failback: {ap: \"yes\"}}", "failback to ap is yes"},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			blames(t, right, row.text, row.instead, row.blamed)
		})
	}
}

// A file that says nonsense is not played.
func TestAScenarioThatMakesNoSenseIsRefused(t *testing.T) {
	for _, row := range []struct{ says, text, refused string }{
		{"no sentence", "steps: []", "it says nothing"},
		{"an unknown key", "says: x\nstep: []", "unknown field"},
		{"an unknown region", "says: x\nstart: {regions: {us: {state: down}, mars: {state: down}}}", `"mars" is no region`},
		{"a region of a link that is unknown", "says: x\nstart: {links: {us->mars: down}}", `"mars" is no region`},
		{"no link", "says: x\nstart: {links: {us: down}}", `"us" is no link`},
		{"a finding of no kind", "says: x\nstart: {findings: [{region: us}]}", "has no kind"},
		{"an unknown class of faults", "says: x\nsteps: [{measures: slow}]", `"slow" is none of`},
		{"keys without a dataset", "says: x\nstart: {keys: {us->eu: missing}}", "has no dataset"},
		{"an unknown region of what is never said", "says: x\nstart: {never: {failback: {mars: yes}}}", `"mars" is no region`},
		{"an action that does nothing", "says: x\nsteps: [{do: [{}]}]", "does 0 things"},
		{"an action that does two things", "says: x\nsteps: [{do: [{lab: {kind: heal}, client: {observe: true}}]}]", "does 2 things"},
		{"an unknown field of a fault", "says: x\nsteps: [{do: [{lab: {kind: heal, colour: red}}]}]", "colour"},
		{"a range that ends before it begins", "says: x\nsteps: [{wait: 2s..1s}]", "no range"},
	} {
		if _, err := parse("nonsense", []byte(row.text)); err == nil || !strings.Contains(err.Error(), row.refused) {
			t.Errorf("%s: got %v, want %s", row.says, err, row.refused)
		}
	}
}

// Everything that the probe must tell apart has a scenario.
func TestEveryFaultHasAScenario(t *testing.T) {
	for fault, scenarios := range map[string]string{
		"healthy":                            "01-healthy",
		"process down":                       "02-remote-process-down 03-local-process-down",
		"endpoint hangs":                     "04-endpoint-hangs",
		"connection reset":                   "05-connections-reset 06-connections-broken-once",
		"name does not resolve":              "07-name-does-not-resolve",
		"wrong password":                     "08-wrong-password 09-no-password",
		"missing permission":                 "10-permission-missing-for-the-channel",
		"TLS and plain":                      "11-tls-expected-plain-offered 12-plain-offered-to-tls",
		"certificates":                       "13-certificate-not-trusted 14-certificate-for-another-name 15-certificate-expired",
		"not Redis":                          "16-not-redis-at-all",
		"LOADING":                            "17-loading",
		"CLUSTERDOWN":                        "18-cluster-down",
		"READONLY, MASTERDOWN, OOM":          "19-read-only 20-cut-from-its-primary 21-out-of-memory",
		"NOREPLICAS":                         "22-too-few-replicas",
		"max clients":                        "23-max-clients",
		"one shard, and several":             "24-one-shard-down 25-a-zone-down",
		"a link one way, both ways, a shard": "26-link-cut-one-way 27-link-cut-both-ways 28-one-shard-of-one-link-cut",
		"region isolated":                    "29-region-isolated",
		"stalled, slow":                      "30-link-stalled-then-healed 31-link-slower-than-the-deadline 32-link-becomes-very-slow",
		"loss":                               "33-five-percent-lost 34-twenty-percent-lost",
		"flapping":                           "35-link-flaps-slowly 36-link-flaps-quickly",
		"half open":                          "37-subscribers-half-open 38-publishers-half-open",
		"echo, forged, foreign":              "39-echo 40-forged-messages 41-another-observer",
		"never replicated":                   "42-pubsub-never-replicated",
		"started in the middle":              "43-started-while-a-region-is-down 44-started-while-a-link-is-cut",
		"back but empty, or stale":           "45-region-back-but-empty 46-region-back-with-a-stale-link",
		"resharding, migration, failover":    "47-reshard 48-slot-migration 49-shard-failover",
		"asymmetric":                         "50-asymmetric-intersection-cut",
		"two regions down":                   "51-two-regions-down 52-local-and-remote-region-down",
		"all regions gone":                   "53-all-regions-gone-at-once 54-all-regions-refuse-at-once",
		"cut off from the observer only":     "55-region-cut-off-from-here-only 56-region-partitioned-from-here 62-no-route",
		"observer":                           "57-observer-paused 58-observer-starved",
		"clock":                              "59-clock-stepped",
		"one server under two names":         "60-one-server-under-two-names 61-one-single-server-under-two-names",
		"writes that are tried and refused": "63-read-only-tried 64-local-read-only-tried 65-out-of-memory-tried 66-too-few-replicas-tried " +
			"67-cut-from-its-primary-tried 68-cluster-down-tried 76-no-right-to-keys",
		"messages and keys, apart": "69-full-copy-under-way 70-messages-and-keys-stop",
		"regions that are not ready to be returned to": "71-region-back-empty-and-cut-off 72-region-back-with-half-its-shards 73-region-back-and-stale " +
			"75-lacking-what-a-dead-region-wrote 77-restarted-empty-at-once 78-third-region-brings-what-a-stalled-link-holds",
		"and one that is": "74-ready-though-a-third-region-is-down",
		"distance":        "79-regions-at-a-distance 80-observer-cut-off-at-a-distance 81-local-region-is-the-farthest",
	} {
		for _, name := range strings.Fields(scenarios) {
			if _, err := os.Stat("scenarios/" + name + ".yaml"); err != nil {
				t.Errorf("%s: %v", fault, err)
			}
		}
	}
	for _, s := range load(t) {
		if slices.ContainsFunc(s.Steps, func(st step) bool { return len(st.Do) == 0 && st.Expect.Within == 0 }) {
			t.Errorf("%s has a step in which nothing happens and nothing is expected", s.name)
		}
	}
}

// A step changes what time people say it is, and no duration.
func TestAStepOfTheClock(t *testing.T) {
	c := newWallClock()
	before := c.now()
	c.step(time.Hour)
	after := c.now()
	if wall := after.Round(0).Sub(before.Round(0)); wall < time.Hour || wall > time.Hour+time.Minute {
		t.Errorf("the clock on the wall has moved by %v", wall)
	}
	if passed := after.Sub(before); passed < 0 || passed > time.Minute {
		t.Errorf("%v have passed", passed)
	}
	c.step(-2 * time.Hour)
	if wall := c.now().Round(0).Sub(before.Round(0)); wall > -time.Hour+time.Minute || wall < -time.Hour {
		t.Errorf("the clock on the wall is %v ahead, an hour after it was stepped back to an hour before", wall)
	}
}
