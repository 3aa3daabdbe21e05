package cmd

import (
	"io"
	"strings"

	"github.com/aafailover/aafailover/probe"
)

// progress begins to tell on stderr what the probe waits for.
func (f *probeFlags) progress(stderr io.Writer, regions string) *step {
	if f.once {
		return progress(stderr, "waiting for a verdict on %s", regions).within(f.within)
	}
	return progress(stderr, "watching %s", regions).within(f.lasting)
}

// note tells how far the probe is: with --once how many links are known, and otherwise what the verdict is so far.
func (w *watching) note(s *probe.Snapshot) {
	if !w.probe.once {
		w.progress.note("%s", strings.ReplaceAll(string(s.Verdict), "_", " "))
		return
	}
	known := 0
	for i := range s.Links {
		if s.Links[i].State != probe.LinkUnknown {
			known++
		}
	}
	w.progress.note("%d of %d known", known, len(s.Links))
}
