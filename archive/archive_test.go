package archive_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

var start = time.Date(2026, 11, 22, 3, 4, 5, 6, time.UTC)

func begin(run string, at time.Time) archive.Begin {
	return archive.Begin{Run: run, At: at, Deployment: "given", Scenario: "region-down", User: "ann", Host: "laptop", PID: 7,
		Version: "1.2.3", Command: []string{"aafailover", "drill"}, Prefix: "aafailover", Cover: []int{1, 2},
		Regions: []archive.Region{
			{URL: "redis://ann@10.0.0.1:6379", From: "10.0.0.9", Map: slots.Map{Region: "us", Source: slots.Single}},
			{URL: "redis://10.0.0.2:6379", Map: slots.Map{Region: "eu", Source: slots.Single}},
		},
		Fault: archive.Fault{By: "command"},
	}
}

func record(verdict drill.Verdict) *drill.Record {
	moment := func(d time.Duration) *time.Duration { return &d }
	return &drill.Record{Run: "run", Start: start, Verdict: verdict, To: 1,
		Maps:    []slots.Map{{Region: "us"}, {Region: "eu"}},
		FaultAt: moment(time.Second), DetectedAt: moment(2 * time.Second), DecidedAt: moment(2 * time.Second), CutOverAt: moment(3 * time.Second),
		Missed: []drill.Missed{{Fate: drill.Lost}, {Fate: drill.Converged}}, RPO: drill.RPO{Lost: moment(5 * time.Millisecond)}}
}

// in is a checkpoint that can be told from others.
func in(phase string) drill.Checkpoint { return drill.Checkpoint{Record: drill.Record{Reason: phase}} }

// fault is one that is made at once, or never.
type fault struct{ err error }

func (fault) Check(drill.Scenario) error               { return nil }
func (f fault) Do(context.Context, drill.Action) error { return f.err }
func (f fault) Heal(context.Context) error             { return f.err }

func mustBegin(t *testing.T, a archive.Archive, run string, at time.Time) *archive.Run {
	t.Helper()
	r, err := a.Begin(begin(run, at), 100)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func mustClose(t *testing.T, r *archive.Run) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestARunThatWasKilledIsFoundAsItWas(t *testing.T) {
	a := archive.New(t.TempDir())
	r := mustBegin(t, a, "run1", start)
	event := probe.Event{At: start.Add(time.Second), Kind: drill.EventPhase, Shard: -1, Slot: -1, Cause: probe.Refused, Detail: "steady"}
	r.Note(event)
	checkpoint := drill.Checkpoint{ReturnedAt: time.Second, Record: *record("")}
	r.Checkpoint(in(drill.PhaseSteady))
	r.Checkpoint(checkpoint)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	// What may be in force is what was begun since the last heal, whether or not it was made.
	broken := errors.New("no")
	faults := r.Faults(fault{})
	refused := r.Faults(fault{broken})
	for _, do := range []struct {
		err  error
		want error
	}{
		{faults.Do(t.Context(), drill.Action{Kind: drill.Hang, Region: "ap"}), nil},
		{faults.Heal(t.Context()), nil},
		{faults.Do(t.Context(), drill.Action{Kind: drill.Kill, Region: "us"}), nil},
		{refused.Do(t.Context(), drill.Action{Kind: drill.Cut, From: "us", To: "eu"}), broken},
		{refused.Heal(t.Context()), broken},
	} {
		if !errors.Is(do.err, do.want) {
			t.Errorf("%v, want %v", do.err, do.want)
		}
	}
	mustClose(t, r) // as the system does for a process that is killed

	again, err := a.Open("run1")
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if diff := cmp.Diff(begin("run1", start), again.Begin); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(checkpoint, again.Trail.Last); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]probe.Event{event}, again.Trail.Events); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]drill.Action{{Kind: drill.Kill, Region: "us"}, {Kind: drill.Cut, From: "us", To: "eu"}}, again.Trail.Made); diff != "" {
		t.Error(diff)
	}
	if again.Trail.At.Before(start.Add(time.Second)) {
		t.Errorf("it ran until %v", again.Trail.At)
	}
}

func TestOnlyOneProcessWorksOnARun(t *testing.T) {
	a := archive.New(t.TempDir())
	r := mustBegin(t, a, "run1", start)
	if _, err := a.Open("run1"); !errors.Is(err, archive.ErrRunning) || err.Error() != "run1: the run is still at work" {
		t.Errorf("opened while it runs: %v", err)
	}
	if e, err := a.Look("run1"); err != nil || e.State != archive.Running {
		t.Errorf("%v, state %s", err, e.State)
	}
	mustClose(t, r)
	if e, err := a.Look("run1"); err != nil || e.State != archive.Killed {
		t.Errorf("%v, state %s", err, e.State)
	}
	again, err := a.Open("run1")
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, again)
	if _, err := a.Begin(begin("run1", start), 100); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a run was begun twice: %v", err)
	}
}

func TestRunsThatCannotBe(t *testing.T) {
	a := archive.New(t.TempDir())
	mustClose(t, mustBegin(t, a, "run1", start))
	for _, name := range []string{"", ".", "..", "../x", "a/b", "run2", "-x", strings.Repeat("x", 65)} {
		if _, err := a.Open(name); !errors.Is(err, archive.ErrNoRun) {
			t.Errorf("open %q: %v", name, err)
		}
		if _, err := a.ReadRecord(name); !errors.Is(err, archive.ErrNoRun) {
			t.Errorf("read %q: %v", name, err)
		}
		if name != "run2" {
			if _, err := a.Begin(begin(name, start), 1); err == nil {
				t.Errorf("began %q", name)
			}
		}
	}
}

