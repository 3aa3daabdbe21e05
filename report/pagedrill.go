package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// drillVerdicts are the verdicts of a drill as the title of its page says them.
func drillVerdicts() map[drill.Verdict]string {
	return map[drill.Verdict]string{drill.Pass: "Passed", drill.Fail: "Failed", drill.Inconclusive: "Inconclusive"}
}

func drillMark(v drill.Verdict) Mark {
	word := drillVerdicts()[v]
	if word == "" {
		word = "Unknown"
	}
	return Mark{Word: word, Tone: tone.Of(v)}
}

// drillPageOf makes the page of a drill.
func drillPageOf(d *DrillDocument) Page {
	p := Page{Title: "Drill " + d.Scenario, Verdict: drillMark(d.Verdict), Sentence: drillSentence(d),
		Notices: drillNotices(d), Origin: drillOrigin(d), Figures: drillFigures(d), Next: drillNext(d)}
	p.Sections = []Section{timelineSection(d), missedSection(d), movesSection(d), writesSection(d), assertionsSection(d), preflightSection(d),
		troubleSection(d.Events), drillSettings(d)}
	return p
}

// drillSentence is why the verdict is what it is, and what nobody may overlook for it: a drill whose scenario loses writes passes.
func drillSentence(d *DrillDocument) string {
	text := sentence(words.Said(d.Reason))
	switch n := d.Missed.Lost; {
	case n == 1:
		text += " 1 acknowledged write is lost for good."
	case n > 1:
		text += fmt.Sprintf(" %s acknowledged writes are lost for good.", words.Thousands(n))
	}
	return strings.TrimSpace(text)
}

func drillNotices(d *DrillDocument) []string {
	var notices []string
	add := func(text string) {
		if text != "" {
			notices = append(notices, sentence(text))
		}
	}
	add(originNotice(d.Deployment))
	add(d.Fault.Text)
	if d.KilledIn != "" {
		add(fmt.Sprintf("The drill was killed in its %s phase, and finished later.", d.KilledIn))
	}
	if d.Missed.Unread > 0 {
		add(fmt.Sprintf("%s could not be looked for", words.Count(d.Missed.Unread, "write")))
	}
	if d.Coverage == CoverageUnproven && len(d.Phases) > 0 {
		add("Coverage is unproven: the sharding of a region is not known, and a shard may have got none of the writes")
	}
	return notices
}

func drillOrigin(d *DrillDocument) []Fact {
	where := "regions that were given"
	if d.Deployment == Lab {
		where = "the built-in lab"
	}
	if d.Engine != "" {
		where += ", with processes of " + d.Engine
	}
	way := d.From
	if d.To != nil {
		way += "→" + *d.To
	}
	facts := []Fact{{"when", date(d.Started)}, {"run", d.Run}, {"on", where}, {"application", way}}
	return slices.DeleteFunc(facts, func(f Fact) bool { return f.Value == "" })
}

