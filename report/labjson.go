package report

import (
	"github.com/aafailover/aafailover/lab"
)

// LabReady is a lab that has just been started.
type LabReady struct {
	Control string // address that takes faults
	Config  string // path of a configuration file with its regions
	Status  lab.Status
}

// LabDocument is the one line that `lab -o json` prints when it is ready.
type LabDocument struct {
	Schema     string      `json:"schema"`
	Deployment Deployment  `json:"deployment"`
	Control    string      `json:"control"`
	Config     string      `json:"config"`
	Engine     string      `json:"engine,omitempty"` // "" is the lab's own
	Folder     string      `json:"folder,omitempty"` // of the servers' files
	Regions    []LabRegion `json:"regions"`
	Links      []LabLink   `json:"links"`
}

// LabRegion is a region that can be connected to.
type LabRegion struct {
	Name   string       `json:"name"`
	URL    string       `json:"url"`
	Shards []ShardSlots `json:"shards"`
}

// LabLink is how long a message takes one way.
type LabLink struct {
	From  string  `json:"from"`
	To    string  `json:"to"`
	Delay float64 `json:"delay_ms"`
}

// NewLabDocument makes the document.
func NewLabDocument(r LabReady) LabDocument {
	return LabDocument{
		Schema: LabSchema, Deployment: Lab, Control: r.Control, Config: r.Config,
		Engine: r.Status.Engine, Folder: r.Status.Folder,
		Regions: convert(r.Status.Regions, func(region lab.RegionStatus) LabRegion {
			return LabRegion{Name: region.Name, URL: region.URL, Shards: convert(region.Shards, func(s lab.ShardStatus) ShardSlots {
				return ShardSlots{ID: s.ID, Address: s.Address, Slots: list(s.Slots)}
			})}
		}),
		Links: convert(r.Status.Links, func(l lab.LinkStatus) LabLink { return LabLink{From: l.From, To: l.To, Delay: finite(l.Delay)} }),
	}
}

// LabStatusDocument is the result of `lab status`: the fields of [lab.Status] beside these.
type LabStatusDocument struct {
	Schema     string     `json:"schema"`
	Deployment Deployment `json:"deployment"`
	lab.Status
}

// NewLabStatusDocument makes the document.
func NewLabStatusDocument(s lab.Status) LabStatusDocument {
	return LabStatusDocument{Schema: LabStatusSchema, Deployment: Lab, Status: lab.Status{Backlog: s.Backlog,
		Engine: s.Engine, Folder: s.Folder,
		Regions: convert(s.Regions, func(r lab.RegionStatus) lab.RegionStatus {
			r.Shards = convert(r.Shards, func(shard lab.ShardStatus) lab.ShardStatus {
				shard.Slots = list(shard.Slots)
				return shard
			})
			return r
		}),
		Links: convert(s.Links, func(l lab.LinkStatus) lab.LinkStatus {
			l.Delay, l.Streams = finite(l.Delay), list(l.Streams)
			return l
		}),
	}}
}
