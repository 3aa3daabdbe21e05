package report

import (
	"cmp"

	"github.com/aafailover/aafailover/slots"
)

// SlotsDocument is the result of `slots`.
type SlotsDocument struct {
	Schema     string     `json:"schema"`
	Deployment Deployment `json:"deployment"`
	// Symmetric tells whether all regions are known to be sharded equally.
	Symmetric bool     `json:"symmetric"`
	Coverage  Coverage `json:"coverage"`
	// Insecure are the regions whose TLS certificates were not checked, so that anybody in between could answer.
	Insecure []string          `json:"insecure"`
	Regions  []RegionSlots     `json:"regions"`
	Channels []ChannelDocument `json:"channels"`
}

// Coverage tells whether the channels provably reach every shard.
type Coverage string

// The values of Coverage.
const (
	CoverageProven   Coverage = "proven"
	CoverageUnproven Coverage = "unproven"
)

func coverage(proven bool) Coverage {
	if proven {
		return CoverageProven
	}
	return CoverageUnproven
}

// RegionSlots is the sharding of a region.
type RegionSlots struct {
	Name    string        `json:"name"`
	Source  slots.Source  `json:"source"`
	Shards  []ShardSlots  `json:"shards"`
	Unowned []slots.Range `json:"unowned"` // slots that no shard owns
}

// ShardSlots is a shard and what it owns.
type ShardSlots struct {
	ID      string        `json:"id"`
	Address string        `json:"address"`
	Slots   []slots.Range `json:"slots"`
}

// ChannelDocument is a slot that is tried. Both maps hold the regions that own it.
type ChannelDocument struct {
	Slot   int               `json:"slot"`
	Key    string            `json:"key"`
	Names  map[string]string `json:"names"`  // by source region
	Shards map[string]string `json:"shards"` // id of the shard that owns the slot, by region; its address where it has no id
}

// NewSlotsDocument makes the document.
func NewSlotsDocument(r SlotsResult) SlotsDocument {
	return SlotsDocument{
		Schema: SlotsSchema, Deployment: r.Deployment, Symmetric: r.symmetric(), Insecure: list(r.Insecure), Coverage: coverage(r.proven()),
		Regions: convert(r.Maps, regionSlots), Channels: convert(r.Cover, r.channel),
	}
}

func regionSlots(m slots.Map) RegionSlots {
	return RegionSlots{Name: m.Region, Source: m.Source, Unowned: list(m.Unowned()),
		Shards: convert(m.Shards, func(s slots.Shard) ShardSlots {
			return ShardSlots{ID: s.ID, Address: s.Address, Slots: list(s.Slots)}
		})}
}

func (r SlotsResult) channel(slot int) ChannelDocument {
	c := ChannelDocument{Slot: slot, Key: slots.Key(slot), Names: map[string]string{}, Shards: map[string]string{}}
	for _, m := range r.Maps {
		if i, ok := m.ShardOf(slot); ok {
			c.Names[m.Region] = slots.Channel(r.Prefix, slot, m.Region)
			c.Shards[m.Region] = cmp.Or(m.Shards[i].ID, m.Shards[i].Address)
		}
	}
	return c
}

// proven tells whether the sharding of every region is known.
func (r SlotsResult) proven() bool {
	for _, m := range r.Maps {
		if !m.Proven() {
			return false
		}
	}
	return true
}

// symmetric tells whether all regions are known to be sharded equally.
func (r SlotsResult) symmetric() bool { return r.proven() && slots.Equal(r.Maps...) }
