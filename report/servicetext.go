package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/recorder"
)

// ServiceText writes what the service did, as it happened, what it was told, what became of its writes, and what could not be seen.
func ServiceText(w io.Writer, style Style, r ServiceResult) error {
	v := viewService(r)
	page := drillPage{drillView: v.drillView, style: style, deployment: r.Deployment}
	p := servicePage{drillPage: &page, serviceView: v, result: r}
	p.headline()
	if page.begun() {
		p.phases()
		if v.rec.FaultAt != nil {
			p.moves()
			p.told()
			p.homecomings()
			p.written()
			p.missing()
			page.windows()
			p.unjudged()
		}
		p.named()
		page.judged()
		p.explained()
		page.coverage()
	}
	p.beyond()
	page.trouble()
	page.out.WriteString("\n" + style.wrap(ServiceSentence(r), 1) + "\n")
	if page.err != nil {
		return page.err
	}
	_, err := io.WriteString(w, page.out.String())
	return err
}

// servicePage is the report as it is put together.
type servicePage struct {
	*drillPage
	serviceView
	result ServiceResult
}

// region names a region.
func (p servicePage) region(index int) string { return p.serviceView.region(index) }

func (p servicePage) headline() {
	where := "the regions given"
	if p.deployment == Lab {
		where = "the lab"
	}
	if p.rec.Engine != "" {
		where += ", with processes of " + words.Clean(p.rec.Engine)
	}
	verdict := p.rec.Verdict
	p.out.WriteString(p.style.answer(strings.ToUpper(string(verdict)), tone.Of(verdict),
		fmt.Sprintf("%s on %s: %s.", words.Clean(p.rec.Scenario.Name), where, words.Said(p.rec.Reason))))
	about := p.style.date(p.rec.Start) + ", " + words.Clean(p.result.Name)
	if p.result.Ended != "" {
		about += "; " + words.Clean(p.result.Ended)
	}
	p.out.WriteString(p.style.faint(p.style.wrap(about, 0)) + "\n")
}

// phases writes a row for each phase: when, how long, and what the service did in it.
func (p servicePage) phases() {
	rows := convert(p.rec.Phases, func(ph drill.Phase) []string {
		return []string{p.style.clock(p.rec.Start.Add(ph.At)), words.Clean(ph.Name), words.Rough(ph.Duration), p.note(ph)}
	})
	p.out.WriteString("\n")
	p.add(p.style.table(append(append(left("", ""), right("")...), prose("")), rows))
	if p.rec.FaultAt != nil {
		p.out.WriteString("\n")
	}
}

// within tells whether a moment is in a phase.
func within(ph drill.Phase, m drill.Moment) bool { return m >= ph.At && m < ph.At+ph.Duration }

// note says what happened in a phase.
func (p servicePage) note(ph drill.Phase) string {
	var parts []string
	switch ph.Name {
	case service.PhaseStart:
		if p.rec.FirstAt == nil {
			parts = append(parts, "the service had no success in "+words.Clean(p.region(0)))
			break
		}
		parts = append(parts, "until the service had a first success in "+words.Clean(p.region(0)))
	case drill.PhaseSteady:
		parts = append(parts, fmt.Sprintf("%s commands/s, of which %s writes/s acknowledged", words.Amount(p.rec.Commands), words.Amount(p.rec.PerSecond)))
	case drill.PhaseResync:
		parts = append(parts, "until "+words.Clean(p.region(0))+" was safe to return to")
	}
	for _, e := range p.rec.Events {
		if at := e.At.Sub(p.rec.Start); e.Kind == drill.EventAction && within(ph, at) {
			parts = append(parts, words.Said(e.Detail))
		}
	}
	for i, m := range p.rec.Moves {
		if within(ph, m.At) && i < mostRows {
			parts = append(parts, fmt.Sprintf("went to %s at %s", words.Clean(p.region(m.To)), p.style.clock(p.rec.Start.Add(m.At))))
		}
	}
	return strings.Join(parts, "; ")
}

// shortestGap is that of a step of the traffic: what is shorter cannot be told.
const shortestGap = 100 * time.Millisecond

// moves writes how long the service took, and the longest it had no success.
func (p servicePage) moves() {
	if total, least, ok := p.rec.RTO(); ok {
		text := fmt.Sprintf("%s, from the fault to the first success in %s", words.Rough(total), words.Clean(p.region(p.rec.To)))
		if total-least > inexact {
			text += fmt.Sprintf("; at least %s: when the fault came into force is known to %s", words.Rough(least), words.Rough(total-least))
		}
		if !p.rec.ByWrites {
			text += "; to within 100 ms, since it is told by all commands"
		}
		p.line("RTO", text)
	} else {
		p.line("RTO", "none: the service never left "+words.Clean(p.region(0)))
	}
	if gap := p.rec.Gap.Length(); gap >= shortestGap {
		p.line("gap", fmt.Sprintf("%s without any success, from %s on", words.Rough(gap), p.style.clock(p.rec.Start.Add(p.rec.Gap.From))))
	}
	if n := len(p.rec.Moves); n > 2 {
		p.line("moves", words.Count(n, "change")+" of the region")
	}
}

