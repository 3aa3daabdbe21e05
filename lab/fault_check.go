package lab

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// kinds are all faults, in the order in which they are told.
var kinds = []Kind{Cut, Stall, Slow, Lose, Echo, Heal, Hang, Answer, Kill, Begin, Promote, Move, Reshard}

// What the kinds other than heal are about: links, regions as they are, or the shape of a region.
var (
	linkKinds   = []Kind{Cut, Stall, Slow, Lose, Echo}
	regionKinds = []Kind{Hang, Answer, Kill, Begin, Promote, Move, Reshard}
)

// The longest delay of a slow link, since with more it is not told from a stalled one, and the longest promotion.
const (
	longestDelay = time.Hour
	longestAfter = time.Hour
)

// check says what is wrong with the fault itself, whatever the lab.
func (f Fault) check() error {
	if !slices.Contains(kinds, f.Kind) {
		return refusal("unknown kind %q: known are %s", f.Kind, list(kinds))
	}
	if err := f.checkNames(); err != nil {
		return err
	}
	for _, field := range []struct {
		of    Kind
		given bool
		says  string
	}{
		{Slow, f.Delay != 0, "only slow takes a delay"},
		{Lose, f.Share != 0, "only lose takes a share"},
		{Answer, f.Error != "", "only answer takes an error"},
		{Begin, f.Empty, "only start can be empty"},
		{Begin, f.Fresh, "only start can be fresh"},
		{Promote, f.After != 0, "only promote takes a time after which it is done"},
		{Move, f.Target != 0 || len(f.Slots) > 0, "only move takes slots and a target"},
		{Reshard, f.Shards != 0, "only reshard takes a number of shards"},
	} {
		if field.given && f.Kind != field.of {
			return refusal("%s: %s", f.Kind, field.says)
		}
	}
	return f.checkValues()
}

// checkNames says what is wrong with the names of regions that are given, or not given.
func (f Fault) checkNames() error {
	ofLink, ofRegion := slices.Contains(linkKinds, f.Kind), slices.Contains(regionKinds, f.Kind)
	named := f.From != "" || f.To != ""
	switch {
	case ofLink && (f.From == "" || f.To == ""), f.Kind == Heal && (f.From == "") != (f.To == ""):
		return refusal("%s: a link needs two regions, from and to", f.Kind)
	case ofLink && f.Region != "", f.Kind == Heal && named && f.Region != "":
		return refusal("%s: it is about a link; region %s is one name too many", f.Kind, f.Region)
	case ofRegion && f.Region == "":
		return refusal("%s: it needs a region", f.Kind)
	case ofRegion && (named || f.OneWay):
		return refusal("%s: it is about a region, not a link", f.Kind)
	}
	return nil
}

// checkValues says which value makes no sense for the fault.
func (f Fault) checkValues() error {
	switch f.Kind {
	case Slow:
		if f.Delay <= 0 || f.Delay > longestDelay {
			return refusal("slow: a delay of %v: must be more than 0 and at most %v", f.Delay, longestDelay)
		}
	case Lose:
		if math.IsNaN(f.Share) || f.Share <= 0 || f.Share > 1 {
			return refusal("lose: a share of %v: must be more than 0 and at most 1", f.Share)
		}
	case Answer:
		if conditions.Get()[f.Error] == nil {
			return refusal("answer: unknown error %q: known are %s", f.Error, list(Conditions()))
		}
	case Promote:
		if f.After < 0 || f.After > longestAfter {
			return refusal("promote: after %v: must be at least 0 and at most %v", f.After, longestAfter)
		}
	case Move:
		for _, r := range f.Slots {
			if r.First < 0 || r.First > r.Last || r.Last >= slots.Count {
				return refusal("move: slots %d-%d: must be a range within 0-%d", r.First, r.Last, slots.Count-1)
			}
		}
		if f.Shard == AllShards && len(f.Slots) == 0 {
			return refusal("move: it needs slots, or the shard that gives all of its own")
		}
	case Reshard:
		if f.Shard != AllShards {
			return refusal("reshard: it is about a whole region, not a shard")
		}
		if f.Shards < 1 || f.Shards > slots.Count {
			return refusal("reshard: %d shards: must be 1 to %d", f.Shards, slots.Count)
		}
	}
	return nil
}

// list joins words for an error.
func list[S ~string](words []S) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}
