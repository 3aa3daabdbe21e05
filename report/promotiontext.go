package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// PromotionText writes the verdict, the phases with their times, how long the application was away and why, what is lost,
// and what to learn.
func PromotionText(w io.Writer, style Style, r PromotionResult) error {
	page := drillPage{drillView: drillView{r.Record.Drill}, style: style, deployment: r.Deployment}
	p := promotionPage{drillPage: &page, promotionView: promotionView{page.drillView, r.Record}, engine: r.Engine}
	p.headline()
	if page.begun() {
		p.phases()
		p.recovery()
		page.writes("the primary")
		p.missing()
		p.windows()
		p.stayed()
		p.eachShard()
		p.copied()
		page.judged()
		p.explained()
	}
	for _, limit := range r.Record.Limits {
		page.line("limits", words.Said(limit))
	}
	page.trouble()
	page.out.WriteString("\n" + style.wrap(PromotionLesson(r.Record), 1) + "\n")
	if page.err != nil {
		return page.err
	}
	_, err := io.WriteString(w, page.out.String())
	return err
}

// promotionPage is the report as it is put together.
type promotionPage struct {
	*drillPage
	promotionView
	engine string
}

func (p promotionPage) headline() {
	d := p.rec.Drill
	p.out.WriteString(p.style.answer(strings.ToUpper(string(d.Verdict)), tone.Of(d.Verdict),
		fmt.Sprintf("%s on %s: %s.", words.Clean(p.rec.Scenario.Name), topologyWords(p.rec), words.Said(d.Reason))))
	about := fmt.Sprintf("%s, run %s", p.style.date(d.Start), words.Clean(d.Run))
	if p.engine != "" {
		about += ", " + words.Clean(p.engine)
	}
	p.out.WriteString(p.style.faint(about) + "\n")
}

// topologyWords say what was drilled.
func topologyWords(rec *promotion.Record) string {
	count := make(map[promotion.Role]int)
	for _, h := range rec.Hosts {
		count[h.Role]++
	}
	switch rec.Topology {
	case promotion.Sentinel:
		return fmt.Sprintf("a primary with %s and %s", words.Count(count[promotion.Follower], "replica"), words.Count(count[promotion.Guard], "sentinel"))
	case promotion.Cluster:
		return fmt.Sprintf("a cluster of %d primaries with %s", count[promotion.Primary], words.Count(count[promotion.Follower], "replica"))
	}
	return "a primary with a replica in another region"
}

// phases writes a row for each phase: when, how long, and what happened in it.
func (p promotionPage) phases() {
	d := p.rec.Drill
	rows := convert(d.Phases, func(ph drill.Phase) []string {
		return []string{p.style.clock(d.Start.Add(ph.At)), words.Clean(ph.Name), words.Rough(ph.Duration), p.note(ph)}
	})
	p.out.WriteString("\n")
	p.add(p.style.table(append(append(left("", ""), right("")...), prose("")), rows))
	p.out.WriteString("\n")
}

// note says what happened in a phase.
func (p promotionPage) note(ph drill.Phase) string {
	d := p.rec.Drill
	if last := d.Phases[len(d.Phases)-1]; ph == last && d.Verdict == drill.Inconclusive && ph.Name != promotion.PhaseReadBack {
		return "the drill stopped here"
	}
	switch ph.Name {
	case drill.PhaseSteady:
		return strings.Join(append([]string{fmt.Sprintf("%s writes/s", words.Amount(d.Reached))}, p.done(ph)...), "; ")
	case drill.PhaseFault, drill.PhaseHeal:
		return strings.Join(p.done(ph), "; ")
	case promotion.PhaseFailover:
		return p.took()
	case drill.PhaseOutage:
		if d.To >= 0 {
			return "writes to " + p.host(d.To)
		}
		return p.nobody()
	case drill.PhaseResync:
		return "until every server had what its primary has"
	case promotion.PhaseReadBack:
		return "looks for every write in every server"
	}
	return ""
}

// done are the steps that were made in a phase.
func (p promotionPage) done(ph drill.Phase) []string {
	d := p.rec.Drill
	var steps []string
	for _, e := range d.Events {
		if at := e.At.Sub(d.Start); e.Kind == drill.EventAction && at >= ph.At && at < ph.At+ph.Duration {
			steps = append(steps, words.Said(e.Detail))
		}
	}
	return steps
}

// took tells how the failover went.
func (p promotionPage) took() string {
	m := p.rec.Moments
	var parts []string
	if m.Detected != nil {
		parts = append(parts, fmt.Sprintf("%s held down after %s", p.host(p.rec.Drill.From), words.Rough(*m.Detected-*m.Fault)))
	}
	if m.Promoted != nil {
		parts = append(parts, fmt.Sprintf("a replica promoted after %s", words.Rough(*m.Promoted-*m.Fault)))
	}
	if m.CutOver != nil {
		parts = append(parts, fmt.Sprintf("first write acknowledged by %s after %s", p.host(p.rec.Drill.To), words.Rough(*m.CutOver-*m.Fault)))
	}
	if len(parts) == 0 {
		return "nobody was promoted"
	}
	return words.Enumerate(parts)
}

// nobody says why the application writes to no new primary.
func (p promotionPage) nobody() string {
	if p.rec.Moments.Promoted != nil {
		return "a replica was promoted, and acknowledged nothing to the application"
	}
	return "nobody was promoted"
}

