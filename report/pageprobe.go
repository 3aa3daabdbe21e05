package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// probePageOf makes the page of a probe.
func probePageOf(d *ProbeDocument) Page {
	word := words.Plain(d.Verdict)
	if word != "" {
		word = strings.ToUpper(word[:1]) + word[1:]
	}
	p := Page{Title: "Probe of " + words.Enumerate(convert(d.Regions, func(r RegionDocument) string { return r.Name })), Verdict: Mark{Word: word, Tone: tone.Of(d.Verdict)},
		Sentence: sentence(d.Sentence), Notices: probeNotices(d), Origin: probeOrigin(d), Figures: probeFigures(d), Next: probeNext(d)}
	if len(d.Regions) == 0 {
		p.Title = "Probe"
	}
	if past := troubledFor(d); past != "" {
		p.Sentence += " It was not so all the time: " + past + "."
	}
	p.Sections = []Section{findingsSection(d), regionsSection(d), linksSection(d), {ID: "states", Title: "What was up and down, over time", Chart: statesChart(d)},
		incidentsSection(d.Canary), remarksSection(d.Vitals), eventsSection(d.Events), probeSettings(d)}
	return p
}

// troubledFor says which other verdicts there were between the first one and the end, in their order, and for how long: a probe ends with
// the verdict of its last moment, which tells nothing of an outage that is over. It is "" where there was none.
func troubledFor(d *ProbeDocument) string {
	verdicts := histories(d)[0].changes
	whole := time.Time(d.At).Sub(time.Time(d.Started))
	took := map[string]time.Duration{}
	var others []string
	for i, c := range verdicts {
		if c.state == string(d.Verdict) || i == 0 && c.state == string(probe.Unobservable) { // before the first verdict nothing is known
			continue
		}
		end := whole
		if i+1 < len(verdicts) {
			end = verdicts[i+1].at
		}
		if _, known := took[c.state]; !known {
			others = append(others, c.state)
		}
		took[c.state] += max(end-c.at, 0)
	}
	return words.Enumerate(convert(others, func(state string) string { return words.Plain(state) + " for " + words.Rough(took[state]) }))
}

func probeNotices(d *ProbeDocument) []string {
	notices := []string{originNotice(d.Deployment)}
	if len(d.Insecure) > 0 {
		notices = append(notices, fmt.Sprintf("The TLS certificate of %s was not checked: whoever is in between could have answered.", words.Enumerate(d.Insecure)))
	}
	if d.Coverage == CoverageUnproven && len(d.Regions) > 0 {
		notices = append(notices, "Coverage is unproven: how a region is sharded is not known, and a shard may go untried.")
	}
	if d.Dropped > 0 {
		notices = append(notices, words.Count(d.Dropped, "observation")+" did not fit into the queue, and count as no evidence.")
	}
	notices = append(notices, "All of it is what one observer saw, by its own clock; times within sentences are in its zone.")
	return slices.DeleteFunc(notices, func(text string) bool { return text == "" })
}

func probeOrigin(d *ProbeDocument) []Fact {
	took := ""
	if !time.Time(d.Started).IsZero() {
		took = words.Rough(time.Time(d.At).Sub(time.Time(d.Started)))
	}
	facts := []Fact{{"until", date(d.At)}, {"for", took}, {"observer", d.Observer}, {"messages", d.PubSub}}
	return slices.DeleteFunc(facts, func(f Fact) bool { return f.Value == "" })
}

func probeFigures(d *ProbeDocument) []Figure {
	between := slices.DeleteFunc(slices.Clone(d.Links), func(l LinkDocument) bool { return l.From == l.To })
	states := convert(between, func(l LinkDocument) string { return string(l.State) })
	regions := convert(d.Regions, func(r RegionDocument) string { return string(r.State) })
	figures := []Figure{stateFigure("regions available", regions, string(probe.RegionAvailable)), stateFigure("links up", states, string(probe.LinkUp))}
	if trips := tripsOf(d.Links); len(trips) > 0 {
		longest := slices.MaxFunc(trips, func(a, b trip) int { return cmp.Compare(a.p99, b.p99) })
		figures = append(figures, Figure{"longest round trip", words.Rough(longest.p99), "99th percentile, " + longest.name})
	}
	sent, lost, overdue := uint64(0), uint64(0), uint64(0)
	for _, l := range d.Links {
		sent, lost = sent+l.Retired.Sent, lost+l.Retired.Lost
		for _, c := range l.Cells {
			sent, lost, overdue = sent+c.Sent, lost+c.Lost, overdue+c.Overdue
		}
	}
	note := "of " + words.Thousands(sent) + " expected deliveries"
	if overdue > 0 {
		note += "; " + words.Thousands(overdue) + " more are overdue"
	}
	return append(figures, Figure{"messages lost", words.Thousands(lost), note})
}

