package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/report"
)

// element is an element of a page.
type element struct {
	name string
	attr map[string]string
	path []string // the elements that it is in
	text string   // in it, and in what it holds
}

// htmlOf is the page of a recording.
func htmlOf(t testing.TB, r report.Recorded) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.PageHTML(&out, report.NewPage(r)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// elements parses a page strictly, as XML: whatever is not closed, quoted or escaped is an error.
func elements(t testing.TB, page string) []element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	var all []element
	var open []int
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatalf("not well-formed: %v\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attr: map[string]string{}}
			for _, i := range open {
				e.path = append(e.path, all[i].name)
			}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			open = append(open, len(all))
			all = append(all, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			for _, i := range open {
				all[i].text += string(token)
			}
		}
	}
}

func TestAPageIsWholeAndAccessible(t *testing.T) {
	for name, r := range recordings(t) {
		t.Run(name, func(t *testing.T) {
			checkPage(t, htmlOf(t, r))
		})
	}
}

// checkPage checks what holds of every page.
func checkPage(t testing.TB, page string) {
	t.Helper()
	all := elements(t, page)
	named := func(name string) (found []element) {
		for _, e := range all {
			if e.name == name {
				found = append(found, e)
			}
		}
		return found
	}
	ids := map[string]bool{}
	for _, e := range all {
		if id := e.attr["id"]; id != "" {
			if ids[id] {
				t.Errorf("the id %s is there twice", id)
			}
			ids[id] = true
		}
		for attribute, value := range e.attr {
			if strings.HasPrefix(attribute, "on") || attribute == "style" || attribute == "src" || attribute == "srcset" {
				t.Errorf("<%s %s=%q>", e.name, attribute, value)
			}
			if attribute == "href" && !strings.HasPrefix(value, "#") {
				t.Errorf("a link to %s", value)
			}
			if attribute == "tabindex" && value != "0" {
				t.Errorf("<%s tabindex=%q> changes the order of the keyboard", e.name, value)
			}
		}
		if slices.Contains([]string{"script", "link", "img", "iframe", "object", "embed", "form", "input", "base", "foreignObject", "use", "image", "a" + "udio"}, e.name) {
			t.Errorf("<%s> has no business on a page", e.name)
		}
	}
	for _, e := range all {
		for _, id := range strings.Fields(e.attr["aria-labelledby"]) {
			if !ids[id] {
				t.Errorf("<%s> is labelled by %s, which is not there", e.name, id)
			}
		}
	}
	for name, n := range map[string]int{"html": 1, "head": 1, "body": 1, "main": 1, "h1": 1, "style": 1} {
		if got := len(named(name)); got != n {
			t.Errorf("%d <%s>, want %d", got, name, n)
		}
	}
	if lang := named("html")[0].attr["lang"]; lang != "en" {
		t.Errorf("the language is %q", lang)
	}
	for _, e := range slices.Concat(named("title"), named("h1"), named("h2"), named("caption"), named("desc"), named("figcaption")) {
		if strings.TrimSpace(e.text) == "" {
			t.Errorf("an empty <%s> in %v", e.name, e.path)
		}
	}
	if tables, captions := len(named("table")), len(named("caption")); tables != captions {
		t.Errorf("%d tables, %d captions", tables, captions)
	}
	for _, e := range named("th") {
		if want := map[bool]string{true: "col", false: "row"}[slices.Contains(e.path, "thead")]; e.attr["scope"] != want {
			t.Errorf("the head %q has the scope %q", e.text, e.attr["scope"])
		}
	}
	for _, e := range named("svg") {
		if e.attr["role"] != "img" || len(strings.Fields(e.attr["aria-labelledby"])) != 2 {
			t.Errorf("a picture with the role %q, labelled by %q", e.attr["role"], e.attr["aria-labelledby"])
		}
	}
	for _, e := range slices.Concat(named("rect"), named("line"), named("text")) {
		for attribute, value := range e.attr {
			if strings.Contains(value, "NaN") || strings.Contains(value, "Inf") || (attribute == "width" && strings.HasPrefix(value, "-")) {
				t.Errorf("<%s %s=%q>", e.name, attribute, value)
			}
		}
	}
	style := named("style")[0].text
	for _, outside := range []string{"url(", "@import", "http:", "https:", "//"} {
		if strings.Contains(style, outside) {
			t.Errorf("the style has %s", outside)
		}
	}
}

// A mark says what it says by a word; the colour and the sign only repeat it.
func TestNothingIsToldByColourAlone(t *testing.T) {
	all := elements(t, htmlOf(t, recordings(t)["a probe in an outage"]))
	marks := 0
	for _, e := range all {
		if class := e.attr["class"]; e.name == "span" && slices.Contains([]string{"good", "poor", "bad", "unknown"}, class) {
			marks++
			if !strings.ContainsFunc(e.text, unicode.IsLetter) {
				t.Errorf("a mark %q without a word", e.text)
			}
		}
	}
	if marks < 10 {
		t.Errorf("only %d marks", marks)
	}
	css := styleSheet(t)
	for _, pair := range [][2]string{{"s0", "s1"}, {"s1", "s2"}, {"converged", "lost"}, {"s1", "failed"}} {
		looks := func(class string) string {
			return regexp.MustCompile(`stroke: [^;]*;`).ReplaceAllString(regexp.MustCompile(`svg \.` + class + ` \{([^}]*)\}`).FindStringSubmatch(css)[1], "")
		}
		if looks(pair[0]) == looks(pair[1]) {
			t.Errorf("%s and %s differ in colour only", pair[0], pair[1])
		}
	}
}

