package tui

import (
	"fmt"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// regionsPanel is a table of the regions.
func (m *Probe) regionsPanel(v *arranged) panel {
	all := report.RegionLines(m.snap)
	at := 0
	for i, region := range v.regions {
		if m.snap.Regions[region].Name == m.region {
			at = i
		}
	}
	return panel{least: 2, most: 1 + len(v.regions), lines: func(height int) []string {
		first, last := window(len(v.regions), height-1, at, m.top.regions)
		m.top.regions = first
		var rows [][]string
		for _, i := range v.regions[first:last] {
			l := &all[i]
			took := l.P50
			if m.snap.Regions[i].State == probe.RegionDown {
				took = "-" // what it was is not what it is
			}
			rows = append(rows, []string{l.Name, m.look.marked(string(l.State)), l.Cause, took, l.Writes, m.look.toned(l.Ready, readyTone(m.snap.Regions[i].FailbackReady))})
		}
		selected := noRow
		if m.place == inRegions {
			selected = at - first
		}
		return table(m.look, regionColumns, rows, selected, m.width)
	}}
}

var regionColumns = []column{{title: "region", least: 8}, {title: "state"}, {title: "cause", least: 8, drop: 3}, {title: "p50", right: true, drop: 4},
	{title: "writes", drop: 2}, {title: "safe to return to?", least: 12, drop: 1}}

// readyTone keeps what is merely unproven from standing out.
func readyTone(r probe.Readiness) tone.Tone {
	if r == probe.ReadyNo {
		return tone.Bad
	}
	return tone.Unknown
}

// showRegion tells all that is known of a region, and of its shards.
func (p *page) showRegion(m *Probe) []panel {
	r := m.snap.Region(p.region)
	if r == nil {
		return []panel{p.scrolled([]string{clip(" "+words.Clean(p.region)+" is not observed any more.", m.width)})}
	}
	lines := []string{clip(" "+m.look.bold.on(words.Clean(r.Name))+"  "+m.look.marked(string(r.State))+m.sinceFor(r.Since), m.width)}
	tell := func(what, text string) {
		for i, line := range fold(words.Clean(text), m.width-22) {
			if i > 0 {
				what = ""
			}
			lines = append(lines, clip(" "+m.look.faint.on(pad(what, 20))+line, m.width))
		}
	}
	if r.Cause != probe.NoCause {
		tell("cause", words.Plain(r.Cause.String()))
	}
	if r.Detail != "" {
		tell("said", r.Detail)
	}
	writes := string(r.Writes)
	if r.WritesCause != probe.NoCause {
		writes += ": " + words.Plain(r.WritesCause.String()) + m.sinceFor(r.WritesSince)
	}
	tell("writes", writes)
	tell("safe to return to?", string(r.FailbackReady))
	for _, missing := range r.FailbackMissing {
		tell("", "- "+missing)
	}
	tell("sharding", fmt.Sprintf("%s, from %s", words.Count(len(r.Shards), "shard"), r.Source))
	lines = append(lines, "")
	rows := make([][]string, 0, len(r.Shards))
	for i := range r.Shards {
		s := &r.Shards[i]
		state := m.look.marked(string(s.State))
		if s.Returning {
			state += " (returning)"
		}
		cause := words.Plain(s.Cause.String())
		if s.Detail != "" {
			cause = words.Clean(s.Detail)
		}
		rows = append(rows, []string{fmt.Sprint(i + 1), words.Clean(s.Address), state, m.clock(s.Since), m.clock(s.LastAnswer), cause})
	}
	lines = append(lines, table(m.look, []column{{title: "shard", right: true}, {title: "address", least: 12}, {title: "state"},
		{title: "since", drop: 2}, {title: "last answer", drop: 3}, {title: "cause", least: 8, drop: 1}}, rows, noRow, m.width)...)
	return []panel{p.scrolled(append(lines, m.serverLines(r.Name)...))}
}
