package alerts

import "time"

// serverAlerts are about a server by itself.
func serverAlerts() []Alert {
	return []Alert{
		{
			Name: "RedisDown", Exporter: Redis, Severity: Critical, For: time.Minute,
			Expr:        `redis_up == 0`,
			Summary:     `{{ $labels.instance }} does not answer the exporter`,
			Description: `A server or sentinel is down, hangs, is loading, or refuses the exporter's password. Look at its process and its log; see which server is primary now.`,
		},
		{
			Name: "RedisRestarted", Exporter: Redis, Severity: Warning,
			// Not by changes of redis_start_time_seconds: the exporter computes that of two clocks, and it goes to and fro by a second.
			Expr:        `resets(redis_uptime_in_seconds[15m]) > 0`,
			Summary:     `{{ $labels.instance }} began anew {{ $value }} times in 15 minutes`,
			Description: `It has what was on its disk. A primary that restarts without persistence is empty, and empties its replicas: compare the number of keys with that before.`,
		},
		{
			Name: "RedisLoadsForLong", Exporter: Redis, Severity: Warning, For: 5 * time.Minute,
			Expr:        `redis_loading_dump_file == 1`,
			Summary:     `{{ $labels.instance }} has been loading its files for 5 minutes`,
			Description: `It answers LOADING to all that reads or writes. This is a part of the time to recover: a replica that is promoted instead does not load.`,
		},
		{
			Name: "RedisRejectsConnections", Exporter: Redis, Severity: Critical,
			Expr:        `increase(redis_rejected_connections_total[5m]) > 0`,
			Summary:     `{{ $labels.instance }} turned {{ printf "%.0f" $value }} connections away in 5 minutes`,
			Description: `maxclients is reached: applications that reconnect after a failover are refused, and sentinels may be. Raise it and the limit of open files, or find who does not close connections.`,
		},
	}
}

// replicationAlerts are about replicas inside one deployment.
func replicationAlerts() []Alert {
	return []Alert{
		{
			Name: "RedisReplicationLinkDown", Exporter: Redis, Severity: Critical, For: time.Minute, Rule: "replica-links",
			Expr:        `redis_master_link_up == 0`,
			Summary:     `the replica {{ $labels.instance }} has no link to {{ $labels.master_host }}:{{ $labels.master_port }}`,
			Description: `What is written from now on is lost when the primary fails. Look at the network between them, at masterauth, and in the log of the replica; see whether it is copying everything (master_sync_in_progress).`,
		},
		{
			Name: "RedisReplicaLags", Exporter: Redis, Severity: Warning, For: time.Minute, Rule: "replica-lag",
			Expr:        `redis_connected_slave_lag_seconds > 5`,
			Summary:     `the replica {{ $labels.slave_ip }}:{{ $labels.slave_port }} has not acknowledged for {{ $value }} s`,
			Description: `That much would be lost by a failover now, and min-replicas-max-lag may stop writes. Look at its CPU and disk, and at the network.`,
		},
		{
			Name: "RedisReplicaFallsBehind", Exporter: Redis, Severity: Warning, For: time.Minute, Rule: "replica-lag",
			Expr: `(redis_master_repl_offset - ignoring(slave_ip, slave_port, slave_state) group_right() redis_connected_slave_offset_bytes)` +
				` > ignoring(slave_ip, slave_port, slave_state) group_left() (0.5 * redis_replication_backlog_bytes)`,
			Summary:     `the replica {{ $labels.slave_ip }}:{{ $labels.slave_port }} is {{ $value | humanize1024 }}B behind, more than half of the backlog`,
			Description: `When its link breaks now, it needs a copy of everything to come back. Find out why it is slow; until then a greater repl-backlog-size bears it.`,
		},
		{
			Name: "RedisReplicaLost", Exporter: Redis, Severity: Critical, For: 2 * time.Minute, Rule: "replicas",
			Expr: `redis_connected_slaves < max_over_time(redis_connected_slaves[6h])` +
				` and on(job, instance) redis_instance_info{role="master"} == 1`,
			Summary:     `the primary {{ $labels.instance }} has {{ $value }} replicas, fewer than in the last 6 hours`,
			Description: `One failure fewer can be borne. When min-replicas-to-write asks for more than are left, it takes no writes any more. Bring the replica back.`,
		},
		{
			Name: "RedisResyncDenied", Exporter: Redis, Severity: Warning, Rule: "replica-backlog",
			Expr:        `increase(redis_replica_partial_resync_denied[15m]) > 0`,
			Summary:     `a replica of {{ $labels.instance }} came back too late for the backlog`,
			Description: `It copies everything, during which it is no replica to fail over to, and the primary forks. Make repl-backlog-size greater than what is written while a replica is away.`,
		},
		{
			Name: "RedisFullResyncs", Exporter: Redis, Severity: Critical, Rule: "replica-buffer",
			Expr:        `increase(redis_replica_resyncs_full[1h]) > 2`,
			Summary:     `{{ $labels.instance }} was copied as a whole {{ printf "%.0f" $value }} times in an hour`,
			Description: `Most often a loop: the copy takes longer than client-output-buffer-limit or repl-timeout allows, is dropped, and begins again. Raise the limit for replicas.`,
		},
		{
			Name: "RedisBacklogTooSmall", Exporter: Redis, Severity: Warning, For: 10 * time.Minute, Rule: "replica-backlog",
			Expr:        `rate(redis_master_repl_offset[10m]) * 600 > redis_replication_backlog_bytes and redis_connected_slaves > 0`,
			Summary:     `{{ $labels.instance }} writes {{ $value | humanize1024 }}B in 10 minutes, more than its backlog holds`,
			Description: `A replica that is away for 10 minutes has to copy everything. CONFIG SET repl-backlog-size, and the same in redis.conf: bytes a second times the seconds of an outage.`,
		},
		{
			Name: "RedisPromoted", Exporter: Redis, Severity: Warning,
			Expr: `redis_instance_info{role="master"} and on(job, instance)` +
				` (redis_instance_info{role="slave"} offset 5m)`,
			Summary:     `{{ $labels.instance }} was a replica 5 minutes ago, and is a primary`,
			Description: `A failover. What the old primary had acknowledged and not sent is lost: see when its link was last up, whether it came back as a replica, and whether applications followed.`,
		},
	}
}
