package check

import (
	"fmt"
	"slices"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// sameSharding compares which slots the regions keep together. Addresses and names of shards differ anyway.
func sameSharding(f *Facts, _ Target) []Finding {
	var found []Finding
	var proven []Region
	for _, r := range f.Regions {
		switch {
		case r.Unreachable != "":
			found = append(found, silent(r))
		case r.unsharded():
			r.Map = vitals.FieldOf(slots.Map{Region: r.Name, Source: slots.Static, Shards: []slots.Shard{{Slots: slots.Even(1)[0]}}})
			proven = append(proven, r)
		case !r.Map.Known():
			found = append(found, unknown(r.subject(), r.Map.Standing, "how it is sharded"))
		case !r.Map.Value.Proven():
			found = append(found, finding(Untold, r.subject(), "switch on the OSS Cluster API of the database, or give --shards N",
				"it answers neither CLUSTER SLOTS nor CLUSTER SHARDS: what is behind its endpoint is not known"))
		default:
			proven = append(proven, r)
		}
	}
	if len(proven) == 0 {
		return found
	}
	first := proven[0]
	for _, r := range proven[1:] {
		if partition(first.Map.Value) == partition(r.Map.Value) {
			continue
		}
		found = append(found, warned(first.Name+" and "+r.Name, "", "%s has %s and %s has %s, of which %s share slots: each pair is replicated on its own, and is watched by a channel of its own",
			first.Name, words.Count(len(first.Map.Value.Shards), "shard"), r.Name, words.Count(len(r.Map.Value.Shards), "shard"),
			words.Count(pairs(first.Map.Value, r.Map.Value), "pair")))
	}
	if len(proven) > 1 && !slices.ContainsFunc(found, func(f Finding) bool { return f.Outcome == Warned }) {
		found = append(found, pass("", "%s, with the same slots, in %s", words.Count(len(first.Map.Value.Shards), "shard"), words.Enumerate(names(proven))))
	}
	return found
}

// unsharded tells whether the region is one open-source server that says that it is in no cluster. A service that manages
// its servers may say so of many behind one endpoint.
func (r Region) unsharded() bool {
	owners := r.owners()
	return len(owners) == 1 && !r.managed() && owners[0].Setting("appendonly").Known() && is(owners[0].Vitals.Mode, "standalone")
}

// partition is the same for two maps that keep the same slots together.
func partition(m slots.Map) string {
	owners := ownersOf(m)
	number := map[int]int{-1: -1} // by the order in which the shards come
	var text []byte
	for slot, o := range owners {
		if slot > 0 && owners[slot-1] == o {
			continue
		}
		if _, ok := number[o]; !ok {
			number[o] = len(number)
		}
		text = fmt.Appendf(text, "%d:%d ", slot, number[o])
	}
	return string(text)
}

// pairs is how many shards of one map share slots with how many of the other.
func pairs(a, b slots.Map) int {
	of := map[[2]int]bool{}
	other := ownersOf(b)
	for slot, o := range ownersOf(a) {
		if o >= 0 && other[slot] >= 0 {
			of[[2]int{o, other[slot]}] = true
		}
	}
	return len(of)
}

// ownersOf is the index of the shard that owns each slot; -1 where none does.
func ownersOf(m slots.Map) []int {
	owners := slices.Repeat([]int{-1}, slots.Count)
	for i, s := range m.Shards {
		for _, r := range s.Slots {
			for slot := max(r.First, 0); slot <= min(r.Last, slots.Count-1); slot++ {
				owners[slot] = i
			}
		}
	}
	return owners
}

func names(regions []Region) []string {
	var all []string
	for _, r := range regions {
		all = append(all, r.Name)
	}
	return all
}

func standardHashing(f *Facts, _ Target) []Finding {
	var found []Finding
	for _, r := range f.Regions {
		switch h := r.Hashing; {
		case r.Unreachable != "":
			found = append(found, silent(r))
		case r.unsharded():
			found = append(found, finding(NotApplicable, r.subject(), "", "it is one server, which has no slots"))
		case h.Known() && h.Value:
			found = append(found, pass(r.subject(), "CLUSTER KEYSLOT answers as CRC16 does"))
		case h.Known():
			found = append(found, broken(r.subject(), "", "CLUSTER KEYSLOT answers with other slots than CRC16: it has a hashing policy of its own"))
		default:
			found = append(found, unknown(r.subject(), h.Standing, "the slots of keys, by CLUSTER KEYSLOT"))
		}
	}
	return found
}
