package check

import (
	"slices"
	"strings"

	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/slots"
)

// standardRules are the default rules by which keys are hashed: what is in braces, or else the whole key. The first is
// greedy, so that it takes the last pair.
var standardRules = []string{`.*\{(?<tag>.*)\}.*`, `(?<tag>.*)`}

func apiHashing(_ *Facts, _ Region, d enterprise.Database, _ Target) []Finding {
	var found []Finding
	switch p := d.Hashing; {
	case !p.Known():
		found = append(found, untold("", "its REST API does not tell how it counts slots"))
	case p.Value == "16k":
		found = append(found, pass("", "hash_slots_policy 16k"))
	default:
		found = append(found, broken("", "", "hash_slots_policy %s: its slots are not those of Redis Cluster", p.Value))
	}
	rules := d.KeyRules
	if !rules.Known() || len(rules.Value) == 0 {
		return found // one that is not sharded has none
	}
	plain := make([]string, len(rules.Value))
	for i, rule := range rules.Value {
		plain[i] = strings.ReplaceAll(rule, " ", "") // documents write (?< tag >.*)
	}
	if !slices.Equal(plain, standardRules) {
		return append(found, broken("", "", "keys are hashed by rules of its own: %s", strings.Join(rules.Value, " , ")))
	}
	return append(found, pass("", "keys are hashed by the default rules"))
}

// apiClusterAPI is about the Cluster API and about what it announces. Internal addresses are nothing to warn of where they
// lead here.
func apiClusterAPI(_ *Facts, r Region, d enterprise.Database, _ Target) []Finding {
	switch {
	case !d.ClusterAPI.Known():
		return []Finding{untold("", "its REST API does not tell whether the Cluster API is on")}
	case !d.ClusterAPI.Value:
		return []Finding{warned("", "switch on the OSS Cluster API, with proxy_policy all-master-shards, and external addresses where applications are outside", "the Cluster API is off")}
	}
	owners := r.owners()
	reached := len(owners) > 0 && !slices.ContainsFunc(owners, func(s Server) bool { return s.Failed != "" }) && r.Map.Known() &&
		(r.Map.Value.Source == slots.ClusterSlots || r.Map.Value.Source == slots.ClusterShards)
	for _, e := range d.Endpoints {
		if is(e.Reach, "external") && is(e.PreferredIP, "internal") && !reached {
			return []Finding{warned("", "rladmin tune db db:"+d.UID+" oss_cluster_api_preferred_ip_type external; or translate here: --cluster-addresses seed-host, --address-map FROM=TO",
				"the Cluster API is on, and announces internal addresses for its external endpoint %s", e.Address())}
		}
	}
	if reached {
		return []Finding{pass("", "the Cluster API is on, and what it announces leads here")}
	}
	return []Finding{pass("", "the Cluster API is on")}
}

// apiShards compares which slots the primaries own, or else how many there are.
func apiShards(f *Facts, _ Target) []Finding {
	regions, found := managedRegions(f)
	count, parts := tally{}, tally{}
	var compared []managedRegion
	for _, r := range regions {
		if !r.database.Shards.Known() {
			found = append(found, untold(r.subject(), "its REST API does not tell how many shards it has"))
			continue
		}
		compared = append(compared, r)
		count.count(words.Count(r.database.Shards.Value, "shard"), r.Name)
		if m, err := enterprise.Map(r.Name, r.Address, r.database, r.Management.Shards.Value); err == nil {
			parts.count(partition(m), r.Name)
		}
	}
	switch {
	case len(count) > 1:
		found = append(found, warned("", "", "%s", count))
	case len(parts) > 1:
		found = append(found, warned("", "", "%s, with different slots", count))
	case len(compared) > 1 && len(parts.subjects()) == len(compared):
		found = append(found, pass("", "%s, with the same slots", count))
	case len(compared) > 1:
		found = append(found, pass("", "%s", count))
	case len(compared) == 1:
		found = append(found, untold("", "%s, and there is no other region that tells", count))
	}
	return found
}
