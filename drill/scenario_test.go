package drill_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
)

const smallest = `name: mine
summary: something breaks
steps:
  - phase: fault
    do: kill
    region: local
`

func TestParseScenario(t *testing.T) {
	s, err := drill.ParseScenario("mine.yaml", []byte(smallest+`
  - {phase: heal, after: 2s, do: mend, from: others, to: us, oneWay: true, shard: 2}
  - {phase: heal, do: start, region: local, empty: true}
  - {phase: outage, after: 500ms, do: slow, from: target, to: third, delay: 300ms}
means: >-
  two
  lines
stays: true
outage: 1m30s
needs: {regions: 3, shards: 2, persistence: nothing, backlog: 4096}
expect: [lost==0, 'rto<=5s']
`))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "mine" || s.Means != "two lines" || !s.Stays || s.Outage != 90*time.Second ||
		s.Needs != (drill.Needs{Regions: 3, Shards: 2, Persistence: drill.KeepNothing, Backlog: 4096}) || !slices.Equal(s.Expect, []string{"lost==0", "rto<=5s"}) {
		t.Errorf("got %+v", s)
	}
	want := []drill.Step{ // by phase, and in a phase by time
		{Phase: "fault", Action: drill.Action{Kind: drill.Kill, Region: "local"}},
		{Phase: "outage", After: 500 * time.Millisecond, Action: drill.Action{Kind: drill.Slow, From: "target", To: "third", Delay: 300 * time.Millisecond}},
		{Phase: "heal", Action: drill.Action{Kind: drill.Start, Region: "local", Empty: true}},
		{Phase: "heal", After: 2 * time.Second, Action: drill.Action{Kind: drill.Mend, From: "others", To: "us", OneWay: true, Shard: 2}},
	}
	if !slices.Equal(s.Steps, want) {
		t.Errorf("got the steps %+v\nwant %+v", s.Steps, want)
	}
}