// drillFigures are what is compared with an objective.
func drillFigures(d *DrillDocument) []Figure {
	if d.CutOverAt == nil {
		return []Figure{{"RTO", "none", "the application did not move"}, {"writes", words.Thousands(d.Writes.Acknowledged), "acknowledged in all"}}
	}
	rto := Figure{"RTO", roughly(d.RTO.Total, "not known"), "from the fault to the first write elsewhere"}
	if d.RTO.Detect != nil && d.RTO.Decide != nil && d.RTO.Connect != nil {
		rto.Note = fmt.Sprintf("%s to detect, %s to decide, %s to connect and write", roughly(d.RTO.Detect, "-"), roughly(d.RTO.Decide, "-"), roughly(d.RTO.Connect, "-"))
	}
	if total, least := d.RTO.Total, d.RTO.TotalLeast; total != nil && least != nil && time.Duration(*total-*least) > inexact {
		rto.Note += fmt.Sprintf("; at least %s: when the fault came is known to %s", roughly(least, ""), words.Rough(time.Duration(*total-*least)))
	}
	rpo, isSpan := strings.CutSuffix(rpoText((*time.Duration)(d.RPO.Missed), d.Missed.Unread), " of writes")
	missing := "missing at the cut-over; lost for good: "
	if isSpan {
		missing = "of writes " + missing
	}
	lost := rpoText((*time.Duration)(d.RPO.Lost), d.Missed.Unread+d.Missed.Pending)
	figures := []Figure{rto, {"RPO", rpo, missing + lost},
		{"missed writes", words.Thousands(d.Missed.AtFailover), fateCounts(d.Missed)}}
	if d.Failback.Done != nil {
		figures = append(figures, Figure{"back after", roughly(d.Failback.Done, ""), fmt.Sprintf("since the fault was undone; %s missing there", words.Count(d.Missed.AtFailback, "write"))})
	} else if phase := stoppedBeforeReturn(d); phase != "" {
		figures = append(figures, Figure{"back after", "not known", "the drill was stopped in its " + phase + " phase"})
	} else if d.Failback.Awaited {
		figures = append(figures, Figure{"back after", "never", d.From + " took no write of the application again"})
	}
	return figures
}

// stoppedBeforeReturn is the phase in which a drill was stopped before it could tell whether the application returns; "" where it was not.
func stoppedBeforeReturn(d *DrillDocument) string {
	if d.Verdict != drill.Inconclusive || len(d.Phases) == 0 {
		return ""
	}
	if last := d.Phases[len(d.Phases)-1].Name; last != drill.PhaseSettle {
		return last
	}
	return ""
}

// disproved tells whether a condition does not hold. A drill that proves nothing does not disprove a condition either.
func (d *DrillDocument) disproved(a AssertionDocument) bool {
	return !a.OK && d.Verdict != drill.Inconclusive
}

// fateCounts is what became of missed writes.
func fateCounts(m MissedDocument) string {
	if m.AtFailover == 0 {
		return "nothing that was acknowledged was missing"
	}
	var parts []string
	for _, f := range fateList(m) {
		if f.n > 0 || f.fate == drill.Lost || f.fate == drill.Converged {
			parts = append(parts, fmt.Sprintf("%s %s", words.Thousands(f.n), f.fate))
		}
	}
	return strings.Join(parts, ", ")
}

// fateCount is how many missed writes had a fate.
type fateCount struct {
	fate    drill.Fate
	n       int
	meaning string
}

func fateList(m MissedDocument) []fateCount {
	return []fateCount{
		{drill.Converged, m.Converged, "readable there later"},
		{drill.Lost, m.Lost, "absent everywhere, and proven"},
		{drill.Diverged, m.Diverged, "readable in another region, and proven not to come"},
		{drill.Expired, m.Expired, "expired before anybody could look"},
		{drill.Pending, m.Pending, "not told when the drill ended"},
	}
}

// drillNext is what to do: what was learnt, what was asserted and does not hold, and which setting would have changed it.
func drillNext(d *DrillDocument) []string {
	next := []string{sentence(d.Lesson)}
	for _, a := range d.Assertions {
		if d.disproved(a) {
			next = append(next, sentence(fmt.Sprintf("It was asserted that %s; measured: %s", a.Expr, a.Value)))
		}
	}
	if d.FaultAt != nil && d.Setting != "" {
		next = append(next, sentence("Which setting matters: "+d.Setting))
	}
	return slices.DeleteFunc(next, func(text string) bool { return text == "" })
}

// timelineSection is what happened, and when.
func timelineSection(d *DrillDocument) Section {
	s := Section{ID: "timeline", Title: "What happened, and when"}
	if d.Happened != "" {
		s.Lead = append(s.Lead, sentence("The scenario: "+d.Happened), sentence(d.Means))
		s.Lead = slices.DeleteFunc(s.Lead, func(text string) bool { return text == "" })
	}
	if t, ok := timelineOf(d); ok {
		s.Chart = t.chart()
	}
	phases := Table{Caption: "Phases; times are UTC", Columns: []Column{{Title: "phase"}, {Title: "began"}, {Title: "took", Right: true}, {Title: "what happened", Prose: true}}}
	for _, ph := range d.Phases {
		phases.Rows = append(phases.Rows, said(ph.Name, clockOf(&ph.At), words.Rough(time.Duration(ph.Duration)), phaseNote(d, ph.Name)))
	}
	s.Tables = []Table{phases.bounded("-o json")}
	return s
}

