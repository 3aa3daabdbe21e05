package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// told reads what the command was given, a document a line.
func told(t *testing.T, path string) []report.ChangeDocument {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []report.ChangeDocument
	for line := range strings.Lines(string(text)) {
		var d struct {
			Was     probe.Verdict `json:"was"`
			Verdict probe.Verdict `json:"verdict"`
			Skipped int           `json:"skipped"`
			Schema  string        `json:"schema"`

			Insecure []string `json:"insecure"`
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, report.ChangeDocument{Schema: d.Schema, Was: d.Was, Verdict: d.Verdict, Skipped: d.Skipped, Insecure: d.Insecure})
	}
	return all
}

func turn(o *onChange, was, is probe.Verdict) {
	o.event(probe.Event{Kind: probe.EventVerdict, Was: string(was), State: string(is)})
	o.snapshot(&probe.Snapshot{Verdict: is})
}

func TestTheCommandIsToldOfEachChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "told")
	var stderr bytes.Buffer
	o := newOnChange(t.Context(), "cat >>"+path, report.Lab, []string{"us"}, &stderr)
	turn(o, probe.Unobservable, probe.Healthy)
	o.event(probe.Event{Kind: probe.EventLink, Was: "up", State: "down"})
	o.snapshot(&probe.Snapshot{Verdict: probe.Healthy}) // nothing that it is to be told of
	o.end()
	all := told(t, path)
	if len(all) != 1 || all[0].Was != probe.Unobservable || all[0].Verdict != probe.Healthy || all[0].Schema != report.ChangeSchema || len(all[0].Insecure) != 1 {
		t.Errorf("told of %+v; stderr: %s", all, &stderr)
	}
}

// The event that the end of a run brings out has no snapshot after it. One in the middle goes with the snapshot that it comes
// from, not with the one before it, of the same verdict and of fewer shards.
func TestTheCommandIsGivenWhatTheVerdictComesFrom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "told")
	var stderr bytes.Buffer
	o := newOnChange(t.Context(), "cat >>"+path, report.Lab, nil, &stderr)
	o.snapshot(&probe.Snapshot{Verdict: probe.LocalFailure, Sentence: "2 of 3"})
	o.event(probe.Event{Kind: probe.EventVerdict, Was: "healthy", State: "local_failure"})
	o.snapshot(&probe.Snapshot{Verdict: probe.LocalFailure, Sentence: "all 3"})
	o.end()
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "all 3") || strings.Contains(string(text), "2 of 3") {
		t.Errorf("told %s, %v", text, err)
	}

	o = newOnChange(t.Context(), "cat >>"+path, report.Lab, nil, &stderr)
	o.snapshot(&probe.Snapshot{Verdict: probe.Healthy, Sentence: "the last"})
	o.event(probe.Event{Kind: probe.EventVerdict, Was: "unobservable", State: "healthy"})
	o.end()
	if text, _ := os.ReadFile(path); !strings.Contains(string(text), "the last") {
		t.Errorf("told %s", text)
	}
}

// While the command is busy changes gather, and it is told of where they led to: once, and never beside itself.
func TestTheCommandNeverRunsTwiceAtOnce(t *testing.T) {
	dir := t.TempDir()
	path, lock, gate, running := filepath.Join(dir, "told"), filepath.Join(dir, "lock"), filepath.Join(dir, "gate"), filepath.Join(dir, "running")
	var stderr bytes.Buffer
	line := "mkdir " + lock + " || { echo twice at once >&2; exit 1; }; cat >>" + path + "; : >" + running +
		"; while ! [ -e " + gate + " ]; do sleep 0.01; done; rmdir " + lock
	o := newOnChange(t.Context(), line, report.Lab, nil, &stderr)
	turn(o, probe.Unobservable, probe.Healthy)
	for { // until the command is busy with the first
		if _, err := os.Stat(running); err == nil {
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("the command never ran")
		}
	}
	turn(o, probe.Healthy, probe.Degraded)
	turn(o, probe.Degraded, probe.ReplicationFailure)
	turn(o, probe.ReplicationFailure, probe.LocalFailure)
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.end()
	all := told(t, path)
	if len(all) != 2 || all[1].Was != probe.Healthy || all[1].Verdict != probe.LocalFailure || all[1].Skipped != 2 {
		t.Errorf("told of %+v; stderr: %s", all, &stderr)
	}
}

func TestACommandThatFailsIsComplainedOf(t *testing.T) {
	var stderr bytes.Buffer
	o := newOnChange(t.Context(), "echo out; echo no such pager >&2; exit 3", report.Lab, nil, &stderr)
	turn(o, probe.Healthy, probe.LocalFailure)
	o.end()
	for _, want := range []string{"out\n", "on-change: told of local_failure: exit status 3: no such pager", "hint: "} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr lacks %q: %s", want, &stderr)
		}
	}
}