// stateFigure counts how many are in the best state, and in which the others are.
func stateFigure(label string, states []string, best string) Figure {
	counts := map[string]int{}
	for _, s := range states {
		counts[s]++
	}
	var others []string
	for _, s := range slices.Sorted(maps.Keys(counts)) {
		if s != best {
			others = append(others, fmt.Sprintf("%d %s", counts[s], words.Plain(s)))
		}
	}
	return Figure{label, fmt.Sprintf("%d of %d", counts[best], len(states)), strings.Join(others, ", ")}
}

// nextSteps are what to do about a verdict, whatever its findings are: see docs/verdicts.md.
func nextSteps() map[probe.Verdict]string {
	return map[probe.Verdict]string{
		probe.Unobservable:       "Look from another place before you touch anything; then at the machine of the observer: its network, its load, its limits.",
		probe.LocalFailure:       "Go by the advice above on whether to move, and mend the local region.",
		probe.ReplicationFailure: "Do not fail over for a link alone: the application would not find its writes there. Mend the link; if its backlog overflows, a full copy follows.",
		probe.RemoteFailure:      "Nothing for the application; there is one place less to fail over to: mend it.",
		probe.Degraded:           "Look at the findings: loss and lateness often come before an outage.",
		probe.Healthy:            "Nothing. Writes are proven only where --dataset or a drill writes.",
	}
}

func probeNext(d *ProbeDocument) []string {
	todo := nextSteps()[d.Verdict]
	if d.Verdict == probe.Healthy && troubledFor(d) != "" {
		todo = "Nothing now: see below what was otherwise, and when. A probe with --canary, or a drill, tells what an outage costs an application."
	}
	next := []string{sentence(d.Advice), todo}
	if len(d.Regions) > 0 { // the local one, which an application would return to
		if r := d.Regions[0]; r.State != probe.RegionAvailable && len(r.FailbackMissing) > 0 {
			next = append(next, sentence(fmt.Sprintf("Do not return to %s before it is safe: %s", r.Name, strings.Join(r.FailbackMissing, "; "))))
		}
	}
	return slices.DeleteFunc(next, func(text string) bool { return text == "" })
}

func findingsSection(d *ProbeDocument) Section {
	t := Table{Caption: "Findings, the worst first", Columns: []Column{{Title: "severity"}, {Title: "finding", Prose: true}}}
	for _, f := range d.Findings {
		t.Rows = append(t.Rows, []Cell{marked(f.Severity), {Text: f.Text}})
	}
	return Section{ID: "findings", Title: "What is not as it should be", Tables: []Table{t.bounded("-o csv --table findings")}}
}

func regionsSection(d *ProbeDocument) Section {
	t := Table{Caption: "Regions, the local one first", Columns: []Column{{Title: "region"}, {Title: "state"}, {Title: "shards", Right: true}, {Title: "cause"}, {Title: "writes"}, {Title: "safe to return to?", Prose: true}}}
	for i, r := range d.Regions {
		name := r.Name
		if i == 0 && len(d.Regions) > 1 {
			name += " (local)"
		}
		ready := words.Plain(r.FailbackReady)
		if len(r.FailbackMissing) > 0 {
			ready += ": " + strings.Join(r.FailbackMissing, "; ")
		}
		t.Rows = append(t.Rows, []Cell{{Text: name}, marked(r.State), {Text: words.Thousands(len(r.Shards))}, {Text: causeText(r.Cause)}, marked(r.Writes), {Text: ready}})
	}
	return Section{ID: "regions", Title: "Regions", Tables: []Table{t.bounded("-o csv --table regions")}}
}

func causeText(cause string) string {
	if cause == "" {
		return "-"
	}
	return words.Plain(cause)
}

// linksSection is how each link carries, and how long messages took.
func linksSection(d *ProbeDocument) Section {
	t := Table{Caption: "Links and loops; round trips by the clock of the observer; times are UTC", Columns: []Column{{Title: "link"}, {Title: "state"}, {Title: "cells", Right: true},
		{Title: "p50", Right: true}, {Title: "p99", Right: true}, {Title: "longest", Right: true}, {Title: "overdue", Right: true}, {Title: "late", Right: true}, {Title: "lost", Right: true}, {Title: "last up"}}}
	for _, l := range d.Links {
		var overdue, late, lost uint64
		alike := 0
		for _, c := range l.Cells {
			overdue, late, lost = overdue+c.Overdue, late+c.Late, lost+c.Lost
			if c.State == l.State || c.State.Silent() && l.State.Silent() {
				alike++
			}
		}
		name, cells := l.From+"→"+l.To, words.Thousands(len(l.Cells))
		if l.From == l.To {
			name += " (loop)"
		}
		if alike < len(l.Cells) {
			cells = fmt.Sprintf("%d of %d", alike, len(l.Cells))
		}
		t.Rows = append(t.Rows, []Cell{{Text: name}, marked(l.State), {Text: cells}, {Text: roughly(l.RTT.P50, "-")}, {Text: roughly(l.RTT.P99, "-")}, {Text: roughly(l.RTT.Max, "-")},
			{Text: words.Thousands(overdue)}, {Text: words.Thousands(late)}, {Text: words.Thousands(lost)}, {Text: day(l.LastUp)}})
	}
	return Section{ID: "links", Title: "Links, and their round trips", Chart: tripsChart(d.Links), Tables: []Table{t.bounded("-o csv --table links")}}
}

