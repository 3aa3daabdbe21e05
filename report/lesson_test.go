package report_test

import (
	"strings"
	"testing"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/report"
)

func TestLesson(t *testing.T) {
	fated := func(fate drill.Fate, n int) func(*drill.Record) {
		return func(r *drill.Record) {
			for i := range n {
				r.Missed[i].Fate = fate
			}
		}
	}
	for _, test := range []struct {
		name   string
		change func(*drill.Record)
		want   string
	}{
		{"all converged: how far back, and for how long", func(*drill.Record) {},
			"Your application must bear that writes of its last ~61 ms cannot be read while us is away: here all of them were readable 4.26 s after the cut-over."},
		{"the region that was left was fine, only its links were not", func(r *drill.Record) { r.Scenario.Stays, r.Moves = true, movedTwice().Moves[:1] },
			"Your application must bear that writes of its last ~61 ms cannot be read until they have crossed: here all of them were readable 4.26 s after the cut-over."},
		{"a single write spans no time", func(r *drill.Record) { r.Missed, r.RPO.Missed = r.Missed[:1], ptr(0*millisecond) },
			"Your application must bear that writes of its last moment cannot be read while us is away: here all of them were readable 4.26 s after the cut-over."},
		{"nothing was missed: luck is not a promise", func(r *drill.Record) { r.Missed = nil },
			"Nothing was missing in eu this time; by lag and rate it could have been about 62 writes, and your application must bear that."},
		{"nothing was missed and no lag is known", func(r *drill.Record) { r.Missed, r.Lag = nil, drill.Lag{} },
			"Nothing was missing in eu this time."},
		{"behind a proxy replication went on, and that nothing was missing says little", func(r *drill.Record) { r.Missed, r.Way = nil, drill.ByProxy },
			"Nothing was missing in eu, and that says little: only the drill's own connections were broken, and replication went on. When us itself fails, by lag and rate it could be about 62 writes, and your application must bear that."},
		{"and at that rate a real fault would not show it either", func(r *drill.Record) { r.Missed, r.Way, r.Rate, r.Reached = nil, drill.ByProxy, 10, 10 },
			"Nothing was missing in eu, and that says little: only the drill's own connections were broken, and replication went on. Only a fault that hits us itself measures what is missed, at a higher --rate: by lag × rate less than one write is on its way at a time."},
		{"behind a proxy us was never away", func(r *drill.Record) { r.Way = drill.ByProxy },
			"Your application must bear that writes of its last ~61 ms cannot be read until they have crossed: here all of them were readable 4.26 s after the cut-over."},
		{"what crossed before the heal did not need us back", func(r *drill.Record) {
			for i := range r.Missed {
				r.Missed[i].ConvergedAt = *r.CutOverAt + 80*millisecond
			}
		}, "Your application must bear that writes of its last ~61 ms cannot be read until they have crossed: here all of them were readable 80 ms after the cut-over."},
		{"behind a proxy us did not go down either", func(r *drill.Record) { fated(drill.Lost, 1)(r); r.RPO.Lost, r.Way = ptr(0*millisecond), drill.ByProxy },
			"1 acknowledged write is gone for good: your application must be able to lose, or to make again, writes of its last moment when it leaves us."},
		{"nobody knows whether a fault that others made went unnoticed", func(r *drill.Record) {
			r.Verdict, r.CutOverAt, r.DetectedAt, r.DecidedAt, r.Way = drill.Fail, nil, nil, nil, drill.ByManual
		}, "Nobody noticed that us was broken: either it was not, whatever was said, or an application that relies on this policy goes on writing to it."},
		{"less than one write on its way at a time shows nothing", func(r *drill.Record) { r.Missed, r.Rate, r.Reached = nil, 10, 10 },
			"Nothing was missing in eu this time, but the rate was too low to show a loss: by lag × rate less than one write is on its way at a time. Give a higher --rate."},
		{"the rate was not reached", func(r *drill.Record) { r.Missed, r.Lag, r.Rate, r.Reached = nil, drill.Lag{}, 20_000, 13_182 },
			"Nothing was missing in eu this time. The application wrote 13,182 times/s, not the 20,000 asked for, and what was missed goes with that: give more --connections, or a lower --rate."},
		{"arrivals are random: a few less than asked for in a short phase say nothing", func(r *drill.Record) { r.Missed, r.Lag, r.Rate, r.Reached = nil, drill.Lag{}, 2, 1 },
			"Nothing was missing in eu this time."},
		{"lost writes come before all others", func(r *drill.Record) {
			fated(drill.Diverged, 3)(r)
			fated(drill.Lost, 2)(r)
			r.RPO.Lost = ptr(40 * millisecond)
		}, "2 acknowledged writes are gone for good: your application must be able to lose, or to make again, writes of its last ~40 ms when us goes down."},
		{"a diverged write", fated(drill.Diverged, 1),
			"1 acknowledged write is readable elsewhere, but will not come to eu: the regions disagree, and your application must not rely on their agreeing again."},
		{"pending writes", fated(drill.Pending, 4),
			"What became of 4 missed writes could not be told when the drill ended: look at the links to eu, and run it again."},
		{"expired writes", fated(drill.Expired, 2),
			"2 missed writes expired before anybody could look for them: nothing is known of those; run it again with a longer expiry."},
		{"never safe to return to", func(r *drill.Record) { r.Missed, r.Lag, r.Failback = nil, drill.Lag{}, drill.Failback{} },
			"Nothing was missing in eu this time. us was never proven safe to return to: the application stayed in eu."},
		{"no link leads back: nobody waited for a return", func(r *drill.Record) {
			r.Missed, r.Lag, r.Failback, r.OneWay = nil, drill.Lag{}, drill.Failback{}, true
		},
			"Nothing was missing in eu this time. No link leads back to us, so the drill says nothing of the way back: who goes there brings along what eu has taken meanwhile."},
		{"no link leads back: the replica copied a primary that came back empty", func(r *drill.Record) {
			r.Missed, r.Lag, r.Failback, r.OneWay, r.AtEnd = nil, drill.Lag{}, drill.Failback{}, true, []int{9, 9}
		}, "Nothing was missing in eu this time. At the end eu lacks what it had: a replica that still follows us copies it when it comes back, however empty. " +
			"Promote eu (REPLICAOF NO ONE) before that."},
		{"no link leads back: nothing proves a loss", func(r *drill.Record) {
			fated(drill.Pending, 2)(r)
			r.Failback, r.OneWay = drill.Failback{}, true
		}, "What became of 2 missed writes cannot be told: no link leads back to us, and only messages both ways prove that a write is lost. Take them for lost. " +
			"No link leads back to us, so the drill says nothing of the way back: who goes there brings along what eu has taken meanwhile."},
		{"safe, but took no write", func(r *drill.Record) { r.Missed, r.Lag, r.Failback.Done = nil, drill.Lag{}, nil },
			"Nothing was missing in eu this time. us looked safe to return to, but took no write: the application stayed in eu."},
		{"came back too early", func(r *drill.Record) { r.Missed, r.Lag, r.AtFailback, r.Early = nil, drill.Lag{}, 15, 12 },
			"Nothing was missing in eu this time. On its return to us the application could not read 12 writes that it had made and that existed: it came back too early."},
		{"what was missing on the return exists nowhere: it did not come too early", func(r *drill.Record) { r.Missed, r.Lag, r.AtFailback = nil, drill.Lag{}, 15 },
			"Nothing was missing in eu this time."},
		{"one write alone, the last", func(r *drill.Record) { fated(drill.Lost, 1)(r); r.RPO.Lost = ptr(0 * millisecond) },
			"1 acknowledged write is gone for good: your application must be able to lose, or to make again, writes of its last moment when us goes down."},
		{"stayed, as it should", func(r *drill.Record) { *r = *stayed() },
			"The application stayed in us, where it missed nothing; at the end every acknowledged write was readable in every region. A failover while the fault was in force would have missed what had not crossed."},
		{"stayed, and a region lacks something at the end", func(r *drill.Record) { *r = *stayed(); r.AtEnd[1] = 7 },
			"The application stayed in us, and at the end 7 acknowledged writes are not readable in eu: a failover there would miss them."},
		{"stayed, and lost something where it is", func(r *drill.Record) { *r = *stayed(); r.AtEnd[0] = 3 },
			"The application stayed in us, and at the end 3 acknowledged writes are not readable there: it cannot read what it was promised."},
		{"what could not be looked for is not called there", func(r *drill.Record) { r.Missed, r.Unread = nil, 12 },
			"What was missing in eu is not known: 12 writes could not be looked for when the application got there."},
		{"moved, and got nowhere", func(r *drill.Record) {
			r.CutOverAt, r.To = nil, -1
			r.Moves = []drill.Move{{From: 0, To: 1, Kind: failover.FailOver}, {From: 1, To: 2, Kind: failover.FailOver}}
		}, "The policy moved the application, but ap took no write: see that the application can reach it and may write there."},
		{"stayed, and a region could not be read at the end", func(r *drill.Record) { *r = *stayed(); r.AtEnd[2] = -1 },
			"The application stayed in us. What ap lacks could not be found out."},
		{"stayed, where the policy was to leave", func(r *drill.Record) { *r = *stayed(); r.Leaves = true },
			"Nobody noticed that us was broken: an application that relies on this policy goes on writing to it."},
		{"moved when the fault was undone: nobody waited for a return", func(r *drill.Record) {
			r.Missed, r.Lag, r.Failback, r.Scenario.Stays = nil, drill.Lag{}, drill.Failback{}, true
			r.Moves = movedTwice().Moves[:1]
			r.CutOverAt = ptr(r.Phases[5].At + r.Phases[5].Duration + millisecond)
		}, "Nothing was missing in eu this time. It moved when the fault was being undone already, and the drill ended before a return to us was due."},
		{"stopped before the fault", func(r *drill.Record) { *r = *interrupted() },
			"The drill was stopped in its steady phase, before anything was broken: it says nothing of a failover."},
		{"stopped before the cut-over", func(r *drill.Record) { r.CutOverAt, r.Verdict, r.Phases = nil, drill.Inconclusive, r.Phases[:3] },
			"The drill was stopped in its detect phase, before the application had moved: it says nothing of a failover."},
		{"stopped on the way back: no link and no region is to blame", func(r *drill.Record) {
			fated(drill.Pending, 4)(r)
			r.Verdict, r.Phases, r.Failback = drill.Inconclusive, r.Phases[:7], drill.Failback{}
		}, "What became of 4 missed writes is not known: the drill was stopped before that could be told. The drill was stopped in its resync phase: it says nothing of the way back."},
		{"stopped while it wrote at home again", func(r *drill.Record) {
			fated(drill.Pending, 4)(r)
			r.Verdict, r.Phases[8].Duration = drill.Inconclusive, 300*millisecond
		}, "What became of 4 missed writes is not known: the drill was stopped before that could be told."},
		{"not begun, because something was broken already", func(r *drill.Record) {
			*r = drill.Record{To: -1, Verdict: drill.Inconclusive, Reason: drill.ErrNotHealthy.Error() + ": us→eu is down"}
		}, "The drill did not begin: mend that first (aafailover lab heal)."},
		{"not begun, for another reason", func(r *drill.Record) {
			*r = drill.Record{To: -1, Verdict: drill.Inconclusive, Reason: "the drill was interrupted"}
		}, "The drill did not begin, so nothing is known of how the application would fail over."},
		{"the fault could not be undone", func(r *drill.Record) { *r = *unhealed() },
			"Your application must bear that writes of its last ~61 ms cannot be read while us is away: here all of them were readable 4.26 s after the cut-over. " +
				"The drill was stopped in its heal phase: it says nothing of the way back. " +
				"The fault could not be undone and may still be in force: see to that before anything else (aafailover lab start us)."},
		{"the fault went unnoticed", func(r *drill.Record) { r.Verdict, r.CutOverAt, r.DetectedAt, r.DecidedAt = drill.Fail, nil, nil, nil },
			"Nobody noticed that us was broken: an application that relies on this policy goes on writing to it."},
		{"noticed, but there was no reason to move", func(r *drill.Record) { r.Verdict, r.CutOverAt, r.DecidedAt = drill.Fail, nil, nil },
			"It was noticed that us was broken, but the policy found no reason, or no region, to move to: the application waits until it is back."},
		{"moved, but the other region took no write", func(r *drill.Record) { r.Verdict, r.CutOverAt = drill.Fail, nil },
			"The policy moved the application, but eu took no write: see that the application can reach it and may write there."},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := passed()
			test.change(r)
			if got := report.Lesson(report.DrillResult{Deployment: report.Lab, Record: r}); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// The page says how the fault was made, and nothing that only a fault of the servers would have brought about.
func TestPageSaysHowTheFaultWasMade(t *testing.T) {
	for _, test := range []struct {
		way           drill.Way
		want, without string
	}{
		{drill.ByLab, "expected  about 40-62 missed writes, by lag × rate\n", " fault     made by"},
		{drill.ByProxy, "expected  none: replication went on, and the lag was over before the cut-over\n", "about 40-62"},
		{drill.ByProxy, " fault     made by a proxy between the drill and the regions: the servers noticed nothing", "by lag × rate"},
		{drill.ByProxy, "on the connections of the drill alone, as if: ", "xx"},
		{drill.ByManual, "expected  about 40-62 missed writes, by lag × rate, if replication stopped when the fault came\n", "as if"},
		{drill.ByManual, " fault     made by hand: ", "as if"},
		{drill.ByCommand, " fault     made by the inject command: ", "as if"},
	} {
		r := passed()
		r.Way = test.way
		var out strings.Builder
		if err := report.DrillText(&out, plain, report.DrillResult{Record: r}); err != nil {
			t.Fatal(err)
		}
		if page := out.String(); !strings.Contains(page, test.want) || strings.Contains(page, test.without) {
			t.Errorf("%s: want %q and not %q:\n%s", test.way, test.want, test.without, page)
		}
		if d := report.NewDrillDocument(report.DrillResult{Record: r}); d.Fault.Way != test.way || (d.Fault.Text == "") != (test.way == drill.ByLab) {
			t.Errorf("%s: %+v", test.way, d.Fault)
		}
	}
}

// What nobody knows to have been in force is not explained.
func TestPageExplainsNoFaultThatNobodyMade(t *testing.T) {
	r := interrupted()
	r.Way, r.FaultAt, r.Phases = drill.ByManual, ptr(3*millisecond), passed().Phases[:2]
	var out strings.Builder
	if err := report.DrillText(&out, plain, report.DrillResult{Record: r}); err != nil {
		t.Fatal(err)
	}
	if page := out.String(); strings.Contains(page, "made by hand") || strings.Contains(page, " means ") {
		t.Errorf("explained:\n%s", page)
	}
}

// What a resume does not know is called that, in the text and in JSON.
func TestPageOfAResumedDrill(t *testing.T) {
	r := movedTwice()
	r.KilledIn, r.Application.Retries, r.Application.Retried, r.Application.Forgotten = drill.PhaseOutage, 7, 3, true
	result := report.DrillResult{Record: r}
	var out strings.Builder
	if err := report.DrillText(&out, plain, result); err != nil {
		t.Fatal(err)
	}
	page := strings.Join(strings.Fields(out.String()), " ")
	if !strings.Contains(page, "how many are there more than once is not known after a resume") || strings.Count(page, "not known") < 3 {
		t.Errorf("what is not known is not said:\n%s", out.String())
	}
	d := report.NewDrillDocument(result)
	if d.KilledIn != drill.PhaseOutage || d.Application.DuplicatesKnown || d.Moves[0].MissingKnown {
		t.Errorf("killed in %q; duplicates known: %t; missing known: %t", d.KilledIn, d.Application.DuplicatesKnown, d.Moves[0].MissingKnown)
	}
	r.KilledIn, r.Application.Forgotten = "", false
	if d := report.NewDrillDocument(result); !d.Application.DuplicatesKnown || !d.Moves[0].MissingKnown {
		t.Error("of a whole drill it is known")
	}
}

// The page shows by which assertions a resumed drill was judged, and none where it could not be.
func TestPageOfAResumedDrillShowsWhatItWasJudgedBy(t *testing.T) {
	for _, row := range []struct {
		verdict drill.Verdict
		page    string // of the assertions; "": nothing
	}{
		{drill.Pass, "asserted 1 of 2 hold ✖ failbacks >= 1: not known after a resume means"},
		{drill.Fail, "asserted 1 of 2 hold ✖ failbacks >= 1: not known after a resume means"},
		{drill.Inconclusive, ""},
	} {
		r := movedTwice()
		r.KilledIn, r.Verdict = drill.PhaseOutage, row.verdict
		r.Assertions = []drill.Assertion{{Expr: "lost == 0", Value: "0", OK: true}, {Expr: "failbacks >= 1", Value: drill.NotKnown}}
		var out strings.Builder
		if err := report.DrillText(&out, plain, report.DrillResult{Record: r}); err != nil {
			t.Fatal(err)
		}
		page := strings.Join(strings.Fields(out.String()), " ")
		if !strings.Contains(page, row.page) || row.page == "" && strings.Contains(page, "asserted") {
			t.Errorf("%s:\n%s", row.verdict, out.String())
		}
	}
}

// Where something could not be looked for, or cannot be told yet, the page does not say that nothing was missing, and
// nothing lost.
func TestPageSaysWhatIsNotKnown(t *testing.T) {
	for name, change := range map[string]func(*drill.Record){
		"nothing was looked for": func(r *drill.Record) { r.Missed, r.Windows, r.RPO, r.Unread = nil, nil, drill.RPO{}, 12 },
		"a fate is open":         func(r *drill.Record) { r.Missed[0].Fate = drill.Pending },
	} {
		r := passed()
		change(r)
		var out strings.Builder
		if err := report.DrillText(&out, plain, report.DrillResult{Record: r}); err != nil {
			t.Fatal(err)
		}
		page := out.String()
		for _, unproven := range []string{"nothing lost", "nothing missing", "nothing that us"} {
			if strings.Contains(page, unproven) {
				t.Errorf("%s, and yet %q:\n%s", name, unproven, page)
			}
		}
	}
}
