package drill_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/hint"
)

func TestWhatCanBeAsserted(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"a limit on a time", "rto<=5s", "rto <= 5s"},
		{"with spaces around everything", "  rto  <  1m30s ", "rto < 1m30s"},
		{"a number of writes", "missed<=100", "missed <= 100"},
		{"none of them", "lost==0", "lost == 0"},
		{"at least one of them", "missed>0", "missed > 0"},
		{"not a certain number", "missed!=3", "missed != 3"},
		{"a share", "errors<2.5%", "errors < 2.5%"},
		{"a rate", "per_second>=950.5", "per_second >= 950.5"},
		{"no time at all, since nothing may be missed", "rpo<=0s", "rpo <= 0s"},
		{"that the application moved", "failovers>=1", "failovers >= 1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := drill.ParseAssertion(row.text)
			if err != nil || c.String() != row.want {
				t.Fatalf("%q, %v; want %q", c, err, row.want)
			}
			if again, err := drill.ParseAssertion(c.String()); err != nil || again != c {
				t.Errorf("%q is not parsed as itself: %v, %v", c, again, err)
			}
		})
	}
}

func TestWhatCannotBeAsserted(t *testing.T) {
	for _, row := range []struct{ name, text, want, hint string }{
		{"nothing", "", "there is no comparison in it", "write NAME"},
		{"a name alone", "rto", "there is no comparison in it", "write NAME"},
		{"one equals sign", "rto=5s", "there is no comparison in it", "the comparisons are <= >= == != < >"},
		{"something that is not measured", "happiness>=1", `"happiness" is not measured`, "what is measured: rto, detect, "},
		{"a name in capitals", "RTO<=5s", `"RTO" is not measured`, "did you mean rto?"},
		{"a name with a hyphen", "at-failback==0", `"at-failback" is not measured`, "did you mean at_failback?"},
		{"no name", "<=5s", `"" is not measured`, "what is measured: "},
		{"a time without a unit", "rto<=5", `"5" is not a time`, "rto is a time"},
		{"a time of nothing without a unit", "rpo<=0", `"0" is not a time`, "rpo is a time"},
		{"a negative time", "rto<=-5s", `"-5s" is not a time`, "rto is a time"},
		{"a time for a number of writes", "missed<=5s", `"5s" is not a whole number`, "missed is a whole number"},
		{"half a write", "missed<=1.5", `"1.5" is not a whole number`, "missed is"},
		{"a negative number of writes", "lost<=-1", `"-1" is not a whole number`, "lost is"},
		{"more writes than can be told apart", "lost<=99999999999999999", "is not a whole number", "lost is"},
		{"a share without a percent sign", "errors<=5", `"5" is not a share`, "errors is a share"},
		{"a share of more than all", "errors<=101%", "there is no more than 100%", "can be reached"},
		{"a rate that is no number", "per_second>=Inf", `"Inf" is not a number`, "per_second is"},
		{"no limit", "rto<=", `"" is not a time`, "rto is a time"},
		{"two comparisons", "rto<=5s<=6s", `"5s<=6s" is not a time`, "rto is a time"},
		{"fewer than none", "lost<0", "that can never be", "can be reached"},
		{"none or more", "lost>=0", "that is always so", "can be missed"},
		{"no more than all", "errors<=100%", "that is always so", "can be missed"},
		{"more than all", "errors>100%", "that can never be", "can be reached"},
		{"a time to the nanosecond", "rto==5s", "two measured times are never exactly alike", "write rto<=5s"},
		{"any time but one", "rto!=5s", "two measured times are never exactly alike", "write rto<=5s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := drill.ParseAssertion(row.text)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("%q, %v; want an error with %q", c, err, row.want)
			}
			if got := strings.Join(hint.Of(err), "\n"); !strings.Contains(got, row.hint) {
				t.Errorf("hint %q, want %q", got, row.hint)
			}
		})
	}
}

