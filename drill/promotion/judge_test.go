package promotion

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/slots"
)

// passed is the record of a failover of one shard in which everything went well.
func passed(s Scenario) *Record {
	ms := func(n int) *drill.Moment {
		m := drill.Moment(n) * time.Millisecond
		return &m
	}
	hosts := []Host{{Name: "node-1", Role: Primary}, {Name: "node-2", Role: Follower}}
	r := &Record{Topology: Sentinel, Scenario: s, Hosts: hosts, HealAt: ms(5000), SyncedAt: ms(9000),
		Drill:   &drill.Record{From: 0, To: 1, Maps: []slots.Map{{Region: "node-1"}, {Region: "node-2"}}},
		Moments: Moments{Fault: ms(1000), Detected: ms(2000), Promoted: ms(2500), CutOver: ms(2600)},
		Shards:  []ShardLoad{{Hit: true, Gap: *ms(1600), GapFrom: *ms(1000)}}}
	r.Drill.CutOverAt = r.Moments.CutOver
	r.Takeovers = []Takeover{{From: 0, To: 1, At: *ms(2600)}}
	if !s.Expect.Failover {
		r.Drill.To, r.Moments.Promoted, r.Moments.CutOver, r.Drill.CutOverAt, r.Takeovers = -1, nil, nil, nil, nil
	}
	if s.Expect.UntilHeal {
		r.Shards[0].Gap = *ms(4500)
	}
	if s.Expect.RefusesToStart {
		r.Restart = &Restart{Refused: true}
	}
	if s.Expect.LosesData {
		r.Drill.Missed = []drill.Missed{{Fate: drill.Lost}}
	}
	if s.Second != Nobody {
		r.SplitBrain = &SplitBrain{Tally: drill.Tally{Attempted: 30, Acknowledged: 20, Rejected: 10}, Lost: 18, AfterPromotion: 15, LastAck: ms(2900)}
	}
	return r
}

func scenarioOf(t *testing.T, topology Topology, name string) Scenario {
	t.Helper()
	s, ok := ScenarioNamed(topology, name)
	if !ok {
		t.Fatalf("%s has no scenario %q", topology, name)
	}
	return s
}

func TestEveryScenarioPassesWhenWhatItExpectsComesOut(t *testing.T) {
	for _, topology := range Topologies() {
		for _, s := range Scenarios(topology) {
			r := passed(s)
			r.judge(nil, nil)
			if r.Drill.Verdict != drill.Pass || r.Drill.Reason == "" {
				t.Errorf("%s %s: %s: %s", topology, s.Name, r.Drill.Verdict, r.Drill.Reason)
			}
		}
	}
}

