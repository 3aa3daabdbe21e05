package durability_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill/durability"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
)

// short is the matrix as tests run it: many rows at a time, each for as long as it
// takes to lose something.
func short(t *testing.T, cases []durability.Case) durability.Config {
	t.Helper()
	binary, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return durability.Config{Binary: binary, Program: program, Cases: cases, Rate: 500, WritesFor: durability.MinWritesFor, AtOnce: 4, Folder: t.TempDir()}
}

// named are the rows of the matrix that have a name, in their order.
func named(t *testing.T, names ...string) []durability.Case {
	t.Helper()
	cases := slices.DeleteFunc(durability.Cases(), func(c durability.Case) bool { return !slices.Contains(names, c.Name) })
	if len(cases) != len(names) {
		t.Fatalf("%d of the rows %q are there", len(cases), names)
	}
	return cases
}

// Real servers lose what they must, and nothing that they must not. What depends on
// the moment of a crash is not asserted: only what holds for each.
func TestRealServersLoseWhatTheyMust(t *testing.T) {
	lostAll := func(r durability.Row) bool { return r.Loss.Lost == r.Writes.Acknowledged && r.Loss.Everything }
	lostNone := func(r durability.Row) bool { return r.Loss.Lost == 0 && r.Loss.RPO == 0 }
	lostUnconfirmed := func(r durability.Row) bool { return r.Loss.Lost == r.Loss.Unconfirmed && r.Loss.RPO == 0 }
	cut := func(r durability.Row) bool { return r.PowerCut != nil }
	resynced := func(full bool) func(durability.Row) bool {
		return func(r durability.Row) bool {
			return lostNone(r) && r.Resync != nil && r.Resync.Full > 0 == full && r.Resync.Full+r.Resync.Partial > 0 && r.Resync.Bytes > 0 && r.Resync.Took > 0
		}
	}
	expected := []struct {
		name  string
		holds func(durability.Row) bool
		what  string
	}{
		{"memory-kill", lostAll, "a server without files loses everything"},
		{"rdb-power-cut", lostAll, "no snapshot was due"},
		{"aof-no-kill", lostNone, "what was written outlives the process"},
		{"aof-no-power-cut", func(r durability.Row) bool { return lostAll(r) && cut(r) && r.PowerCut.Bytes > 0 }, "what the kernel was never asked to keep is gone"},
		{"aof-always-power-cut", func(r durability.Row) bool { return lostNone(r) && cut(r) && r.PowerCut.Syncs > 0 }, "what was fsynced before the answer survives"},
		{"wait-1-power-cut", lostUnconfirmed, "what a replica confirmed is there"},
		{"wait-2-one-hangs-kill", func(r durability.Row) bool { return r.Writes.Unconfirmed == r.Writes.Acknowledged }, "a replica that hangs confirms nothing"},
		{"cut-off-kill", func(r durability.Row) bool { return r.Loss.Lost > 0 && r.Writes.Rejected == 0 }, "what a silent link does not carry is lost"},
		{"backlog-small", resynced(true), "a backlog that does not reach back is no use"},
		{"backlog-large", resynced(false), "one that does spares the copy"},
		{"sync-diskless", resynced(true), "a new replica gets a copy"},
		{"backup-restore", func(r durability.Row) bool { return r.Loss.Lost > 0 && r.Kept() }, "a backup lacks what came after it, and nothing from before"},
		{"upgrade-failover", func(r durability.Row) bool { return lostNone(r) && r.Downtime != nil && *r.Downtime > 0 }, "a failover that waits loses nothing"},
		{"upgrade-by-hand", func(r durability.Row) bool { return r.Loss.Lost > 0 && r.Loss.RPO > 0 && r.Downtime != nil }, "what the old server takes after the promotion is lost"},
	}
	var names []string
	for _, e := range expected {
		names = append(names, e.name)
	}
	c := short(t, named(t, names...))
	begun, ended := 0, 0
	c.Begun = func(durability.Case) { begun++ }
	c.Ended = func(durability.Row) { ended++ }
	rows := durability.Run(t.Context(), c)
	if len(rows) != len(expected) || begun != len(expected) || ended != len(expected) {
		t.Fatalf("%d rows, %d begun, %d ended", len(rows), begun, ended)
	}
	for i, e := range expected {
		r := rows[i]
		switch w := r.Writes; {
		case r.Name != e.name:
			t.Errorf("row %d is %s, want %s", i, r.Name, e.name)
		case !r.Measured():
			t.Errorf("%s: %v", r.Name, r.Unmeasured)
		case w.Attempted != w.Acknowledged+w.Rejected+w.Indeterminate || w.Acknowledged == 0:
			t.Errorf("%s: %+v does not add up", r.Name, w)
		case r.Latency.P50 <= 0 || r.Latency.P99 < r.Latency.P50 || r.Latency.Max < r.Latency.P99 || r.PerSecond <= 0:
			t.Errorf("%s: latency %+v, %g a second", r.Name, r.Latency, r.PerSecond)
		case !e.holds(r):
			t.Errorf("%s: %s, but %+v %+v %+v %+v", r.Name, e.what, r.Loss, w, r.Resync, r.PowerCut)
		}
	}
	nothingLeft(t, c.Folder)
}

