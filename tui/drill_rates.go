package tui

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// rates keeps how many writes there were and when, to tell how many there were a second.
type rates struct{ samples []rateSample }

// rateSample is what was known at a moment.
type rateSample struct {
	at      time.Duration
	active  int
	regions []drill.WriteCounts
}

// maxSamples bounds what is kept: beyond, every other one is dropped, which is finer than any screen still.
const maxSamples = 4_000

func (r *rates) add(p drill.Progress) {
	s := rateSample{at: p.At, active: p.Active}
	for _, region := range p.Regions {
		s.regions = append(s.regions, region.Writes)
	}
	if n := len(r.samples); n > 0 && s.at <= r.samples[n-1].at {
		return
	}
	r.samples = append(r.samples, s)
	if len(r.samples) > maxSamples {
		for i := range len(r.samples) / 2 {
			r.samples[i] = r.samples[2*i+1]
		}
		r.samples = r.samples[:len(r.samples)/2]
	}
}

// upTo is how many writes of a region were acknowledged, and failed, up to a moment: of one between two samples, a part of
// what came in between.
func (r *rates) upTo(region int, at time.Duration) (acknowledged, failed float64) {
	i := sort.Search(len(r.samples), func(i int) bool { return r.samples[i].at >= at })
	if i == len(r.samples) {
		return r.counts(len(r.samples)-1, region)
	}
	acknowledged, failed = r.counts(i, region)
	a0, f0, t0 := 0.0, 0.0, time.Duration(0)
	if i > 0 {
		a0, f0 = r.counts(i-1, region)
		t0 = r.samples[i-1].at
	}
	if r.samples[i].at == t0 {
		return acknowledged, failed
	}
	part := float64(at-t0) / float64(r.samples[i].at-t0)
	return a0 + part*(acknowledged-a0), f0 + part*(failed-f0)
}

func (r *rates) counts(i, region int) (acknowledged, failed float64) {
	if i < 0 {
		return 0, 0
	}
	w := r.samples[i].regions[region]
	return float64(w.Acknowledged), float64(w.Rejected + w.Indeterminate + w.Unsent)
}

// activeIn tells whether the application was in a region at some time between two moments, or wanted to be.
func (r *rates) activeIn(region int, from, to time.Duration) bool {
	i := sort.Search(len(r.samples), func(i int) bool { return r.samples[i].at >= from })
	for ; i < len(r.samples); i++ {
		if r.samples[i].active == region {
			return true
		}
		if r.samples[i].at >= to {
			break
		}
	}
	return false
}

// points are the writes a second that a region acknowledged, in each column of the axis up to now.
func (r *rates) points(region int, a timeAxis, now time.Duration) []point {
	points := make([]point, a.width)
	for column := range points {
		from, to := a.moment(column), min(a.moment(column+1), now)
		if to-from < (a.moment(column+1)-from)/2 { // too short to tell a rate
			points[column].mark = gapMark
			continue
		}
		a0, f0 := r.upTo(region, from)
		a1, f1 := r.upTo(region, to)
		switch {
		case a1 > a0+0.5:
			points[column].value = (a1 - a0) / (to - from).Seconds()
		case f1 > f0+0.5:
			points[column].mark = '✖'
		case !r.activeIn(region, from, to):
			points[column].mark = gapMark
		}
	}
	return points
}

// perSecond is how many writes a region acknowledged in the last second.
func (r *rates) perSecond(region int) float64 {
	if len(r.samples) == 0 {
		return 0
	}
	now := r.samples[len(r.samples)-1].at
	from := max(0, now-time.Second)
	a0, _ := r.upTo(region, from)
	a1, _ := r.upTo(region, now)
	return (a1 - a0) / max((now-from).Seconds(), 0.1)
}

// rateLines are the writes to each region, over the same time as the timeline.
func (d *Drill) rateLines() []string {
	if d.now == nil {
		return nil
	}
	a := d.axis()
	head := "   " + pad("region", a.left-14) + padLeft("writes/s", 9)
	if a.left >= drillLeft {
		head = "   " + pad("region", a.left-24) + padLeft("writes/s", 9) + padLeft("written", 10)
	}
	lines := []string{d.colours.faint.on(head)}
	all := make([][]point, len(d.Regions))
	ceiling := 0.0
	for i := range d.Regions {
		all[i] = d.rates.points(i, a, d.now.At)
		for _, p := range all[i] {
			if p.mark == 0 {
				ceiling = max(ceiling, p.value)
			}
		}
	}
	for i := range d.Regions {
		lines = append(lines, d.rateLine(i, a, spark(all[i], ceiling, a.width)))
	}
	return lines
}

func (d *Drill) rateLine(i int, a timeAxis, chart string) string {
	t, state := d.stateOf(i)
	at := "   "
	if d.now.Active == i && !d.now.Stranded {
		at = " ▸ "
	}
	w := d.now.Regions[i].Writes
	rate, name := words.Thousands(int(d.rates.perSecond(i)+0.5)), words.Clean(d.region(i))
	if d.finished() {
		rate = "-"
	}
	left := at + pad(name, a.left-14) + padLeft(rate, 9)
	if a.left >= drillLeft {
		left = at + pad(name, a.left-24) + padLeft(rate, 9) + " " + padLeft(words.Thousands(w.Acknowledged), 9)
	}
	line := left + " " + d.colours.toned(t.Symbol(), t) + " " + chart
	if a.right == 0 {
		return line
	}
	return pad(line, a.left+a.width+1) + clip(strings.Join(append([]string{state}, d.aside(i, w)...), "; "), a.right)
}

// stateOf is the state of a region in the eyes of the probe.
func (d *Drill) stateOf(i int) (tone.Tone, string) {
	r := d.seenRegion(i)
	if r == nil {
		return tone.Unknown, "not seen yet"
	}
	text := words.Plain(r.State)
	if cause := words.Plain(r.Cause.String()); cause != "" && tone.Of(r.State) != tone.Good {
		text += ": " + cause
	}
	return tone.Of(r.State), text
}

// seenRegion is a region as the probe sees it; nil when it does not yet.
func (d *Drill) seenRegion(i int) *probe.Region {
	if d.now.Snapshot == nil {
		return nil
	}
	return d.now.Snapshot.Region(d.region(i))
}

// aside is what else is known of the writes to a region.
func (d *Drill) aside(i int, w drill.WriteCounts) []string {
	var more []string
	if failed := w.Rejected + w.Indeterminate + w.Unsent; failed > 0 {
		more = append(more, fmt.Sprintf("%s not acknowledged", words.Thousands(failed)))
	}
	if lag := d.now.Regions[i].Lag; lag != nil && i != 0 {
		more = append(more, "lag "+words.Rough(lag.P50)+", p99 "+words.Rough(lag.P99))
	}
	return more
}
