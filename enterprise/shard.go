package enterprise

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// Shard is one process of a database.
// https://redis.io/docs/latest/operate/rs/references/rest-api/objects/shard
type Shard struct {
	UID     string
	Primary bool // else it is a replica
	Node    vitals.Field[string]
	// Slots are those that are assigned to it, as they are counted in the database's Hashing.
	Slots            vitals.Field[[]slots.Range]
	Status, Detailed vitals.Field[string] // "active", "inactive", "trimming"; "ok", "down", "loading", …
}

// Shards lists the shards of the database with a UID, primaries and replicas. Errors: *Error.
func (c *Client) Shards(ctx context.Context, uid string) ([]Shard, error) {
	var list []struct {
		UID      loose `json:"uid"`
		Role     loose `json:"role"`
		Node     loose `json:"node_uid"`
		Slots    loose `json:"assigned_slots"`
		Status   loose `json:"status"`
		Detailed loose `json:"detailed_status"`
	}
	hidden, err := c.get(ctx, "ask for the shards of the database", "/v1/bdbs/"+uid+"/shards", nil, &list)
	if err != nil {
		return nil, err
	}
	shards := make([]Shard, len(list))
	for i, one := range list {
		shards[i] = Shard{UID: uidOf(one.UID), Primary: one.Role.text == "master", Node: hidden.field(one.Node), Status: hidden.field(one.Status), Detailed: hidden.field(one.Detailed)}
		if ranges, ok := parseRanges(one.Slots.text); ok {
			shards[i].Slots = vitals.FieldOf(ranges)
		}
	}
	return shards, nil
}

// parseRanges reads "0-8191", "0-100,200-300" or "7".
func parseRanges(text string) ([]slots.Range, bool) {
	var ranges []slots.Range
	for part := range strings.SplitSeq(text, ",") {
		first, last, several := strings.Cut(strings.TrimSpace(part), "-")
		if !several {
			last = first
		}
		a, errA := strconv.ParseUint(first, 10, 16)
		b, errB := strconv.ParseUint(last, 10, 16)
		if errA != nil || errB != nil || a > b {
			return nil, false
		}
		ranges = append(ranges, slots.Range{First: int(a), Last: int(b)})
	}
	return ranges, true
}

// ErrHashing says that the slots of a database are not those of Redis Cluster: no channel could be computed for a shard.
var ErrHashing = errors.New("keys are hashed by another policy than that of Redis Cluster")

// Map makes the sharding of a region of its database's primaries, all behind one address. Errors: ErrHashing, a primary
// that does not say its slots, no primary, and what slots.Map.Check says.
func Map(region, address string, d Database, shards []Shard) (slots.Map, error) {
	m := slots.Map{Region: region, Source: slots.REST}
	if d.Hashing.Known() && d.Hashing.Value != "16k" {
		return slots.Map{}, fmt.Errorf("%s: %w: %s", region, ErrHashing, d.Hashing.Value)
	}
	for _, s := range shards {
		switch {
		case !s.Primary:
		case !s.Slots.Known():
			return slots.Map{}, fmt.Errorf("%s: shard %s does not say which slots it owns", region, s.UID)
		default:
			m.Shards = append(m.Shards, slots.Shard{ID: s.UID, Address: address, Slots: s.Slots.Value})
		}
	}
	if len(m.Shards) == 0 {
		return slots.Map{}, fmt.Errorf("%s: the database has no primary shards", region)
	}
	return m, m.Check()
}