func TestWhatMakesADrillFail(t *testing.T) {
	for _, c := range []struct {
		name, scenario string
		spoil          func(r *Record)
		reason         string
	}{
		{"nobody was promoted", "primary-kill", func(r *Record) { r.Takeovers = nil }, "failovers >= 1: measured 0"},
		{"somebody was promoted although the primary was there", "replica-kill", func(r *Record) {
			r.Takeovers = []Takeover{{To: 1}}
		}, "failovers == 0: measured 1"},
		{"the servers did not come together again", "primary-kill", func(r *Record) { r.SyncedAt = nil }, "in sync"},
		{"a write is in one server and not in the other", "primary-kill", func(r *Record) {
			r.Drill.Missed = []drill.Missed{{Fate: drill.Diverged}}
		}, "diverged == 0: measured 1"},
		{"a write that was refused is there", "primary-kill", func(r *Record) { r.Drill.RejectedApplied = 1 }, "rejected and applied == 0: measured 1"},
		{"a write is lost where none may be", "replica-kill", func(r *Record) { r.Drill.Missed = []drill.Missed{{Fate: drill.Lost}} }, "lost == 0: measured 1"},
		{"nothing is lost although the primary came back empty", "primary-restart-empty", func(r *Record) { r.Drill.Missed = nil }, "lost > 0: measured 0"},
		{"the application could write before the heal", "sentinel-majority-kill", func(r *Record) { r.Shards[0].Gap = time.Second }, "until the heal"},
		{"the application could write for long after the fault", "sentinel-majority-kill", func(r *Record) {
			r.Shards[0].GapFrom += stays + time.Millisecond
		}, "until the heal"},
		{"a server started with damaged data", "aof-corrupted", func(r *Record) { r.Restart.Refused = false }, "refuses to start"},
		{"the cut off primary took nothing", "primary-partition", func(r *Record) { r.SplitBrain.Lost, r.SplitBrain.AfterPromotion = 0, 0 }, "lost by the second client > 0"},
		{"what two primaries took at once is still there", "primary-partition", func(r *Record) { r.SplitBrain.Lost = 14 }, "14 of 20"},
		{"the guarded primary took writes for too long", "primary-partition-guarded", func(r *Record) {
			r.Settings = Settings{MinReplicas: 1, MaxLag: 2 * time.Second}
			late := *r.Moments.Fault + 2*time.Second + guardSlack + time.Millisecond
			r.SplitBrain.LastAck = &late
		}, "takes no write after"},
		{"the guarded primary refused nothing", "primary-partition-guarded", func(r *Record) {
			r.Settings = Settings{MinReplicas: 1, MaxLag: 2 * time.Second}
			r.SplitBrain.Rejected = 0
		}, "takes no write after"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := passed(scenarioOf(t, Sentinel, c.scenario))
			c.spoil(r)
			r.judge(nil, nil)
			if r.Drill.Verdict != drill.Fail || !strings.Contains(r.Drill.Reason, c.reason) {
				t.Errorf("%s: %s; want fail: %s", r.Drill.Verdict, r.Drill.Reason, c.reason)
			}
		})
	}
}

func TestWhatLeavesADrillInconclusive(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(r *Record)
		ended error
	}{
		{"it was interrupted", func(r *Record) { r.Interrupted = true }, nil},
		{"it did not come to its end", func(*Record) {}, drill.ErrRejected},
		{"writes could not be looked for in the primary", func(r *Record) { r.Drill.Unread = 3 }, nil},
		{"missing writes could not be looked for elsewhere", func(r *Record) { r.Drill.Missed = []drill.Missed{{Fate: drill.Pending}} }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := passed(scenarioOf(t, Sentinel, DefaultScenario))
			c.spoil(r)
			r.judge(nil, c.ended)
			if r.Drill.Verdict != drill.Inconclusive || r.Drill.Reason == "" {
				t.Errorf("%s: %s", r.Drill.Verdict, r.Drill.Reason)
			}
		})
	}
}

func TestWhatIsAsserted(t *testing.T) {
	for _, c := range []struct {
		expr    string
		spoil   func(r *Record)
		ok      bool
		measure string
	}{
		{expr: "rto<=2s", ok: true, measure: "1.6s"},
		{expr: "rto<=1s", measure: "1.6s"},
		{expr: "detect<=1s", ok: true, measure: "1s"},
		{expr: "decide<500ms", measure: "500ms"},
		{expr: "connect<=100ms", ok: true, measure: "100ms"},
		{expr: "detect<=1s", spoil: func(r *Record) { r.Moments.Detected = nil }, measure: drill.NotMeasured},
		{expr: "rto<=2s", spoil: func(r *Record) { r.Moments.Detected = nil }, ok: true, measure: "1.6s"},
		{expr: "lost==0", ok: true, measure: "0"},
		{expr: "lost==0", spoil: func(r *Record) { r.Drill.Missed = []drill.Missed{{Fate: drill.Lost}} }, measure: "1"},
		{expr: "lost==0", spoil: func(r *Record) { r.SyncedAt = nil }, measure: drill.NotMeasured},
		{expr: "rpo_lost<=1s", ok: true, measure: "0s"},
	} {
		r := passed(scenarioOf(t, Sentinel, DefaultScenario))
		if c.spoil != nil {
			c.spoil(r)
		}
		asserted, err := drill.ParseAssertion(c.expr)
		if err != nil {
			t.Fatal(err)
		}
		r.judge([]drill.Condition{asserted}, nil)
		a := r.Drill.Assertions[len(r.Drill.Assertions)-1]
		if a.OK != c.ok || a.Value != c.measure {
			t.Errorf("%s: %+v, want %v and %s", c.expr, a, c.ok, c.measure)
		}
	}
}

