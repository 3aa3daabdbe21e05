package main

import (
	"fmt"
	"io"
)

// tolerated is by how much a score may be worse than the last one before the guard says so: below that it is noise.
const tolerated = 0.20

// worsening is a line that got worse.
type worsening struct {
	experiment string
	now, then  result
	by         float64 // 0.25: the score is a quarter worse
}

func (w worsening) String() string {
	return fmt.Sprintf("%s/%s is %.0f %% worse than recorded (%s then, %s now): %s",
		w.experiment, w.now.Name, w.by*100, w.then.compared(), w.now.compared(), w.now.What)
}

// compared is what the score of a line stands for, with that in brackets which it was made of.
func (r result) compared() string {
	switch {
	case r.Ratio.Median != 0:
		return fmt.Sprintf("ratio %s of %s by %s", figure(r.Score), inUnit(r.Ours.Median, r.Unit), inUnit(r.Theirs.Median, r.Unit))
	case isTime(r.Unit) || r.Unit == perSecond:
		return fmt.Sprintf("%s, %s by the yardstick", inUnit(r.Ours.Median, r.Unit), figure(r.Score))
	}
	return inUnit(r.Ours.Median, r.Unit)
}

// compare says how many lines it could compare, and what of now is worse than in the record by more than is tolerated. Lines that
// the record does not have, and those whose score says nothing, are passed over.
func compare(now []measured, then record) (compared int, worse []worsening) {
	for _, m := range now {
		for _, l := range m.Lines {
			before, known := then.find(m.Name, l.Name)
			if !known || before.Score <= 0 || before.Unit != l.Unit || l.Score < 0 || l.MoreIsBetter && l.Score == 0 {
				continue
			}
			compared++
			by := l.Score/before.Score - 1
			if l.MoreIsBetter {
				by = before.Score/l.Score - 1
			}
			if by > tolerated {
				worse = append(worse, worsening{m.Name, l, before, by})
			}
		}
	}
	return compared, worse
}

// tell writes what got worse, of so many that were compared. GitHub shows a line that begins with ::notice beside the run:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-a-notice-message
func tell(out io.Writer, compared int, worse []worsening, path string, onGitHub bool) {
	switch {
	case compared == 0:
		say(out, "nothing could be compared with %s\n", path)
	case len(worse) == 0:
		say(out, "of %d figures, none is more than %.0f %% worse than in %s\n", compared, tolerated*100, path)
	}
	for _, w := range worse {
		if onGitHub {
			say(out, "::notice title=slower::%s\n", w)
		} else {
			say(out, "%s\n", w)
		}
	}
}
