package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/report"
)

// roomy is from how many lines on a screen has room for more than the answer in a few words.
const roomy = 32

// headPanel is the answer: the verdict, what it is about, and what to do.
func (m *Probe) headPanel(height int) panel {
	sentence, advice := 2, 1
	if height >= roomy {
		sentence, advice = 3, 2
	}
	var lines []string
	room := m.width - 3 // of the symbol and the margin
	tell := func(text string, most int) {
		if text == "" {
			return
		}
		for _, line := range firstOf(fold(words.Clean(text), room), most, room) {
			lines = append(lines, clip("   "+line, m.width))
		}
	}
	tell(m.snap.Sentence, sentence)
	if m.config.Advice != nil {
		tell(m.config.Advice(m.snap), advice)
	}
	if m.config.Also != nil {
		tell(m.config.Also(), 1)
	}
	if height >= roomy && len(m.snap.Findings) > report.InSentence {
		lines = append(lines, m.findings(height/4)...)
	}
	lines = append(m.verdict(1), lines...)
	return panel{least: min(2, len(lines)), most: len(lines), lines: func(height int) []string { return firstOf(lines, height, m.width) }}
}

// verdict is the first line of every screen: the answer in words, since when, and what the time is.
func (m *Probe) verdict(int) []string {
	s := m.snap
	t := tone.Of(s.Verdict)
	word := m.look.toned(m.look.bold.on(t.Symbol()+" "+strings.ToUpper(words.Plain(s.Verdict))), t)
	left := " " + word + m.sinceFor(s.Since)
	return []string{clip(ends(left, m.about(), m.width), m.width)}
}

// about is the right end of the first line.
func (m *Probe) about() string {
	text := m.clock(m.now)
	if m.config.Title != "" {
		text = words.Clean(m.config.Title) + "  " + text
	}
	return m.look.faint.on(text) + " "
}

// findings are those that the sentence has no room for, the worst first.
func (m *Probe) findings(most int) []string {
	var lines []string
	for i := range m.snap.Findings {
		f := &m.snap.Findings[i]
		t := tone.Of(f.Severity)
		lines = append(lines, clip("   "+m.look.toned(t.Symbol(), t)+" "+words.Clean(f.Text), m.width))
	}
	if more := len(lines) - most; more > 0 {
		lines = append(lines[:most-1], clip(fmt.Sprintf("   … and %d more findings", more+1), m.width))
	}
	return lines
}

// sinceFor says since when something is so and for how long; "" where that is not known.
func (m *Probe) sinceFor(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf(" since %s, for %s", m.clock(t), lasted(m.now.Sub(t)))
}

// lasted returns for how long something has been so, as people count that: it changes once a second and not more often.
func lasted(d time.Duration) string {
	d = max(d, 0).Truncate(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d d %d h", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// clock returns the time of day, with the day where that is another one; "-" for a time that has not been.
func (m *Probe) clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	zone := m.config.Zone
	if zone == nil {
		zone = time.UTC
	}
	t, now := t.In(zone), m.now.In(zone)
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("Jan 2 15:04:05")
	}
	return t.Format(time.TimeOnly)
}

// lastLine says what somebody types, or has to know; otherwise which keys there are.
func (m *Probe) lastLine() string {
	switch {
	case m.typing:
		return clip(" /"+m.filter+m.look.chose.on(" ")+m.look.faint.on("  "+m.foundText()+"  ⏎ keep  esc clear"), m.width)
	case m.notice != "":
		return clip(" "+m.look.bold.on(m.notice), m.width)
	}
	var states []string
	if p := m.page(); p != nil && p.part() != "" {
		states = append(states, p.part())
	}
	if m.paused {
		states = append(states, "PAUSED at "+m.clock(m.now))
	}
	if m.filter != "" {
		states = append(states, "/"+m.filter+" "+m.foundText())
	}
	if m.sort != asConfigured {
		states = append(states, m.sort.String())
	}
	line := " "
	if len(states) > 0 {
		line += m.look.bold.on(strings.Join(states, " · ")) + blanks(gap)
	}
	return clip(line+keyLine(m.look, m.usable(), m.width-widthOf(line), m.width), m.width)
}

// usable are the keys that do something now, as far as that is worth a word.
func (m *Probe) usable() []binding {
	p := m.page()
	about := p == nil || p.kind != helpPage && p.kind != eventsPage // something that could be broken; to heal is of use without
	idle := map[string]bool{
		"esc": p == nil && m.filter == "",
		"tab": p != nil,
		"⏎":   p != nil && p.kind != linkPage,
		"c":   !about, "t": !about, "k": !about,
	}
	return slices.DeleteFunc(slices.Clone(m.keys), func(b binding) bool { return idle[b.shown] })
}
