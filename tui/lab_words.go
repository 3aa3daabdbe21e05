package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/lab"
)

// labTone is the tone of a state of a lab, which has some that no probe sees: those are poor.
func labTone(state string) tone.Tone {
	if t := tone.Of(state); t != tone.Unknown {
		return t
	}
	return tone.Poor
}

// sentence says how the lab is: what is wrong with regions, what with links.
func (m *Lab) sentence() (tone.Tone, string) {
	worst := tone.Good
	var wrong []string
	for _, bad := range []tone.Tone{tone.Bad, tone.Poor} {
		for _, r := range m.status.Regions {
			if word, t := regionWord(r); t == bad {
				worst = max(worst, t)
				wrong = append(wrong, words.Clean(r.Name)+" is "+word)
			}
		}
	}
	for state := lab.LinkCut; state > lab.LinkUp; state-- { // one is down only because a region is
		var links []string
		for _, l := range m.status.Links {
			if l.State == state {
				links = append(links, linkName(l))
				worst = max(worst, labTone(state.String()))
			}
		}
		if len(links) > 0 {
			wrong = append(wrong, fmt.Sprintf("%s %s %s", words.Enumerate(links), areOrIs(links), state))
		}
	}
	if len(wrong) > 0 {
		return worst, strings.Join(wrong, "; ") + "."
	}
	if n := len(m.status.Links); n > 0 {
		return worst, fmt.Sprintf("All %s and %s are up.", words.Count(len(m.status.Regions), "region"), words.Count(n, "link"))
	}
	return worst, "The region is up."
}

func areOrIs(all []string) string {
	if len(all) == 1 {
		return "is"
	}
	return "are"
}

// regionWord is how a region is, in a word: that of its worst shard, with how many are like it.
func regionWord(r lab.RegionStatus) (string, tone.Tone) {
	word, worst, alike := "up", tone.Good, 0
	for _, s := range r.Shards {
		w := s.Word()
		if s.Stale && s.State == lab.Up && s.Answers == "" {
			w = "stale"
		}
		switch t := labTone(w); {
		case t > worst:
			word, worst, alike = w, t, 1
		case w == word:
			alike++
		}
	}
	if worst != tone.Good && alike < len(r.Shards) {
		word += fmt.Sprintf(" %d/%d", alike, len(r.Shards))
	}
	return words.Clean(word), worst
}

// linkWord is how a link is: its state, with how many of its streams are in it.
func linkWord(l lab.LinkStatus) (string, tone.Tone) {
	word := l.State.String()
	if _, alike := l.Total(); alike < len(l.Streams) {
		word += fmt.Sprintf(" %d/%d", alike, len(l.Streams))
	}
	return word, labTone(l.State.String())
}

func linkName(l lab.LinkStatus) string { return words.Link(l.From, l.To) }

func delayText(milliseconds float64) string {
	return words.Rough(time.Duration(milliseconds * float64(time.Millisecond)))
}

// lossText is what a link does to published messages; "-" for nothing.
func lossText(s lab.StreamStatus) string {
	var parts []string
	if s.Loss > 0 {
		parts = append(parts, fmt.Sprintf("loses %.3g%%", 100*s.Loss))
	}
	if s.Echoes {
		parts = append(parts, "twice")
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}
