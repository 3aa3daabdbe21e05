package tui

import (
	"slices"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
)

// inDrillLog tells whether one who watches a drill wants to see events of a kind; the others are in the report.
func inDrillLog(kind probe.EventKind) bool {
	return slices.Contains([]probe.EventKind{drill.EventPlan, drill.EventPhase, drill.EventDecision, drill.EventAction, drill.EventReached, drill.EventError,
		probe.EventRegion, probe.EventObserver, probe.EventVerdict}, kind)
}

// logged is the last events, the newest below, as far back as one has scrolled.
func (d *Drill) logged(height int) []string {
	all := d.log.matching("")
	end := max(0, len(all)-d.scroll)
	return logLines(d.colours, all[max(0, end-max(0, height)):end], d.width)
}
