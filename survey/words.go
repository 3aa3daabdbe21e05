package survey

import (
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/slots"
)

// mostNamed bounds the moves, the addresses and the ranges that are spelled out.
const mostNamed = 3

// told says in words what a region tells that had not told its sharding before.
func told(m slots.Map) string {
	switch m.Source {
	case slots.Single:
		return m.Region + " answers, and does not tell how it is sharded"
	case slots.Static:
		return fmt.Sprintf("%s has %s, as configured", m.Region, counted(len(m.Shards), "shard"))
	}
	return fmt.Sprintf("%s tells its %s (%s)", m.Region, counted(len(m.Shards), "shard"), m.Source)
}

// difference says in words what became different between two maps of a region, the second of which is arranged.
func difference(before, now slots.Map) string {
	switch {
	case rank(now.Source) < rank(before.Source):
		return now.Region + " does not tell its sharding any more"
	case rank(now.Source) > rank(before.Source):
		return told(now)
	}
	var parts []string
	moved := moves(before, now)
	if n := len(now.Shards); n != len(before.Shards) {
		parts = append(parts, fmt.Sprintf("%s has %s instead of %d", now.Region, counted(n, "shard"), len(before.Shards)))
		moved = nil // the shards may be numbered anew
	} else {
		parts = append(parts, places(before, now)...)
	}
	for _, m := range moved[:min(len(moved), mostNamed)] {
		parts = append(parts, fmt.Sprintf("%s: %s", now.Region, m))
	}
	if more := len(moved) - mostNamed; more > 0 {
		parts = append(parts, "and "+counted(more, "more move"))
	}
	return strings.Join(parts, "; ")
}

// places says which shards are elsewhere.
func places(before, now slots.Map) []string {
	var parts []string
	elsewhere := 0
	for i, shard := range now.Shards {
		was := before.Shards[i]
		switch {
		case shard.Address != was.Address:
			elsewhere++
			parts = append(parts, fmt.Sprintf("%s: shard %d is now at %s", now.Region, i+1, shard.Address))
		case shard.ID != was.ID:
			elsewhere++
			parts = append(parts, fmt.Sprintf("%s: shard %d is another server at the same address, %s", now.Region, i+1, shard.Address))
		}
	}
	if elsewhere > mostNamed {
		return []string{fmt.Sprintf("%s: %d of its %d shards are elsewhere", now.Region, elsewhere, len(now.Shards))}
	}
	return parts
}

// move is slots that went from one shard to another; the shards are indexes, or nobody.
type move struct {
	from, to int
	slots    []slots.Range
}

// String returns "slots 5461-8191 went from shard 2 to shard 3".
func (m move) String() string {
	what := "slots " + ranges(m.slots)
	if len(m.slots) == 1 && m.slots[0].First == m.slots[0].Last {
		what = "slot " + ranges(m.slots)
	}
	switch {
	case m.to == nobody:
		return fmt.Sprintf("%s of shard %d belong to nobody", what, m.from+1)
	case m.from == nobody:
		return fmt.Sprintf("%s, which belonged to nobody, belong to shard %d", what, m.to+1)
	}
	return fmt.Sprintf("%s went from shard %d to shard %d", what, m.from+1, m.to+1)
}

// moves returns what went from each shard to each other one, by the lowest slot.
func moves(before, now slots.Map) []move {
	type pair struct{ from, to int }
	index := make(map[pair]int)
	var all []move
	was, is := ownersOf(before), ownersOf(now)
	for slot := range slots.Count {
		p := pair{was[slot], is[slot]}
		if p.from == p.to {
			continue
		}
		i, ok := index[p]
		if !ok {
			i = len(all)
			index[p] = i
			all = append(all, move{from: p.from, to: p.to})
		}
		all[i].slots = extended(all[i].slots, slot)
	}
	return all
}

// ranges returns "5461-8191", or "1, 3-5, 9 and 2 more ranges".
func ranges(all []slots.Range) string {
	var texts []string
	for _, r := range all[:min(len(all), mostNamed)] {
		texts = append(texts, r.String())
	}
	text := strings.Join(texts, ", ")
	if more := len(all) - mostNamed; more > 0 {
		text += " and " + counted(more, "more range")
	}
	return text
}

// counted returns "1 shard", "2 shards".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