// The page forbids itself everything but its own style, by the hash of that very text.
func TestThePolicyFitsTheStyle(t *testing.T) {
	page := htmlOf(t, recordings(t)["a healthy probe"])
	policy := ""
	for _, e := range elements(t, page) {
		if e.attr["http-equiv"] == "Content-Security-Policy" {
			policy = e.attr["content"]
		}
	}
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	want := "default-src 'none'; style-src 'sha256-" + sha256Of(style) + "'; base-uri 'none'; form-action 'none'"
	if policy != want {
		t.Errorf("the policy is\n%s, want\n%s", policy, want)
	}
}

// hostile is what a server, or who names a region, may say.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</style><script>`, `</svg><a href="javascript:alert(1)">`, `'; DROP TABLE x; --`,
	"\x1b[2J\x00\x07", "\u202egnp.exe", "\ufeff\u200b", "{{.Page}}", "]]>", "<!--", "&lt;script&gt;", "\xff\xfe", "=cmd|' /C calc'!A0", "| a | b |\n| --- |", "](javascript:alert(1))",
}

// hostileTexts are all of them, one by one; with the race detector, which looks for other mistakes, all at once.
func hostileTexts() []string {
	if racetest.Slowdown > 1 {
		return []string{strings.Join(hostile, " ")}
	}
	return hostile
}

// planted puts text everywhere into a recording where a server, a user or a file can put any.
func planted(text string) []report.Recorded {
	r := paced()
	r.Run, r.Scenario.Name, r.Scenario.Summary, r.Scenario.Means, r.Scenario.Setting, r.Engine = text, text, text, text, text, text
	r.Reason, r.Phases[0].Name, r.Assertions[0].Expr, r.Assertions[0].Value, r.Assertions[0].OK = text, text, text, text, false
	for i := range r.Maps {
		r.Maps[i].Region += " " + text
		r.Maps[i].Shards[0].ID, r.Maps[i].Shards[0].Address = text, text
	}
	for i := range r.Moves {
		r.Moves[i].Why = text
	}
	r.Events = append(r.Events, events()...)
	for i := range r.Events {
		r.Events[i].Detail, r.Events[i].Region, r.Events[i].Kind, r.Events[i].State, r.Events[i].Was = text, text, drill.EventError, text, text
	}
	r.Preflight = refused().Preflight
	r.Preflight.Checks[0].Text, r.Preflight.Checks[0].Hint = text, text
	d := report.NewDrillDocument(report.DrillResult{Deployment: report.Given, Record: r})

	s := regionDown()
	s.Sentence, s.Observer, s.Regions[0].Name, s.Regions[0].Detail, s.Findings[0].Text = text, text, text, text, text
	s.Regions[1].FailbackMissing = []string{text}
	s.Links[0].From, s.Links[0].Cells[0].Channel = text, text
	p := report.NewProbeDocument(report.ProbeResult{Deployment: report.Given, Snapshot: s, Events: events(), PubSub: text, Insecure: []string{text}, Canary: watched(), Vitals: said()})
	p.Canary.Incidents[0].Why, p.Vitals.Servers[0].Address = text, text
	for i := range p.Events {
		p.Events[i].Detail, p.Events[i].Region, p.Events[i].State, p.Events[i].Was = text, text, text, text
	}
	return []report.Recorded{{Drill: &d}, {Probe: &p}}
}

func TestHostileTextStaysText(t *testing.T) {
	for _, text := range hostileTexts() {
		for i, r := range planted(text) {
			page := htmlOf(t, r)
			checkPage(t, page)
			for at, c := range page {
				if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
					t.Errorf("%U of %q in %q", c, text, page[max(0, at-30):at])
					break
				}
			}
			if i == 0 && strings.ContainsAny(text, "<>") && strings.Contains(page, text) && text != "&lt;script&gt;" {
				t.Errorf("%q stands in the page as it is", text)
			}
		}
	}
}

// Whatever a record holds, no report says a password, in any form.
func TestNoFormOfAReportHoldsAPassword(t *testing.T) {
	const password = "hunter2-Zq9"
	for _, text := range []string{
		"redis://probe:" + password + "@us.example:6379", "dial rediss://:" + password + "@10.0.0.1:12000/2: connection refused", "redis://u:p@" + password + "@host and more",
		"us=redis://h:1?password=" + password + "&shards=3", `{"password": "` + password + `"}`, "password: " + password, "ERR unknown command 'AUTH', with args beginning with: '" + password + "'",
		"AUTH probe " + password, "redis://" + password + "@host:1", "token=" + password,
	} {
		for _, r := range planted(text) {
			read, err := report.ReadRecorded(bytes.NewReader(written(t, r)))
			if err != nil {
				t.Fatal(err)
			}
			for form, text := range everyForm(t, read) {
				if strings.Contains(text, password) {
					t.Errorf("%s: the password is in %q", form, text[max(0, strings.Index(text, password)-60):strings.Index(text, password)])
				}
			}
		}
	}
}

