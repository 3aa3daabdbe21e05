package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

func TestWriteRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"10/s": "10/s", "10": "10/s", "0.5/s": "0.5/s", "1000/s": "1000/s"} {
		var r writeRate
		if err := r.Set(text); err != nil || r.String() != want {
			t.Errorf("%s: %v, %v", text, r.String(), err)
		}
	}
	for _, text := range []string{"", "/s", "0", "-1/s", "NaN/s", "Inf", "1001/s", "10/m", "10 /s", "ten"} {
		var r writeRate
		if err := r.Set(text); err == nil || r != 0 || r.String() != "" {
			t.Errorf("%q is taken as %v", text, r.String())
		}
	}
}

// What two know of a region is joined: a refusal is believed of either, and everything that is missing is told.
func TestJoinedProof(t *testing.T) {
	t.Parallel()
	refused := probe.Proof{Writes: probe.WritesRefused, Cause: probe.ReadOnly}
	for _, test := range []struct {
		name       string
		a, b, want probe.Proof
	}{
		{"nobody writes", probe.Proof{}, probe.Proof{}, probe.Proof{}},
		{"one of them proves it", probe.Proof{Writes: probe.WritesUnproven}, probe.Proof{Writes: probe.WritesProven}, probe.Proof{Writes: probe.WritesProven}},
		{"one of them is refused", probe.Proof{Writes: probe.WritesProven}, refused, refused},
		{"the other is refused", refused, probe.Proof{Writes: probe.WritesProven}, refused},
		{"something is missing for each", probe.Proof{Missing: []string{"a"}, Doubtful: []string{"c"}}, probe.Proof{Missing: []string{"b"}},
			probe.Proof{Missing: []string{"a", "b"}, Doubtful: []string{"c"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := joined(test.a, test.b)
			if got.Writes != test.want.Writes || got.Cause != test.want.Cause || !slices.Equal(got.Missing, test.want.Missing) || !slices.Equal(got.Doubtful, test.want.Doubtful) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// The command of --on-change is told news of an incident, whether or not the verdict changes with it.
func TestTheCommandIsToldOfIncidents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "told")
	var stderr bytes.Buffer
	o := newOnChange(t.Context(), "cat >>"+path, report.Lab, nil, &stderr)
	i := canary.Incident{Number: 7, Maps: []slots.Map{{Region: "us"}, {Region: "eu"}}, To: 1, Rate: 10}
	other := i
	other.Number = 8
	o.incident(&probe.Snapshot{Verdict: probe.Healthy}, i)
	o.incident(&probe.Snapshot{Verdict: probe.Healthy}, other) // most likely before the command runs: no reason to keep quiet about the other
	o.end()
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), `"incident":{"number":7,"from":"us","to":"eu"`) || !strings.Contains(string(text), `"verdict":"healthy"`) ||
		!strings.Contains(string(text), `"incident":{"number":8,`) {
		t.Errorf("told %s, %v; %s", text, err, &stderr)
	}
}
