package report

import (
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// ServiceSentence says in one sentence, or a few, what the service did, and what that cost.
func ServiceSentence(r ServiceResult) string {
	v := viewService(r)
	if v.rec.FaultAt == nil {
		return "Nothing was broken, so nothing can be said of the service."
	}
	name := words.Clean(r.Name)
	parts := []string{v.went(name), v.cost(), v.cameHome()}
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, " ")
}

// went says where the service went, and how long it had no success.
func (v serviceView) went(name string) string {
	home, gap := words.Clean(v.region(0)), v.rec.Gap.Length()
	if v.rec.CutOverAt == nil {
		text := fmt.Sprintf("%s never left %s", name, home)
		switch {
		case v.rec.Due < 0:
			return text + ", which was right: it could be used all the time."
		case gap >= noticeable:
			return text + fmt.Sprintf(": for %s nothing that it asked for succeeded.", words.Rough(gap))
		}
		return text + "."
	}
	text := fmt.Sprintf("%s was in %s", name, words.Clean(v.region(v.rec.To)))
	if rto, _, ok := v.rec.RTO(); ok {
		text += fmt.Sprintf(" %s after the fault", words.Rough(rto))
	}
	if v.rec.Due < 0 {
		text += fmt.Sprintf(", although %s could be used all the time", home)
	}
	if gap >= noticeable {
		text += fmt.Sprintf("; the longest it had no success was %s", words.Rough(gap))
	}
	return text + "."
}

// cost says what was missing, and what was asked twice.
func (v serviceView) cost() string {
	var parts []string
	switch missed, gone := v.rec.Accounts.Missed, v.gone(); {
	case gone > 0:
		parts = append(parts, fmt.Sprintf("%s of its acknowledged writes did not get there, and %s of these never came", words.Thousands(missed), words.Thousands(gone)))
	case missed > 0:
		parts = append(parts, fmt.Sprintf("%s of its acknowledged writes could not be read there yet", words.Thousands(missed)))
	}
	if n := v.stale(); n > 0 {
		parts = append(parts, fmt.Sprintf("%s of its own reads found too little", words.Thousands(n)))
	}
	if n := v.rec.Repeats.Doubtful; n > 0 {
		parts = append(parts, fmt.Sprintf("%s may have been made twice", words.Count(n, "write")))
	}
	if len(parts) == 0 {
		return ""
	}
	return upperFirst(words.Enumerate(parts)) + "."
}

// cameHome says when the service came home, and whether it should have.
func (v serviceView) cameHome() string {
	if v.rec.CutOverAt == nil {
		return ""
	}
	home := words.Clean(v.region(0))
	h, ok := v.unsafe()
	switch {
	case len(v.rec.Homecomings) == 0:
		return fmt.Sprintf("It did not come back to %s.", home)
	case ok && h.Broken:
		return fmt.Sprintf("It came back to %s while the fault was still in force.", home)
	case ok && (h.Missing > h.Young || h.Gone > 0):
		return fmt.Sprintf("It came back to %s too early: %s made elsewhere could not be read there.", home, words.Count(h.Missing, "write"))
	case ok && h.Ready == probe.ReadyNo:
		return fmt.Sprintf("It came back to %s before that was safe.", home)
	case ok:
		return fmt.Sprintf("Whether it was safe to come back to %s is not proven.", home)
	}
	if v.rec.HealedAt != nil {
		return fmt.Sprintf("It was back in %s %s after the heal, which was safe.", home, words.Rough(v.rec.Homecomings[0].At-*v.rec.HealedAt))
	}
	return fmt.Sprintf("It came back to %s when that was safe.", home)
}

// upperFirst begins a sentence.
func upperFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
