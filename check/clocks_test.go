package check_test

import (
	"testing"
	"testing/quick"
	"time"

	"github.com/aafailover/aafailover/check"
)

// clock is that of a region beside the observer's.
func clock(offset, within time.Duration) func(*check.Region) {
	return func(r *check.Region) { r.Clock = known(check.Clock{Offset: offset, Within: within, Samples: 8}) }
}

func TestClocksAgree(t *testing.T) {
	const ms = time.Millisecond
	judge(t, "clocks-agree", []row{
		{"clocks that are as good as the same pass, with the uncertainty", facts(region("us", clock(2*ms, ms)), region("eu", clock(5*ms, 20*ms))), check.Passed,
			[]string{"eu and us are apart by 3.0 ms (± 21 ms), which is no difference that can be measured"}},
		{"the observer's own clock is of no account", facts(region("us", clock(time.Hour, ms)), region("eu", clock(time.Hour+10*ms, ms))), check.Passed, []string{"eu is 10 ms (± 2.0 ms) ahead of us"}},
		{"more than a time service leaves is worth a word", facts(region("us", clock(0, ms)), region("eu", clock(-200*ms, ms))), check.Warned, []string{"us and eu: us is 200 ms (± 2.0 ms) ahead of eu, which is more than 128 ms"}},
		{"only what is beyond the uncertainty counts", facts(region("us", clock(0, 50*ms)), region("eu", clock(200*ms, 50*ms))), check.Passed, nil},
		{"a second is a failure", facts(region("us", clock(0, 50*ms)), region("eu", clock(2300*ms, 50*ms))), check.Broken, []string{"eu is 2.30 s (± 100 ms) ahead of us, which is more than 1.00 s"}},
		{"each pair is told that is apart", facts(region("us", clock(0, ms)), region("eu", clock(3*time.Second, ms)), region("ap", clock(-3*time.Second, ms))), check.Broken,
			[]string{"us and eu: eu is 3.00 s", "us and ap: us is 3.00 s", "eu and ap: eu is 6.00 s"}},
		{"round trips that are too long tell nothing", facts(region("us", clock(0, time.Second)), region("eu", clock(0, ms))), check.Untold, []string{"the round trips are too long to tell"}},
		{"a region that tells no time is not known", facts(region("us", clock(0, ms)), region("eu")), check.Untold, []string{"eu: it does not tell its time"}},
		{"one clock agrees with itself", facts(region("us", clock(0, ms))), check.NotApplicable, nil},
	})
}

// Two clocks that agree do not speak for a third, of which nobody knows.
func TestNoClocksPassBesideOneThatIsNotKnown(t *testing.T) {
	rule, err := check.Find("clocks-agree")
	if err != nil {
		t.Fatal(err)
	}
	const ms = time.Millisecond
	f := facts(region("us", clock(0, ms)), region("eu", clock(100*ms, ms)), region("ap", clock(50*ms, 2*time.Second)))
	for _, found := range check.Run([]check.Rule{rule}, f, target, false).Rules[0].Findings {
		if found.Outcome != check.Untold {
			t.Errorf("%+v", found)
		}
	}
}

// What is found follows from the least and the most that the difference can be, whichever region is named first.
func TestClocksAreJudgedByWhatIsCertain(t *testing.T) {
	rule, err := check.Find("clocks-agree")
	if err != nil {
		t.Fatal(err)
	}
	outcome := func(a, b func(*check.Region)) check.Outcome {
		return check.Run([]check.Rule{rule}, facts(region("us", a), region("eu", b)), target, false).Rules[0].Outcome
	}
	err = quick.Check(func(a, b int16, aWithin, bWithin uint16) bool {
		const ms = time.Millisecond
		x, y := clock(time.Duration(a)*ms, time.Duration(aWithin)*ms/32), clock(time.Duration(b)*ms, time.Duration(bWithin)*ms/32)
		by := (time.Duration(a) - time.Duration(b)) * ms
		if by < 0 {
			by = -by
		}
		within := time.Duration(aWithin)*ms/32 + time.Duration(bWithin)*ms/32
		want := check.Passed
		switch {
		case by-within > time.Second:
			want = check.Broken
		case by-within > 128*ms:
			want = check.Warned
		case by+within > time.Second:
			want = check.Untold
		}
		return outcome(x, y) == want && outcome(y, x) == want
	}, &quick.Config{MaxCount: 2000})
	if err != nil {
		t.Error(err)
	}
}

func TestTimeSynchronised(t *testing.T) {
	here := func(follows bool, regions ...check.Region) *check.Facts {
		f := facts(regions...)
		f.Here.Synchronised = known(follows)
		return f
	}
	local, too := region("us", at("127.0.0.1:6379")), region("eu", at("127.0.0.1:6380"))
	judge(t, "time-synchronised", []row{
		{"a server in this machine has its clock", here(true, local, too), check.Passed, []string{"us: the clock of this machine follows a time service"}},
		{"which may follow nothing", here(false, local, too), check.Warned, []string{"us: the clock of this machine follows no time service"}},
		{"hosts elsewhere cannot be seen", here(true, region("us"), region("eu")), check.NotApplicable, []string{"chronyc tracking"}},
		{"nor are they spoken of beside one that can", here(true, local, region("eu")), check.Passed, []string{"us: the clock of this machine follows a time service"}},
		{"a machine that does not tell is not known", facts(local, too), check.Untold, nil},
		{"writes of one region are not put in order by clocks", here(false, local), check.NotApplicable, []string{"there is one region"}},
		{"a lab has one clock", inLab(here(false, local)), check.NotApplicable, nil},
	})
}
