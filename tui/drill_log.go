package tui

import (
	"cmp"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// inDrillLog tells whether one who watches a drill wants to see events of a kind; the others are in the report.
func inDrillLog(kind probe.EventKind) bool {
	return slices.Contains([]probe.EventKind{drill.EventPlan, drill.EventPhase, drill.EventDecision, drill.EventAction, drill.EventReached, drill.EventError,
		probe.EventRegion, probe.EventObserver, probe.EventVerdict}, kind)
}

// log is the last events, the newest below, as far back as one has scrolled.
func (d *Drill) log(height int) []string {
	end := max(0, len(d.events)-d.scroll)
	var lines []string
	for _, e := range d.events[max(0, end-height):end] {
		lines = append(lines, d.logLine(e))
	}
	return lines
}

func (d *Drill) logLine(e probe.Event) string {
	zone := cmp.Or(d.Zone, time.UTC)
	line := " " + d.colours.faint.on(e.At.In(zone).Format("15:04:05.000")) + "  " + pad(words.Plain(e.Kind), 8)
	if e.Region != "" && e.Kind != drill.EventAction {
		line += "  " + words.Clean(e.Region)
	}
	if e.State != "" {
		line += "  " + d.colours.toned(tone.Of(e.State).Symbol()+" "+words.Plain(words.Clean(e.State)), tone.Of(e.State))
	}
	if detail := cmp.Or(words.Clean(e.Detail), words.Plain(e.Cause.String())); detail != "" {
		line += "  " + detail
	}
	return line
}
