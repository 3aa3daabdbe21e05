package report

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/aafailover/aafailover/internal/words"
)

// mostTripRows bounds the rows of the picture of round trips: 25 links and loops are those of five regions.
const mostTripRows = 25

// trip is the distribution of the round trips of one link.
type trip struct {
	name          string
	p50, p99, max time.Duration
}

func (t trip) text() string {
	return fmt.Sprintf("%s / %s / %s", words.Rough(t.p50), words.Rough(t.p99), words.Rough(t.max))
}

// tripsOf are those of the links that have some.
func tripsOf(links []LinkDocument) []trip {
	var trips []trip
	for _, l := range links {
		if r := l.RTT; r.P50 != nil && r.P99 != nil && r.Max != nil && *r.P50 > 0 {
			trips = append(trips, trip{l.From + "→" + l.To, time.Duration(*r.P50), time.Duration(max(*r.P99, *r.P50)), time.Duration(max(*r.Max, *r.P99, *r.P50))})
		}
	}
	return trips
}

// tripsChart is a bar from the median to the 99th percentile for each link, with the longest beyond; nil where there is none.
func tripsChart(links []LinkDocument) *Chart {
	trips := tripsOf(links)
	if len(trips) == 0 {
		return nil
	}
	text := "Median, 99th percentile and longest round trip."
	for _, t := range trips[:min(len(trips), 9)] {
		text += fmt.Sprintf(" %s: %s.", t.name, t.text())
	}
	return newChart("Round trips of each link, p50 / p99 / longest, on a logarithmic axis", text, func(width float64) Drawing { return drawTrips(trips[:min(len(trips), mostTripRows)], width) })
}

func drawTrips(trips []trip, width float64) Drawing {
	const rowHigh, barHigh = 38.0, 12.0
	d := Drawing{Width: width}
	least, most := math.Inf(1), 0.0
	for _, t := range trips {
		least, most = min(least, t.p50.Seconds()), max(most, t.max.Seconds())
	}
	decades := scale{math.Floor(math.Log10(least)), math.Ceil(math.Log10(most) + 0.01), rightEdge, width - rightEdge}
	bottom := rowHigh * float64(len(trips))
	for e := decades.from; e <= decades.to; e++ {
		at, anchor := decades.at(e), "middle"
		switch e {
		case decades.from:
			anchor = "start"
		case decades.to:
			anchor = "end"
		}
		d.line("grid", at, 0, at, bottom)
		d.text("tick", anchor, at, bottom+lineHigh, decadeLabel(int(e)))
	}
	for i, t := range trips {
		x := func(d time.Duration) float64 { return decades.at(math.Log10(d.Seconds())) }
		base := rowHigh * float64(i)
		d.text("row-label", "start", rightEdge, base+lineHigh-2, shortened(t.name+"  "+t.text(), width-2*rightEdge))
		middle := base + lineHigh + 4 + barHigh/2
		d.line("whisker", x(t.p99), middle, x(t.max), middle)
		d.line("whisker", x(t.max), middle-barHigh/2, x(t.max), middle+barHigh/2)
		d.rect("trip", x(t.p50), middle-barHigh/2, max(x(t.p99)-x(t.p50), 3), barHigh)
	}
	below := bottom + 2*lineHigh + 4
	d.text("legend", "start", rightEdge, below, "bar: p50 to p99; line: to the longest")
	d.Height = tenth(below + 6)
	return d
}

// decadeLabel is a power of ten of a second.
func decadeLabel(exponent int) string {
	switch {
	case exponent >= 0:
		return strconv.FormatFloat(math.Pow10(exponent), 'f', -1, 64) + " s"
	case exponent >= -3:
		return strconv.FormatFloat(math.Pow10(exponent+3), 'f', -1, 64) + " ms"
	}
	return strconv.FormatFloat(math.Pow10(exponent+6), 'f', -1, 64) + " µs"
}
