package inside_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/drill/promotion/inside"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/lab/topology"
)

// byLab makes faults in a lab whose servers are given by their addresses.
type byLab struct{ lab *topology.Deployment }

func (byLab) Check(drill.Scenario) error { return nil }
func (byLab) Heal(context.Context) error { return nil }

func (f byLab) Do(ctx context.Context, a drill.Action) error {
	name := f.lab.Name(a.Region)
	switch a.Kind {
	case drill.Kill:
		return f.lab.Kill(name)
	case drill.Start:
		return f.lab.StartAgain(ctx, name)
	}
	return nil
}

// serverPatience is how long servers wait for an answer before they hold another down: on a busy machine less is a failover for nothing.
const serverPatience = 3 * time.Second

// start starts servers, and says at which URL they are found.
func start(t *testing.T, of promotion.Topology) (running *topology.Deployment, url string) {
	t.Helper()
	binary, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	running, err = topology.Start(t.Context(), topology.Kind(of), topology.Options{Binary: binary, DownAfter: serverPatience, NodeTimeout: serverPatience, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Close(); err != nil {
			t.Error(err)
		}
	})
	if of == promotion.Sentinel {
		return running, "redis+sentinel://" + strings.Join(running.Sentinels(), ",") + "/" + topology.Service
	}
	return running, "redis://" + running.Servers()[0]
}

// empties waits until no server has a key: replicas get the last deletions, that of the lock for example, a moment later.
func empties(t *testing.T, running *topology.Deployment) {
	t.Helper()
	for _, h := range running.Hosts() {
		if h.Runs != topology.RunsServer {
			continue
		}
		redistest.Await(t, "no keys are left in "+h.Name, func() bool {
			v, err := running.Ask(t.Context(), h.Name, "DBSIZE")
			return err == nil && v.Int == 0
		})
	}
}