// phaseNote says what happened in a phase, by the figures of the document.
func phaseNote(d *DrillDocument, phase string) string {
	to := ""
	if d.To != nil {
		to = *d.To
	}
	switch phase {
	case drill.PhaseSteady:
		text := fmt.Sprintf("%s writes/s to %s", words.Amount(d.Writes.PerSecond), d.From)
		if d.Lag.P50 != nil {
			text += fmt.Sprintf("; lag %s p50, %s p99", roughly(d.Lag.P50, ""), roughly(d.Lag.P99, "not known"))
		}
		return text
	case drill.PhaseFault:
		return words.Said(d.Happened)
	case drill.PhaseDetect:
		if len(d.Moves) > 0 {
			return words.Said(d.Moves[0].Why)
		}
		return "the policy stayed in " + d.From
	case drill.PhaseCutOver:
		if d.CutOverAt != nil {
			return fmt.Sprintf("first write acknowledged by %s: RTO %s", to, roughly(d.RTO.Total, "not known"))
		}
		return "no write was acknowledged elsewhere"
	case drill.PhaseOutage:
		return "writes to " + to
	case drill.PhaseHeal:
		return "the fault is undone"
	case drill.PhaseResync:
		return resyncNote(d)
	case drill.PhaseFailBack:
		if d.Failback.Done == nil {
			return d.From + " acknowledged no write"
		}
		return fmt.Sprintf("first write acknowledged by %s, %s missing there", d.From, words.Count(d.Missed.AtFailback, "write"))
	case drill.PhaseSettle:
		return "every write that is still missing is looked for"
	case promotion.PhaseFailover:
		if d.CutOverAt != nil {
			return fmt.Sprintf("%s takes over; its first acknowledged write: RTO %s", to, roughly(d.RTO.Total, "not known"))
		}
		return "nobody takes over"
	case promotion.PhaseReadBack:
		return "every acknowledged write is looked for"
	}
	return ""
}

func resyncNote(d *DrillDocument) string {
	var steps []string
	for _, s := range []struct {
		name string
		took *Milliseconds
	}{{"available", d.Failback.Available}, {"resynced", d.Failback.Resynced}, {"ready", d.Failback.Ready}} {
		if s.took != nil {
			steps = append(steps, s.name+" after "+roughly(s.took, ""))
		}
	}
	if len(steps) == 0 {
		return d.From + " did not become available"
	}
	return d.From + " " + words.Enumerate(steps)
}

// missedSection is which acknowledged writes were missing, and what became of them.
func missedSection(d *DrillDocument) Section {
	s := Section{ID: "missed", Title: "Acknowledged writes that were missing", Chart: windowsChart(d)}
	if d.CutOverAt == nil {
		return Section{}
	}
	if d.Missed.AtFailover == 0 {
		s.Lead = []string{"Nothing that was acknowledged was known to be missing where the application went."}
		return s
	}
	s.Lead = []string{fmt.Sprintf("%s had been acknowledged before the cut-over, and could not be read where the application went: %s.",
		words.Count(d.Missed.AtFailover, "write"), fateCounts(d.Missed))}
	if e := d.Expected; e.High > 0 {
		s.Lead = append(s.Lead, fmt.Sprintf("By lag times rate, about %s to %s were to be expected.", words.Thousands(e.Low), words.Thousands(e.High)))
	}
	fates := Table{Caption: "What became of the missed writes", Columns: []Column{{Title: "outcome"}, {Title: "writes", Right: true}, {Title: "which means", Prose: true}}}
	for _, f := range fateList(d.Missed) {
		if f.n > 0 {
			fates.Rows = append(fates.Rows, []Cell{{Text: f.fate.String(), Tone: fateTone(f.fate), Marked: true}, {Text: words.Thousands(f.n)}, {Text: f.meaning}})
		}
	}
	s.Tables = []Table{fates, windowsTable(d.Windows)}
	return s
}