func TestParseScenarioRefuses(t *testing.T) {
	step := func(text string) string { return smallest + "  - " + text + "\n" }
	for _, row := range []struct{ name, text, want string }{
		{"nothing", "", "mine.yaml: it is empty"},
		{"what is no YAML", "name: [", "mine.yaml:1:"},
		{"an unknown key, with its line", smallest + "lesson: x\n", `mine.yaml:7:1: unknown field "lesson"`},
		{"an unknown key of a step", step("{phase: fault, do: kill, zone: a}"), `mine.yaml:7:30: unknown field "zone"`},
		{"a key twice", "name: a\nname: b\n", "mine.yaml:2:1: mapping key \"name\" already defined"},
		{"a time without a unit", smallest + "steady: 3x\n", "mine.yaml: "},
		{"text for a number", step("{phase: fault, do: kill, region: local, shard: two}"), "mine.yaml:7:"},
		{"a second document", smallest + "---\n" + smallest, "a second document"},
		{"no name", strings.Replace(smallest, "mine", `""`, 1), `name ""`},
		{"a name that is a path", strings.Replace(smallest, "mine", "../mine", 1), `name "../mine"`},
		{"no summary", strings.Replace(smallest, "summary: something breaks\n", "", 1), "summary is missing"},
		{"a summary without end", smallest + "means: " + strings.Repeat("x", 1001) + "\n", "means: 1001 bytes"},
		{"no step", "name: mine\nsummary: x\n", "nothing is broken when the fault phase begins"},
		{"nothing broken at the fault", "name: mine\nsummary: x\nsteps: [{phase: outage, do: kill, region: local}]\n", "nothing is broken when the fault phase begins"},
		{"only something mended at the fault", "name: mine\nsummary: x\nsteps: [{phase: fault, do: start, region: local}]\n", "nothing is broken"},
		{"a phase that there is not", step("{phase: afterwards, do: kill, region: local}"), `phase "afterwards"`},
		{"an action that there is not", step("{phase: fault, do: explode, region: local}"), `do "explode"`},
		{"a link action on a region", step("{phase: fault, do: cut, region: local}"), "cut is about a link"},
		{"a link to itself", step("{phase: fault, do: cut, from: local, to: local}"), "two different regions"},
		{"a region action on a link", step("{phase: fault, do: kill, from: local, to: target}"), "kill is about a region"},
		{"a negative shard", step("{phase: fault, do: kill, region: local, shard: -1}"), "shard -1"},
		{"slow without a delay", step("{phase: fault, do: slow, from: local, to: target}"), "delay 0s"},
		{"a delay of something else", step("{phase: fault, do: cut, from: local, to: target, delay: 1s}"), "delay 1s"},
		{"a kill that is empty", step("{phase: fault, do: kill, region: local, empty: true}"), "only start can be empty"},
		{"a step before its phase", step("{phase: outage, after: -1s, do: kill, region: local}"), "after -1s"},
		{"a step in a day", step("{phase: outage, after: 24h, do: kill, region: local}"), "after 24h0m0s"},
		{"a phase of a day", smallest + "settle: 24h\n", "settle 24h0m0s"},
		{"a negative phase", smallest + "outage: -1s\n", "outage -1s"},
		{"a persistence that there is not", smallest + "needs: {persistence: some}\n", `persistence "some"`},
		{"too many regions", smallest + "needs: {regions: 65}\n", "needs 65 regions"},
		{"too many shards", smallest + "needs: {shards: 100000}\n", "needs 100000 shards"},
		{"a negative backlog", smallest + "needs: {backlog: -1}\n", "backlog of -1 bytes"},
		{"too many steps", smallest + strings.Repeat("  - {phase: outage, do: kill, region: local}\n", 200), "201 steps"},
		{"what is not measured", smallest + "expect: [happiness>=1]\n", `"happiness" is not measured`},
		{"a file without end", strings.Repeat("# nothing\n", 10_000), "longer than 65536 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, err := drill.ParseScenario("mine.yaml", []byte(row.text))
			if err == nil || !strings.Contains(err.Error(), row.want) || !strings.HasPrefix(err.Error(), "mine.yaml:") {
				t.Errorf("got %+v, %v; want an error about %s", s, err, row.want)
			}
		})
	}
}

// Every scenario that comes with the program says all that a scenario has to say,
// and its file begins one of the user's own.
func TestScenariosAreComplete(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range drill.Scenarios() {
		if s.Summary == "" || s.Means == "" || s.Setting == "" || len(s.Expect) == 0 || s.Steady == 0 || s.Outage == 0 || s.Settle == 0 {
			t.Errorf("%s leaves something out: %+v", s.Name, s)
		}
		if strings.HasSuffix(s.Summary, ".") || seen[s.Name] {
			t.Errorf("%s: its summary ends with a full stop, or it is there twice", s.Name)
		}
		seen[s.Name] = true
		text, ok := drill.ScenarioText(s.Name)
		if again, err := drill.ParseScenario(s.Name, text); !ok || err != nil || again.Name != s.Name {
			t.Errorf("the file of %s is one of %s (%v)", s.Name, again.Name, err)
		}
		if named, ok := drill.ScenarioNamed(s.Name); !ok || named.Name != s.Name {
			t.Errorf("%s is not found by its name", s.Name)
		}
	}
	if len(seen) != 18 {
		t.Errorf("%d scenarios", len(seen))
	}
	if _, ok := drill.ScenarioText("../action"); ok {
		t.Error("a path is taken for the name of a scenario")
	}
}

func FuzzParseScenario(f *testing.F) {
	for _, s := range drill.Scenarios() {
		text, _ := drill.ScenarioText(s.Name)
		f.Add(text)
	}
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("name: {name: {name: {}}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := drill.ParseScenario("f", text)
		if err != nil {
			return
		}
		if err := s.Check(); err != nil || len(s.Steps) == 0 {
			t.Errorf("it was taken, and makes no sense: %v", err)
		}
	})
}
