package report

import (
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
)

// NewDrillDocument makes the document.
func NewDrillDocument(r DrillResult) DrillDocument {
	v := drillView{r.Record}
	rec := r.Record
	d := DrillDocument{
		Schema: DrillSchema, Deployment: r.Deployment, Engine: rec.Engine, Scenario: rec.Scenario.Name, Run: rec.Run,
		From: v.region(rec.From), KilledIn: rec.KilledIn, Verdict: rec.Verdict, Reason: rec.Reason, Lesson: Lesson(r), Coverage: coverage(len(v.unproven()) == 0), Started: Timestamp(rec.Start),
		Phases: convert(rec.Phases, func(p drill.Phase) PhaseDocument {
			return PhaseDocument{Name: p.Name, At: v.timestamp(p.At), Duration: Milliseconds(p.Duration)}
		}),
		Fault:    FaultDocument{Way: rec.Way, Text: v.made()},
		Happened: rec.Scenario.Summary, Means: rec.Scenario.Means, Setting: rec.Scenario.Setting,
		FaultAt: v.timestampIf(rec.FaultAt), FaultBy: v.timestampIf(rec.FaultBy), Moves: convert(rec.Moves, v.move), DetectedAt: v.timestampIf(rec.DetectedAt), DecidedAt: v.timestampIf(rec.DecidedAt),
		CutOverAt: v.timestampIf(rec.CutOverAt), RTO: rtoDocument(rec),
		RPO:    RPODocument{Missed: milliseconds(rec.RPO.Missed), Lost: milliseconds(rec.RPO.Lost)},
		Writes: writesDocument(rec), Pace: v.paceDocument(), Missed: v.missedDocument(), Windows: convert(rec.Windows, v.window),
		Failback: FailbackDocument{Awaited: !rec.OneWay, Available: milliseconds(rec.Failback.Available), Resynced: milliseconds(rec.Failback.Resynced),
			Ready: milliseconds(rec.Failback.Ready), Done: milliseconds(rec.Failback.Done)},
		Assertions:  convert(rec.Assertions, func(a drill.Assertion) AssertionDocument { return AssertionDocument(a) }),
		Application: applicationDocument(rec.Application), Indeterminate: unclearDocument(v), Exposed: exposedDocuments(v),
		Events: eventDocuments(rec.Events, shardIDsOf(rec.Maps)),
	}
	if rec.Preflight != nil {
		looked := lookedAt(rec.Preflight)
		d.Preflight = &looked
	}
	if rec.To >= 0 {
		to := v.region(rec.To)
		d.To = &to
	}
	if rec.Lag != (drill.Lag{}) {
		d.Lag = lagDocument(rec.Lag)
		d.Expected.Low, d.Expected.High = rec.ExpectedMissed()
	}
	return d
}

func rtoDocument(rec *drill.Record) RTODocument {
	rto, ok := rec.RTO()
	if !ok {
		return RTODocument{}
	}
	return RTODocument{Detect: milliseconds(&rto.Detect), Decide: milliseconds(&rto.Decide),
		Connect: milliseconds(&rto.Connect), Total: milliseconds(&rto.Total), TotalLeast: milliseconds(&rto.Least)}
}

func writesDocument(rec *drill.Record) WritesDocument {
	w := rec.Writes
	return WritesDocument{Attempted: w.Attempted, Acknowledged: w.Acknowledged, Rejected: w.Rejected, Indeterminate: w.Indeterminate,
		PerSecond: finite(rec.Reached), AskedPerSecond: finite(rec.Rate), Unsent: w.Unsent, HeldBack: rec.HeldBack,
		IndeterminateApplied: rec.IndeterminateApplied, RejectedApplied: rec.RejectedApplied}
}

func (v drillView) missedDocument() MissedDocument {
	rec := v.Record
	return MissedDocument{
		Early: rec.Early, AtEnd: v.atEnd(),
		AtFailover: rec.AtFailover(), Converged: rec.Count(drill.Converged), Diverged: rec.Count(drill.Diverged),
		Lost: rec.Count(drill.Lost), Expired: rec.Count(drill.Expired), Pending: rec.Count(drill.Pending),
		AtFailback: rec.AtFailback, Unread: rec.Unread,
	}
}

// atEnd is what each region lacks at the end, by name.
func (v drillView) atEnd() map[string]*int {
	absent := make(map[string]*int)
	for i := range v.Maps {
		absent[v.region(i)] = nil
		if i < len(v.AtEnd) && v.AtEnd[i] >= 0 {
			absent[v.region(i)] = &v.AtEnd[i]
		}
	}
	return absent
}

func (v drillView) move(m drill.Move) MoveDocument {
	return MoveDocument{Kind: m.Kind.String(), From: v.region(m.From), To: v.region(m.To), DecidedAt: v.timestamp(m.DecidedAt),
		CutOverAt: v.timestampIf(m.CutOverAt), Why: m.Why, Missing: m.Missing,
		MissingKnown: v.MissingKnown() || m.Kind != failover.FailOver,
		RPO:          RPODocument{Missed: milliseconds(m.RPO.Missed), Lost: milliseconds(m.RPO.Lost)}}
}
