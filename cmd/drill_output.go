package cmd

import (
	"io"
	"slices"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

// drillShow shows a drill: its progress on stderr, and on stdout the result, with -o ndjson after all events.
type drillShow struct {
	stdout   io.Writer
	form     string
	phase    *step
	progress *report.EventWriter
	events   *report.EventWriter // nil unless -o ndjson
	screen   *drillScreen        // nil: no dashboard
}

// show makes the drill tell what happens.
func (f *drillFlags) show(p Process, maps []slots.Map) *drillShow {
	s := showDrill(p, f.output.chosen, maps, "looking whether the drill may begin")
	f.drill.OnEvent = s.add
	return s
}

// showDrill begins to show a drill in a form, with what it does before its first phase.
func showDrill(p Process, form string, maps []slots.Map, first string) *drillShow {
	s := &drillShow{stdout: p.Stdout, form: form, phase: progress(p.Stderr, "%s", first)}
	s.progress = report.NewEventText(p.Stderr, report.NewStyle(p.Stderr), maps)
	if s.form == asNDJSON {
		s.events = report.NewEventNDJSON(p.Stdout, maps)
	}
	return s
}

// progressKinds are the events that one who watches a drill wants to see; the others are in the report.
var progressKinds = []probe.EventKind{
	drill.EventPlan, drill.EventPhase, drill.EventDecision, drill.EventReached, drill.EventError, probe.EventRegion, probe.EventObserver,
}

func (s *drillShow) add(e probe.Event) {
	if s.screen.event(e) {
		return
	}
	if e.Kind == drill.EventPhase {
		s.phase.next("%s", e.Detail)
	}
	if slices.Contains(progressKinds, e.Kind) {
		s.progress.Write(e)
	}
	if s.events != nil {
		s.events.Write(e)
	}
}

// abandon ends the progress of a drill without a result. The error is that of stdout: there is nobody to tell that progress
// could not be shown, and a result does not depend on it.
func (s *drillShow) abandon() error {
	s.screen.close()
	_ = s.progress.Close()
	s.phase.end()
	if s.events != nil {
		return s.events.Close()
	}
	return nil
}

// conclude ends the progress and prints the result: when somebody has looked at it, if there is a dashboard.
func (s *drillShow) conclude(found report.DrillResult) error {
	s.screen.end(s.stdout, found)
	if err := s.abandon(); err != nil {
		return err
	}
	switch s.form {
	case asJSON:
		return report.WriteJSON(s.stdout, report.NewDrillDocument(found))
	case asNDJSON:
		return report.WriteLine(s.stdout, report.NewDrillDocument(found))
	}
	return report.DrillText(s.stdout, report.NewStyle(s.stdout), found)
}