// told writes what the service was told, and what it did about that.
func (p servicePage) told() {
	m := p.rec
	if len(m.Errors) > 0 {
		p.line("told", strings.Join(convert(m.Errors[:min(len(m.Errors), mostRows)], func(e recorder.Errors) string {
			return fmt.Sprintf("%s × %s by %s", words.Thousands(e.Count), words.Printable(e.Code, mostOfCode), words.Clean(p.region(e.Region)))
		}), ", "))
	} else if m.Cut == 0 {
		p.line("told", "no error")
	}
	if m.Cut > 0 {
		heading := ""
		if len(m.Errors) == 0 {
			heading = "told"
		}
		p.line(heading, words.Count(m.Cut, "connection")+" ended under it with nothing unanswered, which it found out by itself")
	}
	if m.Failed > 0 {
		text := words.Count(m.Failed, "command") + " failed, or got no answer"
		if m.TimedOut > 0 {
			text += fmt.Sprintf("; it gave up on %s with %s", words.Count(m.TimedOut, "connection"), words.Count(m.Unanswered, "command")+" unanswered")
		}
		p.line("failed", text)
	}
	if r := m.Repeats; r.Count > 0 {
		text := words.Count(r.Count, "write") + " sent again"
		if r.Elsewhere > 0 {
			text += fmt.Sprintf(", %s to another region", words.Thousands(r.Elsewhere))
		}
		if r.Doubtful > 0 {
			text += p.style.paint(fmt.Sprintf("; %s may have been applied twice, as INCR or LPUSH is", words.Thousands(r.Doubtful)), tone.Poor)
		}
		p.line("repeated", text)
	}
	if s := m.Storm; s.Opened > 1 {
		p.line("storm", fmt.Sprintf("%s opened to %s in one second, at %s; before the fault %s a second",
			words.Count(s.Opened, "connection"), words.Clean(p.region(s.Region)), p.style.clock(m.Start.Add(s.At)), words.Amount(s.Usual)))
	}
	for _, s := range m.Stale {
		found := "an older value of"
		if s.Verdict == recorder.Missing {
			found = "nothing of"
		}
		p.line("stale", fmt.Sprintf("%s in %s found %s what it had written, %s – %s", words.Count(s.Count, "read"), words.Clean(p.region(s.Region)), found,
			p.style.clock(m.Start.Add(s.First)), p.style.clock(m.Start.Add(s.Last))))
	}
	if m.Split.Seconds > 0 {
		p.line("split", fmt.Sprintf("in %s it wrote to several regions at once: %s", words.Count(m.Split.Seconds, "second"), words.Count(m.Split.Writes, "write")))
	}
	if m.Strays.Sent > 0 {
		p.line("strays", fmt.Sprintf("%s to a region that it had left, %s acknowledged", words.Count(m.Strays.Sent, "write"), words.Thousands(m.Strays.Acknowledged)))
	}
}

// mostOfCode bounds a code that a server made up.
const mostOfCode = 40

// homecomings writes each return, and whether it was safe.
func (p servicePage) homecomings() {
	if p.rec.CutOverAt == nil {
		return
	}
	if len(p.rec.Homecomings) == 0 {
		p.line("home", "it did not come back to "+words.Clean(p.region(0)))
	}
	for _, h := range p.rec.Homecomings[:min(len(p.rec.Homecomings), mostRows)] {
		text := p.style.clock(p.rec.Start.Add(h.At))
		if p.rec.HealedAt != nil && h.At >= *p.rec.HealedAt {
			text += fmt.Sprintf(", %s after the heal", words.Rough(h.At-*p.rec.HealedAt))
		}
		switch why := h.Unsafe(); {
		case why != "":
			text += p.style.paint(", when that was "+h.Standing(), tone.Bad) + ": " + words.Said(why)
		case !h.Safe():
			text += ", and whether that was safe cannot be told: of " + words.Count(h.Unread, "write") + " made elsewhere nothing could be read there"
		default:
			text += ", when that was " + h.Standing()
		}
		p.line("home", text)
	}
}

// written writes the counts of its writes.
func (p servicePage) written() {
	w := p.rec.Writes
	text := fmt.Sprintf("%s sent · %s acknowledged · %s rejected · %s indeterminate",
		words.Thousands(w.Attempted), words.Thousands(w.Acknowledged), words.Thousands(w.Rejected), words.Thousands(w.Indeterminate))
	if p.rec.IndeterminateApplied > 0 {
		text += fmt.Sprintf(" (%s found applied)", words.Thousands(p.rec.IndeterminateApplied))
	}
	p.line("writes", text)
}

