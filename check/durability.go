package check

import "slices"

// The documents that the rules of durability cite.
const (
	sourcePersistence = "Redis, Persistence (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/)"
	sourceReplication = "Redis, Replication (https://redis.io/docs/latest/operate/oss_and_stack/management/replication/)"
	sourceSentinel    = "Redis, High availability with Sentinel (https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/)"
	sourceScaling     = "Redis, Scale with Redis Cluster (https://redis.io/docs/latest/operate/oss_and_stack/management/scaling/)"
	sourceClusterSpec = "Redis, Cluster specification (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/)"
	sourceEviction    = "Redis, Key eviction (https://redis.io/docs/latest/develop/reference/eviction/)"
	sourceInfo        = "Redis, INFO (https://redis.io/docs/latest/commands/info/)"
	sourceLatency     = "Redis, Latency monitoring (https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/latency-monitor/)"
	sourceConf        = "redis.conf of Redis 7.0 (https://raw.githubusercontent.com/redis/redis/7.0/redis.conf)"
	sourceDeepDive    = "Redis failover strategies and durability deep dive"
)

// durabilityRules are about what a failure inside one region takes: first what the disk keeps, then what replicas do, then
// who promotes them, and last what all of it promises.
func durabilityRules() []Rule {
	return slices.Concat(
		appendOnlyRules(), snapshotRules(),
		replicaRules(), minReplicasRules(), resyncRules(), serverRules(),
		sentinelRules(), clusterRules(),
		promiseRules(),
	)
}
