package cmd

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/config"
)

// step is something that takes its time, and that the live line of a terminal tells of while it is under way. Its methods may
// be called from several goroutines.
type step struct {
	line *liveLine // nil: nobody watches

	// The lock is mu of the line.
	what  string
	noted string // what is known of it so far; "" is nothing
	since time.Time
	limit time.Duration // how long it takes at the most; 0: unknown
}

// progress begins a step that whoever watches stderr wants to know of: what is waited for, and from now on for how long. The
// caller ends it:
//
//	defer progress(p.Stderr, "asking %s how they are sharded", namesOf(d.regions)).end()
//
// It is told on one line, which goes when the step ends, and does not come for a step of less than [livePatience]. Of several
// steps the newest is told of. Where stderr is no terminal nothing is shown.
func progress(stderr io.Writer, format string, args ...any) *step {
	s := new(step)
	if a, ok := stderr.(*aboveLine); ok {
		s.line, s.what, s.since = a.line, said(format, args), time.Now()
		s.line.begin(s)
	}
	return s
}

func said(format string, args []any) string { return oneLine(fmt.Sprintf(format, args...)) }

// within says how long the step takes at the most.
func (s *step) within(limit time.Duration) *step {
	s.change(func() { s.limit = limit })
	return s
}

// note says what is known so far: "2 of 3", for example.
func (s *step) note(format string, args ...any) {
	s.change(func() { s.noted = said(format, args) })
}

// next says what is waited for from now on in place of what was.
func (s *step) next(format string, args ...any) {
	s.change(func() { s.what, s.noted, s.since, s.limit = said(format, args), "", time.Now(), 0 })
}

// end ends the step. Nothing more is shown of it.
func (s *step) end() {
	if s.line != nil {
		s.line.end(s)
	}
}

func (s *step) change(how func()) {
	if s.line == nil {
		return
	}
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	how()
}

// namesOf are the names of regions for a sentence.
func namesOf(regions []config.Region) string {
	var all []string
	for _, r := range regions {
		all = append(all, r.Name)
	}
	return strings.Join(all, ", ")
}
