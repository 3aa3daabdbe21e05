package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/survey"
)

func TestStderrIsKeptWhileADashboardIsOpen(t *testing.T) {
	var terminal bytes.Buffer
	var told []string
	line := &liveLine{w: &terminal}
	stderr, stdout := &aboveLine{w: &terminal, line: line}, &aboveLine{w: &terminal, line: line}
	say(stderr, "before")
	lines := &aside{tell: func(line string) { told = append(told, line) }}
	line.cover(lines)
	complain(stderr, errors.New("us: it does not answer"), "look at it")
	say(stdout, "x")
	if terminal.String() != "before\n" || !slices.Equal(told, []string{"aafailover: us: it does not answer", "hint: look at it", "x"}) {
		t.Errorf("the terminal has %q, the dashboard was told %q", terminal.String(), told)
	}
	told = nil
	say(stderr, "%s", strings.Repeat("x", mostKept))
	line.cover(nil)
	lines.repeat(stderr)
	say(stderr, "after")
	if want := "before\naafailover: us: it does not answer\nhint: look at it\nx\nafter\n"; terminal.String() != want || len(told) != 1 {
		t.Errorf("the terminal has %d bytes, want %q", terminal.Len(), want)
	}
}

// A dashboard opens for people alone: none of these streams is a terminal, and some forms and flags ask for lines.
func TestNoDashboardWithoutATerminal(t *testing.T) {
	no := false
	f := &probeFlags{output: &form{chosen: asTable}, noDashboard: &no}
	if _, _, ok := f.terminal(Process{Stdin: strings.NewReader(""), Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer), Environ: []string{"TERM=xterm"}}); ok {
		t.Error("there is no terminal, and a dashboard is opened")
	}
}

func TestWritingWhatADashboardShows(t *testing.T) {
	t.Chdir(t.TempDir())
	maps := []slots.Map{{Region: "us", Source: slots.Single, Shards: []slots.Shard{{ID: "us", Address: "10.0.0.1:6379", Slots: slots.Even(1)[0]}}}}
	f := &probeFlags{regionFlags: new(regionFlags), policy: probe.DefaultPolicy(), output: &form{chosen: asTable}}
	d := &dashboard{watching: &watching{probe: f, kind: report.Given, survey: new(survey.Survey), shown: f.record(nil, nil, true),
		newest: probe.Topology{Maps: maps, Cover: []int{0}}}}
	d.shown.add(probe.Event{At: time.Now(), Kind: probe.EventStart, Shard: -1, Slot: -1, Detail: "1 region"}, nil)
	s := &probe.Snapshot{At: time.Now(), Verdict: probe.Healthy, Sentence: "us is available", Observer: "k3x9"}
	names := make(map[string]bool)
	for range 2 {
		name, err := d.write(s)
		for errors.Is(err, fs.ErrExist) { // the same millisecond: nothing is overwritten
			name, err = d.write(s)
		}
		if err != nil {
			t.Fatal(err)
		}
		names[name] = true
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			Schema, Verdict string
			Events          []struct{ Kind string }
		}
		if err := json.Unmarshal(text, &document); err != nil || document.Schema != report.ProbeSchema || document.Verdict != "healthy" || len(document.Events) != 1 {
			t.Errorf("%v: %s", err, text)
		}
	}
	if len(names) != 2 {
		t.Errorf("two snapshots in %v", names)
	}
}

func TestTheTitleOfADashboard(t *testing.T) {
	until := time.Date(2126, 3, 1, 14, 2, 31, 0, time.Local)
	limited, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	for _, c := range []struct {
		w    *watching
		ctx  context.Context
		want string
	}{
		{&watching{kind: report.Given, deployment: &deployment{}}, context.Background(), ""},
		{&watching{kind: report.Lab, deployment: &deployment{}}, context.Background(), "lab"},
		{&watching{kind: report.Lab, deployment: &deployment{builtIn: true}}, limited, "built-in lab, until 14:02:31"},
		{&watching{kind: report.Given, deployment: &deployment{}}, limited, "until 14:02:31"},
	} {
		if got := (&dashboard{watching: c.w}).title(c.ctx); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
