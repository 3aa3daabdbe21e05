package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// widestBucket is how many columns a bucket of a histogram takes at the most.
const widestBucket = 3

// histogram returns round trips as upright bars, the shortest ones at the left, on a logarithmic scale, below a line that says
// how many there are. It is at most so high and so wide.
func histogram(p palette, d *probe.Detail, width, height int) []string {
	if height <= 0 {
		return nil
	}
	var total, most uint64
	per := 1
	if len(d.Buckets) > width {
		per = (len(d.Buckets) + max(width, 1) - 1) / max(width, 1)
	}
	var counts []uint64
	for i, b := range d.Buckets {
		if i%per == 0 {
			counts = append(counts, 0)
		}
		counts[len(counts)-1] += b.Count
		most, total = max(most, counts[len(counts)-1]), total+b.Count
	}
	if total == 0 {
		return []string{clip("no round trips yet", width)}
	}
	lines := []string{clip(fmt.Sprintf("%s: p50 %s, p99 %s, max %s", words.Count(total, "round trip"), words.Rough(d.RTT.P50), words.Rough(d.RTT.P99), words.Rough(d.RTT.Max)), width)}
	broad := min(max(width/len(counts), 1), widestBucket)
	for row := height - 3; row >= 0; row-- {
		lines = append(lines, clip(barsAt(counts, most, row, height-2, broad), width))
	}
	if height > 2 {
		lines = append(lines, p.faint.on(bucketAxis(d, per, broad, width)))
	}
	return lines[:min(len(lines), height)]
}

// barsAt returns one row, from 0 at the bottom, of bars that are so many rows high.
func barsAt(counts []uint64, most uint64, row, rows, broad int) string {
	var line strings.Builder
	steps := len(upright)
	for _, n := range counts {
		eighths := int(float64(n) / float64(most) * float64(rows*steps))
		if n > 0 {
			eighths = max(eighths, 1)
		}
		symbol := " "
		if rest := eighths - row*steps; rest > 0 {
			symbol = string(upright[min(rest, steps)-1])
		}
		line.WriteString(strings.Repeat(symbol, broad))
	}
	return strings.TrimRight(line.String(), " ")
}

// bucketAxis says below the bars which round trips they are of: the bounds, and where the median is.
func bucketAxis(d *probe.Detail, per, broad, width int) string {
	low, high := words.Rough(d.Buckets[0].Low), words.Rough(d.Buckets[len(d.Buckets)-1].High)
	line := low
	at := bucketAt(d, d.RTT.P50) / per * broad
	if middle := "▲ p50"; at > widthOf(low) && at+widthOf(middle) < width {
		line = pad(low, at) + middle
	}
	end := min(max((len(d.Buckets)+per-1)/per*broad, widthOf(line)+gap+widthOf(high)), width)
	if room := end - widthOf(line) - widthOf(high); room > 0 {
		line += blanks(room) + high
	}
	return clip(line, width)
}

// bucketAt returns in which bucket a round trip is.
func bucketAt(d *probe.Detail, took time.Duration) int {
	for i, b := range d.Buckets {
		if took < b.High {
			return i
		}
	}
	return len(d.Buckets) - 1
}
