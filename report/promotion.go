package report

import (
	"time"

	"github.com/aafailover/aafailover/drill/promotion"
)

// TopologySchema is the schema of the results of several scenarios of one topology.
const TopologySchema = "aafailover.topology/v1"

// PromotionResult is what a drill of a failover inside one deployment found.
type PromotionResult struct {
	Deployment Deployment
	Engine     string            // the server program and its version; "" where the servers are given
	Record     *promotion.Record // not nil
}

// PromotionDocument is the result of `drill --topology`: that of a drill, whose regions are the servers of one deployment, and
// what only such a deployment has.
type PromotionDocument struct {
	DrillDocument
	Topology promotion.Topology `json:"topology"`
	Engine   string             `json:"engine"`
	Hosts    []HostDocument     `json:"hosts"`
	Settings SettingsDocument   `json:"settings"`
	// RTO takes the place of that of a drill between regions: detect is until the primary is held down for all, decide until a
	// replica is promoted, connect until the application's first write there.
	RTO        PromotionRTODocument `json:"rto_ms"`
	HealedAt   *Timestamp           `json:"healed_at"`
	SyncedAt   *Timestamp           `json:"synced_at"` // all servers were in sync, and nobody wrote any more
	Shards     []ShardLoadDocument  `json:"shards"`
	SplitBrain *SplitBrainDocument  `json:"split_brain"` // null: the scenario has no second client
	Resync     *ResyncDocument      `json:"resync"`
	Restart    *RestartDocument     `json:"restart"` // null: no server was started with damaged data
	Limits     []string             `json:"limits"`
}

// HostDocument is one server or sentinel.
type HostDocument struct {
	Name    string `json:"name"`
	Role    string `json:"role"`  // at the start: "primary", "replica" or "sentinel"
	Shard   *int   `json:"shard"` // index in shards; null for a sentinel
	Address string `json:"address"`
}

// SettingsDocument are those of the servers that decide on the result; null where there is no such setting.
type SettingsDocument struct {
	DownAfter       *Milliseconds `json:"down_after_ms"`
	NodeTimeout     *Milliseconds `json:"node_timeout_ms"`
	FailoverTimeout *Milliseconds `json:"failover_timeout_ms"` // of sentinels
	Reload          *Milliseconds `json:"client_reload_ms"`    // how often the client of a cluster asks for its slots
	MinReplicas     int           `json:"min_replicas_to_write"`
	MaxLag          *Milliseconds `json:"min_replicas_max_lag_ms"`
	AOF             bool          `json:"appendonly"`
	Fsync           string        `json:"appendfsync"`
}

// PromotionRTODocument is fault to cut-over and its parts; null where one was not observed. What is known and unknown add up
// to total.
type PromotionRTODocument struct {
	Detect  *Milliseconds `json:"detect"`
	Decide  *Milliseconds `json:"decide"`
	Connect *Milliseconds `json:"connect"`
	Unknown *Milliseconds `json:"unknown"`
	Total   *Milliseconds `json:"total"`
	// TotalLeast is the total if the fault came into force as late as it can have.
	TotalLeast *Milliseconds `json:"total_least"`
}

// ShardLoadDocument is what the application saw of one shard from the fault to the heal.
type ShardLoadDocument struct {
	ID      string       `json:"id"`
	Hit     bool         `json:"hit"`
	Asked   int          `json:"asked"`  // writes that it wanted to make
	Failed  int          `json:"failed"` // of them: not acknowledged
	Gap     Milliseconds `json:"gap_ms"` // the longest time without an acknowledgement
	GapFrom Timestamp    `json:"gap_from"`
}

// SplitBrainDocument is what a client was told that did not follow the failover, from the fault on.
type SplitBrainDocument struct {
	Attempted      int        `json:"attempted"`
	Acknowledged   int        `json:"acknowledged"`
	Rejected       int        `json:"rejected"`
	Indeterminate  int        `json:"indeterminate"`
	Unsent         int        `json:"unsent"`
	Lost           int        `json:"lost"`            // acknowledged, and nowhere at the end
	AfterPromotion int        `json:"after_promotion"` // acknowledged when there was a new primary already
	LastLostAck    *Timestamp `json:"last_lost_ack"`
	FirstRefused   *Timestamp `json:"first_refused"`
}

// ResyncDocument is how replicas caught up.
type ResyncDocument struct {
	Full    int          `json:"full"`
	Partial int          `json:"partial"`
	Bytes   *int64       `json:"bytes"` // of full ones; null: not known
	Took    Milliseconds `json:"ms"`    // the longest full one
}

