package resttest

import (
	"fmt"
	"strconv"
)

// GUID is that of the Active-Active database.
const GUID = "552bbccb-99f3-4142-bd17-93d245f0bc79"

// SourcePassword is in the URI of every source, as it is in those of real ones.
const SourcePassword = "s0urce-pa55"

// database has the fields of https://redis.io/docs/latest/operate/rs/references/rest-api/objects/bdb that somebody asks for, and of those that
// nobody should, some with a password.
func database(name string, id int, all []string) map[string]any {
	sources := []any{}
	for i, other := range all {
		if other != name {
			sources = append(sources, source(i+1, other))
		}
	}
	return map[string]any{
		"uid": 1, "name": "sessions", "status": "active", "version": "7.4.0", "redis_version": "7.4", "memory_size": 3_000_000_000,
		"shards_count": 3, "sharding": true, "replication": true, "hash_slots_policy": "16k",
		// The default rules: https://redis.io/docs/latest/operate/rs/references/rest-api/objects/bdb, shard_key_regex
		"shard_key_regex": []any{map[string]any{"regex": `.*\{(?<tag>.*)\}.*`}, map[string]any{"regex": `(?<tag>.*)`}},
		"oss_cluster":     true, "proxy_policy": "all-master-shards", "tls_mode": "enabled",
		"endpoints":        []any{endpointOf("redis-12000."+name+".example", 12000)},
		"data_persistence": "aof", "aof_policy": "appendfsync-every-sec",
		"module_list":  []any{map[string]any{"module_id": "1", "module_name": "ReJSON", "module_args": "", "semantic_version": "2.8.4"}},
		"replica_sync": "disabled", "replica_sources": []any{},
		"crdt": true, "crdt_guid": GUID, "crdt_replica_id": id, "crdt_sync": "enabled", "crdt_sources": sources, "crdt_repl_backlog_size": "auto",
		"authentication_redis_pass": "r3dis-pa55", "authentication_admin_pass": "4dmin-pa55", "authentication_sasl_pass": "sa51-pa55",
	}
}

// endpointOf has the fields of facts and documents; real ones have more.
func endpointOf(host string, port int) map[string]any {
	return map[string]any{
		"uid": "1:1", "dns_name": host, "port": port, "addr": []any{"192.0.2.10"}, "addr_type": "external",
		"oss_cluster_api_preferred_ip_type": "external", "proxy_policy": "all-master-shards",
	}
}

// source is as https://redis.io/docs/latest/operate/rs/references/rest-api/objects/bdb/syncer_sources has it.
func source(id int, name string) map[string]any {
	return map[string]any{
		"uid": id, "uri": "redis://admin:" + SourcePassword + "@redis-12000." + name + ".example:12000", "compression": 3, "status": "in-sync",
		"lag": 40, "last_error": "", "last_update": "2026-01-02T03:04:05Z", "rdb_size": 0, "rdb_transferred": 0, "client_key": "-----BEGIN PRIVATE KEY-----",
	}
}

// shards are as the example of https://redis.io/docs/latest/operate/rs/references/rest-api/requests/bdbs/shards has them: with a uid that is a text
// here and a number there.
func shards() []map[string]any {
	var all []map[string]any
	for i, slots := range []string{"0-5460", "5461-10922", "10923-16383"} {
		all = append(all, Shard(strconv.Itoa(2*i+1), "master", slots), Shard(2*i+2, "slave", slots))
	}
	return all
}

// Shard is one shard as the API lists it.
func Shard(uid any, role, slots string) map[string]any {
	return map[string]any{
		"uid": uid, "role": role, "assigned_slots": slots, "bdb_uid": 1, "detailed_status": "ok", "loading": map[string]any{"status": "idle"},
		"node_uid": "1", "report_timestamp": "2024-09-13T15:28:10Z", "status": "active",
	}
}

// peer is as the example of https://redis.io/docs/latest/operate/rs/references/rest-api/requests/bdbs/peer_stats has it.
func peer(id int) map[string]any {
	interval := func(lag float64) map[string]any {
		return map[string]any{
			"egress_bytes": 0.0, "egress_bytes_decompressed": 1000.0, "ingress_bytes": 18528, "ingress_bytes_decompressed": 185992, "interval": "1sec",
			"local_ingress_lag_time": lag, "pending_local_writes_max": 0.0, "pending_local_writes_min": 0.0,
			"stime": "2017-10-22T19:25:00Z", "etime": "2017-10-22T19:25:01Z",
		}
	}
	return map[string]any{"uid": strconv.Itoa(id), "intervals": []any{interval(0.244), interval(38)}}
}

// activeActive is as https://redis.io/docs/latest/operate/rs/references/rest-api/objects/crdb has it, with the logins of its clusters.
func activeActive(database map[string]any) map[string]any {
	var instances []any
	for _, id := range []int{1, 2} {
		instances = append(instances, map[string]any{"id": id, "compression": 3, "cluster": map[string]any{
			"name": fmt.Sprintf("cluster%d.example", id), "url": fmt.Sprintf("https://cluster%d.example:9443", id),
			"credentials": map[string]any{"username": "admin@example.com", "password": "c1uster-pa55"},
		}})
	}
	return map[string]any{
		"guid": database["crdt_guid"], "name": "sessions", "instances": instances, "local_databases": []any{map[string]any{"bdb_uid": "1", "id": database["crdt_replica_id"]}},
		"featureset_version": 5, "protocol_version": 1,
	}
}