// A line that was torn is left out, wherever the tear is, and the next line is whole again.
func TestATornLineIsNoProblem(t *testing.T) {
	state := t.TempDir()
	a := archive.New(state)
	r := mustBegin(t, a, "run1", start)
	r.Checkpoint(in(drill.PhaseSteady))
	r.Checkpoint(in(drill.PhaseFault))
	mustClose(t, r)
	path := filepath.Join(state, "drills", "run1", "journal.ndjson")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.Index(string(whole), "\n") + 1
	last := strings.LastIndex(strings.TrimSuffix(string(whole), "\n"), "\n") + 1
	for cut := first - 1; cut <= len(whole); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		torn, err := a.Open("run1")
		if err != nil {
			t.Fatalf("%d bytes: %v", cut, err)
		}
		want := ""
		switch {
		case cut >= len(whole)-1: // the line is whole without its end, too
			want = drill.PhaseFault
		case cut >= last-1:
			want = drill.PhaseSteady
		}
		if got := torn.Trail.Last.Record.Reason; got != want {
			t.Fatalf("%d bytes of %d: phase %q, want %q", cut, len(whole), got, want)
		}
		torn.Checkpoint(in(drill.PhaseHeal))
		mustClose(t, torn)
		mended, err := a.Open("run1")
		if err != nil || mended.Trail.Last.Record.Reason != drill.PhaseHeal {
			t.Fatalf("%d bytes, then another line: %v", cut, err)
		}
		mustClose(t, mended)
	}
	if err := os.WriteFile(path, whole[:first-2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Open("run1"); err == nil {
		t.Error("a journal without its first line was opened")
	}
}

func TestTheHistoryIsNewestFirstAndBounded(t *testing.T) {
	state := t.TempDir()
	a := archive.New(state)
	if all, err := a.History(); err != nil || len(all) != 0 {
		t.Errorf("of an archive that does not exist: %v, %v", all, err)
	}
	oldest := mustBegin(t, a, "oldest", start) // and still running
	for i := range 5 {
		r, err := a.Begin(begin(fmt.Sprint("run", i), start.Add(time.Duration(1+i)*time.Hour)), 2)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			if err := r.End("given", record(drill.Pass)); err != nil {
				t.Fatal(err)
			}
		}
		mustClose(t, r)
	}
	if err := os.WriteFile(filepath.Join(state, "drills", "note.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := a.History()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range all {
		got = append(got, e.Run+" "+string(e.State))
	}
	if want := []string{"run4 ended", "run3 killed", "run2 ended", "run1 killed", "oldest running"}; !slices.Equal(got, want) {
		t.Errorf("history %q, want %q", got, want)
	}
	end := all[0].End
	if end == nil || end.Verdict != drill.Pass || *end.RTO != 2*time.Second || *end.Missed != 2 || *end.Lost != 1 ||
		*end.RPOLost != 5*time.Millisecond || end.RPOMissed != nil || end.From != "us" || end.To != "eu" {
		t.Errorf("result %+v", end)
	}
	mustClose(t, oldest)
}

// What was killed is kept until somebody has seen to it, since without its ledger nobody can, and not for ever.
func TestRunsThatWereKilledAreKept(t *testing.T) {
	const keep = 2
	for _, row := range []struct {
		name   string
		seenTo func(*archive.Run) error // what somebody does about each run that was killed
		left   []string
	}{
		{"nobody has seen to them: as many as the others", func(*archive.Run) error { return nil },
			[]string{"new1", "new0", "killed3", "killed2"}},
		{"resumed", func(r *archive.Run) error { return r.End("given", record(drill.Inconclusive)) }, []string{"new1", "new0"}},
		{"cleaned up after", (*archive.Run).Cleaned, []string{"new1", "new0"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := archive.New(t.TempDir())
			at := start
			add := func(name string) *archive.Run {
				at = at.Add(time.Hour)
				r, err := a.Begin(begin(name, at), keep)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			for i := range 4 {
				name := fmt.Sprint("killed", i)
				mustClose(t, add(name))
				r, err := a.Open(name)
				if err != nil {
					t.Fatal(err)
				}
				if err := row.seenTo(r); err != nil {
					t.Fatal(err)
				}
				mustClose(t, r)
			}
			for i := range keep {
				r := add(fmt.Sprint("new", i))
				if err := r.End("given", record(drill.Pass)); err != nil {
					t.Fatal(err)
				}
				mustClose(t, r)
			}
			all, err := a.History()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range all {
				got = append(got, e.Run)
			}
			if !slices.Equal(got, row.left) {
				t.Errorf("left: %q, want %q", got, row.left)
			}
		})
	}
}

func TestEverythingIsForItsOwnerOnly(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	r := mustBegin(t, archive.New(state), "run1", start)
	if err := r.End("lab", record(drill.Pass)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(filepath.Join(state, "drills"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Of the log of a watchdog the end is read, which tells what went wrong.
func TestTheLogOfAWatchdogIsRead(t *testing.T) {
	a := archive.New(t.TempDir())
	r := mustBegin(t, a, "run1", start)
	defer mustClose(t, r)
	if _, err := a.ReadWatchdog("run1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("where nobody watched: %v", err)
	}
	const most = 1 << 20
	if err := os.WriteFile(r.Watchdog(), []byte("begin"+strings.Repeat("x", most-3)+"end"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := a.ReadWatchdog("run1"); err != nil || len(text) != most || !strings.HasSuffix(string(text), "xend") {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if _, err := a.ReadWatchdog("run2"); !errors.Is(err, archive.ErrNoRun) {
		t.Errorf("of no run: %v", err)
	}
}