func TestAssertionsThatContradictEachOther(t *testing.T) {
	for _, row := range []struct {
		name  string
		texts []string
		ok    bool
	}{
		{"a limit from above and one from below", []string{"missed<=100", "missed>0"}, true},
		{"one value alone between them", []string{"missed<2", "missed>0"}, true},
		{"no whole number between them", []string{"missed<1", "missed>0"}, false},
		{"two that exclude each other", []string{"rto<=5s", "rto>6s"}, false},
		{"the same time as the only one", []string{"rto<=5s", "rto>=5s"}, true},
		{"two different numbers", []string{"lost==0", "lost==1"}, false},
		{"a number and not that one", []string{"lost==1", "lost!=1"}, false},
		{"different things", []string{"missed==0", "lost==1"}, true},
		{"a rate between two that touch", []string{"per_second>10", "per_second<=10"}, false},
		{"the highest share alone", []string{"errors>=100%", "errors>99%"}, true},
		{"every mistake is told", []string{"rto<=5", "happiness>0"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			all, err := drill.ParseAssertions(row.texts)
			if (err == nil) != row.ok {
				t.Fatalf("%v", err)
			}
			if row.ok && len(all) != len(row.texts) {
				t.Errorf("%v", all)
			}
		})
	}
}

// measured is a record of a drill that went all the way.
func measured() *drill.Record {
	at := func(d time.Duration) *time.Duration { return &d }
	return &drill.Record{
		FaultAt: at(3 * time.Second), DetectedAt: at(4 * time.Second), DecidedAt: at(4100 * time.Millisecond), CutOverAt: at(8*time.Second + 1),
		Lag: drill.Lag{P50: 40 * time.Millisecond, P99: 90 * time.Millisecond}, Reached: 998.76,
		Writes: drill.Tally{Attempted: 1000, Acknowledged: 980, Rejected: 5, Indeterminate: 15, Unsent: 7}, HeldBack: 9,
		Missed: []drill.Missed{{Fate: drill.Converged}, {Fate: drill.Converged}, {Fate: drill.Lost}, {Fate: drill.Pending}},
		RPO:    drill.RPO{Missed: at(38 * time.Millisecond)},
		Moves: []drill.Move{{To: 1, Kind: failover.FailOver, CutOverAt: at(8*time.Second + 1)},
			{From: 1, Kind: failover.FailBack, CutOverAt: at(20 * time.Second)}},
		Failback: drill.Failback{Available: at(time.Second), Done: at(2 * time.Second)},
	}
}

// Conditions on what is measured elsewhere are read and refused as assertions are.
func TestConditionsOfOthers(t *testing.T) {
	got, err := drill.ParseConditions([]string{"gap<=2s", "repeats==0"}, []string{"gap"}, []string{"repeats"})
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	if a := got[0].Assess(float64(3*time.Second), true); a.OK || a.Value != "3s" {
		t.Errorf("a gap of 3 s: %+v", a)
	}
	if a := got[1].Assess(0, true); !a.OK {
		t.Errorf("no repeats: %+v", a)
	}
	for _, texts := range [][]string{{"lost==0"}, {"gap<=2"}, {"repeats<=2s"}, {"repeats==0", "repeats>=1"}} {
		if _, err := drill.ParseConditions(texts, []string{"gap"}, []string{"repeats"}); err == nil {
			t.Errorf("%q was taken", texts)
		}
	}
}

func TestAssertionsAreJudgedByWhatWasMeasured(t *testing.T) {
	for _, row := range []struct {
		name, text, value string
		ok                bool
	}{
		{"a nanosecond too long, and told as it is", "rto<=5s", "5.000000001s", false},
		{"and rounded where that misleads nobody", "rto<=6s", "5s", true},
		{"a part of the RTO", "detect<=1s", "1s", true},
		{"the time to decide", "decide<50ms", "100ms", false},
		{"the oldest missed write", "rpo<=38ms", "38ms", true},
		{"nothing lost is an age of 0 of the lost", "rpo_lost<=0s", "0s", true},
		{"all that were missed", "missed==4", "4", true},
		{"those of one fate", "lost==0", "1", false},
		{"those that cannot be told", "pending==0", "1", false},
		{"the share of errors", "errors<2%", "2%", false},
		{"the rate", "per_second>=998.7", "998.8", true},
		{"a failover", "failovers==1", "1", true},
		{"a failback, in time", "failback<=1s", "2s", false},
		{"a step that was not reached", "ready<=1h", "not measured", false},
		{"the lag", "lag_p99<=100ms", "90ms", true},
		{"what was held back", "held_back==0", "9", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := drill.ParseAssertion(row.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Judge(measured()); got != (drill.Assertion{Expr: c.String(), Value: row.value, OK: row.ok}) {
				t.Errorf("%+v, want %s, %v", got, row.value, row.ok)
			}
		})
	}
}

