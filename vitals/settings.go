package vitals

// SettingNames are the settings that are asked for beside a probe, and no others. None holds a
// secret.
func SettingNames() []string {
	return []string{
		"appendonly", "appendfsync", "save", "maxmemory", "maxmemory-policy",
		"min-replicas-to-write", "min-replicas-max-lag",
		"repl-backlog-size", "repl-diskless-sync", "repl-ping-replica-period", "repl-timeout",
		"latency-monitor-threshold",
	}
}

// ExaminedSettings are the settings that are asked for to judge a deployment, and no others.
// None holds a secret.
func ExaminedSettings() []string {
	return []string{
		"appendonly", "appendfsync", "no-appendfsync-on-rewrite", "aof-use-rdb-preamble", "aof-load-truncated",
		"auto-aof-rewrite-percentage", "auto-aof-rewrite-min-size", "save", "stop-writes-on-bgsave-error", "rdbchecksum",
		"maxmemory", "maxmemory-policy", "maxclients",
		"min-replicas-to-write", "min-replicas-max-lag", "repl-backlog-size", "repl-backlog-ttl", "repl-timeout",
		"repl-ping-replica-period", "repl-diskless-sync", "repl-diskless-sync-delay",
		"replica-read-only", "replica-serve-stale-data", "replica-priority", "client-output-buffer-limit",
		"cluster-node-timeout", "cluster-require-full-coverage", "cluster-replica-validity-factor", "cluster-migration-barrier",
		"cluster-allow-replica-migration", "timeout", "tcp-keepalive", "notify-keyspace-events", "latency-monitor-threshold",
		"lua-time-limit", "busy-reply-threshold", "hash-max-listpack-entries", "list-max-listpack-size", "databases", "protected-mode",
	}
}