// missing writes what was not readable where the service got to, and what became of that.
func (p servicePage) missing() {
	a := p.rec.Accounts
	switch {
	case p.rec.CutOverAt == nil:
		return
	case a.Missed == 0 && a.Unread > 0:
		p.line("missed", "none known: not every write could be looked for")
	case a.Missed == 0:
		p.line("missed", "nothing that could be looked for was missing where the service got to")
	default:
		var parts []string
		for _, f := range fates {
			if c := p.rec.Count(f); c > 0 || f == drill.Converged || f == drill.Lost {
				parts = append(parts, fmt.Sprintf("%s %s", words.Thousands(c), f))
			}
		}
		if n := p.rec.Rewritten(); n > 0 {
			parts = append(parts, words.Thousands(n)+" written again before that could be told")
		}
		p.line("missed", fmt.Sprintf("%s acknowledged, and not readable where the service got to: %s", words.Count(a.Missed, "write"), strings.Join(parts, ", ")))
	}
	if a.AtReturn > 0 {
		text := words.Count(a.AtReturn, "write") + " not readable where it came home"
		if a.EarlyReturn > 0 {
			text += fmt.Sprintf(", %s of them later", words.Thousands(a.EarlyReturn))
		}
		p.line("", text)
	}
	if a.Missed > 0 {
		p.line("RPO", fmt.Sprintf("%s missing at the cut-over, %s lost", rpoText(p.rec.RPO.Missed, a.Unread), rpoText(p.rec.RPO.Lost, a.Unread+p.rec.Count(drill.Pending))))
	}
}

// unjudged writes of which acknowledged writes nothing can be said, and why.
func (p servicePage) unjudged() {
	a := p.rec.Accounts
	var parts []string
	for _, one := range []struct {
		n   int
		why string
	}{{a.Superseded, "superseded: the service had written them again"}, {a.Unknowable, "of a kind whose result cannot be told from the command, as a push to a list"},
		{a.Expired, "expired before they could be looked for"}, {a.Unread, "could not be read in time"}, {a.Beyond, "were too many, or not recorded whole"},
		{a.Void, "wrote nothing, or an expiry alone"}, {a.Astray, "were sent to a region that it had left"}} {
		if one.n > 0 {
			parts = append(parts, words.Thousands(one.n)+" "+one.why)
		}
	}
	if len(parts) > 0 {
		if len(p.rec.Windows) > 0 {
			p.out.WriteString("\n")
		}
		p.line("unjudged", strings.Join(parts, "; "))
	}
}

// named writes the keys of missed writes, where they are to be shown.
func (p servicePage) named() {
	keys := p.keys(p.result)
	for _, k := range keys[:min(len(keys), mostNamed)] {
		name := words.Printable(k.Key, mostOfKey)
		if k.Part != "" {
			name += " " + words.Printable(k.Part, mostOfKey)
		}
		p.line("key", fmt.Sprintf("%s  %s by %s  %s", p.style.clock(time.Time(k.At)), name, words.Clean(k.Region), k.Outcome))
	}
	if more := len(p.rec.Missed) - mostNamed; len(keys) > 0 && more > 0 {
		p.line("", fmt.Sprintf("and %s more, up to %s in -o json", words.Thousands(more), words.Thousands(MostMissedKeys)))
	}
}

// How many keys are named in the text, and how much of each.
const (
	mostNamed = 20
	mostOfKey = 60
)

// explained writes what the scenario says of itself.
func (p servicePage) explained() {
	if p.rec.FaultAt == nil {
		return
	}
	if made := p.made(); made != "" {
		p.line("fault", words.Clean(made))
	}
}

// beyond writes what could not be seen.
func (p servicePage) beyond() {
	d := p.rec.Dropped
	var parts []string
	for _, one := range []struct {
		n         int
		one, rest string
	}{{d.Writes.Attempted, "write", " for want of memory"}, {d.Long, "write", " to an overlong key"}, {d.Commands, "command", " too large to be read"},
		{d.Unknown, "unknown command", ""}, {d.Otherwhere, "command", " to other databases"}, {d.Unmatched, "write", " to keys that --match does not name"},
		{d.Connections, "connection", " more than are kept"}, {d.NotUnderstood, "connection", " not understood to the end"}} {
		if one.n > 0 {
			parts = append(parts, words.Count(one.n, one.one)+one.rest)
		}
	}
	if r := p.result.Rewriting; r.Unreadable > 0 || r.Unreachable > 0 {
		parts = append(parts, fmt.Sprintf("%s times a node of a cluster was named to the service as it is", words.Thousands(r.Unreadable+r.Unreachable)))
	}
	if len(parts) > 0 {
		p.line("not seen", strings.Join(parts, ", "))
	}
}