// recovery writes RTO and RPO.
func (p promotionPage) recovery() {
	if parts, ok := p.rec.Parts(); ok {
		var sum []string
		elected := "to elect"
		if p.rec.Topology == promotion.Replica {
			elected = "to promote" // nobody votes
		}
		for _, part := range []struct {
			of string
			d  *time.Duration
		}{{"to detect", parts.Detection}, {elected, parts.Election}, {"to redirect", parts.Redirection}} {
			if part.d != nil {
				sum = append(sum, words.Rough(*part.d)+" "+part.of)
			}
		}
		if parts.Unknown > 0 {
			sum = append(sum, words.Rough(parts.Unknown)+" of which nobody knows")
		}
		p.line("RTO", words.Rough(parts.Total)+" = "+strings.Join(sum, " + "))
	} else {
		p.line("RTO", "none: "+p.nobody())
	}
	if p.rec.SyncedAt != nil && p.rec.Moments.CutOver != nil {
		p.line("RPO", rpoText(p.rec.Drill.RPO.Lost, p.rec.Drill.Unread)+" lost by the application")
	}
}

// missing writes what became of what is not in the primary at the end.
func (p promotionPage) missing() {
	d := p.rec.Drill
	if p.rec.SyncedAt == nil {
		p.line("lost", "not known: it could not be looked for")
		return
	}
	if d.AtFailover() == 0 {
		p.line("lost", "nothing: every acknowledged write is in its primary at the end")
		return
	}
	var parts []string
	for _, f := range fates {
		if c := d.Count(f); c > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", words.Thousands(c), f))
		}
	}
	text := fmt.Sprintf("%s acknowledged and not in its primary at the end: %s", words.Count(d.AtFailover(), "write"), strings.Join(parts, ", "))
	if s := p.rec.SplitBrain; s != nil && s.Lost > 0 {
		text += fmt.Sprintf("; %s of the lost ones by the client that stayed", words.Thousands(s.Lost))
	}
	p.line("lost", text)
}

// windows writes when the missing writes were acknowledged, and by whom.
func (p promotionPage) windows() {
	d := p.rec.Drill
	if len(d.Windows) == 0 {
		return
	}
	columns := append(append(left("", "acknowledged"), right("writes")...), left("outcome")...)
	p.out.WriteString("\n")
	p.add(p.style.fitted(func(between string) (string, error) {
		text, err := p.style.table(columns, convert(d.Windows[:min(len(d.Windows), mostRows)], func(w drill.Window) []string {
			return []string{"by " + words.Clean(p.drillPage.region(w.Region)),
				p.style.clock(d.Start.Add(w.FirstAck)) + " –" + between + p.style.clock(d.Start.Add(w.LastAck)),
				words.Thousands(w.Count), p.style.paint(w.Fate.String(), fateTone(w.Fate))}
		}))
		if between == " " {
			text = indented(text, labelled-1)
		}
		return text, err
	}))
	if more := len(d.Windows) - mostRows; more > 0 {
		fmt.Fprintf(&p.out, "%*sand %d more, all in -o json\n", labelled, "", more)
	}
	p.out.WriteString("\n")
}

// stayed writes what the client was told that did not follow.
func (p promotionPage) stayed() {
	s := p.rec.SplitBrain
	if s == nil {
		return
	}
	p.line("second", fmt.Sprintf("a client that stayed with %s, after the fault: %s acknowledged · %s rejected · %s indeterminate · %s unsent; %s lost",
		p.host(p.rec.Drill.From), words.Thousands(s.Acknowledged), words.Thousands(s.Rejected), words.Thousands(s.Indeterminate), words.Thousands(s.Unsent), words.Thousands(s.Lost)))
	if s.AfterPromotion > 0 {
		p.line("", fmt.Sprintf("%s of them acknowledged while there were two primaries", words.Thousands(s.AfterPromotion)))
	}
}

// eachShard writes what the application saw of each shard, where there are several.
func (p promotionPage) eachShard() {
	if len(p.rec.Shards) < 2 {
		return
	}
	for i, s := range p.rec.Shards {
		label, hit := "", "not hit"
		if i == 0 {
			label = "shards"
		}
		if s.Hit {
			hit = "hit"
		}
		p.line(label, fmt.Sprintf("%s, %s: %s of %s failed while the fault was in force, none acknowledged for up to %s", words.Clean(shardName(p.rec, i)), hit,
			words.Thousands(s.Failed), words.Count(s.Asked, "write"), words.Rough(s.Gap)))
	}
}

// copied writes how replicas caught up.
func (p promotionPage) copied() {
	if r := p.rec.Restart; r != nil && r.Refused {
		p.line("restart", fmt.Sprintf("%s refused: %s", p.host(r.Host), words.Said(r.Said)))
	}
	s := p.rec.Resync
	if s == nil {
		return
	}
	text := fmt.Sprintf("%s full, %s partial", words.Thousands(s.Full), words.Thousands(s.Partial))
	if s.Full > 0 && s.Bytes > 0 {
		text += "; the full ones sent " + words.Bytes(float64(s.Bytes))
	}
	if s.Took > 0 {
		text += ", the longest took " + words.Rough(s.Took)
	}
	p.line("resyncs", text)
}

// explained writes what the scenario says of itself.
func (p promotionPage) explained() {
	if len(p.rec.Scenario.Servers) > 0 {
		p.line("servers", words.Clean(strings.Join(p.rec.Scenario.Servers, ", ")))
	}
	if p.rec.Moments.Fault == nil {
		return
	}
	p.line("means", words.Clean(p.rec.Scenario.Means))
	p.line("setting", words.Clean(p.rec.Scenario.Setting))
}

// watched are the events that somebody who watches a failover wants to see: of what servers say, only what State marks.
var watched = []probe.EventKind{drill.EventPhase, drill.EventAction, drill.EventDecision, drill.EventReached, drill.EventError}

// Watched tells whether an event is one of them.
func Watched(e probe.Event) bool {
	return slices.Contains(watched, e.Kind) || e.Kind == promotion.EventHost && e.State != ""
}