// everyForm is a recording in all forms.
func everyForm(t testing.TB, r report.Recorded) map[string]string {
	t.Helper()
	forms := map[string]string{}
	write := func(form string, do func(io.Writer) error) {
		var out bytes.Buffer
		if err := do(&out); err != nil && !errors.Is(err, report.ErrNoTable) {
			t.Fatalf("%s: %v", form, err)
		}
		forms[form] = out.String()
	}
	page := report.NewPage(r)
	write("html", func(w io.Writer) error { return report.PageHTML(w, page) })
	write("text", func(w io.Writer) error { return report.PageText(w, plain, page) })
	write("markdown", func(w io.Writer) error { return report.PageMarkdown(w, page) })
	write("junit", func(w io.Writer) error { return report.WriteJUnit(w, r) })
	write("json", func(w io.Writer) error { return report.WriteJSON(w, r.Document()) })
	for _, table := range report.CSVTables {
		write("csv "+table.Name, func(w io.Writer) error { return report.WriteCSV(w, r, table.Name) })
	}
	return forms
}

// An outage of thousands of windows and shards makes a page that can be sent, and says what it leaves out.
func TestAPageIsBounded(t *testing.T) {
	const most = 400_000 // bytes
	d := report.NewDrillDocument(report.DrillResult{Deployment: report.Given, Record: paced()})
	for i := range 10_000 {
		at := report.Timestamp(start.Add(time.Duration(i) * 7 * time.Millisecond))
		d.Windows = append(d.Windows, report.WindowDocument{Region: "us", Shard: fmt.Sprint("shard", i%300), ShardNumber: 1 + i%300, FirstAck: at, LastAck: at, Count: 3, Outcome: drill.Fate(i % 5)})
		d.Assertions = append(d.Assertions, report.AssertionDocument{Expr: "lost == 0", OK: true})
		d.Events = append(d.Events, report.EventDocument{Kind: drill.EventError, Detail: fmt.Sprint("error ", i)})
		d.Moves = append(d.Moves, d.Moves[0])
		d.Phases = append(d.Phases, d.Phases[i%9])
	}
	page := htmlOf(t, report.Recorded{Drill: &d})
	checkPage(t, page)
	if len(page) > most || !strings.Contains(page, "9,903 more windows, all in -o csv --table windows") {
		t.Errorf("a page of %d bytes; that windows are left out is said: %t", len(page), strings.Contains(page, "more windows"))
	}
	s := report.NewProbeDocument(report.ProbeResult{Deployment: report.Given, Snapshot: regionDown()})
	for i := range 10_000 {
		s.Events = append(s.Events, report.EventDocument{At: report.Timestamp(start.Add(time.Duration(i) * time.Millisecond)), Kind: "link", From: fmt.Sprint(i % 100), To: "eu", Was: "up", State: []string{"up", "down"}[i/100%2]})
		s.Links = append(s.Links, s.Links[i%9])
		s.Findings = append(s.Findings, s.Findings[0])
	}
	page = htmlOf(t, report.Recorded{Probe: &s})
	checkPage(t, page)
	if len(page) > most {
		t.Errorf("a page of %d bytes", len(page))
	}
}

func styleSheet(t *testing.T) string {
	t.Helper()
	css, err := os.ReadFile("html/page.css")
	if err != nil {
		t.Fatal(err)
	}
	return string(css)
}

// The colours of each scheme are far enough apart: 4.5:1 for text, 3:1 for what is drawn (WCAG 2.2, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	const text, drawn = 4.5, 3.0
	schemes := schemesOf(t, styleSheet(t))
	if len(schemes) != 3 {
		t.Fatalf("the schemes are %v", slices.Collect(maps.Keys(schemes)))
	}
	for name, colours := range schemes {
		check := func(ink, ground string, least float64) {
			if got := contrast(t, colours[ink], colours[ground]); got < least {
				t.Errorf("%s: %s on %s is %.2f:1, want %.1f:1", name, ink, ground, got, least)
			}
		}
		for _, ground := range []string{"page", "card", "band0", "band1"} {
			for _, ink := range []string{"ink", "quiet"} {
				check(ink, ground, text)
			}
		}
		for _, ink := range []string{"good", "poor", "bad", "unknown"} {
			check(ink, "page", text)
			check(ink, "card", text)
			check(ink, "band1", drawn)
		}
		for i := range 5 {
			check(fmt.Sprint("series", i), "band0", drawn)
			check(fmt.Sprint("series", i), "band1", drawn)
		}
	}
}