// windowsTable has a row for each window.
func windowsTable(windows []WindowDocument) Table {
	t := Table{Caption: "Windows of missed writes, by shard; times are UTC",
		Columns: []Column{{Title: "shard"}, {Title: "first acknowledged"}, {Title: "last"}, {Title: "writes", Right: true}, {Title: "outcome"}, {Title: "readable at"}}}
	for _, w := range windows {
		t.Rows = append(t.Rows, []Cell{{Text: shardText(w)}, {Text: clockOf(&w.FirstAck)}, {Text: clockOf(&w.LastAck)}, {Text: words.Thousands(w.Count)},
			{Text: w.Outcome.String(), Tone: fateTone(w.Outcome), Marked: true}, {Text: clockOf(w.ConvergedAt)}})
		if len(t.Rows) > mostTableRows {
			break // bounded tells how many more
		}
	}
	if more := len(windows) - mostTableRows; more > 0 {
		t.Rows, t.More = t.Rows[:mostTableRows], words.Count(more, "more window")+", all in -o csv --table windows"
	}
	return t
}

// movesSection is where the application went.
func movesSection(d *DrillDocument) Section {
	t := Table{Caption: "Moves of the application; times are UTC",
		Columns: []Column{{Title: "move"}, {Title: "decided"}, {Title: "first write"}, {Title: "missing", Right: true}, {Title: "because", Prose: true}}}
	for _, m := range d.Moves {
		missing := "-"
		if m.CutOverAt != nil {
			if missing = words.Thousands(m.Missing); !m.MissingKnown {
				missing = "not known"
			}
		}
		t.Rows = append(t.Rows, said(m.Kind+" "+m.From+"→"+m.To, clockOf(&m.DecidedAt), clockOf(m.CutOverAt), missing, words.Said(m.Why)))
	}
	return Section{ID: "moves", Title: "Where the application went", Tables: []Table{t.bounded("-o json")}}
}

// writesSection is what the application wrote, and how long writes took to cross.
func writesSection(d *DrillDocument) Section {
	w, s := d.Writes, Section{ID: "writes", Title: "What the application wrote"}
	count := func(name string, n int, meaning string) []Cell { return said(name, words.Thousands(n), meaning) }
	s.Tables = []Table{{Caption: "Writes by outcome", Columns: []Column{{Title: "outcome"}, {Title: "writes", Right: true}, {Title: "which means", Prose: true}}, Rows: [][]Cell{
		count("attempted", w.Attempted, "sent"),
		count("acknowledged", w.Acknowledged, "answered with OK"),
		count("rejected", w.Rejected, "answered by an error that says: not applied"),
		count("indeterminate", w.Indeterminate, fmt.Sprintf("anything else; %s applied all the same", words.Thousands(w.IndeterminateApplied))),
		count("held back", w.Unsent+w.HeldBack, "not sent: nothing could be reached, or all connections were busy"),
	}}}
	if d.Lag.P50 != nil {
		rows := [][]Cell{said("median", roughly(d.Lag.P50, "-")), said("99th percentile", roughly(d.Lag.P99, "-")), said("longest", roughly(d.Lag.Max, "-")),
			said("samples", words.Thousands(d.Lag.Samples))}
		what := "Lag: from the acknowledgement until readable in the other region, before the fault"
		if d.Lag.Samples == 0 {
			what = "Lag: the round trip of the probe, before the fault"
		}
		s.Tables = append(s.Tables, Table{Caption: what, Columns: []Column{{Title: "lag"}, {Title: "value", Right: true}}, Rows: rows})
	}
	return s
}

