package alerts

import "time"

// sentinelAlerts are about sentinels, which the exporter is pointed at as at any server.
func sentinelAlerts() []Alert {
	return []Alert{
		{
			Name: "SentinelPrimaryDown", Exporter: Redis, Severity: Critical,
			Expr:        `redis_sentinel_master_status == 0`,
			Summary:     `{{ $labels.instance }} holds the primary {{ $labels.master_name }} ({{ $labels.master_address }}) down: {{ $labels.master_status }}`,
			Description: `A failover is to follow within down-after-milliseconds and an election. If it does not, look whether a majority of the sentinels see each other, and whether a replica can be promoted.`,
		},
		{
			Name: "SentinelNoQuorum", Exporter: Redis, Severity: Critical, For: time.Minute, Rule: "sentinel-quorum",
			Expr:        `min by(job, instance, master_name) (redis_sentinel_master_ckquorum_status) == 0`,
			Summary:     `{{ $labels.instance }} could not fail {{ $labels.master_name }} over: too few sentinels`,
			Description: `Nobody would promote a replica now. Bring sentinels back, or see which of them cannot reach the others.`,
		},
		{
			Name: "SentinelLost", Exporter: Redis, Severity: Warning, For: 5 * time.Minute, Rule: "sentinels-up",
			Expr:        `redis_sentinel_master_ok_sentinels < redis_sentinel_master_sentinels`,
			Summary:     `{{ $labels.instance }} sees {{ $value }} of the sentinels of {{ $labels.master_name }}, and knows more`,
			Description: `One that is gone for good counts for the majority all the same: SENTINEL RESET on each of the others, one after the other, forgets it.`,
		},
		{
			Name: "SentinelReplicaLost", Exporter: Redis, Severity: Warning, For: 5 * time.Minute, Rule: "replicas",
			Expr:        `redis_sentinel_master_ok_slaves < redis_sentinel_master_slaves`,
			Summary:     `{{ $labels.instance }} sees {{ $value }} replicas of {{ $labels.master_name }}, and knows more`,
			Description: `A replica that is down cannot be promoted. Bring it back, or SENTINEL RESET where it is gone for good.`,
		},
		{
			Name: "SentinelsDisagree", Exporter: Redis, Severity: Critical, For: 2 * time.Minute, Rule: "sentinels-agree",
			Expr:        `count by(job, master_name) (count by(job, master_name, master_address) (redis_sentinel_master_status)) > 1`,
			Summary:     `sentinels name {{ $value }} addresses for the primary {{ $labels.master_name }}`,
			Description: `Applications write to two primaries, and the writes to one of them are going to be lost. Find the sentinels that are cut off from the others, and stop the old primary. Deployments that are different need names or jobs that are.`,
		},
		{
			Name: "SentinelTilt", Exporter: Redis, Severity: Warning, For: time.Minute,
			Expr:        `redis_sentinel_tilt == 1`,
			Summary:     `{{ $labels.instance }} is in TILT mode`,
			Description: `Its clock jumped, or its process stood still: it watches, and fails nothing over. Look at the time service and the load of the machine.`,
		},
		{
			Name: "SentinelFlaps", Exporter: Redis, Severity: Critical,
			Expr:        `count by(job, instance, master_name) (count by(job, instance, master_name, master_address) (count_over_time(redis_sentinel_master_status[1h]))) > 2`,
			Summary:     `{{ $labels.master_name }} was at {{ $value }} addresses within an hour`,
			Description: `It fails over again and again, and loses writes each time. Often down-after-milliseconds is shorter than what the machine or the network stands still for.`,
		},
	}
}

// clusterAlerts are about an open-source cluster, of which the exporter tells with -is-cluster.
func clusterAlerts() []Alert {
	return []Alert{
		{
			Name: "RedisClusterDown", Exporter: Redis, Severity: Critical, For: 30 * time.Second, Rule: "cluster-state",
			Expr:        `redis_cluster_state == 0`,
			Summary:     `the cluster is down as {{ $labels.instance }} sees it`,
			Description: `It answers CLUSTERDOWN: a shard has no primary, or this node sees no majority. CLUSTER NODES tells which nodes are held down.`,
		},
		{
			Name: "RedisClusterSlotsUnassigned", Exporter: Redis, Severity: Critical, For: time.Minute, Rule: "cluster-state",
			Expr:        `redis_cluster_slots_assigned < 16384 and redis_cluster_enabled == 1`,
			Summary:     `{{ $value }} of 16384 slots have an owner, says {{ $labels.instance }}`,
			Description: `With cluster-require-full-coverage yes nothing can be written at all. redis-cli --cluster fix assigns them; find out first what was lost.`,
		},
		{
			Name: "RedisClusterSlotsFail", Exporter: Redis, Severity: Critical, For: time.Minute, Rule: "cluster-primaries",
			Expr:        `redis_cluster_slots_fail + redis_cluster_slots_pfail > 0`,
			Summary:     `{{ $value }} slots are those of a node that {{ $labels.instance }} holds down`,
			Description: `No replica took over yet: there is none, none is recent enough (cluster-replica-validity-factor), or no majority of primaries agrees.`,
		},
		{
			Name: "RedisClusterFlaps", Exporter: Redis, Severity: Warning,
			Expr:        `max by(job) (changes(redis_cluster_current_epoch[1h])) > 3`,
			Summary:     `the nodes of {{ $labels.job }} held {{ $value }} elections within an hour`,
			Description: `Unless slots are being moved, primaries are replaced again and again, each time with a loss. Often cluster-node-timeout is shorter than what a node stands still for.`,
		},
	}
}
