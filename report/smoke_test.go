package report_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/smoke"
)

// smokeResult is what a smoke test comes to that saw a snapshot, with limits on round trips.
func smokeResult(s *probe.Snapshot, limits ...string) report.SmokeResult {
	seen := smoke.Seen{Maps: threeByThree(), Snapshot: s, Why: "no region answers"}
	if s == nil {
		seen.Maps = []slots.Map{{Region: "us"}, {Region: "eu"}}
	}
	var q smoke.Question
	for _, text := range limits {
		c, err := smoke.ParseLimit(text)
		if err != nil {
			panic(err)
		}
		q.Limits = append(q.Limits, c)
	}
	r := report.SmokeResult{Deployment: report.Given, Started: start, Took: 3280 * millisecond, Within: 15 * time.Second, Result: q.Judge(seen),
		Probe: report.ProbeResult{Deployment: report.Given, Snapshot: s}}
	r.ExitCode = map[smoke.Verdict]int{smoke.Pass: 0, smoke.Fail: 1, smoke.Inconclusive: 3}[r.Verdict]
	return r
}

// brokenShard is cutShard with what the probe finds of it.
func brokenShard() *probe.Snapshot {
	s := cutShard()
	s.Findings = []probe.Finding{{Kind: probe.FindingLink, Severity: probe.Failure, Verdict: probe.ReplicationFailure, From: "us", To: "eu", Text: s.Sentence}}
	for i := range s.Regions[:2] {
		s.Regions[i].FailbackReady, s.Regions[i].FailbackMissing = probe.ReadyNo, []string{"us→eu is down on shard 2", "no write was tried"}
	}
	return s
}

// A smoke test is told in five lines, whatever became of it.
func TestSmokeText(t *testing.T) {
	t.Parallel()
	unequal := smokeResult(snapshot())
	unequal.Result = smoke.Question{}.Judge(smoke.Seen{Maps: append(threeByThree()[:2], slots.Map{Region: "ap", Source: slots.ClusterSlots,
		Shards: []slots.Shard{{Slots: slots.Even(1)[0]}}}), Snapshot: snapshot()})
	for name, r := range map[string]report.SmokeResult{
		"smoke-healthy":      smokeResult(snapshot()),
		"smoke-within-limit": smokeResult(snapshot(), "500ms"),
		"smoke-over-limit":   smokeResult(snapshot(), "p99<=100ms", "p50<=1s"),
		"smoke-shard-cut":    smokeResult(brokenShard()),
		"smoke-unequal":      unequal,
		"smoke-nothing":      smokeResult(nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := report.SmokeText(&got, report.Style{}, r); err != nil {
				t.Fatal(err)
			}
			golden(t, name, got.String())
			if n := strings.Count(got.String(), "\n"); n != 5 {
				t.Errorf("%d lines", n)
			}
		})
	}
}

func TestSmokeForOtherPrograms(t *testing.T) {
	t.Parallel()
	cut, over, nothing := smokeResult(brokenShard(), "500ms"), smokeResult(snapshot(), "p99<=100ms"), smokeResult(nil)
	for name, write := range map[string]func(io.Writer) error{
		"smoke-junit":               func(w io.Writer) error { return report.SmokeJUnit(w, cut) },
		"smoke-junit-nothing":       func(w io.Writer) error { return report.SmokeJUnit(w, nothing) },
		"smoke-markdown":            func(w io.Writer) error { return report.SmokeMarkdown(w, cut) },
		"smoke-annotations":         func(w io.Writer) error { return report.SmokeAnnotations(w, over) },
		"smoke-annotations-nothing": func(w io.Writer) error { return report.SmokeAnnotations(w, nothing) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			golden(t, name, got.String())
		})
	}
	var fine bytes.Buffer
	if err := report.SmokeAnnotations(&fine, smokeResult(snapshot())); err != nil || fine.Len() > 0 {
		t.Errorf("of what is healthy nothing is annotated, but %q, %v", fine.String(), err)
	}
}

// What a server said makes no workflow command, no element and no cell of its own.
func TestSmokeOfHostileServers(t *testing.T) {
	t.Parallel()
	s := brokenShard()
	s.Findings[0].Text = "100% of us\r\n::add-mask::x, <b>|`</testcase>\x00\x1b[2J"
	s.Sentence = s.Findings[0].Text
	r := smokeResult(s)
	var text, junit, markdown, notes bytes.Buffer
	for _, err := range []error{report.SmokeText(&text, report.Style{}, r), report.SmokeJUnit(&junit, r), report.SmokeMarkdown(&markdown, r), report.SmokeAnnotations(&notes, r)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, out := range []string{text.String(), notes.String(), markdown.String()} {
		for line := range strings.Lines(out) {
			if strings.HasPrefix(strings.TrimSpace(line), "::add-mask") || strings.ContainsAny(line, "\r\x00\x1b") {
				t.Errorf("%q", line)
			}
		}
	}
	if strings.Count(notes.String(), "\n") != 2 || !strings.Contains(notes.String(), "100%25 of us") {
		t.Errorf("%q", notes.String())
	}
	if err := xml.Unmarshal(junit.Bytes(), new(struct{})); err != nil {
		t.Error(err)
	}
	if strings.Contains(markdown.String(), "<b>") {
		t.Error(markdown.String())
	}
}
