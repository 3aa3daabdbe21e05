package check

import (
	"github.com/aafailover/aafailover/internal/words"
)

// persistent is about what a region has of its data when its servers start anew. What it had not sent to the others before
// is nowhere else.
func persistent(f *Facts, _ Target) []Finding {
	return eachOwner(f, func(r Region, s Server) []Finding {
		if r.managed() {
			return []Finding{persistentElsewhere(r)}
		}
		aof, save := s.appendOnly(), s.savePoints()
		switch {
		case aof.Known() && aof.Value:
			return []Finding{pass("", "it keeps an append-only file%s", s.fsyncText())}
		case !aof.Known():
			return []Finding{s.notTold("whether it keeps an append-only file", aof.Standing)}
		case !save.Known():
			return []Finding{s.notTold("whether it saves snapshots, and it keeps no append-only file", save.Standing)}
		case len(save.Value) > 0:
			return []Finding{warned("", set("appendonly", "yes"), "it saves snapshots only: what was written since the last one%s is gone when it starts anew", s.unsavedText())}
		}
		return []Finding{broken("", set("appendonly", "yes"), "it keeps nothing on disk: it returns empty, and what had not been replicated is lost")}
	})
}

// persistentElsewhere is said of a server of Redis Enterprise, where the replica of a shard keeps the data by default.
func persistentElsewhere(r Region) Finding {
	if r.Management != nil {
		return finding(NotApplicable, "", "", "what the database keeps on disk is told by the REST API: see api-persistence")
	}
	return finding(Untold, "", "give the REST API of the region (api:) to have it told", "what the database keeps on disk only its REST API tells")
}

// fsyncText is ", appendfsync everysec".
func (s Server) fsyncText() string {
	if v := s.Setting("appendfsync"); v.Known() {
		return ", appendfsync " + v.Value
	}
	return ""
}

// unsavedText is " (12 writes now)".
func (s Server) unsavedText() string {
	if n := s.Vitals.Persistence.UnsavedWrites; n.Value > 0 {
		return " (" + words.Count(n.Value, "write") + " now)"
	}
	return ""
}
