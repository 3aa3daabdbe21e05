package cmd

import (
	"errors"
	"io"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

// maxEvents bounds the events that are kept for the final document: the newest ones of a probe that runs for months.
const maxEvents = 10_000

// recorder prints events as they happen, keeps them where the final document needs them, and prints that. Of a probe that
// began again it tells only what became different.
type recorder struct {
	w       io.Writer
	form    string
	quiet   bool                // no lines for people
	lines   *report.EventWriter // nil where no line is printed
	failed  error               // of the lines before the probe began again
	events  []probe.Event
	states  map[probe.Event]string // that were told last, by what they are the states of
	another bool                   // this is not the first run
	end     *probe.Event           // of the run: kept back, since another run may follow
}

// record makes a recorder. With --once it prints no lines for people: who asks once wants the answer only.
func (f *probeFlags) record(w io.Writer, maps []slots.Map) *recorder {
	r := &recorder{w: w, form: f.output.chosen, quiet: f.once}
	r.open(maps)
	return r
}

// open begins to print lines about regions that are sharded so.
func (r *recorder) open(maps []slots.Map) {
	switch {
	case r.form == asNDJSON:
		r.lines = report.NewEventNDJSON(r.w, maps)
	case r.form == asTable && !r.quiet:
		r.lines = report.NewEventText(r.w, report.NewStyle(r.w), maps)
	}
}

// add takes an event of the probe.
func (r *recorder) add(e probe.Event) {
	switch {
	case e.Kind == probe.EventEnd:
		r.end = &e
		return
	case r.another && e.Kind == probe.EventStart:
		return
	case e.State != "":
		of := e
		of.At, of.Was, of.State, of.Cause, of.Detail = time.Time{}, "", "", probe.NoCause, ""
		if was, told := r.states[of]; told && r.another {
			if was == e.State {
				return
			}
			e.Was = was
		}
		if r.states == nil {
			r.states = make(map[probe.Event]string)
		}
		r.states[of] = e.State
	}
	r.put(e)
}

// again tells that the probe begins again and why, with other slot maps.
func (r *recorder) again(why probe.Event, maps []slots.Map) {
	r.put(why)
	r.close()
	r.open(maps)
	r.another, r.end = true, nil
}

func (r *recorder) put(e probe.Event) {
	if r.lines != nil {
		r.lines.Write(e)
	}
	if len(r.events) == maxEvents {
		r.events = r.events[:copy(r.events, r.events[maxEvents/2:])]
	}
	r.events = append(r.events, e)
}

func (r *recorder) close() {
	if r.lines != nil {
		r.failed = errors.Join(r.failed, r.lines.Close())
	}
}

// conclude prints the result, after the last line.
func (r *recorder) conclude(found report.ProbeResult) error {
	if r.end != nil {
		r.put(*r.end)
	}
	r.close()
	if r.failed != nil {
		return r.failed
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
