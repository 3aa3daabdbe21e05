package tui

import (
	"strconv"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/lab"
)

var labRegionColumns = []column{{title: "region", least: 6}, {title: "state"}, {title: "shards", right: true, drop: 3}, {title: "keys", right: true, drop: 1},
	{title: "clients", right: true}, {title: "backlog", right: true, drop: 5}, {title: "kept when killed", drop: 4}, {title: "url", drop: 2, least: 24}}

// regionsPanel is a table of the regions.
func (m *Lab) regionsPanel() panel {
	n := len(m.status.Regions)
	return panel{least: min(3, 1+n), most: 1 + n, lines: func(height int) []string {
		first, last := window(n, height-1, m.region, m.top[inLabRegions])
		m.top[inLabRegions] = first
		var rows [][]string
		for _, r := range m.status.Regions[first:last] {
			word, t := regionWord(r)
			keys, backlog := 0, int64(0)
			for _, s := range r.Shards {
				keys, backlog = keys+s.Keys, max(backlog, s.Backlog)
			}
			rows = append(rows, []string{words.Clean(r.Name), m.look.toned(t.Symbol()+" "+word, t), strconv.Itoa(len(r.Shards)), words.Thousands(keys),
				words.Thousands(clientsOf(r)), share100(backlog, m.status.Backlog), string(r.Persistence), words.Clean(r.URL)})
		}
		return table(m.look, labRegionColumns, rows, m.rowOf(inLabRegions, m.region-first), m.width)
	}}
}

var labLinkColumns = []column{{title: "link", least: 6}, {title: "state"}, {title: "delay", right: true, drop: 2}, {title: "behind", right: true, drop: 1},
	{title: "resumes", right: true, drop: 4}, {title: "full copies", right: true, drop: 3}, {title: "messages", drop: 5}}

// linksPanel is a table of the links.
func (m *Lab) linksPanel() panel {
	n := len(m.status.Links)
	return panel{least: min(3, 1+n), most: 1 + n, lines: func(height int) []string {
		first, last := window(n, height-1, m.link, m.top[inLabLinks])
		m.top[inLabLinks] = first
		var rows [][]string
		for _, l := range m.status.Links[first:last] {
			word, t := linkWord(l)
			total, _ := l.Total()
			rows = append(rows, []string{linkName(l), m.look.toned(t.Symbol()+" "+word, t), delayText(l.Delay), words.Thousands(total.Behind),
				words.Thousands(total.Resumes), words.Thousands(total.FullCopies), lossText(total)})
		}
		return table(m.look, labLinkColumns, rows, m.rowOf(inLabLinks, m.link-first), m.width)
	}}
}

// rowOf is the row that is shown as selected: none in a panel that has not the focus, unless its shards have.
func (m *Lab) rowOf(place labPlace, row int) int {
	if m.focus == place || m.focus == inLabShards && m.of == place {
		return row
	}
	return noRow
}

// share100 is how full the fullest backlog is.
func share100(size, limit int64) string {
	if limit <= 0 {
		return "-"
	}
	return strconv.FormatInt((100*size+limit-1)/limit, 10) + "%"
}

// logPanel shows what was done last.
func (m *Lab) logPanel() panel {
	return panel{least: 1, lines: func(height int) []string { return m.logLines(max(len(m.log)-height, 0), height) }}
}

// logPage is the log alone.
func (m *Lab) logPage() panel {
	return panel{least: 1, lines: func(height int) []string {
		m.top[inLabLog] = min(m.top[inLabLog], max(len(m.log)-height, 0))
		return m.logLines(m.top[inLabLog], height)
	}}
}

func (m *Lab) logLines(first, height int) []string {
	if len(m.log) == 0 {
		return []string{clip(" "+m.look.faint.on("No fault was made yet."), m.width)}
	}
	var lines []string
	for _, e := range m.log[first:min(first+max(height, 0), len(m.log))] {
		text := m.clock(e.at) + "  " + e.text
		if e.failed {
			text = m.look.toned(m.clock(e.at)+"  "+"✖ "+e.text, labTone("down"))
		}
		lines = append(lines, clip(" "+text, m.width))
	}
	return lines
}

// shardOf is a shard of the region that is selected.
func (m *Lab) shardOf(i int) lab.ShardStatus { return m.status.Regions[m.region].Shards[i] }

// streamOf is a stream of the link that is selected.
func (m *Lab) streamOf(i int) lab.StreamStatus { return m.status.Links[m.link].Streams[i] }
