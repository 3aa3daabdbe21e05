package cmd

import (
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

// maxEvents bounds the events that are kept for the final document: the newest ones of a probe that runs for months.
const maxEvents = 10_000

// printer prints events as they happen, keeps them where the final document needs them, and prints that.
type printer struct {
	w     io.Writer
	form  string
	file  string              // that gets the final document too; "": none
	lines *report.EventWriter // nil where no line is printed

	mu     sync.Mutex // the probe and the canary add
	events []probe.Event
}

// record makes a printer of regions that are sharded so. It prints no lines for people who see them on a dashboard, and none
// with --once: who asks once wants the answer only.
func (f *probeFlags) record(w io.Writer, maps []slots.Map, shown bool) *printer {
	r := &printer{w: w, form: f.output.chosen, file: f.recordFile}
	switch {
	case r.form == asNDJSON:
		r.lines = report.NewEventNDJSON(w, maps)
	case r.form == asTable && !f.once && !shown:
		r.lines = report.NewEventText(w, report.NewStyle(w), maps)
	}
	return r
}

// add takes an event of the probe. Maps say how the regions are sharded from this event on; nil: as before.
func (r *printer) add(e probe.Event, maps []slots.Map) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lines != nil {
		if maps != nil {
			r.lines.Sharded(maps)
		}
		r.lines.Write(e)
	}
	r.keep(e)
}

// addIncident takes an event of the canary.
func (r *printer) addIncident(e probe.Event, i canary.Incident) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lines != nil {
		r.lines.WriteIncident(e, i)
	}
	r.keep(e)
}

// keep keeps an event for the final document.
func (r *printer) keep(e probe.Event) {
	if len(r.events) == maxEvents {
		r.events = r.events[:copy(r.events, r.events[maxEvents/2:])]
	}
	r.events = append(r.events, e)
}

// kept returns the events so far.
func (r *printer) kept() []probe.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// conclude prints the result, after the last line, and writes it to the file of --record, even where it cannot be printed.
func (r *printer) conclude(found report.ProbeResult) error {
	return errors.Join(r.print(found), r.write(found))
}

// write writes the result to the file of --record.
func (r *printer) write(found report.ProbeResult) error {
	if r.file == "" {
		return nil
	}
	found.Events = r.kept()
	return hint.Wrap(keepRecord(r.file, func(w io.Writer) error { return report.WriteJSON(w, report.NewProbeDocument(found)) }), recordHint)
}

// print prints the result, after the last line.
func (r *printer) print(found report.ProbeResult) error {
	if r.lines != nil {
		if err := r.lines.Close(); err != nil {
			return err
		}
	}
	found.Events = r.events
	switch r.form {
	case asJSON:
		return report.WriteJSON(r.w, report.NewProbeDocument(found))
	case asNDJSON:
		return report.WriteLine(r.w, report.NewProbeDocument(found))
	}
	return report.ProbeText(r.w, report.NewStyle(r.w), found)
}
