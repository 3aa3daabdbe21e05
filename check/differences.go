package check

import (
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/vitals"
)

// comparedSettings are the settings in which regions should not differ, each with what it does where they do. Others differ
// on purpose: what is kept on disk may be chosen for each region, and the backlog is judged by what is written.
func comparedSettings() []struct{ name, effect string } {
	return []struct{ name, effect string }{
		{"maxmemory", "the one with the least is full first, and stops taking what is written elsewhere"},
		{"maxmemory-policy", "one evicts what others keep, or refuses what others take"},
		{"maxclients", "the one with the least may turn away who comes over from another"},
		{"databases", "a client that selects a database by number may find none"},
		{"notify-keyspace-events", "who listens for events of keys hears others, or none, after a failover"},
		{"client-output-buffer-limit", "slow subscribers are cut off earlier in one"},
		{"timeout", "idle connections are closed in one and not in others"},
		{"min-replicas-to-write", "one refuses writes where others do not"},
		{"lua-time-limit", "a slow script holds up others for longer in one"},
	}
}

func sameSettings(f *Facts, _ Target) []Finding {
	var all inventory
	found := eachOwner(f, func(r Region, s Server) []Finding {
		told, why := 0, vitals.Unknown
		for _, c := range comparedSettings() {
			v := s.Setting(c.name)
			why = max(why, v.Standing)
			if v.Known() {
				told++
				all.add(c.name, v.Value, s.holder(r))
			}
		}
		if told == 0 {
			return []Finding{s.notTold("its settings", why)}
		}
		return nil
	})
	var same []string
	for _, c := range comparedSettings() {
		switch v := all.versions[c.name]; {
		case len(v) > 1:
			found = append(found, warned("", "set "+c.name+" to the same in all regions", "%s differs: %s: %s", c.name, v, c.effect))
		case len(v.holders()) > 1:
			same = append(same, c.name)
		}
	}
	if len(same) > 0 {
		found = append(found, pass("", "the same everywhere: %s", words.Enumerate(same)))
	}
	return found
}

// sameFunctions compares the libraries of functions of all servers that own shards: FUNCTION LOAD goes to one server, and
// is not replicated between regions.
func sameFunctions(f *Facts, _ Target) []Finding {
	var all inventory
	found := eachOwner(f, func(r Region, s Server) []Finding {
		if !s.Libraries.Known() {
			return []Finding{f.lacking(s, "its functions", s.Libraries.Standing)}
		}
		all.take(s.holder(r))
		for _, l := range s.Libraries.Value {
			all.add(l.Name, l.Digest, s.holder(r))
		}
		return nil
	})
	alike := 0
	for _, name := range all.names() {
		missing, codes := all.missing(name), all.versions[name]
		switch {
		case missing != "":
			found = append(found, broken("", "FUNCTION LOAD REPLACE the library "+name+" on "+missing, "the library %s is missing in %s, and FCALL fails there", name, missing))
		case len(codes) > 1:
			found = append(found, broken("", "FUNCTION LOAD REPLACE the same code everywhere", "the library %s has not the same code in %s", name, enumerate(codes.holders(), all.asked)))
		default:
			alike++
		}
	}
	switch {
	case len(all.asked) > 0 && len(all.names()) == 0:
		found = append(found, pass("", "there are no functions"))
	case alike > 0 && len(all.asked) > 1:
		found = append(found, pass("", "with the same code everywhere: %d of %d libraries", alike, len(all.names())))
	}
	return found
}

// sameScripts compares how many scripts are cached. Which ones no command tells.
func sameScripts(f *Facts, _ Target) []Finding {
	counts := holdings{}
	found := eachOwner(f, func(r Region, s Server) []Finding {
		if !s.Scripts.Known() {
			return []Finding{f.lacking(s, "how many scripts it has", s.Scripts.Standing)}
		}
		counts.count(words.Count(s.Scripts.Value, "script"), s.holder(r))
		return nil
	})
	_, none := counts[words.Count(0, "script")]
	switch {
	case len(counts) > 1:
		found = append(found, warned("", "", "%s: EVALSHA of one that is missing is answered with NOSCRIPT", counts))
	case none:
		found = append(found, pass("", "no scripts are cached"))
	case len(counts) == 1:
		found = append(found, untold("", "%s; whether they are the same no command tells", counts))
	}
	return found
}