// nothingLeft fails the test when something is left in the folder of the servers.
func nothingLeft(t *testing.T, folder string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%q is left: %v", left, err)
	}
}

// Each repeat is measured, and the row tells of all of them.
func TestTheWorstOfTheRepeatsIsShown(t *testing.T) {
	c := short(t, named(t, "aof-no-power-cut"))
	c.Repeat = 3
	rows := durability.Run(t.Context(), c)
	if len(rows) != 1 || !rows[0].Measured() || len(rows[0].Draws) != 3 || slices.Max(rows[0].Draws) != rows[0].Loss.RPO {
		t.Errorf("%+v", rows)
	}
}

// An interrupted run returns the rows that are whole, and leaves nothing.
func TestAnInterruptedRunReturnsWhatThereIs(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	c := short(t, named(t, "memory-kill", "aof-no-power-cut", "cut-off-kill"))
	c.AtOnce, c.WritesFor = 1, time.Second
	c.Begun = func(of durability.Case) {
		if of.Name != "aof-no-power-cut" {
			return
		}
		go func() { // once its server has files
			redistest.Until(func() bool {
				found, _ := filepath.Glob(filepath.Join(c.Folder, "*", "alone", "appendonlydir", "*"))
				return len(found) > 0
			})
			interrupt()
		}()
	}
	rows := durability.Run(ctx, c)
	if len(rows) != 1 || rows[0].Name != "memory-kill" || !rows[0].Measured() {
		t.Errorf("%+v", rows)
	}
	if ctx.Err() == nil {
		t.Error("it was not interrupted")
	}
	nothingLeft(t, c.Folder)
}

// A configuration of the user's own is measured without what would make it follow or
// ask for others, and one that no server takes is told with the server's reason.
func TestOwnConfigurations(t *testing.T) {
	secret := "hunter2"
	good := durability.Own("mine", parse(t, "appendonly yes\nappendfsync always\nreplicaof 127.0.0.1 1\nmin-replicas-to-write 1\nrequirepass "+secret))
	bad := durability.Own("broken", parse(t, "appendfsync sometimes\nrequirepass "+secret))
	rows := durability.Run(t.Context(), short(t, slices.Concat(good, bad)))
	if len(rows) != 4 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, name := range []string{"mine-kill", "mine-power-cut", "broken-kill", "broken-power-cut"} {
		if rows[i].Name != name || !rows[i].Given {
			t.Errorf("row %d is %s", i, rows[i].Name)
		}
	}
	for _, r := range rows[:2] {
		if !r.Measured() || r.Loss.Lost != 0 || r.Writes.Acknowledged == 0 || r.Promise.Word() != "none" {
			t.Errorf("%s: %v %+v %+v", r.Name, r.Unmeasured, r.Loss, r.Promise)
		}
		if want := "measured without replicaof, min-replicas-to-write, requirepass"; !slices.Contains(r.Notes, want) {
			t.Errorf("%s: notes %q", r.Name, r.Notes)
		}
	}
	for _, r := range rows[2:] {
		if r.Measured() || errors.Is(r.Unmeasured, durability.ErrUnsupported) || !strings.Contains(r.Unmeasured.Error(), "appendfsync") || strings.Contains(r.Unmeasured.Error(), secret) {
			t.Errorf("%s: %v", r.Name, r.Unmeasured)
		}
	}
}

// A server that takes no write loses none, which is no measurement.
func TestAServerThatTakesNoWriteIsNotMeasured(t *testing.T) {
	own := durability.Own("full", parse(t, "maxmemory 1\nmaxmemory-policy noeviction"))
	rows := durability.Run(t.Context(), short(t, own[:1]))
	if len(rows) != 1 || rows[0].Measured() || errors.Is(rows[0].Unmeasured, durability.ErrUnsupported) || !strings.Contains(rows[0].Unmeasured.Error(), "writes: OOM command not allowed") {
		t.Errorf("%+v", rows)
	}
}

