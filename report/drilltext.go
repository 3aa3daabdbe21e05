package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// DrillText writes the verdict, the phases with their times, what was missing and what became of it, and what to learn.
func DrillText(w io.Writer, style Style, r DrillResult) error {
	p := drillPage{drillView: drillView{r.Record}, style: style, deployment: r.Deployment}
	p.headline()
	if p.begun() {
		p.phases()
		p.objectives()
		p.missed()
		p.application()
		p.windows()
		p.moves()
		p.judged()
		p.explained()
		p.coverage()
	} else if p.Preflight != nil {
		text, err := checksText(p.style, p.Preflight)
		p.add("\n"+text, err)
	}
	p.trouble()
	p.out.WriteString("\n" + style.wrap(Lesson(r), 1) + "\n")
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
	rest := strings.TrimLeft(p.style.wrap(text, labelled), " ")
	fmt.Fprintf(&p.out, " %-*s%s\n", labelled-1, label, rest)
}

// add writes a table that was made.
func (p *drillPage) add(text string, err error) {
	p.err = cmp.Or(p.err, err)
	p.out.WriteString(text)
}

func (p *drillPage) headline() {
	word := strings.ToUpper(string(p.Verdict))
	where := "the regions given"
	if p.deployment == Lab {
		where = "the lab"
	}
	if p.Engine != "" {
		where += ", with processes of " + words.Clean(p.Engine)
	}
	p.out.WriteString(p.style.answer(word, tone.Of(p.Verdict),
		fmt.Sprintf("%s on %s: %s.", words.Clean(p.Scenario.Name), where, words.Said(p.Reason))))
	p.out.WriteString(p.style.faint(fmt.Sprintf("%s, run %s", p.style.date(p.Start), words.Clean(p.Run))) + "\n")
}

// objectives writes what is compared with an objective: RTO and RPO.
func (p *drillPage) objectives() {
	if rto, ok := p.RTO(); ok {
		p.line("RTO", fmt.Sprintf("%s = %s to detect + %s to decide + %s to connect and write",
			words.Rough(rto.Total), words.Rough(rto.Detect), words.Rough(rto.Decide), words.Rough(rto.Connect)))
		if rto.Total-rto.Least > inexact {
			p.line("", fmt.Sprintf("at least %s and at most %s: when the fault came into force is known to %s",
				words.Rough(rto.Least), words.Rough(rto.Total), words.Rough(rto.Total-rto.Least)))
		}
	} else {
		why := "the application did not get to another region"
		if _, stopped := p.stoppedIn(); stopped {
			why = "the drill was stopped before the application had moved"
		} else if p.FaultAt == nil {
			why = "nothing was broken"
		} else if p.stayed() {
			why = "the application stayed in " + words.Clean(p.region(p.From)) + ", as it should"
		}
		p.line("RTO", "none: "+why)
	}
	if p.CutOverAt != nil {
		p.line("RPO", fmt.Sprintf("%s missing at the cut-over, %s lost",
			rpoText(p.RPO.Missed, p.Unread), rpoText(p.RPO.Lost, p.Unread+p.Count(drill.Pending))))
	}
	p.writes("the region")
}

// writes writes the counts of all that the application wrote, to where is said.
func (p *drillPage) writes(to string) {
	w := p.Writes
	text := fmt.Sprintf("%s attempted · %s acknowledged · %s rejected · %s indeterminate",
		words.Thousands(w.Attempted), words.Thousands(w.Acknowledged), words.Thousands(w.Rejected), words.Thousands(w.Indeterminate))
	if w.Indeterminate > 0 {
		text += fmt.Sprintf(" (%s applied)", words.Thousands(p.IndeterminateApplied))
	}
	if p.RejectedApplied > 0 {
		text += fmt.Sprintf(" · %s rejected but applied", words.Thousands(p.RejectedApplied))
	}
	p.line("writes", text)
	if away := w.Unsent + p.HeldBack; away > 0 {
		p.line("held back", words.Thousands(away)+" more: "+to+" could not be reached, or all connections were busy")
	}
}

// inexact is from how long on the interval in which a fault came into force is worth telling.
const inexact = 50 * time.Millisecond

// rpoText is how much was missing or lost, when of so many writes that is not known. The last write alone is as old as
// itself, and still not nothing.
func rpoText(d *time.Duration, unknown int) string {
	switch {
	case d == nil && unknown > 0:
		return "nothing known to be"
	case d == nil:
		return "nothing"
	case *d <= 0:
		return "the last write"
	}
	return words.Rough(*d) + " of writes"
}

// fates are all of them, in the order in which they are told.
var fates = []drill.Fate{drill.Converged, drill.Lost, drill.Diverged, drill.Expired, drill.Pending}

