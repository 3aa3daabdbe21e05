package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// DrillText writes the verdict, the phases with their times, what was missing and what became of it, and what to learn.
func DrillText(w io.Writer, style Style, r DrillResult) error {
	p := drillPage{drillView: drillView{r.Record}, style: style, deployment: r.Deployment}
	p.headline()
	p.phases()
	p.objectives()
	p.missed()
	p.windows()
	p.judged()
	p.out.WriteString("\n" + wrap(Lesson(r.Record), 1) + "\n")
	if p.err != nil {
		return p.err
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// drillPage is the report of a drill as it is put together.
type drillPage struct {
	drillView
	style      Style
	deployment Deployment
	out        strings.Builder
	err        error // the first
}

// labelled is the column where what is said under a label begins.
const labelled = 11

// line writes a label and what is said under it.
func (p *drillPage) line(label, text string) {
	rest := strings.TrimLeft(wrap(text, labelled), " ")
	fmt.Fprintf(&p.out, " %-*s%s\n", labelled-1, label, rest)
}

// table writes rows, indented by some more columns.
func (p *drillPage) table(columns []column, rows [][]string, indent int) {
	text, err := table(columns, rows)
	p.err = cmp.Or(p.err, err)
	for line := range strings.Lines(text) {
		p.out.WriteString(strings.Repeat(" ", indent) + line)
	}
}

func (p *drillPage) headline() {
	word := strings.ToUpper(string(p.Verdict))
	where := "the regions given"
	if p.deployment == Lab {
		where = "the lab"
	}
	p.out.WriteString(p.style.answer(word, toneOf(p.Verdict),
		fmt.Sprintf("%s on %s: %s.", clean(p.Scenario.Name), where, strings.TrimSuffix(clean(p.Reason), "."))))
	p.out.WriteString(p.style.faint(fmt.Sprintf("%s, run %s", p.style.date(p.Start), clean(p.Run))) + "\n\n")
}

func (p *drillPage) phases() {
	rows := convert(p.Phases, func(ph drill.Phase) []string {
		return []string{p.style.clock(p.Start.Add(ph.At)), clean(ph.Name), rough(ph.Duration), fold(p.note(ph), 0, noteWidth)}
	})
	if len(rows) > 0 {
		p.table(append(append(left("", ""), right("")...), left("")...), rows, 0)
		p.out.WriteString("\n")
	}
}

// noteWidth is how many columns of a line are left for the note of a phase.
const noteWidth = 62

// note says what happened in a phase.
func (p *drillPage) note(ph drill.Phase) string {
	from, to := clean(p.region(p.From)), clean(p.region(p.To))
	switch ph.Name {
	case drill.PhaseSteady:
		return fmt.Sprintf("%s writes/s to %s", perSecond(p.Reached), from) + p.lag()
	case drill.PhaseFault:
		return clean(p.Scenario.Summary)
	case drill.PhaseDetect:
		return p.detected()
	case drill.PhaseCutOver:
		if rto, ok := p.RTO(); ok {
			return fmt.Sprintf("first write acknowledged by %s: RTO %s", to, rough(rto.Total))
		}
		return to + " acknowledged no write"
	case drill.PhaseOutage:
		return "writes to " + to
	case drill.PhaseHeal:
		return "the fault is undone"
	case drill.PhaseResync:
		return p.resynced()
	case drill.PhaseFailBack:
		if p.Failback.Done == nil {
			return from + " acknowledged no write"
		}
		return fmt.Sprintf("first write acknowledged by %s, %s missing there", from, count(p.AtFailback, "write"))
	case drill.PhaseSettle:
		return "looks for every write that is still missing"
	}
	return ""
}

func (p *drillPage) lag() string {
	if p.Lag == (drill.Lag{}) {
		return ""
	}
	return fmt.Sprintf("; lag %s→%s %s p50, %s p99", clean(p.region(p.From)), clean(p.region(p.To)), rough(p.Lag.P50), rough(p.Lag.P99))
}

// detected tells what the policy said when it moved.
func (p *drillPage) detected() string {
	switch {
	case p.DecidedAt != nil:
		for _, e := range p.Events {
			if e.Kind == drill.EventDecision {
				return clean(e.Detail)
			}
		}
		return "the policy moves to " + clean(p.region(p.To))
	case p.DetectedAt != nil:
		return "noticed, but the policy did not move"
	}
	return "not noticed"
}

// resynced tells which steps of the return were reached.
func (p *drillPage) resynced() string {
	var steps []string
	for _, s := range []struct {
		name string
		took *time.Duration
	}{{"available", p.Failback.Available}, {"resynced", p.Failback.Resynced}, {"ready", p.Failback.Ready}} {
		if s.took != nil {
			steps = append(steps, fmt.Sprintf("%s after %s", s.name, rough(*s.took)))
		}
	}
	from := clean(p.region(p.From))
	if len(steps) == 0 {
		return from + " did not become available"
	}
	text := from + " " + enumerate(steps)
	if p.Failback.Ready == nil {
		text += ", but not safe to return to"
	}
	return text
}

// objectives writes what is compared with an objective: RTO and RPO.
func (p *drillPage) objectives() {
	if rto, ok := p.RTO(); ok {
		p.line("RTO", fmt.Sprintf("%s = %s to detect + %s to decide + %s to connect and write",
			rough(rto.Total), rough(rto.Detect), rough(rto.Decide), rough(rto.Connect)))
	} else {
		p.line("RTO", "none: the application did not get to another region")
	}
	if p.CutOverAt != nil {
		p.line("RPO", fmt.Sprintf("%s missing at the cut-over, %s lost", rpoText(p.RPO.Missed), rpoText(p.RPO.Lost)))
	}
	w := p.Writes
	text := fmt.Sprintf("%s attempted · %s acknowledged · %s rejected · %s indeterminate",
		thousands(w.Attempted), thousands(w.Acknowledged), thousands(w.Rejected), thousands(w.Indeterminate))
	if w.Indeterminate > 0 {
		text += fmt.Sprintf(" (%s applied)", thousands(p.IndeterminateApplied))
	}
	if p.RejectedApplied > 0 {
		text += fmt.Sprintf(" · %s rejected but applied", thousands(p.RejectedApplied))
	}
	p.line("writes", text)
	if away := w.Unsent + p.HeldBack; away > 0 {
		p.line("held back", thousands(away)+" more: the region could not be reached, or all connections were busy")
	}
}

func rpoText(d *time.Duration) string {
	if d == nil {
		return "nothing"
	}
	return rough(*d) + " of writes"
}

// fates are all of them, in the order in which they are told.
var fates = []drill.Fate{drill.Converged, drill.Lost, drill.Diverged, drill.Expired, drill.Pending}

func (p *drillPage) missed() {
	if p.CutOverAt == nil {
		return
	}
	text := fmt.Sprintf("nothing that %s had acknowledged was missing in %s at the cut-over", clean(p.region(p.From)), clean(p.region(p.To)))
	if n := len(p.Missed); n > 0 {
		var parts []string
		for _, f := range fates {
			if c := p.Count(f); c > 0 || f == drill.Converged || f == drill.Lost {
				parts = append(parts, fmt.Sprintf("%s %s", thousands(c), f))
			}
		}
		text = fmt.Sprintf("%s acknowledged by %s, missing in %s at the cut-over: %s",
			count(n, "write"), clean(p.region(p.From)), clean(p.region(p.To)), strings.Join(parts, ", "))
	}
	p.line("missed", text)
	if p.Lag != (drill.Lag{}) {
		low, high := p.ExpectedMissed()
		p.line("expected", fmt.Sprintf("about %s-%s missed writes, by lag × rate", thousands(low), thousands(high)))
	}
	if p.Unread > 0 {
		p.line("unread", count(p.Unread, "write")+" could not be looked for")
	}
}

func (p *drillPage) windows() {
	if len(p.Windows) == 0 {
		return
	}
	rows := convert(p.Windows[:min(len(p.Windows), mostRows)], func(w drill.Window) []string {
		name := clean(p.region(w.Region))
		if i, _, ok := p.shard(w); ok {
			name += " " + shardLabel(i)
		}
		readable := "-"
		if w.Fate == drill.Converged {
			readable = p.style.clock(p.Start.Add(w.ConvergedAt))
		}
		return []string{name, p.style.clock(p.Start.Add(w.FirstAck)) + " – " + p.style.clock(p.Start.Add(w.LastAck)),
			thousands(w.Count), p.style.paint(w.Fate.String(), fateTone(w.Fate)), readable}
	})
	columns := append(left("", "acknowledged"), right("writes")...)
	p.out.WriteString("\n")
	p.table(append(columns, left("outcome", "readable at")...), rows, labelled-1)
	if more := len(p.Windows) - mostRows; more > 0 {
		fmt.Fprintf(&p.out, "%*sand %d more, all in -o json\n", labelled, "", more)
	}
}

func fateTone(f drill.Fate) tone {
	switch f {
	case drill.Converged:
		return good
	case drill.Lost, drill.Diverged:
		return bad
	case drill.Pending, drill.Expired:
		return poor
	}
	return unknown
}

// judged writes the assertions that failed, and what else went wrong.
func (p *drillPage) judged() {
	held := 0
	for _, a := range p.Assertions {
		if a.OK {
			held++
		}
	}
	if len(p.Assertions) > 0 {
		p.out.WriteString("\n")
		p.line("asserted", fmt.Sprintf("%d of %d hold", held, len(p.Assertions)))
	}
	for _, a := range p.Assertions {
		if !a.OK {
			p.line("", p.style.paint(bad.symbol(), bad)+fmt.Sprintf(" %s: measured %s", clean(a.Expr), clean(a.Value)))
		}
	}
	for _, e := range p.Events {
		if e.Kind == drill.EventError {
			p.line("trouble", clean(e.Detail))
		}
	}
}
