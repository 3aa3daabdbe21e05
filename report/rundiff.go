package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// ProbeDiffSchema is that of a ProbeDiffDocument.
const ProbeDiffSchema = "aafailover.probe-diff/v1"

// ProbeDiffDocument is the result of `report diff` of two probes: both whole, and where they differ.
type ProbeDiffDocument struct {
	Schema string        `json:"schema"`
	A      ProbeDocument `json:"a"`
	B      ProbeDocument `json:"b"`
	Rows   []DiffRow     `json:"rows"`
}

// ErrUnlike says that two recordings are of different kinds, or of one that is not compared.
var ErrUnlike = errors.New("two probes can be compared, or two drills")

// Diff is two recordings of one kind, side by side.
type Diff struct {
	title, nameA, nameB string // nameA and nameB are the heads of columns
	rows                []DiffRow
	document            any
	labs                []Deployment
}

// NewDiff compares two recordings. Errors: ErrUnlike.
func NewDiff(a, b Recorded) (Diff, error) {
	switch {
	case a.Probe != nil && b.Probe != nil:
		d := ProbeDiffDocument{Schema: ProbeDiffSchema, A: *a.Probe, B: *b.Probe, Rows: probeRows(a.Probe, b.Probe)}
		return Diff{"Two probes", "A", "B", d.Rows, d, []Deployment{a.Probe.Deployment, b.Probe.Deployment}}, nil
	case a.ofDrill() != nil && b.ofDrill() != nil:
		d := drillDiff(*a.ofDrill(), *b.ofDrill())
		return Diff{"Two drills", cmp.Or(d.A.Run, "A"), cmp.Or(d.B.Run, "B"), d.Rows, d, []Deployment{d.A.Deployment, d.B.Deployment}}, nil
	}
	return Diff{}, fmt.Errorf("%w: these are a %s and a %s", ErrUnlike, a.Kind(), b.Kind())
}

// ofDrill is what is compared of a drill between regions, or inside one deployment: the parts of the RTO of the latter stand for something else, and are left out.
func (r Recorded) ofDrill() *DrillDocument {
	if r.Promotion != nil {
		d := r.Promotion.DrillDocument
		d.RTO = RTODocument{Total: r.Promotion.RTO.Total}
		return &d
	}
	return r.Drill
}

// Document returns a DrillDiffDocument or a ProbeDiffDocument.
func (d Diff) Document() any { return d.document }

// Page makes a page of what differs, and of all that was compared. It says what the two are called where they were taken from.
func (d Diff) Page(a, b string) Page {
	differ, all := d.table("What differs", false), d.table("All that was compared", true)
	p := Page{Title: fmt.Sprintf("%s: %s and %s", d.title, d.nameA, d.nameB), Verdict: Mark{Word: "Compared", Neutral: true}, Origin: slices.DeleteFunc([]Fact{{d.nameA, a}, {d.nameB, b}}, func(f Fact) bool { return f.Name == f.Value }), Sentence: "They differ in nothing that is compared.",
		Sections: []Section{{ID: "differs", Title: "What differs", Tables: []Table{differ}}, {ID: "all", Title: "All that was compared", Tables: []Table{all}}}}
	if n := len(differ.Rows); n > 0 {
		p.Sentence = fmt.Sprintf("They differ in %d of %s that are compared.", n, words.Count(len(all.Rows), "figure"))
	}
	if slices.Contains(d.labs, Lab) {
		p.Notices = []string{"At least one of them was a rehearsal on the built-in lab, where nothing real was touched."}
	}
	p.finish()
	return p
}

// table has the rows that differ, or all.
func (d Diff) table(caption string, all bool) Table {
	t := Table{Caption: caption, Columns: []Column{{Title: "figure"}, {Title: d.nameA, Right: true}, {Title: d.nameB, Right: true}, {Title: "change", Right: true}}}
	for _, r := range d.rows {
		if all || r.A != r.B {
			t.Rows = append(t.Rows, said(strings.TrimSpace(r.Name), r.A, r.B, r.changeText()))
		}
	}
	return t.bounded("-o json")
}

// mostComparedLinks bounds the links of a comparison: those of 15 regions.
const mostComparedLinks = 225

// probeRows compares what was set and what was seen.
func probeRows(a, b *ProbeDocument) []DiffRow {
	c := compared[ProbeDocument]{a: a, b: b}
	c.text("until", func(d *ProbeDocument) string { return date(d.At) })
	c.number("observed for", milli, func(d *ProbeDocument) (float64, bool) {
		took := time.Time(d.At).Sub(time.Time(d.Started))
		return float64(took) / float64(time.Millisecond), !time.Time(d.Started).IsZero()
	})
	c.text("on", func(d *ProbeDocument) string { return string(d.Deployment) })
	c.text("regions", func(d *ProbeDocument) string {
		return strings.Join(convert(d.Regions, func(r RegionDocument) string { return r.Name }), ", ")
	})
	c.text("coverage", func(d *ProbeDocument) string { return string(d.Coverage) })
	c.duration("interval", func(d *ProbeDocument) *Milliseconds { return &d.Policy.Interval })
	c.text("verdict", func(d *ProbeDocument) string { return words.Plain(d.Verdict) })
	c.count("findings", func(d *ProbeDocument) int { return len(d.Findings) })
	c.count("regions available", func(d *ProbeDocument) int {
		return countIf(d.Regions, func(r RegionDocument) bool { return r.State == probe.RegionAvailable })
	})
	c.count("links up", func(d *ProbeDocument) int {
		return countIf(d.Links, func(l LinkDocument) bool { return l.From != l.To && l.State == probe.LinkUp })
	})
	for _, k := range linksOf(a, b) {
		link := func(d *ProbeDocument) *LinkDocument {
			i := slices.IndexFunc(d.Links, func(l LinkDocument) bool { return l.From == k[0] && l.To == k[1] })
			if i < 0 {
				return &LinkDocument{State: "-"}
			}
			return &d.Links[i]
		}
		name := k[0] + "→" + k[1]
		c.text(name, func(d *ProbeDocument) string { return string(link(d).State) })
		c.duration("  "+name+" p50", func(d *ProbeDocument) *Milliseconds { return link(d).RTT.P50 })
		c.duration("  "+name+" p99", func(d *ProbeDocument) *Milliseconds { return link(d).RTT.P99 })
	}
	return c.rows
}

// linksOf are the links of either, those of the first in their order.
func linksOf(a, b *ProbeDocument) [][2]string {
	var all [][2]string
	for _, l := range slices.Concat(a.Links, b.Links) {
		if k := [2]string{l.From, l.To}; len(all) < mostComparedLinks && !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	return all
}

// countIf counts the items of which something holds.
func countIf[T any](items []T, holds func(T) bool) int {
	n := 0
	for _, item := range items {
		if holds(item) {
			n++
		}
	}
	return n
}
