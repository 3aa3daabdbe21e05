package drill_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/hint"
)

func TestWhatADrillCanBeAbortedFor(t *testing.T) {
	for _, row := range []struct{ name, text, want, wrong string }{
		{"a share of errors", "errors>5%", "errors > 5%", ""},
		{"any error at all", "errors>0%", "errors > 0%", ""},
		{"a latency", "latency >= 500ms", "latency >= 500ms", ""},
		{"what is well", "errors<5%", "", "that is what is well"},
		{"exactly a share", "errors==5%", "", "that is what is well"},
		{"what is always so", "errors>=0%", "", "that is always so"},
		{"what can never be", "errors>100%", "", "that can never be"},
		{"any latency", "latency>=0s", "", "that is always so"},
		{"a latency without a unit", "latency>500", "", "is not a time"},
		{"something that is only known at the end", "rto>5s", "", `"rto" is not measured`},
		{"nothing", "", "", "no comparison"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := drill.ParseAbort(row.text)
			if row.wrong == "" && (err != nil || c.String() != row.want) {
				t.Errorf("%q, %v; want %q", c, err, row.want)
			}
			if row.wrong != "" && (err == nil || !strings.Contains(err.Error(), row.wrong) || len(hint.Of(err)) == 0) {
				t.Errorf("%v; want %q and a hint", err, row.wrong)
			}
		})
	}
}

// stretch is some writes, one after the other.
type stretch struct {
	n       int
	every   time.Duration
	took    time.Duration
	outcome drill.Outcome
	region  int
}

func TestWhenADrillIsAborted(t *testing.T) {
	const ms = time.Millisecond
	good := func(n int, every time.Duration) stretch { return stretch{n, every, ms, drill.Acknowledged, 0} }
	bad := func(n int) stretch { return stretch{n, 10 * ms, 5 * ms, drill.Indeterminate, 0} }
	for _, row := range []struct {
		name, condition string
		rate            float64
		writes          []stretch
		want            string // of the error; "" for none
	}{
		{"nothing is wrong", "errors>5%", 100, []stretch{good(5000, 10*ms)}, ""},
		{"every write fails", "errors>5%", 100, []stretch{good(100, 10*ms), bad(100)}, "errors > 5%: 5.7%: 6 of the last 106 writes were not acknowledged"},
		{"two failures alone prove nothing", "errors>0%", 100, []stretch{bad(2), good(1000, 10*ms)}, ""},
		{"three do", "errors>0%", 100, []stretch{bad(3)}, "errors > 0%: 100%: 3 of the last 3 writes were not acknowledged"},
		{"a refused connection is an error of the application", "errors>50%", 100,
			[]stretch{good(10, 10*ms), {100, 10 * ms, ms, drill.Unsent, 0}}, "errors > 50%"},
		{"errors that are long past are forgotten", "errors>50%", 100,
			[]stretch{good(100, 10*ms), bad(90), good(2000, 10*ms), bad(90), good(100, 10*ms)}, ""},
		{"a latency at the 99th percentile", "latency>500ms", 100,
			[]stretch{good(990, 10*ms), {20, 10 * ms, 501 * ms, drill.Acknowledged, 0}}, "latency > 500ms: 10 of the last"},
		{"exactly as long as allowed", "latency>500ms", 100, []stretch{{1000, 10 * ms, 500 * ms, drill.Acknowledged, 0}}, ""},
		{"to wait in vain for a connection takes time, too", "latency>500ms", 100, []stretch{{3, 10 * ms, time.Second, drill.Unsent, 0}}, "latency > 500ms: 3 of the last 3"},
		{"at a low rate the window is longer", "errors>30%", 0.5,
			[]stretch{good(20, 2*time.Second), {9, 2 * time.Second, ms, drill.Rejected, 0}}, "errors > 30%"},
		{"writes to another region do not count", "errors>5%", 100, []stretch{{1000, 10 * ms, ms, drill.Rejected, 1}}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := drill.ParseAbort(row.condition)
			if err != nil {
				t.Fatal(err)
			}
			var got []error
			a := drill.NewAlarm([]drill.Condition{c}, row.rate, func(err error) { got = append(got, err) })
			a.Attend(0)
			var now time.Duration
			for _, s := range row.writes {
				for range s.n {
					now += s.every
					a.Note(drill.Entry{Region: s.region, Sent: now - s.took, Ended: now, Outcome: s.outcome})
				}
			}
			switch {
			case row.want == "" && len(got) > 0:
				t.Errorf("aborted: %v", got)
			case row.want != "" && (len(got) != 1 || !errors.Is(got[0], drill.ErrAborted) || !strings.Contains(got[0].Error(), row.want)):
				t.Errorf("%v, want once: %s", got, row.want)
			}
		})
	}
}

// During the fault the writes fail, as they must, and in the next region they are
// judged by themselves.
func TestAnAlarmJudgesOneRegionAtATime(t *testing.T) {
	c, err := drill.ParseAbort("errors>50%")
	if err != nil {
		t.Fatal(err)
	}
	trips := 0
	a := drill.NewAlarm([]drill.Condition{c}, 100, func(error) { trips++ })
	fail := func(n int, from time.Duration) {
		for i := range n {
			at := from + time.Duration(i)*10*time.Millisecond
			a.Note(drill.Entry{Sent: at, Ended: at, Outcome: drill.Indeterminate})
		}
	}
	fail(100, 0) // nobody listens yet
	a.Attend(0)
	fail(2, time.Second)
	a.Attend(-1)
	fail(100, 2*time.Second)
	a.Attend(0)
	fail(2, 3*time.Second)
	if trips != 0 {
		t.Errorf("tripped %d times", trips)
	}
	if fail(1, 4*time.Second); trips != 1 {
		t.Errorf("tripped %d times, want once", trips)
	}
}

func BenchmarkAlarm(b *testing.B) {
	c, err := drill.ParseAbort("errors>5%")
	if err != nil {
		b.Fatal(err)
	}
	a := drill.NewAlarm([]drill.Condition{c, c}, 20_000, func(error) {})
	a.Attend(0)
	for i := 0; b.Loop(); i++ {
		at := time.Duration(i) * 50 * time.Microsecond
		a.Note(drill.Entry{Sent: at, Ended: at, Outcome: drill.Acknowledged})
	}
}
