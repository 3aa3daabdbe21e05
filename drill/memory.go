package drill

import (
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
)

// Memory is what a shard tells of its memory, in bytes; 0 and "" are not told.
type Memory struct {
	Used   uint64
	Limit  uint64 // above which it evicts or refuses writes; 0: there is none
	System uint64 // of the machine
	Policy string // of eviction: "noeviction", "allkeys-lru", …
}

// Shares of a shard's memory limit that the keys of a drill must not fill it
// beyond. Where keys are evicted, an Active-Active database begins with that at
// 80 % of the limit of any region, as Redis documents; where none are, replication
// to the shard stops when it is full.
const (
	evictingShare = 0.8
	refusingShare = 0.9
)

// judgeMemory demands that every shard has room for the longest course of the
// drill, so that nothing of the owner's is evicted, and none of his writes
// refused.
func judgeMemory(c Config, region int, facts []ShardFacts) Check {
	name := c.Maps[region].Region
	check := Check{Name: "memory", Region: name, State: Passed,
		Text: fmt.Sprintf("%s: room for the keys of the drill on %s", name, ofShards(len(facts)))}
	for i, f := range facts {
		needed := c.mostBytesOn(region, i)
		room, full := f.Memory.judge(needed)
		switch {
		case f.Unknown != nil || room == unknownRoom:
			if check.State == Passed {
				check = unknownMemory(c, name, f)
			}
		case room == tooLittle:
			check.State = Failed
			check.Text = fmt.Sprintf("%s (%s): %s", name, f.Address, full)
			check.Hint = "write less: --rate, --payload, shorter phases; or give the region more memory"
			return check
		}
	}
	return check
}

// unknownMemory is the check of a region that does not tell.
func unknownMemory(c Config, region string, f ShardFacts) Check {
	check := Check{Name: "memory", Region: region, State: Failed,
		Text: fmt.Sprintf("%s (%s): it does not tell how much memory it may use", region, f.Address),
		Hint: fmt.Sprintf("look yourself whether there is room, and say so: --accept %s", UnknownMemory)}
	if f.Unknown != nil {
		check.Text = f.Unknown.Error()
		check.Hint = strings.Join(append(hint.Of(f.Unknown), fmt.Sprintf("or look yourself, and say so: --accept %s", UnknownMemory)), "; ")
	}
	if c.Safety.accepts(UnknownMemory) {
		check.State, check.Hint = Accepted, ""
	}
	return check
}

// room is whether some bytes fit into a memory.
type room uint8

const (
	enough room = iota
	tooLittle
	unknownRoom
)

// judge tells whether so many more bytes fit, and if not what happens then.
func (m Memory) judge(more uint64) (r room, text string) {
	limit, share := m.Limit, refusingShare
	evicts := m.Limit > 0 && m.Policy != "noeviction"
	what := "its memory limit"
	switch {
	case m.Used == 0 || m.Limit == 0 && m.System == 0 || m.Limit > 0 && m.Policy == "":
		return unknownRoom, ""
	case m.Limit == 0:
		limit, what = m.System, "the memory of its machine"
	case evicts:
		share = evictingShare
	}
	if float64(m.Used)+float64(more) <= share*float64(limit) {
		return enough, ""
	}
	text = fmt.Sprintf("%s used and up to %s for the drill are more than %.0f%% of %s, %s", size(m.Used), size(more), 100*share, what, size(limit))
	if evicts {
		return tooLittle, text + fmt.Sprintf(", and it would evict keys of its owner (%s)", m.Policy)
	}
	return tooLittle, text + ", and it would refuse the writes of its owner"
}

// size is a number of bytes for people.
func size(bytes uint64) string {
	const step = 1 << 10
	value, unit := float64(bytes), "B"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if value < step {
			break
		}
		value, unit = value/step, next
	}
	if unit == "B" || value >= 100 {
		return fmt.Sprintf("%.0f %s", value, unit)
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}
