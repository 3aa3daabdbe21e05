package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// topologyName is what a drill inside one deployment is of, in sentences.
func topologyName(t promotion.Topology) string {
	switch t {
	case promotion.Sentinel:
		return "a deployment with Sentinel"
	case promotion.Cluster:
		return "a cluster"
	case promotion.Replica:
		return "a primary and its replica"
	}
	return string(t)
}

// promotionPageOf makes the page of a drill inside one deployment: that of a drill, with the parts of its RTO and each shard.
func promotionPageOf(d *PromotionDocument) Page {
	whole := d.DrillDocument
	whole.Engine = d.Engine
	// The parts of the RTO mean something else here, and one of them may not have been observed: see below.
	whole.RTO = RTODocument{Total: d.RTO.Total, TotalLeast: d.RTO.TotalLeast}
	p := drillPageOf(&whole)
	p.Title = fmt.Sprintf("Drill %s of %s", d.Scenario, topologyName(d.Topology))
	p.Notices = promotionNotices(d)
	parts := Table{Caption: "From the fault to the first write at the new primary", Columns: []Column{{Title: "part"}, {Title: "took", Right: true}}}
	for _, part := range []struct {
		name string
		took *Milliseconds
	}{{"until the primary was held down for all", d.RTO.Detect}, {"until a replica was promoted", d.RTO.Decide}, {"until the application's first write there", d.RTO.Connect},
		{"not known to which part it belongs", d.RTO.Unknown}, {"all of it", d.RTO.Total}} {
		if part.took != nil {
			parts.Rows = append(parts.Rows, said(part.name, roughly(part.took, "-")))
		}
	}
	shards := Table{Caption: "Each shard, from the fault to the heal", Columns: []Column{{Title: "shard"}, {Title: "writes", Right: true}, {Title: "not acknowledged", Right: true}, {Title: "longest gap", Right: true}}}
	for _, s := range d.Shards {
		name := s.ID
		if s.Hit {
			name += " (hit)"
		}
		shards.Rows = append(shards.Rows, said(name, words.Thousands(s.Asked), words.Thousands(s.Failed), words.Rough(time.Duration(s.Gap))))
	}
	recovery := Section{ID: "recovery", Title: "How long it took, and for whom", Tables: []Table{parts, shards}}
	if b := d.SplitBrain; b != nil {
		recovery.Lead = []string{fmt.Sprintf("A client stayed with the old primary: it acknowledged %s, of which %s gone, and %s when there was a new primary already.",
			words.Count(b.Acknowledged, "write"), words.Thousands(b.Lost)+" are", words.Thousands(b.AfterPromotion))}
	}
	p.Sections = slices.Insert(p.Sections, 1, recovery)
	return p
}

// promotionNotices are what to know of a drill inside one deployment. Its servers are real, if the lab has started them.
func promotionNotices(d *PromotionDocument) []string {
	var notices []string
	if d.Deployment == Lab {
		notices = append(notices, "The servers were started for this on one machine: nothing else was touched.")
	}
	for _, limit := range d.Limits {
		notices = append(notices, sentence(words.Said(limit)))
	}
	return notices
}

// topologyPageOf makes the page of several scenarios of one topology.
func topologyPageOf(d *TopologyDocument) Page {
	t := Table{Caption: "Scenarios", Columns: []Column{{Title: "scenario"}, {Title: "result"}, {Title: "RTO", Right: true}, {Title: "lost", Right: true}, {Title: "reason", Prose: true}}}
	passed, worst := 0, drill.Pass
	var next []string
	for _, r := range d.Results {
		switch {
		case r.Verdict == drill.Pass:
			passed++
		case worst != drill.Fail:
			worst = r.Verdict
		}
		t.Rows = append(t.Rows, []Cell{{Text: r.Scenario}, {Text: string(r.Verdict), Tone: tone.Of(r.Verdict), Marked: true}, {Text: roughly(r.RTO.Total, "-")}, {Text: words.Thousands(r.Missed.Lost)},
			{Text: words.Said(r.Reason)}})
		if r.Lesson != "" {
			next = append(next, sentence(r.Scenario+": "+words.Said(r.Lesson)))
		}
	}
	p := Page{Title: "Drills of " + topologyName(d.Topology), Verdict: drillMark(worst), Next: next,
		Sentence: fmt.Sprintf("%d of %s passed.", passed, words.Count(len(d.Results), "scenario"))}
	if len(d.Results) > 0 {
		p.Origin = drillOrigin(&d.Results[0].DrillDocument)[:1]
		p.Notices = promotionNotices(&PromotionDocument{DrillDocument: DrillDocument{Deployment: d.Results[0].Deployment}})
	}
	p.Sections = []Section{{ID: "scenarios", Title: "Scenario by scenario", Tables: []Table{t.bounded("-o json")}}}
	return p
}

