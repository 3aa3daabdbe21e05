package check

import (
	"fmt"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/vitals"
)

// Shares of the memory limit of a shard of an Active-Active database, by "Planning considerations" and "Eviction policy" of
// Redis Software.
const (
	// evictionFrom is from when keys are evicted, if they may be: earlier than in other databases, since all regions have
	// to agree.
	evictionFrom = 0.80
	// refusalFrom is from when clients are refused writes, from Redis 8.4 on, to keep the rest for replication. Before, a
	// shard that is full stops replicating.
	refusalFrom = 0.95
)

// policy is what is done when memory is full, by CONFIG GET or else by INFO.
func (s Server) policy() vitals.Field[string] {
	set := s.Setting("maxmemory-policy")
	if set.Known() || s.managed() || !s.Vitals.Memory.Policy.Known() {
		return set
	}
	return s.Vitals.Memory.Policy
}

// regionEviction is about keys that are evicted in one region, which is an effect that goes to all.
func regionEviction(f *Facts, _ Target) []Finding {
	return eachOwner(f, func(r Region, s Server) []Finding {
		switch p := s.policy(); {
		case !p.Known():
			return []Finding{s.notTold("its eviction policy", p.Standing)}
		case p.Value == "noeviction":
			return []Finding{pass("", "noeviction")}
		default:
			return []Finding{warned("", "CONFIG SET maxmemory-policy noeviction, or the eviction policy of the database, everywhere",
				"%s: an Active-Active database evicts keys from %.0f%% of its limit on, and while a region is away that frees nothing, so that all of them can go", p.Value, 100*evictionFrom)}
		}
	})
}

// memoryHeadroom is about the memory that is left for what cannot be collected while a region is away: tombstones, and what
// is kept to merge what it will bring.
func memoryHeadroom(f *Facts, t Target) []Finding {
	if f.Lab {
		return notApplicable("a lab keeps no tombstones, and has no limit of memory")
	}
	return eachOwner(f, func(r Region, s Server) []Finding {
		used, limit := s.Vitals.Memory.Used, s.maxMemoryOf()
		switch {
		case r.managed() && limit.Value <= 0:
			return []Finding{finding(Untold, "", "see the memory limit of the database in the console of the cluster", "its memory limit is one of the cluster, which INFO does not tell")}
		case !limit.Known():
			return []Finding{s.notTold("its memory limit", limit.Standing)}
		case limit.Value <= 0:
			return []Finding{warned("", set("maxmemory", "BYTES")+": what the machine can spare",
				"it has no memory limit: it grows until the machine has none left, and is killed then")}
		case !used.Known():
			return []Finding{s.notTold("how much memory it uses", used.Standing)}
		}
		return []Finding{judgeHeadroom(s, float64(used.Value), float64(limit.Value), t)}
	})
}

func judgeHeadroom(s Server, used, limit float64, t Target) Finding {
	text := fmt.Sprintf("it uses %s of %s (%.0f%%)", words.Bytes(used), words.Bytes(limit), 100*used/limit)
	const more = "give the database more memory, or let keys expire"
	rate, measured := s.written()
	lasts := 0.0 // seconds until it is full
	if measured && rate > 0 && used < limit {
		lasts = (limit - used) / rate
		text += fmt.Sprintf("; at the %s/s that are written%s the rest is full after %s, if all of it is new", words.Bytes(rate), s.measuredFor(), roughSeconds(lasts))
	}
	switch {
	case used >= refusalFrom*limit:
		return broken("", more, "%s: an Active-Active database stops replicating at its limit. While a region is away, only its removal frees memory then", text)
	case used >= evictionFrom*limit:
		return warned("", more, "%s: an Active-Active database evicts keys from %.0f%% on where it may, and from Redis 8.4 on refuses writes from %.0f%% on", text, 100*evictionFrom, 100*refusalFrom)
	case lasts > 0 && lasts < t.Outage.Seconds():
		return warned("", more, "%s: sooner than an outage of %s is over. Then only removing the region that is away frees memory", text, words.Rough(t.Outage))
	}
	return pass("", "%s", text)
}
