package report_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

func TestPagesInWords(t *testing.T) {
	all := recordings(t)
	for golden_, of := range map[string]string{"page-drill": "a drill that passed", "page-probe": "a probe in an outage", "page-promotion": "a drill inside one deployment", "page-durability": "durability",
		"page-topology": "several of one topology"} {
		t.Run(of, func(t *testing.T) {
			forms := everyForm(t, all[of])
			golden(t, golden_, forms["text"])
			for line := range strings.Lines(forms["text"]) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
					t.Errorf("a line of %d columns: %s", n, line)
				}
			}
		})
	}
	golden(t, "page-drill-markdown", everyForm(t, all["a drill that passed"])["markdown"])
}

// What is told first is what people came for, in each form.
func TestAPageBeginsWithTheAnswer(t *testing.T) {
	all := recordings(t)
	for of, want := range map[string]string{
		"a drill that passed": "Passed", "a drill that failed": "Failed", "a drill that never began": "Inconclusive", "a drill of which nothing is known": "Unknown",
		"a probe in an outage": "Local failure", "a healthy probe": "Healthy", "a probe that saw nothing": "Unobservable", "durability": "More than promised",
	} {
		page := report.NewPage(all[of])
		if page.Verdict.Word != want || page.Sentence == "" && of != "a drill of which nothing is known" || page.Title == "" {
			t.Errorf("%s: %q, %q, %q; want the verdict %q", of, page.Title, page.Verdict.Word, page.Sentence, want)
		}
	}
}

func TestARehearsalSaysThatItIsOne(t *testing.T) {
	all := recordings(t)
	for of, lab := range map[string]bool{"a drill that passed": true, "a healthy probe": true, "a probe in an outage": false} {
		for form, text := range map[string]string{"html": htmlOf(t, all[of]), "text": everyForm(t, all[of])["text"], "markdown": everyForm(t, all[of])["markdown"]} {
			if says := strings.Contains(text, "nothing real was touched"); says != lab {
				t.Errorf("%s, %s: says that it is a rehearsal: %t", of, form, says)
			}
		}
	}
}

// In Markdown nothing that a server says is markup: no tag, no link, no cell or line of its own.
func TestHostileTextInMarkdown(t *testing.T) {
	usual := planted("x")
	for _, text := range hostileTexts() {
		for i, r := range planted(text) {
			is, was := markdownOf(t, r), markdownOf(t, usual[i])
			for _, bad := range []string{"<script", "<img", "</svg", "](javascript", "<a "} {
				if strings.Contains(strings.ReplaceAll(is, `\]`, ""), bad) {
					t.Errorf("%q of %q", bad, text)
				}
			}
			if got, want := strings.Count(is, "\n|"), strings.Count(was, "\n|"); got != want {
				t.Errorf("%q makes %d rows of %d", text, got, want)
			}
		}
	}
}

