//go:build unix

package region

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// ofDrill is the access of a user who drills and has the extras, too.
func ofDrill() []string {
	access := AccessFor(ToProbe|ToDrill|ToInspect, DefaultPrefix)
	rules := access.Rules
	for _, e := range access.Extras {
		rules = slices.Concat(rules, e.Rules)
	}
	return rules
}

// With exactly the rules for a drill, all that is done before one works, and
// nothing else is sent.
func TestRealInspector(t *testing.T) {
	s := redistest.Start(t, "--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru")
	i := NewInspector(grant(t, s, "drill", ofDrill()...), one(s.Addr), Options{})
	stop := s.Monitor(t)
	facts := i.Inspect(t.Context(), []string{k})
	if len(facts) != 1 || facts[0].Unknown != nil || facts[0].Trial != nil || facts[0].Address != s.Addr {
		t.Fatalf("%+v", facts)
	}
	if m := facts[0].Memory; m.Used < 100_000 || m.Limit != 64<<20 || m.System < 64<<20 || m.Policy != "volatile-lru" {
		t.Errorf("%+v", m)
	}
	for _, step := range []struct{ value, held string }{{"one", "one"}, {"two", "one"}, {"one", "one"}} {
		if held, err := i.Claim(t.Context(), k, step.value, time.Minute); err != nil || held != step.held {
			t.Errorf("claimed for %s: %q, %v; want %q", step.value, held, err, step.held)
		}
	}
	if err := i.Renew(t.Context(), k, "one", time.Hour); err != nil {
		t.Error(err)
	}
	if ms := s.Do(t, "PTTL", k).Int; ms <= time.Minute.Milliseconds() || ms > time.Hour.Milliseconds() {
		t.Errorf("the lock stays for %d ms", ms)
	}
	if held, err := i.Look(t.Context(), k); err != nil || held != "one" {
		t.Errorf("%q, %v", held, err)
	}
	if err := i.Drop(t.Context(), k); err != nil {
		t.Error(err)
	}
	if held, err := i.Look(t.Context(), k); err != nil || held != "" {
		t.Errorf("%q, %v", held, err)
	}
	sent := stop()
	sent = slices.DeleteFunc(sent, func(one redistest.Sent) bool { return one.Args[0] == "PTTL" })
	sentOnly(t, sent, ofDrill())
	if n := s.Do(t, "DBSIZE").Int; n != 0 {
		t.Errorf("%d keys are left", n)
	}
}

func TestRealInspectorUsesTheDatabaseOfTheURL(t *testing.T) {
	s := redistest.Start(t)
	r := grant(t, s, "drill", ofDrill()...)
	r.Database = 3
	if held, err := NewInspector(r, one(s.Addr), Options{}).Claim(t.Context(), k, "v", time.Minute); err != nil || held != "v" {
		t.Fatal(held, err)
	}
	if got := s.Do(t, "INFO", "keyspace").Str; !strings.Contains(got, "db3:keys=1,expires=1") {
		t.Errorf("keyspace: %s", got)
	}
}

// What the user may not do is said, with the rule that grants it.
func TestRealInspectorWithoutPermission(t *testing.T) {
	s := redistest.Start(t)
	without := func(command string) []drill.ShardFacts {
		t.Helper()
		rules := slices.DeleteFunc(ofDrill(), func(rule string) bool { return rule == command })
		return NewInspector(grant(t, s, "most", rules...), one(s.Addr), Options{}).Inspect(t.Context(), []string{k})
	}
	if f := without("+info")[0]; CauseOf(f.Unknown) != probe.Permission || f.Trial != nil || !strings.Contains(strings.Join(hint.Of(f.Unknown), ""), "+info") {
		t.Errorf("without INFO: %+v", f)
	}
	for _, command := range []string{"+set", "+get", "+exists", "+del"} {
		f := without(command)[0]
		if CauseOf(f.Trial) != probe.Permission || errors.Is(f.Trial, drill.ErrRefused) || f.Unknown != nil {
			t.Errorf("without %s: %+v", command, f)
		}
		if got := strings.Join(hint.Of(f.Trial), "") + " "; !strings.Contains(got, command+" ") {
			t.Errorf("without %s: hint %q", command, got)
		}
	}
}

// A replica takes no writes from anybody, which says nothing of the user.
func TestRealInspectorOfAReplica(t *testing.T) {
	primary := redistest.Start(t)
	replica := redistest.Replica(t, primary)
	i := NewInspector(at2("eu", replica.Addr), one(replica.Addr), Options{})
	if f := i.Inspect(t.Context(), []string{k})[0]; !errors.Is(f.Trial, drill.ErrRefused) || f.Unknown != nil {
		t.Errorf("%+v", f)
	}
	if held, err := i.Claim(t.Context(), k, "v", time.Minute); !errors.Is(err, drill.ErrRefused) {
		t.Errorf("%q, %v", held, err)
	}
	// What its primary took arrives.
	if _, err := NewInspector(at2("us", primary.Addr), one(primary.Addr), Options{}).Claim(t.Context(), k, "v", time.Minute); err != nil {
		t.Fatal(err)
	}
	redistest.Await(t, "the lock on the replica", func() bool {
		held, err := i.Claim(t.Context(), k, "w", time.Minute)
		return err == nil && held == "v"
	})
}

// A server that has no room left says so at the trial.
func TestRealInspectorOfAFullServer(t *testing.T) {
	s := redistest.Start(t, "--maxmemory", "1mb")
	for n := 0; !strings.HasPrefix(s.Do(t, "SET", "filler"+strconv.Itoa(n), strings.Repeat("x", 1000)).Str, "OOM"); n++ {
		if n > 1000 {
			t.Fatal("it takes everything")
		}
	}
	f := NewInspector(at2("us", s.Addr), one(s.Addr), Options{}).Inspect(t.Context(), []string{k})[0]
	if CauseOf(f.Trial) != probe.OutOfMemory || f.Unknown != nil || f.Memory.Used < 900_000 {
		t.Errorf("%+v", f)
	}
}

func TestRealInspectorOfACluster(t *testing.T) {
	nodes := redistest.Nodes(t, 3)
	r := at2("us", nodes[0].Addr)
	m := discover(t, r)
	i := NewInspector(r, m, Options{})
	keys := make([]string, len(m.Shards))
	for n, shard := range m.Shards {
		keys[n] = slots.Channel(DefaultPrefix, shard.Slots[0].First, "trial")
	}
	for _, f := range i.Inspect(t.Context(), keys) {
		if f.Trial != nil || f.Unknown != nil || f.Memory.Used == 0 {
			t.Errorf("%+v", f)
		}
	}
	if held, err := i.Claim(t.Context(), drill.LockKey(DefaultPrefix), "v", time.Minute); err != nil || held != "v" {
		t.Errorf("%q, %v", held, err)
	}
}

func TestInspectorOfARegionThatIsAway(t *testing.T) {
	i := NewInspector(at2("us", "127.0.0.1:1"), one("127.0.0.1:1"), Options{})
	f := i.Inspect(t.Context(), []string{k})[0]
	if CauseOf(f.Trial) != probe.Refused || CauseOf(f.Unknown) != probe.Refused || f.Address != "127.0.0.1:1" {
		t.Errorf("%+v", f)
	}
	if _, err := i.Look(t.Context(), k); CauseOf(err) != probe.Refused {
		t.Error(err)
	}
}