// RestartDocument is the start of a server with damaged data.
type RestartDocument struct {
	Host    string `json:"host"`
	Refused bool   `json:"refused"`
	Said    string `json:"said"`
}

// TopologyDocument is the result of several scenarios of one topology.
type TopologyDocument struct {
	Schema   string              `json:"schema"`
	Topology promotion.Topology  `json:"topology"`
	Results  []PromotionDocument `json:"results"`
}

// NewTopologyDocument makes the document.
func NewTopologyDocument(t promotion.Topology, all []PromotionResult) TopologyDocument {
	return TopologyDocument{Schema: TopologySchema, Topology: t, Results: convert(all, NewPromotionDocument)}
}

// NewPromotionDocument makes the document.
func NewPromotionDocument(r PromotionResult) PromotionDocument {
	rec := r.Record
	v := drillView{rec.Drill}
	d := PromotionDocument{DrillDocument: NewDrillDocument(DrillResult{r.Deployment, rec.Drill}), Topology: rec.Topology, Engine: r.Engine,
		Hosts: convert(rec.Hosts, hostDocument), Settings: settingsDocument(rec.Settings), RTO: promotionRTO(rec),
		HealedAt: v.timestampIf(rec.HealAt), SyncedAt: v.timestampIf(rec.SyncedAt), Shards: []ShardLoadDocument{}, Limits: list(rec.Limits)}
	d.Lesson = PromotionLesson(rec)
	for i, s := range rec.Shards {
		d.Shards = append(d.Shards, ShardLoadDocument{ID: shardName(rec, i), Hit: s.Hit, Asked: s.Asked, Failed: s.Failed, Gap: Milliseconds(s.Gap),
			GapFrom: v.timestamp(s.GapFrom)})
	}
	if s := rec.SplitBrain; s != nil {
		d.SplitBrain = &SplitBrainDocument{Attempted: s.Attempted, Acknowledged: s.Acknowledged, Rejected: s.Rejected, Indeterminate: s.Indeterminate, Unsent: s.Unsent,
			Lost: s.Lost, AfterPromotion: s.AfterPromotion, LastLostAck: v.timestampIf(s.LastAck), FirstRefused: v.timestampIf(s.FirstRefused)}
	}
	if s := rec.Resync; s != nil {
		d.Resync = &ResyncDocument{Full: s.Full, Partial: s.Partial, Took: Milliseconds(s.Took)}
		if s.Bytes >= 0 {
			d.Resync.Bytes = &s.Bytes
		}
	}
	if s := rec.Restart; s != nil {
		d.Restart = &RestartDocument{Host: rec.Hosts[s.Host].Name, Refused: s.Refused, Said: s.Said}
	}
	return d
}

func hostDocument(h promotion.Host) HostDocument {
	d := HostDocument{Name: h.Name, Role: h.Role.String(), Address: h.Address}
	if h.Role != promotion.Guard {
		d.Shard = &h.Shard
	}
	return d
}

func settingsDocument(s promotion.Settings) SettingsDocument {
	d := SettingsDocument{MinReplicas: s.MinReplicas, AOF: s.AOF, Fsync: s.Fsync}
	for _, one := range []struct {
		of time.Duration
		to **Milliseconds
	}{{s.DownAfter, &d.DownAfter}, {s.NodeTimeout, &d.NodeTimeout}, {s.FailoverTimeout, &d.FailoverTimeout}, {s.Reload, &d.Reload}} {
		if one.of > 0 {
			*one.to = milliseconds(&one.of)
		}
	}
	if s.MinReplicas > 0 {
		d.MaxLag = milliseconds(&s.MaxLag)
	}
	return d
}

func promotionRTO(rec *promotion.Record) PromotionRTODocument {
	p, ok := rec.Parts()
	if !ok {
		return PromotionRTODocument{}
	}
	least := p.Total
	if by := rec.Drill.FaultBy; by != nil {
		least = max(*rec.Moments.CutOver-*by, 0)
	}
	return PromotionRTODocument{Detect: milliseconds(p.Detection), Decide: milliseconds(p.Election), Connect: milliseconds(p.Redirection),
		Unknown: milliseconds(&p.Unknown), Total: milliseconds(&p.Total), TotalLeast: milliseconds(&least)}
}

// shardName is that of a shard, by its index.
func shardName(rec *promotion.Record, shard int) string {
	for i, h := range rec.Hosts {
		if h.Role == promotion.Primary && h.Shard == shard {
			return rec.Drill.Maps[i].Shards[0].ID
		}
	}
	return ""
}