func markdownOf(t *testing.T, r report.Recorded) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.PageMarkdown(&out, report.NewPage(r)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Whatever is read, if it is a result every form can be made of it, and the page is whole.
func FuzzReports(f *testing.F) {
	t := new(testing.T)
	for _, r := range recordings(t) {
		var out bytes.Buffer
		if err := report.WriteLine(&out, r.Document()); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	f.Add([]byte(`{"schema":"aafailover.drill/v1","started":"2026-01-01T00:00:00Z","pace":{"step_ms":0,"regions":[{"region":"us","acknowledged":[-1],"failed":[]}]},"phases":[{"at":"0001-01-01T00:00:00Z","duration_ms":-1e300}]}`))
	f.Add([]byte(`{"schema":"aafailover.probe/v1","links":[{"rtt_ms":{"p50":1e-9,"p99":-3,"max":1e300}}],"started":"2026-01-01T00:00:00Z","at":"9999-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := report.ReadRecorded(bytes.NewReader(text))
		if err != nil {
			return
		}
		checkPage(t, everyForm(t, r)["html"])
	})
}

// watchedFor is a probe of 40 s with those verdicts, each from a moment on.
func watchedFor(verdict probe.Verdict, changes ...report.EventDocument) report.Recorded {
	d := report.NewProbeDocument(report.ProbeResult{Deployment: report.Given, Snapshot: snapshot()})
	d.Verdict, d.Started, d.At, d.Events = verdict, report.Timestamp(start), report.Timestamp(after(40*time.Second)), changes
	return report.Recorded{Probe: &d}
}

// A probe ends with the verdict of its last moment. Its page says what there was before.
func TestAPageTellsOfAnOutageThatIsOver(t *testing.T) {
	verdict := func(at time.Duration, was, is probe.Verdict) report.EventDocument {
		return report.EventDocument{At: report.Timestamp(after(at)), Kind: probe.EventVerdict, Was: string(was), State: string(is)}
	}
	healthy, down, cut, nothing := probe.Healthy, probe.LocalFailure, probe.ReplicationFailure, probe.Unobservable
	for _, row := range []struct {
		name string
		of   report.Recorded
		says string // after the sentence; ""
		next string
	}{
		{"healthy all the time", watchedFor(healthy, verdict(time.Second, nothing, healthy)), "", "Nothing. "},
		{"no verdict until the end", watchedFor(nothing), "", "Look from another place"},
		{"two outages that are over, and one verdict twice", watchedFor(healthy, verdict(time.Second, nothing, healthy), verdict(10*time.Second, healthy, cut), verdict(16*time.Second, cut, down),
			verdict(20*time.Second, down, cut), verdict(21*time.Second, cut, healthy)), " It was not so all the time: replication failure for 7.00 s and local failure for 4.00 s.", "Nothing now: see below"},
		{"one that is not over", watchedFor(down, verdict(time.Second, nothing, healthy), verdict(30*time.Second, healthy, down)), " It was not so all the time: healthy for 29.00 s.", "Go by the advice above"},
		{"a while in which nothing could be told", watchedFor(healthy, verdict(time.Second, nothing, healthy), verdict(5*time.Second, healthy, nothing), verdict(7*time.Second, nothing, healthy)),
			" It was not so all the time: unobservable for 2.00 s.", "Nothing now"},
		{"more changes than the picture shows", watchedFor(healthy, flapping(verdict)...), " It was not so all the time: local failure for 20.00 s.", "Nothing now"},
	} {
		t.Run(row.name, func(t *testing.T) {
			page := report.NewPage(row.of)
			if want := report.NewPage(watchedFor(row.of.Probe.Verdict)).Sentence + row.says; page.Sentence != want {
				t.Errorf("%q, want %q", page.Sentence, want)
			}
			if !slices.ContainsFunc(page.Next, func(text string) bool { return strings.HasPrefix(text, row.next) }) {
				t.Errorf("what to do next is %q", page.Next)
			}
		})
	}
}

// flapping is 100 outages of 200 ms in 40 s.
func flapping(verdict func(at time.Duration, was, is probe.Verdict) report.EventDocument) []report.EventDocument {
	events := []report.EventDocument{verdict(0, probe.Unobservable, probe.Healthy)}
	for i := range 100 {
		at := time.Duration(i) * 400 * millisecond
		events = append(events, verdict(at, probe.Healthy, probe.LocalFailure), verdict(at+200*millisecond, probe.LocalFailure, probe.Healthy))
	}
	return events
}

// A drill that was stopped tells nothing of what would have come: neither that nobody returned, nor that a condition does not hold.
func TestAPageOfADrillThatWasStopped(t *testing.T) {
	stopped, failed := recordings(t)["a drill that failed"], recordings(t)["a drill that failed"]
	stopped.Drill.Verdict, stopped.Drill.Failback.Done, stopped.Drill.Phases = drill.Inconclusive, nil, stopped.Drill.Phases[:5]
	stopped.Drill.Assertions, failed.Drill.Assertions = []report.AssertionDocument{{Expr: "failbacks == 1", Value: "0"}}, []report.AssertionDocument{{Expr: "failbacks == 1", Value: "0"}}
	failed.Drill.Failback.Done = nil
	for _, row := range []struct {
		name            string
		of              report.Recorded
		back, note, met string
		asserted        bool
	}{
		{"stopped in the outage", stopped, "not known", "the drill was stopped in its outage phase", "not told", false},
		{"and one that came to its end", failed, "never", "us took no write of the application again", "no", true},
	} {
		page := report.NewPage(row.of)
		if last := page.Figures[len(page.Figures)-1]; last.Label != "back after" || last.Value != row.back || last.Note != row.note {
			t.Errorf("%s: %+v", row.name, last)
		}
		i := slices.IndexFunc(page.Sections, func(s report.Section) bool { return s.ID == "asserted" })
		if met := page.Sections[i].Tables[0].Rows[0][2].Text; met != row.met {
			t.Errorf("%s: whether it holds is %q", row.name, met)
		}
		if says := strings.Contains(strings.Join(page.Next, " "), "It was asserted"); says != row.asserted {
			t.Errorf("%s: %q", row.name, page.Next)
		}
	}
}

// Nothing is good or bad about a comparison: no form has a sign for it. The caption of its table, which the title of the section says, is only heard.
func TestAComparisonHasNoSign(t *testing.T) {
	r := recordings(t)["a healthy probe"]
	diff, err := report.NewDiff(r, r)
	if err != nil {
		t.Fatal(err)
	}
	var html, markdown bytes.Buffer
	if err := errors.Join(report.PageHTML(&html, diff.Page("a", "b")), report.PageMarkdown(&markdown, diff.Page("a", "b"))); err != nil {
		t.Fatal(err)
	}
	checkPage(t, html.String())
	if !strings.Contains(html.String(), `<caption><span class="heard">All that was compared</span></caption>`) {
		t.Error("the title is seen twice")
	}
	if !strings.Contains(html.String(), `<span class="word unknown">Compared</span>`) || !strings.HasPrefix(markdown.String(), "## Compared: ") {
		t.Errorf("%.60s", markdown.String())
	}
}

// The labels of an axis of time are told alike, and none leaves its picture.
func TestLabelsOfAnAxis(t *testing.T) {
	for name, r := range recordings(t) {
		for _, s := range report.NewPage(r).Sections {
			if s.Chart == nil {
				continue
			}
			for _, d := range []report.Drawing{s.Chart.Wide, s.Chart.Narrow} {
				checkLabels(t, name+", "+s.ID, d)
			}
		}
	}
	// Every length and place of a stretch of writes: what is above is not all that there is.
	for span := 10 * millisecond; span < time.Hour; span = span * 7 / 5 {
		d := report.NewDrillDocument(report.DrillResult{Deployment: report.Given, Record: paced()})
		at := report.Timestamp(after(4 * time.Second).Add(-span))
		d.Windows = []report.WindowDocument{{Region: "us", ShardNumber: 1, FirstAck: at, LastAck: report.Timestamp(after(4 * time.Second)), Count: 9}}
		sections := report.NewPage(report.Recorded{Drill: &d}).Sections
		missed := sections[slices.IndexFunc(sections, func(s report.Section) bool { return s.ID == "missed" })]
		checkLabels(t, span.String(), missed.Chart.Wide)
		checkLabels(t, span.String(), missed.Chart.Narrow)
	}
}

func checkLabels(t *testing.T, of string, d report.Drawing) {
	t.Helper()
	const letter = 6.8 // about how wide one is
	decimals := map[string]int{}
	for _, s := range d.Shapes {
		if s.Class != "tick" {
			continue
		}
		width := letter * float64(utf8.RuneCountInString(s.Text))
		left := s.X - map[string]float64{"start": 0, "middle": 0.5, "end": 1}[s.Anchor]*width
		if left < -1 || left+width > d.Width+1 {
			t.Errorf("%s: %q reaches from %.0f to %.0f of %.0f", of, s.Text, left, left+width, d.Width)
		}
		number, unit, isTime := strings.Cut(s.Text, " ")
		if !isTime {
			continue
		}
		_, fraction, _ := strings.Cut(number, ".")
		if n, known := decimals[unit]; known && n != len(fraction) {
			t.Errorf("%s: %q has other decimals than those before", of, s.Text)
		}
		decimals[unit] = len(fraction)
	}
}

// A drill passes where its scenario loses writes; who reads no more than the first line is told of them.
func TestLostWritesStandInTheAnswer(t *testing.T) {
	for _, row := range []struct {
		lost int
		says string
	}{{0, "us was lost, the application moved to eu and came back."}, {1, " 1 acknowledged write is lost for good."}, {1234, " 1,234 acknowledged writes are lost for good."}} {
		r := recordings(t)["a drill that passed"]
		r.Drill.Missed.Lost = row.lost
		if page := report.NewPage(r); page.Verdict.Word != "Passed" || !strings.HasSuffix(page.Sentence, row.says) {
			t.Errorf("%d lost: %s: %s", row.lost, page.Verdict.Word, page.Sentence)
		}
	}
}