// assertionsSection is what had to hold.
func assertionsSection(d *DrillDocument) Section {
	t := Table{Caption: "What was asserted", Columns: []Column{{Title: "condition"}, {Title: "measured"}, {Title: "holds"}}}
	for _, a := range d.Assertions {
		holds := Cell{Text: "yes", Tone: tone.Good, Marked: true}
		switch {
		case d.disproved(a):
			holds = Cell{Text: "no", Tone: tone.Bad, Marked: true}
		case !a.OK:
			holds = Cell{Text: "not told", Marked: true}
		}
		t.Rows = append(t.Rows, []Cell{{Text: a.Expr}, {Text: a.Value}, holds})
	}
	return Section{ID: "asserted", Title: "What had to hold", Tables: []Table{t.bounded("-o json")}}
}

// preflightSection is what was looked at before.
func preflightSection(d *DrillDocument) Section {
	if d.Preflight == nil {
		return Section{}
	}
	t := Table{Caption: "Looked at before the drill", Columns: []Column{{Title: "check"}, {Title: "result"}, {Title: "found", Prose: true}}}
	for _, c := range d.Preflight.Checks {
		text := c.Text
		if c.Hint != "" {
			text += "; hint: " + c.Hint
		}
		t.Rows = append(t.Rows, []Cell{{Text: c.Name}, {Text: string(c.State), Tone: preflightTone(c.State), Marked: true}, {Text: text}})
	}
	return Section{ID: "preflight", Title: "What was looked at before", Tables: []Table{t.bounded("-o json")}}
}

// troubleSection is what else went wrong, once each.
func troubleSection(events []EventDocument) Section {
	t := Table{Caption: "Errors; times are UTC", Columns: []Column{{Title: "at"}, {Title: "what went wrong", Prose: true}}}
	seen := map[string]bool{}
	for _, e := range events {
		if text := words.Said(e.Detail); e.Kind == drill.EventError && !seen[text] {
			seen[text] = true
			t.Rows = append(t.Rows, said(clockOf(&e.At), text))
		}
	}
	return Section{ID: "trouble", Title: "What went wrong besides", Tables: []Table{t.bounded("-o csv --table events")}}
}

// drillSettings is what the drill was set to.
func drillSettings(d *DrillDocument) Section {
	a := d.Application
	retries := ""
	if a.Retries > 0 {
		retries = fmt.Sprintf("%d, after %s to %s", a.Retries, words.Rough(time.Duration(a.BackoffMin)), words.Rough(time.Duration(a.BackoffMax)))
	}
	atLeast := func(n, least int) string {
		if n < least {
			return ""
		}
		return words.Thousands(n)
	}
	fault := map[drill.Way]string{drill.ByLab: "by the lab", drill.ByProxy: "by a proxy before the regions", drill.ByManual: "by hand", drill.ByCommand: "by commands of the user"}[d.Fault.Way]
	return settings("settings", "What it was set to", []Fact{
		{"scenario", d.Scenario}, {"fault made", fault}, {"writes/s asked for", words.Amount(d.Writes.AskedPerSecond)}, {"arrivals", string(a.Arrival)}, {"pipeline", atLeast(a.Pipeline, 2)},
		{"retries", retries}, {"idempotent retries", yesIf(a.Retries > 0, a.Idempotent)}, {"fencing", strings.TrimPrefix(string(a.Fencing), "none")},
		{"WAIT for replicas", atLeast(a.Wait, 1)}, {"reads own writes", shareText(a.ReadOwnWrites)}, {"keys at the most", atLeast(a.Keys, 1)},
	})
}

// yesIf is "" where a question does not arise.
func yesIf(asked, yes bool) string {
	if !asked {
		return ""
	}
	if yes {
		return "yes"
	}
	return "no"
}

// shareText is a share of 1 in percent; "" for none.
func shareText(share float64) string {
	if share <= 0 {
		return ""
	}
	return strconv.FormatFloat(share*100, 'f', -1, 64) + "%"
}
