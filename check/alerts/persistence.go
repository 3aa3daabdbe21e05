package alerts

import "time"

// persistenceAlerts are about what a server keeps on its disk.
func persistenceAlerts() []Alert {
	return []Alert{
		{
			Name: "RedisAOFWriteFails", Exporter: Redis, Severity: Critical, Rule: "aof-written",
			Expr:        `redis_aof_last_write_status == 0`,
			Summary:     `{{ $labels.instance }} cannot write its append-only file`,
			Description: `It refuses writes (MISCONF), or loses them at a crash. Most often the disk is full or read-only: make room, or move it.`,
		},
		{
			Name: "RedisAOFRewriteFails", Exporter: Redis, Severity: Warning, Rule: "aof-rewritten",
			Expr:        `redis_aof_last_bgrewrite_status == 0`,
			Summary:     `{{ $labels.instance }} could not rewrite its append-only file`,
			Description: `The file grows until the disk is full, and a restart takes longer. Look in its log: memory for the fork (vm.overcommit_memory), or the disk.`,
		},
		{
			Name: "RedisAOFGrows", Exporter: Redis, Severity: Warning, For: 30 * time.Minute, Rule: "aof-rewrite",
			Expr:        `redis_aof_current_size_bytes > 4 * clamp_min(redis_aof_base_size_bytes, 64 * 1024 * 1024)`,
			Summary:     `the append-only file of {{ $labels.instance }} is {{ $value | humanize1024 }}B, four times of what it was after its last rewrite`,
			Description: `It is not rewritten: auto-aof-rewrite-percentage is 0 or large, or rewrites fail. A restart loads all of it.`,
		},
		{
			Name: "RedisFsyncLate", Exporter: Redis, Severity: Warning, For: 10 * time.Minute, Rule: "appendfsync",
			Expr:        `increase(redis_aof_delayed_fsync[5m]) > 0`,
			Summary:     `fsyncs of {{ $labels.instance }} take so long that writes wait for them`,
			Description: `appendfsync everysec is no second then: up to two are lost at a power cut, and latency rises. Look at the disk, and who else writes to it.`,
		},
		{
			Name: "RedisSnapshotFails", Exporter: Redis, Severity: Critical, Rule: "snapshot-saved",
			Expr:        `redis_rdb_last_bgsave_status == 0`,
			Summary:     `the last snapshot of {{ $labels.instance }} failed`,
			Description: `With stop-writes-on-bgsave-error yes it refuses writes; without, nobody notices. Look in its log: memory for the fork (vm.overcommit_memory), or the disk.`,
		},
		{
			Name: "RedisSnapshotOld", Exporter: Redis, Severity: Warning, For: 10 * time.Minute, Rule: "save-points",
			Expr: `time() - redis_rdb_last_save_timestamp_seconds > 86400 and redis_rdb_changes_since_last_save > 0` +
				` and redis_aof_enabled == 0`,
			Summary:     `what {{ $labels.instance }} wrote in the last {{ $value | humanizeDuration }} is on no disk`,
			Description: `There is no append-only file, and no snapshot for a day: a restart loses all of that. Set save points, or appendonly yes.`,
		},
	}
}
