package report

import (
	"slices"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
)

// serviceView is a record of a service as reports of drills see one.
type serviceView struct {
	drillView
	rec *service.Record
}

// viewService makes of a record what the parts of a drill's report need that the two have in common.
func viewService(r ServiceResult) serviceView {
	rec := r.Record
	return serviceView{rec: rec, drillView: drillView{&drill.Record{
		Scenario: rec.Scenario, Way: rec.Way, Engine: rec.Engine, Start: rec.Start, Maps: rec.Maps, From: 0, To: rec.To, Phases: rec.Phases, Verdict: rec.Verdict,
		Reason: rec.Reason, FaultAt: rec.FaultAt, FaultBy: rec.FaultBy, CutOverAt: rec.CutOverAt,
		Windows:    convert(rec.Windows, func(w service.Window) drill.Window { return w.Window }),
		Assertions: rec.Assertions, Events: rec.Events,
	}}}
}

// serviceWindow is one stretch of missed writes.
func (v serviceView) serviceWindow(w service.Window) ServiceWindowDocument {
	return ServiceWindowDocument{v.window(w.Window), w.Rewritten}
}

// made says how the fault was made, and what that says of the result.
func (v serviceView) made() string {
	if v.Way == drill.ByProxy {
		return "made by the proxies between the service and the regions: the servers noticed nothing, and replication went on"
	}
	return v.drillView.made()
}

// regionIf is a region's name; nil for none.
func (v serviceView) regionIf(index int) *string {
	if index < 0 || index >= len(v.Maps) {
		return nil
	}
	return &v.Maps[index].Region
}

// gone counts the missed writes that are proven to be gone, or to have stayed in one region.
func (v serviceView) gone() int { return v.rec.Count(drill.Lost) + v.rec.Count(drill.Diverged) }

// stale counts the bad reads.
func (v serviceView) stale() int {
	n := 0
	for _, s := range v.rec.Stale {
		n += s.Count
	}
	return n
}

// unsafe is the first return that was not safe, or else the first of which that cannot be told.
func (v serviceView) unsafe() (service.Homecoming, bool) {
	i := slices.IndexFunc(v.rec.Homecomings, func(h service.Homecoming) bool { return h.Unsafe() != "" })
	if i < 0 {
		i = slices.IndexFunc(v.rec.Homecomings, func(h service.Homecoming) bool { return !h.Safe() })
	}
	if i < 0 {
		return service.Homecoming{}, false
	}
	return v.rec.Homecomings[i], true
}