// A rolling upgrade ends with the other program.
func TestAnUpgradeEndsWithTheOtherProgram(t *testing.T) {
	c := short(t, named(t, "upgrade-by-hand"))
	other := filepath.Join(t.TempDir(), "other")
	if err := os.Symlink(c.Binary.Path, other); err != nil {
		t.Fatal(err)
	}
	c.Upgrade = c.Binary
	c.Upgrade.Path, c.Upgrade.Version = other, "99.0.0"
	rows := durability.Run(t.Context(), c)
	if len(rows) != 1 || !rows[0].Measured() || !slices.Contains(rows[0].Notes, "from "+c.Binary.Version+" to 99.0.0") {
		t.Errorf("%+v", rows)
	}
	c.Upgrade.Path = filepath.Join(t.TempDir(), "missing")
	if rows = durability.Run(t.Context(), c); len(rows) != 1 || rows[0].Measured() {
		t.Errorf("with a program that is not there: %+v", rows)
	}
}

// A configuration whose name is one of the matrix is told from that.
func TestOwnConfigurationsAreToldApart(t *testing.T) {
	for name, want := range map[string]string{"memory": "own-memory", "mine": "mine"} {
		if own := durability.Own(name, redisconf.Config{}); len(own) != 2 || own[0].Configuration != want || own[0].Name != want+"-kill" || own[1].Name != want+"-power-cut" {
			t.Errorf("%s: %+v", name, own)
		}
	}
}

// Where power cuts cannot be simulated, their rows say so, and the others are measured.
func TestWhatThisMachineDoesNotOfferIsSaid(t *testing.T) {
	c := short(t, named(t, "aof-always-kill", "aof-always-power-cut"))
	c.Program = filepath.Join(t.TempDir(), "missing")
	rows := durability.Run(t.Context(), c)
	if len(rows) != 2 || !rows[0].Measured() || !errors.Is(rows[1].Unmeasured, durability.ErrUnsupported) || rows[1].Promise.Word() != "none" {
		t.Errorf("%+v", rows)
	}
}

// Power cuts are tried where a killed program leaves nothing that the next one does not find.
func TestPowerCutsAreTriedInAFolderThatIsFoundAgain(t *testing.T) {
	c := short(t, named(t, "aof-always-power-cut"))
	c.Program = filepath.Join(t.TempDir(), "program")
	tried := c.Program + ".tried"
	if err := os.WriteFile(c.Program, []byte("#!/bin/sh\necho \"$3\" >"+tried+"\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	durability.Run(t.Context(), c)
	record, err := os.ReadFile(tried)
	if found, _ := filepath.Match(filepath.Join(c.Folder, "aafailover-lab-*", "*", "record"), strings.TrimSpace(string(record))); err != nil || !found {
		t.Errorf("tried at %q: %v", record, err)
	}
	nothingLeft(t, c.Folder)
}

// A folder that is not there is an error of the rows, and says nothing of what the machine can.
func TestAMissingFolderIsNoLackOfTheMachine(t *testing.T) {
	c := short(t, named(t, "aof-always-power-cut"))
	c.Folder = filepath.Join(c.Folder, "missing")
	rows := durability.Run(t.Context(), c)
	if len(rows) != 1 || rows[0].Measured() || errors.Is(rows[0].Unmeasured, durability.ErrUnsupported) {
		t.Errorf("%+v", rows)
	}
}

func TestCheck(t *testing.T) {
	good := durability.Config{Rate: 1000, WritesFor: time.Second}
	for _, test := range []struct {
		name   string
		change func(*durability.Config)
		want   string // in the error; "": none
	}{
		{"a usual configuration", func(*durability.Config) {}, ""},
		{"no writes", func(c *durability.Config) { c.Rate = 0 }, "rate 0: must be 10 to 100000"},
		{"writes for too short a time", func(c *durability.Config) { c.WritesFor = time.Millisecond }, "writes-for 1ms: must be 300ms to 10m0s"},
		{"too many repeats", func(c *durability.Config) { c.Repeat = 1001 }, "repeat 1001: must be 1 to 1000"},
		{"a negative number at once", func(c *durability.Config) { c.AtOnce = -1 }, "at-once -1: must be 1 to 16"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := good
			test.change(&c)
			err := c.Check()
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// Names are what --only and other programs go by.
func TestTheMatrixIsWellFormed(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range durability.Cases() {
		if seen[c.Name] || c.About == "" || c.Chapter == "" || c.Recovery == "" || !strings.HasPrefix(c.Name, c.Configuration) {
			t.Errorf("%+v", c)
		}
		seen[c.Name] = true
	}
	if len(seen) < 25 {
		t.Errorf("only %d rows", len(seen))
	}
}
