package check

import (
	"fmt"
	"math"

	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/internal/words"
)

func apiPersistence(_ *Facts, _ Region, d enterprise.Database, t Target) []Finding {
	fix := "set data_persistence to aof"
	if is(d.ActiveActive, true) {
		fix = "crdb-cli crdb update --crdb-guid " + guidOf(d) + ` --default-db-config '{"data_persistence": "aof", "aof_policy": "appendfsync-every-sec"}'`
	}
	switch p := d.Persistence; {
	case !p.Known():
		return []Finding{untold("", "its REST API does not tell how it keeps its data")}
	case p.Value == "disabled":
		return []Finding{broken("", fix, "it keeps nothing on disk")}
	case p.Value == "snapshot" && is(d.ActiveActive, true):
		return []Finding{broken("", fix, "it keeps snapshots, which Active-Active databases do not support")}
	case p.Value == "snapshot":
		return []Finding{warned("", fix, "it keeps snapshots: a restart loses what was written since the last one")}
	case p.Value != "aof":
		return []Finding{untold("", "it keeps its data by %s", p.Value)}
	}
	switch policy := d.AOFPolicy; {
	case !policy.Known():
		return []Finding{pass("", "it keeps an append-only file")}
	case policy.Value == "appendfsync-every-sec" && t.RPO != nil && *t.RPO == 0:
		return []Finding{warned("", `set aof_policy to appendfsync-always, which costs latency`,
			"it keeps an append-only file that is synced every second: a power cut of both nodes of a shard loses up to a second, and nothing may be lost")}
	default:
		return []Finding{pass("", "it keeps an append-only file (%s)", policy.Value)}
	}
}

// apiReplication is about replicas, by what is configured and by the shards that there are, and about shards that are
// not well.
func apiReplication(_ *Facts, r Region, d enterprise.Database, _ Target) []Finding {
	var found []Finding
	switch {
	case !d.Replication.Known():
		found = append(found, untold("", "its REST API does not tell whether its shards have replicas"))
	case !d.Replication.Value:
		found = append(found, broken("", "", "its shards have no replicas"))
	}
	shards := r.Management.Shards
	if !shards.Known() {
		return append(found, untold("", "its shards are not told: %s", shards.reason()))
	}
	primaries, replicas := 0, 0
	for _, s := range shards.Value {
		what := "replica"
		if s.Primary {
			what = "primary"
			primaries++
		} else {
			replicas++
		}
		if text := ailing(s); text != "" {
			found = append(found, broken(fmt.Sprintf("%s shard %s", r.Name, s.UID), "see rladmin status shards, and the log of its node", "a %s, %s", what, text))
		}
	}
	switch {
	case primaries == 0:
		found = append(found, untold("", "its REST API lists no primary shards"))
	case is(d.Replication, true) && replicas < primaries:
		found = append(found, broken("", "", "of %s only %d have a replica", words.Count(primaries, "shard"), replicas))
	case len(found) == 0:
		found = append(found, pass("", "%s, each with a replica, all of them up", words.Count(primaries, "shard")))
	}
	return found
}

// ailing is how a shard is that is not well; "".
func ailing(s enterprise.Shard) string {
	switch {
	case s.Status.Known() && s.Status.Value != "active" && s.Status.Value != "trimming":
		return "which is " + s.Status.Value
	case s.Detailed.Known() && (s.Detailed.Value == "down" || s.Detailed.Value == "loading" || s.Detailed.Value == "timeout"):
		return "which is " + s.Detailed.Value
	}
	return ""
}

// The size of a backlog that is left to the cluster: a hundredth of the memory limit divided by the shards, within these, in
// bytes for each shard; by "Manage Active-Active databases".
const (
	backlogShare = 0.01
	leastBacklog = 1e6
	mostBacklog  = 250e6
)

// regionBacklog is the size of the backlog of each shard, and in words where it is from.
func regionBacklog(d enterprise.Database) (size float64, from string, ok bool) {
	switch memory := d.Memory; {
	case d.Backlog.Known():
		return float64(d.Backlog.Value), "", true
	case !d.BacklogAuto || !memory.Known() || memory.Value <= 0 || !d.Shards.Known() || d.Shards.Value <= 0:
		return 0, "", false
	default:
		size = min(max(float64(memory.Value)*backlogShare/float64(d.Shards.Value), leastBacklog), mostBacklog)
		return size, fmt.Sprintf(" (auto: 1%% of %s by %s, within 1 and 250 MB)", words.Bytes(float64(memory.Value)), words.Count(d.Shards.Value, "shard")), true
	}
}

// sentToPeers is the most that a database sends to any other region, in bytes a second: each has the same effects to
// get, and one that is away gets none.
func sentToPeers(m *ManagementFacts) (rate float64, ok bool) {
	for _, p := range m.Peers.Value {
		if p.Sent.Known() && p.Sent.Value >= 0 && !math.IsInf(p.Sent.Value, 0) {
			rate, ok = max(rate, p.Sent.Value), true
		}
	}
	return rate, ok
}

func apiBacklog(_ *Facts, r Region, d enterprise.Database, t Target) []Finding {
	size, from, ok := regionBacklog(d)
	rate, measured := sentToPeers(r.Management)
	switch {
	case is(d.ActiveActive, false):
		return []Finding{nothing("its database is not Active-Active")}
	case t.Outage <= 0:
		return []Finding{nothing("no outage is asked for that its backlog should hold")}
	case !ok:
		return []Finding{untold("", "its REST API does not tell the size of its backlog")}
	case !d.Shards.Known() || d.Shards.Value <= 0:
		return []Finding{untold("", "its REST API does not tell how many shards write to their backlogs of %s%s", words.Bytes(size), from)}
	}
	bears := fmt.Sprintf("its backlog of %s a shard%s holds %s at up to %s/s a shard", words.Bytes(size), from, words.Rough(t.Outage), words.Bytes(size/t.Outage.Seconds()))
	each := rate / float64(d.Shards.Value)
	need := each * t.Outage.Seconds()
	sum := fmt.Sprintf("%s/s sent to another region in the last second by %s, alike = %s/s a shard x %s of outage = %s", words.Bytes(rate), words.Count(d.Shards.Value, "shard"),
		words.Bytes(each), words.Rough(t.Outage), words.Bytes(need))
	switch {
	case !measured:
		return []Finding{untold("", "how much is written was not told; %s", bears)}
	case rate == 0:
		return []Finding{pass("", "nothing was sent to another region in the last second; %s", bears)}
	case need <= size:
		return []Finding{pass("", "%s, and the backlog of a shard holds %s%s", sum, words.Bytes(size), from)}
	}
	return []Finding{broken("", fmt.Sprintf(`crdb-cli crdb update --crdb-guid %s --default-db-config '{"crdt_repl_backlog_size": %.0f}', in MB`, guidOf(d), math.Ceil(need/1e6)),
		"%s, and the backlog of a shard holds %s%s: full after %s", sum, words.Bytes(size), from, roughSeconds(size/each))}
}

// guidOf is the GUID as it can be typed.
func guidOf(d enterprise.Database) string {
	if d.GUID.Known() && d.GUID.Value != "" {
		return d.GUID.Value
	}
	return "GUID"
}
