package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// fewShards is how many shards have a line each, where there is room for that; more become a heat map.
const fewShards = 12

// missedHeight is how many lines are enough to show missed writes.
func (d *Drill) missedHeight() int {
	switch {
	case d.now == nil:
		return 0
	case len(d.now.Missed) > fewShards:
		return 1 + len(d.heatMap(len(d.now.Missed)))
	}
	return 1 + len(d.now.Missed)
}

// missed is what is not readable where the application got to: a bar for each shard of the regions that it left, or a heat map.
func (d *Drill) missed(height int) []string {
	if height <= 0 || d.now == nil {
		return nil
	}
	lines := []string{d.missedHead()}
	if len(d.now.Missed) > min(fewShards, height-1) {
		return append(lines, d.heatMap(height-1)...)
	}
	most, label := 0, 0
	for _, m := range d.now.Missed {
		most, label = max(most, m.Absent+m.Back), max(label, widthOf(d.shardName(m)))
	}
	for _, m := range d.now.Missed {
		lines = append(lines, d.missedLine(m, most, label))
	}
	return lines
}

// missedHead says it for all shards together.
func (d *Drill) missedHead() string {
	p := d.now
	absent, back := 0, 0
	for _, m := range p.Missed {
		absent, back = absent+m.Absent, back+m.Back
	}
	looking := ""
	if p.Look != nil && p.Look.Of > 0 {
		looking = fmt.Sprintf("; %d %% of the writes looked for", 100*p.Look.Looked/p.Look.Of)
	}
	switch {
	case len(p.Missed) == 0:
		return d.colours.faint.on(" missed writes: the application has not failed over, so none is missing") + looking
	case absent+back == 0:
		return " " + d.colours.toned("● missed writes: none found", tone.Good) + looking
	case absent == 0:
		return " " + d.colours.toned("●", tone.Good) + fmt.Sprintf(" missed writes: %s, all of them readable since", words.Thousands(back)) + looking
	}
	return " " + d.colours.toned("▲", tone.Poor) + fmt.Sprintf(" missed writes: %s not readable yet, %s readable since", words.Thousands(absent), words.Thousands(back)) + looking
}

func (d *Drill) shardName(m drill.ShardMissed) string {
	if m.Shard < 0 {
		return words.Clean(d.region(m.Region)) + " no shard"
	}
	return words.Clean(d.region(m.Region)) + " " + words.Shard(m.Shard)
}

// missedLine is the bar of one shard.
func (d *Drill) missedLine(m drill.ShardMissed, most, label int) string {
	label = min(label, max(0, d.width-30))
	numbers := fmt.Sprintf("  %s of %s not yet", words.Thousands(m.Absent), words.Thousands(m.Absent+m.Back))
	room := max(0, d.width-label-6-widthOf(numbers))
	whole := 0
	if most > 0 && m.Absent+m.Back > 0 {
		whole = max(1, (m.Absent+m.Back)*room/most)
	}
	absent := 0
	if m.Absent > 0 {
		absent = max(1, m.Absent*whole/(m.Absent+m.Back))
	}
	return "   " + pad(d.shardName(m), label) + "  " + d.colours.toned(strings.Repeat("█", absent), tone.Poor) +
		strings.Repeat("▒", whole-absent) + d.colours.faint.on(numbers)
}

// heatMap is a sign for each shard, in lines of its region; where there are not enough lines for that, for two shards, four, and
// so on.
func (d *Drill) heatMap(height int) []string {
	label := 0
	for _, m := range d.now.Missed {
		label = max(label, widthOf(words.Clean(d.region(m.Region))))
	}
	label = min(label, max(0, d.width/3))
	columns := min(max(16, (d.width-label-8)/16*16), 128) // so that shards stand below each other in sixteens
	each := 1
	for d.heatHeight(columns, each) > height && each < len(d.now.Missed) {
		each *= 2
	}
	var lines []string
	for region := range d.Regions {
		signs := d.signs(region, each)
		for at := 0; at < len(signs); at += columns {
			name := blanks(label)
			if at == 0 {
				name = pad(words.Clean(d.region(region)), label)
			}
			lines = append(lines, "   "+name+padLeft(strconv.Itoa(at*each+1), 4)+" "+strings.Join(signs[at:min(len(signs), at+columns)], ""))
		}
	}
	if each > 1 && len(lines) > 0 {
		lines[0] += d.colours.faint.on(fmt.Sprintf(" %d shards a sign", each))
	}
	return lines[:min(len(lines), max(0, height))]
}

// heatHeight is how many lines a heat map takes.
func (d *Drill) heatHeight(columns, each int) int {
	lines := 0
	for region := range d.Regions {
		signs := (len(d.shardsLeft(region)) + each - 1) / each
		lines += (signs + columns - 1) / columns
	}
	return lines
}

// shardsLeft are the shards of a region that may have missed writes.
func (d *Drill) shardsLeft(region int) []drill.ShardMissed {
	return slices.DeleteFunc(slices.Clone(d.now.Missed), func(m drill.ShardMissed) bool { return m.Region != region })
}

// signs are those of the shards of a region, so many each. The darkest is that of the most of all regions.
func (d *Drill) signs(region, each int) []string {
	most := 1
	for other := range d.Regions {
		for _, m := range together(d.shardsLeft(other), each) {
			most = max(most, m.Absent)
		}
	}
	var signs []string
	for _, m := range together(d.shardsLeft(region), each) {
		signs = append(signs, d.heat(m, most))
	}
	return signs
}

// together adds up so many shards each.
func together(shards []drill.ShardMissed, each int) []drill.ShardMissed {
	var sums []drill.ShardMissed
	for some := range slices.Chunk(shards, each) {
		one := some[0]
		for _, m := range some[1:] {
			one.Absent, one.Back = one.Absent+m.Absent, one.Back+m.Back
		}
		sums = append(sums, one)
	}
	return sums
}

// heat is the sign of one shard.
func (d *Drill) heat(m drill.ShardMissed, most int) string {
	switch {
	case m.Absent > 0:
		level := min(m.Absent*len(upright)/max(1, most), len(upright)-1)
		return d.colours.toned(string(upright[level]), tone.Poor)
	case m.Back > 0:
		return "○"
	}
	return d.colours.faint.on("·")
}