// open asks a deployment what it consists of.
func open(t *testing.T, of promotion.Topology, url string) *inside.Deployment {
	t.Helper()
	r, err := config.ParseRegionFlag("us=" + url)
	if err != nil {
		t.Fatal(err)
	}
	d, err := inside.Open(t.Context(), inside.Options{Topology: of, Region: r, Prefix: "aafailover", Run: "run", Connections: 4, Timeout: time.Second, Reload: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestADrillInsideADeploymentThatIsGiven(t *testing.T) {
	for _, of := range []promotion.Topology{promotion.Sentinel, promotion.Cluster} {
		t.Run(string(of), func(t *testing.T) {
			t.Parallel()
			running, url := start(t, of)
			d := open(t, of, url)
			scenario, _ := promotion.ScenarioNamed(of, "primary-kill")
			d.BreakBy(byLab{running})
			c := promotion.Config{Deployment: d, Scenario: scenario, Way: drill.ByCommand, Prefix: "aafailover", Run: "run", Rate: 90, Connections: 4, Payload: 16,
				WriteTimeout: time.Second, Expiry: time.Hour, Steady: 300 * time.Millisecond, Outage: 300 * time.Millisecond, Limits: promotion.DefaultLimits()}
			c.Leave = func(ctx context.Context, l *drill.Ledger) {
				if left, err := d.Clean(ctx, l); left != 0 || err != nil {
					t.Errorf("%d keys are left: %v", left, err)
				}
			}
			if err := d.Preflight(t.Context(), c, []drill.Doubt{drill.UnknownMemory}); err != nil {
				t.Fatal(err)
			}
			release, err := drill.Hold(t.Context(), d, "us", c.Prefix, c.Run, "a test", func(err error) { t.Error(err) })
			if err != nil {
				t.Fatal(err)
			}
			if _, err := drill.Hold(t.Context(), d, "us", c.Prefix, "another", "a test", nil); err == nil {
				t.Error("two drills at the same time")
			}
			record, err := promotion.Run(t.Context(), c)
			release(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if record.Drill.Verdict != drill.Pass {
				t.Errorf("%s: %s\n%v", record.Drill.Verdict, record.Drill.Reason, record.Drill.Assertions)
			}
			parts, ok := record.Parts()
			if !ok || parts.Detection == nil || parts.Election == nil || parts.Redirection == nil || parts.Unknown != 0 {
				t.Errorf("parts of the time to recover: %+v, %v", parts, ok)
			}
			empties(t, running)
			if of == promotion.Cluster && !toldCommands(t, running) {
				t.Error("no server was asked for its commands: go-redis asks before each write, and waits for those that hang")
			}
		})
	}
}

// toldCommands tells whether any server has told its commands.
func toldCommands(t *testing.T, running *topology.Deployment) bool {
	t.Helper()
	return slices.ContainsFunc(running.Hosts(), func(h topology.Host) bool {
		return h.Runs == topology.RunsServer && strings.Contains(ask(t, running, h.Name, "INFO", "commandstats").Str, "cmdstat_command:")
	})
}

// written enters three writes into a ledger, and makes the keys of all but one.
func written(t *testing.T, running *topology.Deployment) (l *drill.Ledger, missing string) {
	t.Helper()
	l = drill.NewLedger("aafailover", "run", []int{0})
	for range 3 {
		n := l.BeginAt(0, 0, 0)
		l.End(n, drill.Acknowledged, 0)
		if missing = l.Key(n); n < 2 {
			ask(t, running, "node-1", "SET", missing, "value")
		}
	}
	return l, missing
}

// ask asks a server until it answers: sentinels end all connections to one that they make a replica.
func ask(t *testing.T, running *topology.Deployment, host string, command ...string) (v resp.Value) {
	t.Helper()
	redistest.Await(t, host+" answers to "+command[0], func() (ok bool) {
		var err error
		v, err = running.Ask(t.Context(), host, command...)
		return err == nil
	})
	return v
}

// What a primary has deleted a server can still have, for a moment or until it follows that primary again.
func TestACleanUpEndsWhenNoServerHasAKey(t *testing.T) {
	t.Parallel()
	running, url := start(t, promotion.Sentinel)
	d := open(t, promotion.Sentinel, url)
	l, missing := written(t, running)
	ask(t, running, "node-3", "CONFIG", "SET", "replica-read-only", "no")
	ask(t, running, "node-3", "SET", missing, "a value that its primary does not have", "PX", "3000")
	left, err := d.Clean(t.Context(), l)
	if still := ask(t, running, "node-3", "EXISTS", missing).Int; left != 0 || err != nil || still != 0 {
		t.Errorf("%d keys are left (%v), and node-3 has %d of them", left, err, still)
	}
	empties(t, running)
}

func TestACleanUpTellsWhoCouldNotBeAsked(t *testing.T) {
	t.Parallel()
	running, url := start(t, promotion.Sentinel)
	d := open(t, promotion.Sentinel, url)
	l, _ := written(t, running)
	if err := running.Kill("node-3"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	left, err := d.Clean(ctx, l)
	if away := running.Servers()[2]; left != 3 || err == nil || !strings.Contains(err.Error(), away) {
		t.Errorf("%d keys may be left: %v; %s was away", left, err, away)
	}
}

// A primary that was replaced and comes back believes to be one for some 10 s.
func TestTheLockIsGivenBackInEveryPrimary(t *testing.T) {
	t.Parallel()
	running, url := start(t, promotion.Sentinel)
	d := open(t, promotion.Sentinel, url)
	release, err := drill.Hold(t.Context(), d, "us", "aafailover", "run", "a test", nil)
	if err != nil {
		t.Fatal(err)
	}
	key := drill.LockKey("aafailover")
	redistest.Await(t, "node-3 has the lock", func() bool { return ask(t, running, "node-3", "EXISTS", key).Int == 1 })
	ask(t, running, "node-3", "REPLICAOF", "NO", "ONE")
	release(t.Context())
	for _, primary := range []string{"node-1", "node-3"} {
		if ask(t, running, primary, "EXISTS", key).Int != 0 {
			t.Errorf("%s still has the lock", primary)
		}
	}
}
