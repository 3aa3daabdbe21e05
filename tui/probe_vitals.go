package tui

import (
	"slices"
	"strconv"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/vitals"
)

// serverLines are what the servers of a region say of themselves; none where they are not asked.
func (m *Probe) serverLines(region string) []string {
	var shards []vitals.Shard
	for _, s := range m.servers {
		if s.Region == region {
			shards = append(shards, s)
		}
	}
	if len(shards) == 0 {
		return nil
	}
	rows := make([][]string, 0, len(shards))
	for i, l := range report.ServerLines(shards) {
		rows = append(rows, []string{strconv.Itoa(shards[i].Index + 1), l.Role, l.Version, l.Memory, l.Disk, l.Replication})
	}
	lines := append([]string{"", clip(" "+m.look.bold.on("What the servers say of themselves"), m.width)}, table(m.look, serverColumns, rows, noRow, m.width)...)
	for _, r := range report.VitalsRemarks(nil, shards, m.clock) {
		lines = append(lines, m.remarked(r.Subject+": "+r.Text)...)
	}
	return lines
}

var serverColumns = []column{{title: "shard", right: true}, {title: "role"}, {title: "version", drop: 3}, {title: "memory", drop: 2}, {title: "disk", least: 8, drop: 1}, {title: "replication", least: 12}}

// explained is what the servers say of a link that is not up.
func (m *Probe) explained(from, to string) []string {
	var lines []string
	for _, e := range vitals.Beside(m.snap, m.servers) {
		if e.From == from && e.To == to {
			lines = append(lines, m.remarked(e.Text)...)
		}
	}
	return lines[:min(len(lines), mostExplained)]
}

// mostExplained is how many lines of an opened link are left for what servers say of it.
const mostExplained = 4

// remarked is a remark on as many lines as it takes.
func (m *Probe) remarked(text string) []string {
	const below = 3
	folded := fold(words.Clean(text), m.width-below-1)
	lines := make([]string, 0, len(folded))
	for i, line := range folded {
		margin := blanks(below)
		if i == 0 {
			margin = " " + m.look.toned(tone.Poor.Symbol(), tone.Poor) + " "
		}
		lines = append(lines, clip(margin+line, m.width))
	}
	return slices.Clip(lines)
}
