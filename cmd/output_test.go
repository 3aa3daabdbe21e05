package cmd

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

func TestTheLiveLineStandsBelowWhatIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var screen bytes.Buffer
		l := newLiveLine(&screen, true)
		l.set("outage")
		time.Sleep(liveInterval + time.Millisecond)
		synctest.Wait()
		if got, want := screen.String(), eraseLine+" outage  0.1 s"; got != want {
			t.Errorf("the live line: %q, want %q", got, want)
		}
		screen.Reset()
		if _, err := l.Write([]byte("an event\n")); err != nil {
			t.Error(err)
		}
		if got, want := screen.String(), eraseLine+"an event\n"; got != want {
			t.Errorf("a line above it: %q, want %q", got, want)
		}
		screen.Reset()
		l.close()
		if got := screen.String(); got != eraseLine {
			t.Errorf("at the end it leaves %q", got)
		}
	})
}

func TestWithoutATerminalThereIsNoLiveLine(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	l := newLiveLine(&file, isTerminal(&file))
	l.set("outage")
	if _, err := l.Write([]byte("an event\n")); err != nil {
		t.Error(err)
	}
	l.close()
	if got := file.String(); got != "an event\n" {
		t.Errorf("written: %q", got)
	}
}

func TestOnlyTheNewestEventsAreKept(t *testing.T) {
	t.Parallel()
	r := &recorder{form: asJSON}
	const n = 3*maxEvents + 7
	for i := range n {
		r.add(probe.Event{Slot: i})
	}
	if len(r.events) > maxEvents || len(r.events) < maxEvents/2 {
		t.Fatalf("%d events are kept, the limit is %d", len(r.events), maxEvents)
	}
	for i, e := range r.events {
		if want := n - len(r.events) + i; e.Slot != want {
			t.Fatalf("event %d is number %d, want %d", i, e.Slot, want)
		}
	}
}

func TestAProbeThatBeginsAgainTellsOnlyWhatBecameDifferent(t *testing.T) {
	t.Parallel()
	at := time.Now()
	event := func(kind probe.EventKind, region, was, state string) probe.Event {
		at = at.Add(time.Second)
		return probe.Event{At: at, Kind: kind, Region: region, Was: was, State: state}
	}
	r := &recorder{form: asJSON}
	for _, e := range []probe.Event{
		event(probe.EventStart, "", "", ""),
		event(probe.EventRegion, "us", "unobservable", "available"),
		event(probe.EventRegion, "eu", "unobservable", "down"),
		event(probe.EventVerdict, "", "unobservable", "remote_failure"),
		event(probe.EventEnd, "", "", "remote_failure"),
	} {
		r.add(e)
	}
	r.again(event(eventSharding, "eu", "", ""), nil)
	for _, e := range []probe.Event{
		event(probe.EventStart, "", "", ""),
		event(probe.EventRegion, "us", "unobservable", "available"),
		event(probe.EventRegion, "eu", "unobservable", "available"),
		event(probe.EventVerdict, "", "unobservable", "healthy"),
		event(probe.EventObserver, "", "", ""),
		event(probe.EventObserver, "", "", ""),
		event(probe.EventEnd, "", "", "healthy"),
	} {
		r.add(e)
	}
	r.w = new(bytes.Buffer)
	if err := r.conclude(report.ProbeResult{}); err != nil {
		t.Error(err)
	}
	var told []string
	for _, e := range r.events {
		told = append(told, strings.TrimSpace(fmt.Sprint(e.Kind, " ", e.Region, " ", e.Was, ">", e.State)))
	}
	want := []string{"start  >", "region us unobservable>available", "region eu unobservable>down", "verdict  unobservable>remote_failure",
		"sharding eu >", "region eu down>available", "verdict  remote_failure>healthy", "observer  >", "observer  >", "end  >healthy"}
	if !slices.Equal(told, want) {
		t.Errorf("told: %q\nwant: %q", told, want)
	}
}

func TestTheFormIsOneOfThoseThatTheCommandPrints(t *testing.T) {
	t.Parallel()
	f := &form{chosen: asTable, known: []string{asTable, asJSON}}
	if err := f.Set(asCSV); err == nil || err.Error() != "must be table or json" || f.String() != asTable {
		t.Errorf("csv: %v, chosen is %s", err, f)
	}
	if err := f.Set(asJSON); err != nil || f.String() != asJSON {
		t.Errorf("json: %v, chosen is %s", err, f)
	}
}

func TestANilResultIsReportedInEveryForm(t *testing.T) {
	t.Parallel()
	for _, chosen := range []string{asTable, asJSON, asNDJSON} {
		var out bytes.Buffer
		f := &probeFlags{output: &form{chosen: chosen}}
		if err := f.record(&out, nil).conclude(report.ProbeResult{Deployment: report.Given}); err != nil {
			t.Errorf("%s: %v", chosen, err)
		}
		if !strings.Contains(strings.ToLower(out.String()), "unobservable") {
			t.Errorf("%s: %s", chosen, out.String())
		}
	}
}
