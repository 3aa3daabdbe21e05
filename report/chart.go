package report

import (
	"math"
	"strconv"
	"time"
)

// Chart is a picture of numbers that stand in tables as well. It is drawn twice: for a screen and for a phone, on which the letters
// of a picture that is shrunk to fit could not be read.
type Chart struct {
	Title       string // what it shows
	Description string // what there is to see in it, for those who do not
	Wide        Drawing
	Narrow      Drawing
}

// Drawing is a picture of shapes, in units of which a letter is some seven wide.
type Drawing struct {
	Width, Height float64
	Shapes        []Shape
}

// Shape is one mark of a drawing. Its looks are those of its class in the style sheet.
type Shape struct {
	Kind          string // rect, line, path or text
	Class         string
	X, Y          float64 // of a text: where its base line begins, or ends with Anchor end
	Width, Height float64 // of a rect; of a line: how far its end is from its begin
	Path          string
	Text          string
	Anchor        string // start, middle or end
}

// X2 is where a line ends.
func (s Shape) X2() float64 { return tenth(s.X + s.Width) }

// Y2 is where a line ends.
func (s Shape) Y2() float64 { return tenth(s.Y + s.Height) }

// The widths of drawings.
const (
	wideChart   = 720.0
	narrowChart = 340.0
)

// newChart draws a chart in both widths.
func newChart(title, description string, draw func(width float64) Drawing) *Chart {
	return &Chart{Title: title, Description: description, Wide: draw(wideChart), Narrow: draw(narrowChart)}
}

// tenth rounds to a tenth: no screen shows more, and pages stay small. What is no number is 0.
func tenth(x float64) float64 { return math.Round(finite(x)*10) / 10 }

func (d *Drawing) rect(class string, x, y, width, height float64) {
	d.Shapes = append(d.Shapes, Shape{Kind: "rect", Class: class, X: tenth(x), Y: tenth(y), Width: tenth(max(width, 0)), Height: tenth(max(height, 0))})
}

func (d *Drawing) line(class string, x, y, toX, toY float64) {
	d.Shapes = append(d.Shapes, Shape{Kind: "line", Class: class, X: tenth(x), Y: tenth(y), Width: tenth(toX - x), Height: tenth(toY - y)})
}

func (d *Drawing) path(class, path string) {
	d.Shapes = append(d.Shapes, Shape{Kind: "path", Class: class, Path: path})
}

func (d *Drawing) text(class, anchor string, x, y float64, text string) {
	d.Shapes = append(d.Shapes, Shape{Kind: "text", Class: class, Anchor: anchor, X: tenth(x), Y: tenth(y), Text: text})
}

// letter is about how wide a letter is, and line how high a line of text.
const (
	letter   = 6.8
	lineHigh = 16.0
)

// textWidth is about how wide a text is.
func textWidth(text string) float64 { return letter * float64(len([]rune(text))) }

// shortened is a text that is no wider than some room.
func shortened(text string, room float64) string {
	runes, most := []rune(text), int(room/letter)
	if len(runes) <= most {
		return text
	}
	return string(runes[:max(most-1, 0)]) + "…"
}

// scale maps a stretch of values onto a stretch of a drawing.
type scale struct{ from, to, begin, end float64 }

// at is where a value lies. What lies outside is at the nearer end.
func (s scale) at(v float64) float64 {
	if !(s.to > s.from) {
		return s.begin
	}
	part := finite((v - s.from) / (s.to - s.from))
	return s.begin + min(max(part, 0), 1)*(s.end-s.begin)
}

// room is how long the stretch of the drawing is.
func (s scale) room() float64 { return math.Abs(s.end - s.begin) }

// roundStep is the smallest of 1, 2 and 5 times a power of ten of which there are at most so many in a span.
func roundStep(span float64, most int) float64 {
	if !(span > 0) || most < 1 {
		return 1
	}
	least := span / float64(most)
	step := math.Pow(10, math.Floor(math.Log10(least)))
	for _, times := range []float64{1, 2, 5, 10} {
		if times*step >= least {
			return times * step
		}
	}
	return 10 * step
}

// timeSteps are the distances of ticks on an axis of time.
var timeSteps = []time.Duration{time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 2 * 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour}

// tick is one of them.
type tick struct {
	at    time.Duration
	label string
}

// ticksOf are round moments of a stretch, at most so many.
func ticksOf(from, to time.Duration, most int) []tick {
	step := timeSteps[len(timeSteps)-1]
	for _, s := range timeSteps {
		if (to-from)/s < time.Duration(most) {
			step = s
			break
		}
	}
	var ticks []tick
	first := from / step * step
	if first < from {
		first += step
	}
	for at := first; at <= to && len(ticks) < most+1; at += step {
		ticks = append(ticks, tick{at, tickLabel(at, step)})
		if at > math.MaxInt64-step {
			break
		}
	}
	return ticks
}

// tickLabel is a moment as an axis names it, in the unit of the step.
func tickLabel(at, step time.Duration) string {
	number := func(unit time.Duration) string {
		decimals := 0
		for s := step; s < unit && decimals < 3; s *= 10 {
			decimals++ // as many for each label: 4.09 s, 4.10 s
		}
		return strconv.FormatFloat(float64(at)/float64(unit), 'f', decimals, 64)
	}
	switch {
	case step >= 24*time.Hour:
		return number(24*time.Hour) + " d"
	case step >= time.Hour:
		return number(time.Hour) + " h"
	case step >= time.Minute:
		return number(time.Minute) + " min"
	}
	return number(time.Second) + " s"
}

// timeAxis draws the ticks of an axis of time below a drawing that reaches from top to bottom.
func (d *Drawing) timeAxis(x scale, from, to time.Duration, top, bottom float64) {
	for _, t := range ticksOf(from, to, max(int(x.room()/70), 2)) {
		at := x.at(float64(t.at))
		d.line("grid", at, top, at, bottom)
		switch half := textWidth(t.label) / 2; { // no label leaves the picture
		case at+half > d.Width:
			d.text("tick", "end", d.Width, bottom+lineHigh, t.label)
		case at-half < 0:
			d.text("tick", "start", 0, bottom+lineHigh, t.label)
		default:
			d.text("tick", "middle", at, bottom+lineHigh, t.label)
		}
	}
}
