package report_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

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