// durabilityPageOf makes the page of what configurations lose in a crash.
func durabilityPageOf(d *DurabilityDocument) Page {
	p := Page{Title: "Durability: what configurations lose in a crash", Origin: []Fact{{"server", d.Engine}, {"load", fmt.Sprintf("%s writes/s for %s", words.Amount(d.Rate), words.Rough(time.Duration(d.WritesFor)))}},
		Notices: []string{"Measured on processes of this machine: nothing real was touched.", powerCuts(d.PowerCuts)}}
	t := Table{Caption: "Promised and measured", Columns: []Column{{Title: "configuration"}, {Title: "crash"}, {Title: "promised RPO", Right: true}, {Title: "measured", Right: true}, {Title: "lost", Right: true},
		{Title: "p99", Right: true}, {Title: "kept?"}}}
	broken, measured := []string{}, 0
	for _, r := range d.Rows {
		kept := Cell{Text: "not measured", Marked: true}
		if r.Measured {
			measured++
			kept = Cell{Text: "yes", Tone: tone.Good, Marked: true}
			if !r.kept() {
				kept = Cell{Text: "no", Tone: tone.Bad, Marked: true}
				broken = append(broken, r.Name)
			}
		}
		latency := "-"
		if r.Latency != nil {
			latency = words.Rough(time.Duration(r.Latency.P99))
		}
		t.Rows = append(t.Rows, []Cell{{Text: r.Name}, {Text: words.Plain(r.Crash)}, {Text: spanText(r.RPOPromised, "no bound")}, {Text: r.measuredText()}, {Text: words.Thousands(r.Lost) + " of " + words.Thousands(r.Acknowledged)}, {Text: latency}, kept})
	}
	switch {
	case measured == 0:
		p.Verdict, p.Sentence = Mark{Word: "Not measured", Tone: tone.Poor}, "Nothing could be measured."
	case len(broken) == 0:
		p.Verdict, p.Sentence = Mark{Word: "As promised", Tone: tone.Good}, "No configuration lost more than it promises."
	default:
		p.Verdict, p.Sentence = Mark{Word: "More than promised", Tone: tone.Bad}, fmt.Sprintf("More than is promised was lost by %s.", words.Enumerate(broken))
	}
	if g := d.Target; g != nil {
		met := "no configuration"
		if len(g.Met) > 0 {
			met = words.Enumerate(g.Met)
		}
		p.Next = []string{fmt.Sprintf("A target of %s for the RPO is met by %s.", words.Rough(time.Duration(g.RPO)), met)}
	}
	p.Sections = []Section{{ID: "rows", Title: "Promised and measured", Tables: []Table{t.bounded("-o json")}}}
	return p
}

// powerCuts says how power was cut.
func powerCuts(text string) string {
	if text == "" {
		return ""
	}
	return sentence("A power cut is simulated: " + text)
}

// spanText is an RPO; nothing at all is told as the text of `drill durability` does.
func spanText(m *Milliseconds, otherwise string) string {
	if m != nil && *m == 0 {
		return nothingLost
	}
	return roughly(m, otherwise)
}

// measuredText is the RPO that was measured. Where everything is lost, the loss could have been greater had there been more.
func (r *DurabilityRowDocument) measuredText() string {
	if r.Lost > 0 && r.Lost == r.Acknowledged {
		return "> " + spanText(r.RPOMeasured, "-")
	}
	return spanText(r.RPOMeasured, "-")
}

// kept tells whether no more was lost than is promised: see [durability.Row.Kept].
func (r *DurabilityRowDocument) kept() bool {
	measured := Milliseconds(0)
	if r.RPOMeasured != nil {
		measured = *r.RPOMeasured
	}
	return r.RPOPromised == nil || measured <= *r.RPOPromised && (*r.RPOPromised > 0 || r.Lost == r.LostUnconfirmed)
}
