package report

import (
	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/drill"
)

// CanaryDocument is what the canary of a probe has found.
type CanaryDocument struct {
	PerSecond float64             `json:"writes_per_second"`
	Run       string              `json:"run"` // part of every key
	Home      string              `json:"home"`
	Active    string              `json:"active"` // the region that an application would write in; "" when it had not begun
	Writes    CanaryWrites        `json:"writes"`
	Lags      []CanaryLagDocument `json:"lags"`
	Incidents []IncidentDocument  `json:"incidents"` // the last ones, the oldest first
}

// CanaryWrites counts the writes since the start.
type CanaryWrites struct {
	Attempted     int `json:"attempted"`
	Acknowledged  int `json:"acknowledged"`
	Rejected      int `json:"rejected"`
	Indeterminate int `json:"indeterminate"`
	Unsent        int `json:"unsent"`
	HeldBack      int `json:"held_back"`
}

// CanaryLagDocument is how long writes took from their acknowledgement until they were found in another region.
type CanaryLagDocument struct {
	From   string      `json:"from"`
	To     string      `json:"to"`
	Writes uint64      `json:"writes"`
	Lag    RTTDocument `json:"lag_ms"`
}

// IncidentDocument is one failover that an application would have made: see [canary.Incident].
type IncidentDocument struct {
	Number    int     `json:"number"`
	From      string  `json:"from"`
	To        string  `json:"to"`
	Why       string  `json:"why"`
	PerSecond float64 `json:"writes_per_second"` // of the canary: what counts are to be seen against
	Over      bool    `json:"over"`              // nothing more will be known

	LastAck    *Timestamp  `json:"last_ack"` // in From, where it fails; null when no write had failed
	DetectedAt Timestamp   `json:"detected_at"`
	DecidedAt  Timestamp   `json:"decided_at"`
	CutOverAt  Timestamp   `json:"cut_over_at"`
	RTO        RTODocument `json:"rto_ms"` // at the most, since last_ack; null when no write had failed
	RPO        RPODocument `json:"rpo_ms"`

	Lag         LagDocument       `json:"lag_ms"` // from write to visible, in the hours before
	Missed      MissedDocument    `json:"missed"`
	Windows     []WindowDocument  `json:"windows"`
	MoreWindows int               `json:"more_windows"` // that are not listed
	Returned    *ComebackDocument `json:"returned"`     // null as long as an application would be in To
	SettledAt   *Timestamp        `json:"settled_at"`   // null as long as a missed write is pending
}

// ComebackDocument is the move that ended the stay in the target.
type ComebackDocument struct {
	At      Timestamp `json:"at"`
	To      string    `json:"to"`
	Missing int       `json:"missing"` // acknowledged writes that were not readable there
	Unread  int       `json:"unread"`
}

// incidentView has the regions and times of an incident by name.
func incidentView(i *canary.Incident) drillView {
	return drillView{&drill.Record{Start: i.Start, Maps: i.Maps, Windows: i.Windows}}
}

// newIncidentDocument makes the document.
func newIncidentDocument(i canary.Incident) IncidentDocument {
	v := incidentView(&i)
	d := IncidentDocument{Number: i.Number, From: v.region(i.From), To: v.region(i.To), Why: i.Why, PerSecond: finite(i.Rate), Over: i.Over(),
		LastAck: v.timestampIf(i.LastAck), DetectedAt: v.timestamp(i.DetectedAt), DecidedAt: v.timestamp(i.DecidedAt), CutOverAt: v.timestamp(i.CutOverAt),
		RPO: RPODocument{Missed: milliseconds(i.RPO.Missed), Lost: milliseconds(i.RPO.Lost)},
		Missed: MissedDocument{AtFailover: i.Missed(), Converged: i.Fates[drill.Converged], Diverged: i.Fates[drill.Diverged],
			Lost: i.Fates[drill.Lost], Expired: i.Fates[drill.Expired], Pending: i.Fates[drill.Pending], Unread: i.Unread},
		Windows: convert(i.Windows, v.window), MoreWindows: i.MoreWindows, SettledAt: v.timestampIf(i.SettledAt)}
	if total, known := i.Silence(); known {
		detect, decide, connect := max(i.DetectedAt-*i.LastAck, 0), i.DecidedAt-i.DetectedAt, i.CutOverAt-i.DecidedAt
		d.RTO = RTODocument{Detect: milliseconds(&detect), Decide: milliseconds(&decide), Connect: milliseconds(&connect), Total: milliseconds(&total)}
	}
	if i.Lag != (drill.Lag{}) {
		d.Lag = lagDocument(i.Lag)
	}
	if i.Return != nil {
		d.Missed.AtFailback = i.Return.Missing
		d.Returned = &ComebackDocument{At: v.timestamp(i.Return.At), To: v.region(i.Return.To), Missing: i.Return.Missing, Unread: i.Return.Unread}
	}
	return d
}

// canaryDocument is nil for nil.
func canaryDocument(s *canary.State) *CanaryDocument {
	if s == nil {
		return nil
	}
	return &CanaryDocument{PerSecond: finite(s.Rate), Run: s.Run, Home: s.Home, Active: s.Active,
		Writes: CanaryWrites{Attempted: s.Writes.Attempted, Acknowledged: s.Writes.Acknowledged, Rejected: s.Writes.Rejected,
			Indeterminate: s.Writes.Indeterminate, Unsent: s.Writes.Unsent, HeldBack: s.HeldBack},
		Lags: convert(s.Lags, func(l canary.Lag) CanaryLagDocument {
			return CanaryLagDocument{From: l.From, To: l.To, Writes: l.Writes, Lag: rttDocument(l.RTT)}
		}),
		Incidents: convert(s.Incidents, newIncidentDocument),
	}
}
