package tui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/lab"
)

// labTableShards is up to how many shards each has a line of its own, where there is room.
const labTableShards = 8

// shardsPanel shows the shards of the region, or the streams of the link, that is selected: a line for each of a few, a map of
// many, in which the one that is selected is spelled out.
func (m *Lab) shardsPanel() panel {
	n := m.shards()
	rows := (n + m.mapWidth() - 1) / m.mapWidth()
	most := 2 + rows
	if n <= labTableShards {
		most = 1 + n
	}
	least := min(3, most)
	if m.focus == inLabShards { // whoever is in it wants to see it, before other panels grow
		least = min(6, most)
	}
	return panel{least: least, most: most, lines: func(height int) []string {
		if n == 0 {
			m.wide = 1
			return []string{clip(" "+m.look.faint.on("no shards"), m.width)}
		}
		if n <= labTableShards && height > n {
			m.wide = 1
			return m.shardTable()
		}
		return m.shardMap(height)
	}}
}

var (
	labShardColumns = []column{{title: "shard", right: true}, {title: "state"}, {title: "backlog", drop: 1}, {title: "full", right: true, drop: 2},
		{title: "keys", right: true, drop: 4}, {title: "clients", right: true, drop: 3}, {title: "address", drop: 5}}
	labStreamColumns = []column{{title: "shard", right: true}, {title: "to", right: true, drop: 3}, {title: "state"}, {title: "behind", right: true, drop: 1},
		{title: "resumes", right: true, drop: 4}, {title: "full copies", right: true, drop: 2}, {title: "messages", drop: 5}}
)

// barWidth is how wide the bar of a full backlog is.
const barWidth = 20

func (m *Lab) shardTable() []string {
	selected := noRow
	if m.focus == inLabShards {
		selected = m.shard
	}
	var rows [][]string
	if m.of == inLabLinks {
		for i := range m.shards() {
			s := m.streamOf(i)
			rows = append(rows, []string{strconv.Itoa(s.FromShard), strconv.Itoa(s.ToShard), m.toned(s.State.String(), ""), words.Thousands(s.Behind),
				words.Thousands(s.Resumes), words.Thousands(s.FullCopies), lossText(s)})
		}
		return table(m.look, labStreamColumns, rows, selected, m.width)
	}
	for i := range m.shards() {
		s := m.shardOf(i)
		rows = append(rows, []string{strconv.Itoa(s.Number), m.toned(s.Word(), staleText(s)), m.backlogBar(s), share100(s.Backlog, m.status.Backlog),
			words.Thousands(s.Keys), words.Thousands(s.Clients), words.Clean(s.Address)})
	}
	return table(m.look, labShardColumns, rows, selected, m.width)
}

// backlogBar is a bar of all that the backlog may hold.
func (m *Lab) backlogBar(s lab.ShardStatus) string {
	full := bar(float64(s.Backlog), float64(m.status.Backlog), barWidth)
	return full + strings.Repeat("·", max(barWidth-widthOf(full), 0))
}

func staleText(s lab.ShardStatus) string {
	if s.Stale {
		return ", stale"
	}
	return ""
}

// toned is a state with its symbol, and a remark that has no tone.
func (m *Lab) toned(state, remark string) string {
	t := labTone(state)
	if remark != "" && t == tone.Good {
		t = tone.Poor
	}
	return m.look.toned(t.Symbol()+" "+words.Clean(state)+remark, t)
}

// mapLabel is how wide the number at the beginning of a row of the map is, with its indent.
const mapLabel = 6

// mapWidth is how many shards stand in a row of the map: a number that one can count with.
func (m *Lab) mapWidth() int {
	for _, n := range []int{128, 64, 32, 16, 8, 4} {
		if n <= m.width-mapLabel {
			return n
		}
	}
	return 1
}

// shardMap is a line that spells out what is selected, and a symbol for each: of what is wrong with it, or else how full its
// backlog is.
func (m *Lab) shardMap(height int) []string {
	m.wide = m.mapWidth()
	lines := []string{clip(" "+m.spelledOut(), m.width)}
	n := m.shards()
	rows := (n + m.wide - 1) / m.wide
	legend := height > rows+1
	if legend {
		height--
	}
	first, last := window(rows, height-1, m.shard/m.wide, m.top[inLabShards])
	m.top[inLabShards] = first
	for row := first; row < last; row++ {
		lines = append(lines, clip(m.mapRow(row*m.wide, min((row+1)*m.wide, n)), m.width))
	}
	if legend {
		lines = append(lines, clip(" "+m.look.faint.on(m.legend()), m.width))
	}
	return lines
}

// mapRow is a row of the map, painted a run of the same tone at a time.
func (m *Lab) mapRow(from, to int) string {
	var line, run strings.Builder
	line.WriteString(" " + m.look.faint.on(padLeft(strconv.Itoa(from+1), mapLabel-2)) + " ")
	running := tone.Unknown
	flush := func() {
		line.WriteString(m.look.toned(run.String(), running))
		run.Reset()
	}
	for i := from; i < to; i++ {
		symbol, t := m.cell(i)
		if i == m.shard && m.focus == inLabShards {
			flush()
			if m.look.plain() {
				symbol = "◆"
			}
			line.WriteString(m.look.chose.on(symbol))
			continue
		}
		if t != running {
			flush()
			running = t
		}
		run.WriteString(symbol)
	}
	flush()
	return line.String()
}

// cell is the symbol of a shard or stream: how full the backlog of one is that is well, and that of its tone otherwise.
func (m *Lab) cell(i int) (string, tone.Tone) {
	if m.of == inLabLinks {
		t := labTone(m.streamOf(i).State.String())
		return t.Symbol(), t
	}
	s := m.shardOf(i)
	t := labTone(s.Word())
	if t == tone.Good && s.Stale {
		t = tone.Poor
	}
	if t != tone.Good {
		return t.Symbol(), t
	}
	level := 0
	if m.status.Backlog > 0 {
		level = min(int(s.Backlog*int64(len(upright))/m.status.Backlog), len(upright)-1)
	}
	return string(upright[max(level, 0)]), t
}

func (m *Lab) legend() string {
	if m.of == inLabLinks {
		return "● up  ▲ slow, stalled, lossy or twice  ✖ cut or down"
	}
	return "▁ backlog empty … █ full  ▲ hung, stale or answering with errors  ✖ down"
}

// spelledOut says all of the shard or stream that is selected.
func (m *Lab) spelledOut() string {
	if m.of == inLabLinks {
		s, l := m.streamOf(m.shard), m.status.Links[m.link]
		return m.look.bold.on(fmt.Sprintf("%s %s", linkName(l), words.Shard(s.FromShard-1))) + " to " + strconv.Itoa(s.ToShard) + "  " + m.toned(s.State.String(), "") +
			fmt.Sprintf("  behind %s, resumes %s, full copies %s, messages %s", words.Thousands(s.Behind), words.Thousands(s.Resumes), words.Thousands(s.FullCopies), lossText(s))
	}
	s, r := m.shardOf(m.shard), m.status.Regions[m.region]
	return m.look.bold.on(words.Clean(r.Name)+" "+words.Shard(s.Number-1)) + "  " + m.toned(s.Word(), staleText(s)) +
		fmt.Sprintf("  backlog %s of %s, %s, %s, %s", words.Bytes(float64(s.Backlog)), words.Bytes(float64(m.status.Backlog)),
			words.Count(s.Keys, "key"), words.Count(s.Clients, "client"), words.Clean(s.Address))
}
