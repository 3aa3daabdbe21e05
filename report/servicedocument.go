package report

import (
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/recorder"
	"github.com/aafailover/aafailover/slots"
)

// MostMissedKeys is how many missed writes are named.
const MostMissedKeys = 1000

// NewServiceDocument makes the document.
func NewServiceDocument(r ServiceResult) ServiceDocument {
	v := viewService(r)
	rec := r.Record
	d := ServiceDocument{
		Schema: ServiceSchema, Deployment: r.Deployment, Engine: rec.Engine, Service: r.Name, Scenario: rec.Scenario.Name, Fault: FaultDocument{Way: rec.Way, Text: v.made()},
		Regions: convert(rec.Maps, func(m slots.Map) string { return m.Region }), Due: v.regionIf(rec.Due), To: v.regionIf(rec.To), Verdict: rec.Verdict, Reason: rec.Reason,
		Sentence: ServiceSentence(r), Ended: r.Ended, Started: Timestamp(rec.Start),
		Phases: convert(rec.Phases, func(p drill.Phase) PhaseDocument {
			return PhaseDocument{p.Name, v.timestamp(p.At), Milliseconds(p.Duration)}
		}),
		FaultAt: v.timestampIf(rec.FaultAt), FaultBy: v.timestampIf(rec.FaultBy), HealedAt: v.timestampIf(rec.HealedAt),
		FirstAt: v.timestampIf(rec.FirstAt), LeftAt: v.timestampIf(rec.LeftAt), CutOverAt: v.timestampIf(rec.CutOverAt),
		Gap: ServiceGapDocument{v.timestamp(rec.Gap.From), Milliseconds(rec.Gap.Length())}, ByWrites: rec.ByWrites,
		CommandsPerSecond: finite(rec.Commands), WritesPerSecond: finite(rec.PerSecond), Failed: rec.Failed, FailedBefore: rec.FailedBefore,
		TimedOut: rec.TimedOut, Unanswered: rec.Unanswered, Cut: rec.Cut,
		Repeats: ServiceRepeatsDocument{rec.Repeats.Count, rec.Repeats.Doubtful, rec.Repeats.Elsewhere},
		Storm:   ServiceStormDocument{Opened: rec.Storm.Opened, Usual: finite(rec.Storm.Usual)},
		Split:   ServiceSplitDocument{rec.Split.Seconds, rec.Split.Writes}, Reads: rec.Reads,
		Strays: ServiceStraysDocument{rec.Strays.Sent, rec.Strays.Acknowledged},
		Writes: ServiceWritesDocument{rec.Writes.Attempted, rec.Writes.Acknowledged, rec.Writes.Rejected, rec.Writes.Indeterminate, rec.IndeterminateApplied},
		RPO:    RPODocument{milliseconds(rec.RPO.Missed), milliseconds(rec.RPO.Lost)}, Windows: convert(rec.Windows, v.serviceWindow),
		Keys: v.keys(r), Dropped: droppedDocument(rec.Dropped),
		Rewritten:  ServiceRewritesDocument{r.Rewriting.Rewritten, r.Rewriting.Unreadable, r.Rewriting.Unreachable},
		Assertions: convert(rec.Assertions, func(a drill.Assertion) AssertionDocument { return AssertionDocument{a.Expr, a.Value, a.OK} }),
		Events:     eventDocuments(rec.Events, shardIDsOf(rec.Maps)),
	}
	if total, least, ok := rec.RTO(); ok {
		d.RTO = ServiceRTODocument{milliseconds(&total), milliseconds(&least)}
	}
	if rec.Storm.Opened > 0 {
		d.Storm.Region, d.Storm.At = v.region(rec.Storm.Region), v.timestampIf(&rec.Storm.At)
	}
	v.list(&d)
	d.count(rec)
	return d
}

// list fills in the lists of a document.
func (v serviceView) list(d *ServiceDocument) {
	d.Moves = convert(v.rec.Moves, func(m service.Move) ServiceMoveDocument {
		one := ServiceMoveDocument{From: v.region(m.From), To: v.region(m.To), At: v.timestamp(m.At)}
		if m.Missing >= 0 {
			one.Missing = &m.Missing
		}
		return one
	})
	d.Errors = convert(v.rec.Errors, func(e recorder.Errors) ServiceErrorDocument {
		return ServiceErrorDocument{v.region(e.Region), words.Clean(e.Code), e.Count, v.timestamp(e.First), v.timestamp(e.Last)}
	})
	d.Stale = convert(v.rec.Stale, func(s recorder.Reads) ServiceReadsDocument {
		return ServiceReadsDocument{v.region(s.Region), s.Verdict.String(), s.Count, v.timestamp(s.First), v.timestamp(s.Last)}
	})
	d.Homecomings = convert(v.rec.Homecomings, func(h service.Homecoming) HomecomingDocument {
		return HomecomingDocument{v.timestamp(h.At), h.Phase, h.Safe(), h.Broken, string(h.Ready), list(h.Lacks), h.Missing, h.Gone, h.Unread}
	})
}

// count fills in the sums of a document.
func (d *ServiceDocument) count(rec *service.Record) {
	a := rec.Accounts
	d.Accounts = AccountsDocument{a.Acknowledged, a.Stayed, a.Readable, a.Missed, a.AtReturn, a.Superseded, a.Unknowable, a.Expired, a.Unread, a.Beyond, a.Void, a.Astray}
	d.Missed = ServiceMissedDocument{AtFailover: a.Missed, Converged: rec.Count(drill.Converged), Diverged: rec.Count(drill.Diverged), Lost: rec.Count(drill.Lost),
		Expired: rec.Count(drill.Expired), Rewritten: rec.Rewritten(), AtReturn: a.AtReturn, Early: a.EarlyReturn}
	d.Missed.Pending = rec.Count(drill.Pending) + d.Missed.Rewritten
}

// keys are those of the missed writes, where they are to be shown.
func (v serviceView) keys(r ServiceResult) []MissedKeyDocument {
	if r.Items == nil {
		return nil
	}
	missed := v.rec.Missed[:min(len(v.rec.Missed), MostMissedKeys)]
	return convert(missed, func(m service.Missed) MissedKeyDocument {
		item := r.Items(m.Item)
		return MissedKeyDocument{words.Clean(item.Key), words.Clean(item.Part), v.region(m.Region), v.timestamp(m.Ended), m.Fate}
	})
}

func droppedDocument(d recorder.Dropped) DroppedDocument {
	return DroppedDocument{d.Writes.Attempted, d.Long, d.Commands, d.Unknown, d.Otherwhere, d.Unmatched, d.Connections, d.NotUnderstood}
}

// ServicesDocument is the result of several services, drilled in turn.
type ServicesDocument struct {
	Schema   string            `json:"schema"`
	Scenario string            `json:"scenario"`
	Services []ServiceDocument `json:"services"`
}

// NewServicesDocument makes the document.
func NewServicesDocument(all []ServiceResult) ServicesDocument {
	d := ServicesDocument{Schema: ServicesSchema, Services: convert(all, NewServiceDocument)}
	if len(all) > 0 {
		d.Scenario = all[0].Record.Scenario.Name
	}
	return d
}