// What a drill did not come to is no success, whatever is demanded of it.
func TestAssertionsAboutWhatWasNotMeasuredFail(t *testing.T) {
	always := []string{"failovers", "failbacks", "attempted", "acknowledged", "rejected", "indeterminate", "unsent", "held_back"}
	for _, m := range drill.Measures() {
		for _, op := range []string{"<=", ">"} {
			c, err := drill.ParseAssertion(m.Name + op + map[string]string{"time": "1h", "number": "7", "%": "50%", "a second": "7"}[m.Unit])
			if err != nil {
				t.Fatal(err)
			}
			a := c.Judge(&drill.Record{To: -1})
			if slices.Contains(always, m.Name) {
				if a.OK != (op == "<=") || a.Value != "0" {
					t.Errorf("%s: %+v", c, a)
				}
			} else if a.OK || a.Value != "not measured" {
				t.Errorf("%s: %+v of a drill that measured nothing", c, a)
			}
		}
	}
}

func TestMeasuresHaveNamesOfTheirOwn(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range drill.Measures() {
		if seen[m.Name] || m.Name == "" || m.What == "" || m.Unit == "" {
			t.Errorf("%+v", m)
		}
		seen[m.Name] = true
	}
}

// Exactly one of a condition and its opposite holds.
func TestAConditionAndItsOppositeNeverAgree(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 1000 {
		limit := time.Duration(1 + random.Int64N(int64(time.Hour)))
		value := time.Duration(random.Int64N(int64(time.Hour)))
		if random.IntN(4) == 0 {
			value = limit + time.Duration(random.IntN(3)-1)
		}
		r := &drill.Record{Failback: drill.Failback{Ready: &value}}
		for op, opposite := range map[string]string{"<=": ">", ">=": "<"} {
			a, errA := drill.ParseAssertion("ready" + op + limit.String())
			b, errB := drill.ParseAssertion("ready" + opposite + limit.String())
			if errA != nil || errB != nil || a.Judge(r).OK == b.Judge(r).OK || a.Judge(r).OK != (op == "<=" && value <= limit || op == ">=" && value >= limit) {
				t.Fatalf("%s and %s of %v: %v %v", a, b, value, errA, errB)
			}
			// What is told, read as a limit, judges alike.
			told, err := time.ParseDuration(a.Judge(r).Value)
			if again := a.Judge(&drill.Record{Failback: drill.Failback{Ready: &told}}); err != nil || again.OK != a.Judge(r).OK {
				t.Fatalf("%s of %v is told as %q", a, value, a.Judge(r).Value)
			}
		}
	}
}

// Whatever is given, it is an error with a hint or a condition that is written as
// it is read.
func FuzzParseAssertion(f *testing.F) {
	for _, seed := range []string{"rto<=5s", "lost==0", "errors>5%", "per_second>=1e9", "rto<=5", "lost!=", "<=>", "missed < 00", "detect<=1h0.5s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := drill.ParseAssertion(text)
		if err != nil {
			if len(hint.Of(err)) == 0 {
				t.Errorf("%q: %v has no hint", text, err)
			}
			return
		}
		if again, err := drill.ParseAssertion(c.String()); err != nil || again != c {
			t.Errorf("%q is %q, which is %q (%v)", text, c, again, err)
		}
		c.Judge(measured())
	})
}
