package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// header says what is drilled, where, and what the drill is about now.
func (d *Drill) header() []string {
	title := d.colours.bold.on(" drill "+words.Clean(d.Scenario.Name)) + " on " + d.Where
	if d.now == nil {
		return []string{title, " it is about to begin", d.colours.faint.on(" " + words.Clean(d.Scenario.Summary))}
	}
	clock := words.Plain(d.now.Now.Name) + "  " + elapsed(d.now.At) + " "
	word, text, t := d.sentence()
	line := " " + d.colours.toned(t.Symbol()+" "+strings.ToUpper(word), t) + "  " + text
	below := d.waiting()
	if below == "" {
		below = d.colours.faint.on(words.Clean(d.Scenario.Summary))
	}
	return []string{ends(title, clock, d.width), ends(line, d.progressOf(d.now.Now), d.width), "   " + below}
}

// elapsed is a time as a clock shows it: 01:02.3.
func elapsed(t time.Duration) string {
	tenths := t.Milliseconds() / 100
	if minutes := tenths / 600; minutes >= 60 {
		return fmt.Sprintf("%d:%02d:%02d", minutes/60, minutes%60, tenths/10%60)
	}
	return fmt.Sprintf("%02d:%02d.%d", tenths/600, tenths/10%60, tenths%10)
}

// goingOn is how long something takes already: in steps that can be read while they change.
func goingOn(t time.Duration) string {
	if t >= time.Minute {
		return words.Rough(t)
	}
	return fmt.Sprintf("%.1f s", max(t, 0).Seconds())
}

// sentence is the answer in words: what the drill is about, and how things are.
func (d *Drill) sentence() (word, text string, t tone.Tone) {
	p := d.now
	switch {
	case d.finished():
		return string(d.came()), "the report is ready", tone.Of(d.came())
	case d.stopping():
		word, t = "stopping", tone.Poor
		switch {
		case !d.leaving():
			text = words.Clean(p.Stopping.Error())
		case p.Now.Name == drill.StageCleanUp:
			text = "cleaning up"
		case p.Broken:
			text = "healing"
		default:
			text = "nothing is broken any more"
		}
		return word, text, t
	}
	t = tone.Good
	if p.Broken {
		t = tone.Poor
	}
	return p.Now.Name, d.doing(), t
}

// doing is where the application is, and whether something is broken.
func (d *Drill) doing() string {
	p := d.now
	region := words.Clean(d.region(p.Active))
	var parts []string
	switch moving := len(p.Moves) > 0 && p.Moves[len(p.Moves)-1].CutOverAt == nil; {
	case p.Stranded:
		parts = append(parts, "the application got nowhere, and gave up")
	case moving:
		parts = append(parts, "the application goes to "+region)
	case p.Now.Name == drill.StagePreflight || p.Now.Name == drill.StageUndo || p.Now.Name == drill.StageCleanUp:
	default:
		parts = append(parts, "the application is in "+region)
	}
	switch {
	case !p.Broken:
	case p.FaultBy == nil:
		parts = append(parts, "the fault is being made")
	default:
		parts = append(parts, "the fault is in force")
	}
	return strings.Join(parts, "; ")
}

// waiting is what the stage waits for; of a return, what of it is missing.
func (d *Drill) waiting() string {
	p := d.now
	if p.Now.Waits == "" || d.finished() {
		return ""
	}
	text := "waits " + words.Clean(p.Now.Waits)
	if home := d.seenRegion(0); p.Now.Name == drill.PhaseResync && home != nil && len(home.FailbackMissing) > 0 {
		text += ": " + words.Clean(home.FailbackMissing[0])
	}
	return text
}

// progressOf is how long a stage takes already, and how long it should, or may.
func (d *Drill) progressOf(s drill.Stage) string {
	took := goingOn(d.now.At - s.At)
	switch {
	case d.finished():
		return ""
	case s.Planned > 0:
		return took + " of " + words.Rough(s.Planned) + " "
	case s.Limit > 0:
		return took + ", at most " + words.Rough(s.Limit) + " "
	}
	return took + " "
}

func (d *Drill) region(i int) string { return d.Regions[i].Region }

// mostWords is how many things that the drill said are shown.
const mostWords = 3

// words are the last things that the drill said, the newest one whole: it may be what somebody is asked for.
func (d *Drill) words() []string {
	said, _ := d.outside()
	said = said[max(0, len(said)-mostWords):]
	var lines []string
	for i, text := range said {
		if i < len(said)-1 {
			lines = append(lines, " ┃ "+words.Clean(text))
			continue
		}
		for _, line := range fold(words.Clean(text), max(1, d.width-3)) {
			lines = append(lines, d.colours.bold.on(" ┃ "+line))
		}
	}
	return lines
}
