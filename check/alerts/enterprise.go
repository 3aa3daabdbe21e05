package alerts

import "time"

// enterpriseAlerts are about Redis Software: its metrics of version 2, as
// https://redis.io/docs/latest/operate/rs/references/metrics/prometheus-metrics-v2/ has them, and for memory and disks the
// limits of https://redis.io/docs/latest/operate/rs/monitoring/metrics_stream_engine/alerts-v1-to-v2/.
func enterpriseAlerts() []Alert {
	return []Alert{
		{
			Name: "RedisEnterpriseShardDown", Exporter: Enterprise, Severity: Critical, For: time.Minute,
			Expr:        `redis_server_up == 0`,
			Summary:     `a shard of database {{ $labels.db }} in {{ $labels.cluster }} is down`,
			Description: `Its replica serves in its place, where replication is on. rladmin status shards tells which it is.`,
		},
		{
			Name: "RedisEnterpriseOutOfSync", Exporter: Enterprise, Severity: Critical, For: 2 * time.Minute, Rule: "api-sync",
			Expr:        `max by(cluster, db) (database_syncer_current_status) > 0`,
			Summary:     `database {{ $labels.db }} in {{ $labels.cluster }} is out of sync with another region`,
			Description: `What is written in one region does not reach the other: after a failover it is missing until the link is back. aafailover probe tells which link and which shard.`,
		},
		{
			Name: "RedisEnterpriseSyncLags", Exporter: Enterprise, Severity: Warning, For: 5 * time.Minute, Rule: "api-lag",
			Expr:        `max by(cluster, db) (database_syncer_lag_ms) > 5000`,
			Summary:     `replication to database {{ $labels.db }} in {{ $labels.cluster }} is {{ $value }} ms behind`,
			Description: `That much is missing after a failover, for as long as the other region is away. Look at the network between the regions, and at the load of the syncer.`,
		},
		{
			Name: "RedisEnterpriseMemoryFull", Exporter: Enterprise, Severity: Warning, For: 5 * time.Minute, Rule: "memory-headroom",
			Expr:        `sum by(cluster, db) (redis_server_used_memory) / sum by(cluster, db) (redis_server_maxmemory) > 0.8`,
			Summary:     `database {{ $labels.db }} in {{ $labels.cluster }} uses {{ $value | humanizePercentage }} of its memory`,
			Description: `While a region is away garbage is not collected, and memory grows: bring it back before this is full. Removing it from the deployment is the last resort, and it comes back empty.`,
		},
		{
			Name: "RedisEnterpriseEvicts", Exporter: Enterprise, Severity: Warning, For: 5 * time.Minute, Rule: "region-eviction",
			Expr:        `sum by(cluster, db) (increase(redis_server_evicted_keys{role="master"}[5m])) > 0`,
			Summary:     `database {{ $labels.db }} in {{ $labels.cluster }} evicts keys`,
			Description: `Right for a cache. Where the keys are the only copy, these are lost, and in the other regions, too.`,
		},
		{
			Name: "RedisEnterpriseFsyncLate", Exporter: Enterprise, Severity: Warning, For: 10 * time.Minute, Rule: "api-persistence",
			Expr:        `sum by(cluster, db) (increase(redis_server_aof_delayed_fsync[5m])) > 0`,
			Summary:     `fsyncs of database {{ $labels.db }} in {{ $labels.cluster }} take so long that writes wait for them`,
			Description: `More than a second can be lost at a power cut, and latency rises. Look at the persistent storage of the nodes.`,
		},
		{
			Name: "RedisEnterpriseFragmented", Exporter: Enterprise, Severity: Warning, For: 30 * time.Minute,
			Expr:        `avg by(cluster, db) (redis_server_mem_fragmentation_ratio) > 1.5 and sum by(cluster, db) (redis_server_used_memory) > 100e6`,
			Summary:     `database {{ $labels.db }} in {{ $labels.cluster }} takes {{ $value | humanize }} times the memory that it uses`,
			Description: `Nodes run out of memory before the database reaches its limit. Turn active defragmentation on.`,
		},
		{
			Name: "RedisEnterpriseNodeDown", Exporter: Enterprise, Severity: Critical, For: 2 * time.Minute,
			Expr:        `node_metrics_up == 0`,
			Summary:     `a node of {{ $labels.cluster }} is not connected ({{ $labels.instance }})`,
			Description: `Its shards are served by others, where replication is on. One failure fewer can be borne.`,
		},
		{
			Name: "RedisEnterpriseNoQuorum", Exporter: Enterprise, Severity: Critical, For: time.Minute,
			Expr:        `max by(cluster) (has_quorum) == 0`,
			Summary:     `the nodes of {{ $labels.cluster }} have no quorum`,
			Description: `Nothing fails over inside this region any more: bring nodes back. If its databases do not answer, fail over to another region.`,
		},
		{
			Name: "RedisEnterpriseDiskFull", Exporter: Enterprise, Severity: Warning, For: 5 * time.Minute,
			Expr:        `(node_persistent_storage_avail_bytes - node_persistent_storage_free_bytes) / node_persistent_storage_avail_bytes > 0.7`,
			Summary:     `{{ $value | humanizePercentage }} of the persistent storage of {{ $labels.instance }} is used`,
			Description: `Without room for another copy of the data, snapshots and rewrites of append-only files fail.`,
		},
		{
			Name: "RedisEnterpriseCertificateExpires", Exporter: Enterprise, Severity: Warning, For: time.Hour, Rule: "certificates-valid",
			Expr:        `node_cert_expires_in_seconds < 30 * 86400`,
			Summary:     `a certificate of {{ $labels.cluster }} expires in {{ $value | humanizeDuration }}`,
			Description: `When it has, clients that check it, and the links between regions, are refused all at once. Renew it, on all regions where it is shared.`,
		},
	}
}
