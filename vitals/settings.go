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
// None holds a secret. Services that arrange the rest themselves tell the time of scripts and
// the events of keys at least.
func ExaminedSettings() []string {
	return []string{
		"appendonly", "appendfsync", "no-appendfsync-on-rewrite", "aof-use-rdb-preamble", "aof-load-truncated",
		"auto-aof-rewrite-percentage", "auto-aof-rewrite-min-size", "save", "stop-writes-on-bgsave-error", "rdbchecksum",
		"maxmemory", "maxmemory-policy", "maxclients",
		"min-replicas-to-write", "min-replicas-max-lag", "repl-backlog-size", "repl-ping-replica-period",
		"replica-read-only", "replica-priority", "client-output-buffer-limit",
		"cluster-node-timeout", "cluster-require-full-coverage", "cluster-replica-validity-factor",
		"timeout", "databases", "notify-keyspace-events", "lua-time-limit", "latency-monitor-threshold",
	}
}