func (p *drillPage) missed() {
	if p.CutOverAt == nil {
		return
	}
	text := fmt.Sprintf("nothing that %s had acknowledged was missing in %s at the cut-over", words.Clean(p.region(p.From)), words.Clean(p.region(p.To)))
	if p.Unread > 0 {
		text = "none known: not every write could be looked for"
	}
	if n := p.AtFailover(); n > 0 {
		var parts []string
		for _, f := range fates {
			if c := p.Count(f); c > 0 || f == drill.Converged || f == drill.Lost {
				parts = append(parts, fmt.Sprintf("%s %s", words.Thousands(c), f))
			}
		}
		where := fmt.Sprintf("acknowledged by %s, missing in %s at the cut-over", words.Clean(p.region(p.From)), words.Clean(p.region(p.To)))
		if p.Made(failover.FailOver) > 1 {
			where = "acknowledged before a failover, missing after it, each by its last one"
		}
		text = fmt.Sprintf("%s %s: %s", words.Count(n, "write"), where, strings.Join(parts, ", "))
	}
	p.line("missed", text)
	if text := p.expected(); text != "" {
		p.line("expected", text)
	}
	if p.Unread > 0 {
		p.line("unread", words.Count(p.Unread, "write")+" could not be looked for")
	}
}

func (p *drillPage) windows() {
	if len(p.Windows) == 0 {
		return
	}
	columns := append(left("", "acknowledged"), right("writes")...)
	columns = append(columns, left("outcome", "readable at")...)
	p.out.WriteString("\n")
	p.add(p.style.fitted(func(between string) (string, error) {
		text, err := p.style.table(columns, p.windowRows(between))
		if between == " " {
			text = indented(text, labelled-1)
		}
		return text, err
	}))
	if more := len(p.Windows) - mostRows; more > 0 {
		fmt.Fprintf(&p.out, "%*sand %d more, all in -o json\n", labelled, "", more)
	}
}

func (p *drillPage) windowRows(between string) [][]string {
	return convert(p.Windows[:min(len(p.Windows), mostRows)], func(w drill.Window) []string {
		name := words.Clean(p.region(w.Region))
		if i, _, ok := p.shard(w); ok {
			name += " " + words.Shard(i)
		}
		readable := "-"
		if w.Fate == drill.Converged {
			readable = p.style.clock(p.Start.Add(w.ConvergedAt))
		}
		return []string{name, p.style.clock(p.Start.Add(w.FirstAck)) + " –" + between + p.style.clock(p.Start.Add(w.LastAck)),
			words.Thousands(w.Count), p.style.paint(w.Fate.String(), fateTone(w.Fate)), readable}
	})
}

// indented returns lines that begin some columns further to the right.
func indented(text string, by int) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(strings.Repeat(" ", by) + line)
	}
	return out.String()
}

func fateTone(f drill.Fate) tone.Tone {
	switch f {
	case drill.Converged:
		return tone.Good
	case drill.Lost, drill.Diverged:
		return tone.Bad
	case drill.Pending, drill.Expired:
		return tone.Poor
	}
	return tone.Unknown
}

// judged writes the assertions that failed. A drill that was stopped could not keep them, unless its resume has told all
// the same how it came out.
func (p *drillPage) judged() {
	if p.unjudged() {
		return
	}
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
			p.line("", p.style.paint(tone.Bad.Symbol(), tone.Bad)+fmt.Sprintf(" %s: %s", words.Clean(a.Expr), words.Clean(a.Measured("measured"))))
		}
	}
}

// coverage says what the drill may not have seen.
func (p *drillPage) coverage() {
	if names := p.unproven(); len(names) > 0 {
		p.line("coverage", "unproven: the sharding of "+words.Enumerate(convert(names, words.Clean))+" is not known, and a shard may have got none of the writes")
	}
}

// explained writes what the scenario says of itself, unless it had not come to that: nobody knows that the fault was in force.
func (p *drillPage) explained() {
	if p.FaultAt == nil || p.FaultBy == nil && p.CutOverAt == nil {
		return
	}
	if p.unjudged() && p.made()+p.Scenario.Means+p.Scenario.Setting != "" {
		p.out.WriteString("\n") // nothing was judged before it
	}
	for _, part := range []struct{ label, text string }{{"fault", p.made()}, {"means", p.Scenario.Means}, {"setting", p.Scenario.Setting}} {
		if part.text != "" {
			p.line(part.label, words.Clean(part.text))
		}
	}
}

// trouble writes what else went wrong, once each.
func (p *drillPage) trouble() {
	told := []string{}
	for _, e := range p.Events {
		text := words.Said(e.Detail)
		if e.Kind == drill.EventError && !slices.Contains(told, text) && !strings.Contains(words.Said(p.Reason), text) {
			p.line("trouble", text)
			told = append(told, text)
		}
	}
}
