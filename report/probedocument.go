package report

import (
	"cmp"

	"github.com/aafailover/aafailover/probe"
)

// NewProbeDocument makes the document. Without a snapshot nothing could be observed, and that is what it says.
func NewProbeDocument(r ProbeResult) ProbeDocument {
	d := ProbeDocument{Schema: ProbeSchema, Deployment: r.Deployment, Verdict: probe.Unobservable, Coverage: CoverageUnproven,
		Sentence: nothingObserved, Cost: costDocument(r.Cost), Insecure: list(r.Insecure), PubSub: r.PubSub,
		Findings: []FindingDocument{}, Regions: []RegionDocument{}, Links: []LinkDocument{}}
	ids := map[string][]string{}
	if s := r.Snapshot; s != nil {
		for _, region := range s.Regions {
			ids[region.Name] = convert(region.Shards, func(s probe.Shard) string { return s.ID })
		}
		d.Verdict, d.Sentence, d.Since = s.Verdict, s.Sentence, Timestamp(s.Since)
		d.Coverage, d.Symmetric, d.Settled = coverage(s.Coverage), s.Symmetric && s.Coverage, s.Settled
		d.Started, d.At, d.Observer, d.Dropped = Timestamp(s.Started), Timestamp(s.At), s.Observer, s.Dropped
		d.Policy = policyDocument(s.Policy)
		d.Advice = Advice(r.Failover, s)
		d.Findings = convert(s.Findings, findingDocument)
		d.Regions = convert(s.Regions, regionDocument)
		d.Links = convert(s.Links, func(l probe.Link) LinkDocument { return linkDocument(l, ids) })
	}
	d.Events = eventDocuments(r.Events, ids)
	d.Canary = canaryDocument(r.Canary)
	d.Vitals = vitalsDocument(r.Vitals, r.Snapshot)
	return d
}

// nothingObserved is the sentence of a probe that never began.
const nothingObserved = "nothing could be observed"

func policyDocument(p probe.Policy) PolicyDocument {
	return PolicyDocument{
		Interval: Milliseconds(p.Interval), Deadline: Milliseconds(p.Deadline), Adapt: p.Adapt, Floor: Milliseconds(p.Floor), Horizon: Milliseconds(p.Horizon),
		Window: p.Window, Up: p.Up, Degraded: p.Degraded, Down: p.Down, Attempts: p.Attempts, Unanswered: p.Unanswered,
		Answered: p.Answered, Errors: p.Errors, UpFor: Milliseconds(p.UpFor), Pause: Milliseconds(p.Pause),
	}
}

func findingDocument(f probe.Finding) FindingDocument {
	return FindingDocument{Kind: f.Kind, Severity: f.Severity, Verdict: f.Verdict, Region: f.Region, From: f.From, To: f.To,
		Both: f.Both, Shards: list(f.Shards), Slots: list(f.Slots), Cause: f.Cause.String(), Since: Timestamp(f.Since), Text: f.Text}
}

func regionDocument(r probe.Region) RegionDocument {
	return RegionDocument{Name: r.Name, Source: r.Source, State: r.State, Since: Timestamp(r.Since), Cause: r.Cause.String(),
		Detail: r.Detail, Writes: r.Writes, WritesCause: r.WritesCause.String(), FailbackReady: r.FailbackReady, FailbackMissing: list(r.FailbackMissing),
		Shards: convert(r.Shards, func(s probe.Shard) ShardDocument {
			return ShardDocument{ID: s.ID, Address: s.Address, Slots: list(s.Slots), State: s.State, Since: Timestamp(s.Since),
				Cause: s.Cause.String(), Detail: s.Detail, LastAnswer: Timestamp(s.LastAnswer), Returning: s.Returning}
		})}
}

func linkDocument(l probe.Link, ids map[string][]string) LinkDocument {
	return LinkDocument{From: l.From, To: l.To, State: l.State, Since: Timestamp(l.Since), LastUp: Timestamp(l.LastUp), RTT: rttDocument(l.RTT),
		Deadline: Milliseconds(l.Deadline), Retired: CountsDocument(l.Retired),
		Cells: convert(l.Cells, func(c probe.Cell) CellDocument {
			return CellDocument{
				Slot: c.Slot, Channel: c.Channel, FromShard: at(ids[l.From], c.FromShard), ToShard: at(ids[l.To], c.ToShard),
				State: c.State, Since: Timestamp(c.Since), Sent: c.Sent, Delivered: c.Delivered, Overdue: c.Overdue, Late: c.Late,
				Lost: c.Lost, NoEvidence: c.NoEvidence, Waiting: c.Waiting, Duplicate: c.Duplicate, Foreign: c.Foreign,
				Forged: c.Forged, TooLate: c.TooLate, LastDelivered: Timestamp(c.LastDelivered), RTT: rttDocument(c.RTT),
				Keys: cmp.Or(c.Keys.State, probe.KeysUnproven), KeysLag: keysLag(c.Keys),
			}
		})}
}

func keysLag(k probe.KeyEvidence) *Milliseconds {
	if k.Last.IsZero() {
		return nil
	}
	return milliseconds(&k.Lag)
}

// at returns an item, "" where there is none.
func at(items []string, index int) string {
	if index < 0 || index >= len(items) {
		return ""
	}
	return items[index]
}

func rttDocument(r probe.RTT) RTTDocument {
	if r == (probe.RTT{}) {
		return RTTDocument{}
	}
	return RTTDocument{P50: milliseconds(&r.P50), P99: milliseconds(&r.P99), Max: milliseconds(&r.Max)}
}