// A cluster ends a split brain by itself, and min-replicas-to-write does anywhere: the sooner of the two counts.
func TestHowLongACutOffPrimaryTakesWrites(t *testing.T) {
	guarded := Settings{MinReplicas: 1, MaxLag: time.Second}
	for _, c := range []struct {
		name     string
		topology Topology
		settings Settings
		want     time.Duration
		ends     bool
	}{
		{"sentinels end nothing that they cannot reach", Sentinel, Settings{DownAfter: time.Second}, 0, false},
		{"a guarded primary ends it", Sentinel, guarded, time.Second + guardSlack, true},
		{"a cluster ends it", Cluster, Settings{NodeTimeout: 2 * time.Second}, 4*time.Second + guardSlack, true},
		{"a guarded cluster ends it sooner", Cluster, Settings{NodeTimeout: 2 * time.Second, MinReplicas: 1, MaxLag: time.Second}, time.Second + guardSlack, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Record{Topology: c.topology, Settings: c.settings}
			if got, ends := r.refusesAfter(); got != c.want || ends != c.ends {
				t.Errorf("%v, %v, want %v, %v", got, ends, c.want, c.ends)
			}
		})
	}
}

func TestEveryScenarioHasWhatItNeeds(t *testing.T) {
	hosts := map[Topology][]Host{
		Sentinel: {{Role: Primary}, {Role: Follower}, {Role: Follower}, {Role: Guard}, {Role: Guard}, {Role: Guard}},
		Cluster:  {{Role: Primary}, {Role: Primary, Shard: 1}, {Role: Primary, Shard: 2}, {Role: Follower}, {Role: Follower, Shard: 1}, {Role: Follower, Shard: 2}},
		Replica:  {{Role: Primary}, {Role: Follower}},
	}
	undoes := map[Verb][]Verb{Kill: {Start, StartAnyhow}, Hang: {GoOn}, Part: {Join}, FillDisk: {FreeDisk}}
	for topology, all := range hosts {
		names := make(map[string]bool)
		for _, s := range Scenarios(topology) {
			t.Run(string(topology)+" "+s.Name, func(t *testing.T) {
				if names[s.Name] || s.Summary == "" || s.Means == "" || s.Setting == "" || strings.HasSuffix(s.Summary, ".") {
					t.Errorf("%+v", s)
				}
				names[s.Name] = true
				for i, step := range s.Steps {
					if len(step.Who.Find(all)) == 0 {
						t.Errorf("%v: there is none", step)
					}
					if undo, breaks := undoes[step.Do]; breaks && !slices.ContainsFunc(s.Steps[i+1:], func(later Step) bool {
						return later.Who == step.Who && slices.Contains(undo, later.Do)
					}) {
						t.Errorf("%v is not undone", step)
					}
				}
				if !slices.ContainsFunc(s.Steps, func(step Step) bool { return step.Phase == drill.PhaseFault }) {
					t.Error("nothing is broken")
				}
			})
		}
		if _, ok := ScenarioNamed(topology, DefaultScenario); !ok {
			t.Errorf("%s has no %s", topology, DefaultScenario)
		}
	}
}

func TestAMajorityIsGoneWhenThoseLeftAreNone(t *testing.T) {
	for n := 1; n <= 9; n++ {
		gone := majority(n)
		if left := n - gone; left > n/2 || left+1 <= n/2 {
			t.Errorf("of %d, %d are gone: %d are left", n, gone, left)
		}
	}
}
