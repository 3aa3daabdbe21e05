// Package report puts events and results into words and into JSON.
//
//	slots.Map, probe.Snapshot, drill.Record, lab.Status ──> …Text      for people
//	                                                    └─> …Document  for programs: WriteJSON, WriteLine
//	probe.Event ──> EventWriter ──> one line an event, text or NDJSON
//
// The documents are the contract with scripts: what stands in their tags is
// never dropped or renamed. In them durations are milliseconds, times are RFC
// 3339 with nanoseconds in UTC, lists are never null, and null stands where a
// thing did not happen.
//
// It never judges, measures or connects: what it says was found out by others.
// Colour only supports what the words say.
package report

import (
	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
	"github.com/aafailover/aafailover/vitals/host"
)

// Deployment says where a result comes from.
type Deployment string

// The deployments.
const (
	Lab   Deployment = "lab"   // the lab: nothing real was touched
	Given Deployment = "given" // the regions that the user named
)

// The schemas of the documents.
const (
	SlotsSchema     = "aafailover.slots/v1"
	KeysSchema      = "aafailover.keys/v1"
	ProbeSchema     = "aafailover.probe/v1"
	DrillSchema     = "aafailover.drill/v1"
	ScenariosSchema = "aafailover.scenarios/v1"
	LabSchema       = "aafailover.lab/v1"
	LabStatusSchema = "aafailover.lab-status/v1"
)

// SlotsResult is what `slots` found.
type SlotsResult struct {
	Deployment Deployment
	Prefix     string // of the channels: see [slots.Channel]
	Maps       []slots.Map
	Cover      []int    // ascending: see [slots.Cover]
	Insecure   []string // regions whose TLS certificates were not checked
}

// ProbeResult is what a probe found.
type ProbeResult struct {
	Deployment Deployment
	Snapshot   *probe.Snapshot // the last one; nil when nothing could be observed
	Cost       probe.Cost      // what observing took
	Insecure   []string        // regions whose TLS certificates were not checked
	PubSub     string          // how messages were published: classic or sharded
	Events     []probe.Event
	Canary     *canary.State // nil: there was none
	Vitals     *Vitals       // nil: no server was asked how it is
	Failover   failover.Policy
}

// Vitals is what was asked beside a probe.
type Vitals struct {
	Shards  []vitals.Shard
	Machine host.Load // that this process ran on, while it did
}

// DrillResult is what a drill found.
type DrillResult struct {
	Deployment Deployment
	Record     *drill.Record // not nil
}