// incidentsSection is what the canary found.
func incidentsSection(c *CanaryDocument) Section {
	if c == nil {
		return Section{}
	}
	w := c.Writes
	s := Section{ID: "incidents", Title: "What outages cost", Lead: []string{fmt.Sprintf("A canary wrote %s a second where an application would be: %s acknowledged, %s rejected, %s indeterminate.",
		words.Amount(c.PerSecond), words.Thousands(w.Acknowledged), words.Thousands(w.Rejected), words.Thousands(w.Indeterminate))}}
	t := Table{Caption: "Failovers that an application would have made; times are UTC", Columns: []Column{{Title: "incident"}, {Title: "at"}, {Title: "RTO at most", Right: true}, {Title: "RPO", Right: true},
		{Title: "missed", Right: true}, {Title: "lost", Right: true}, {Title: "because", Prose: true}}}
	for _, i := range c.Incidents {
		t.Rows = append(t.Rows, said(fmt.Sprintf("%d: %s→%s", i.Number, i.From, i.To), day(i.CutOverAt), roughly(i.RTO.Total, "not known"), rpoText((*time.Duration)(i.RPO.Missed), i.Missed.Unread),
			words.Thousands(i.Missed.AtFailover), words.Thousands(i.Missed.Lost), words.Said(i.Why)))
	}
	if s.Tables = []Table{t.bounded("-o json")}; len(t.Rows) == 0 {
		s.Lead = append(s.Lead, "An application under the failover policy would not have moved.")
	}
	return s
}

// remarksSection is what the servers say of themselves that is not as it should be.
func remarksSection(v *VitalsDocument) Section {
	if v == nil {
		return Section{}
	}
	t := Table{Caption: "What servers say of themselves", Columns: []Column{{Title: "server"}, {Title: "remark", Prose: true}}}
	for _, s := range v.Servers {
		for _, r := range s.Remarks {
			t.Rows = append(t.Rows, said(s.Region+" "+s.Address, r.Text))
		}
	}
	for _, l := range v.Links {
		t.Rows = append(t.Rows, said(l.From+"→"+l.To, l.Text))
	}
	return Section{ID: "servers", Title: "What the servers say", Tables: []Table{t.bounded("-o json")}}
}

// eventsSection is the changes, but for those of single cells, which their links tell.
func eventsSection(events []EventDocument) Section {
	t := Table{Caption: "Changes; times are UTC", Columns: []Column{{Title: "at"}, {Title: "kind"}, {Title: "of"}, {Title: "state"}, {Title: "detail", Prose: true}}}
	for _, e := range events {
		if e.Kind == probe.EventCell {
			continue
		}
		of := e.Region
		if e.From != "" {
			of = e.From + "→" + e.To
		}
		state := Cell{}
		if e.State != "" {
			state = marked(e.State)
		}
		t.Rows = append(t.Rows, []Cell{{Text: day(e.At)}, {Text: string(e.Kind)}, {Text: of}, state, {Text: words.Said(e.Detail)}})
	}
	return Section{ID: "events", Title: "Changes", Tables: []Table{t.bounded("-o csv --table events")}}
}

func probeSettings(d *ProbeDocument) Section {
	if len(d.Regions) == 0 {
		return Section{}
	}
	p := d.Policy
	deadline := words.Rough(time.Duration(p.Deadline))
	if p.Adapt {
		deadline = fmt.Sprintf("%s to %s, by the round trips of each link", words.Rough(time.Duration(p.Floor)), deadline)
	}
	return settings("settings", "What it was set to", []Fact{
		{"interval", words.Rough(time.Duration(p.Interval))}, {"deadline", deadline}, {"horizon", words.Rough(time.Duration(p.Horizon))},
		{"thresholds", fmt.Sprintf("up after %d in time, degraded at %d of %d, down after %d overdue", p.Up, p.Degraded, p.Window, p.Down)},
		{"connections", words.Thousands(d.Cost.Connections)}, {"messages/s", words.Amount(d.Cost.MessagesPerSecond)},
	})
}
