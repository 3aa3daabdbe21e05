package promtest_test

// The last sample of each series is the 400th minute: 0x400 is 0 in all of them, 0+5x400 grows by 5 a minute.

// redis is where a server is, as labels; node where a machine, sentinel where a sentinel is.
const (
	redis      = `job="redis",instance="redis://10.0.0.1:6379"`
	sentinel   = `job="sentinel",instance="redis://10.0.0.1:26379",master_name="mymaster"`
	node       = `job="node",instance="10.0.0.1:9100"`
	shard      = `job="re",instance="10.0.0.1:8070",cluster="us.example",db="1",redis="3"`
	aafailover = `job="aafailover",instance="10.0.0.1:9121"`
	replica    = `slave_ip="10.0.0.2",slave_port="6379",slave_state="online"`
)

var cases = map[string]sample{
	"RedisDown": {`redis_up{` + redis + `} 1x398 0 0`, `redis_up{` + redis + `} 0x398 1 1`},
	"RedisRestarted": {
		"redis_start_time_seconds{" + redis + "} 1000x395 25000x5\nredis_uptime_in_seconds{" + redis + "} 0+60x395 10 70 130 190 250",
		// Nor one that is new, whose start the exporter computes anew each time, now a second earlier and now later.
		"redis_start_time_seconds{" + redis + "} _x395 24000 24001 24000 24001 24000\nredis_uptime_in_seconds{" + redis + "} _x395 10 69 130 189 250"},
	"RedisLoadsForLong":       {`redis_loading_dump_file{` + redis + `} 1x400`, `redis_loading_dump_file{` + redis + `} 0x400`},
	"RedisRejectsConnections": {`redis_rejected_connections_total{` + redis + `} 0x397 3 3 7`, `redis_rejected_connections_total{` + redis + `} 7x400`},

	"RedisReplicationLinkDown": {`redis_master_link_up{` + redis + `,master_host="10.0.0.9",master_port="6379"} 1x398 0 0`,
		`redis_master_link_up{` + redis + `,master_host="10.0.0.9",master_port="6379"} 1x400`},
	"RedisReplicaLags": {`redis_connected_slave_lag_seconds{` + redis + `,` + replica + `} 6x400`, `redis_connected_slave_lag_seconds{` + redis + `,` + replica + `} 1x400`},
	"RedisReplicaFallsBehind": {
		"redis_master_repl_offset{" + redis + "} 0+100000x400\nredis_connected_slave_offset_bytes{" + redis + "," + replica + "} 0+90000x400\nredis_replication_backlog_bytes{" + redis + "} 1048576x400",
		"redis_master_repl_offset{" + redis + "} 0+100000x400\nredis_connected_slave_offset_bytes{" + redis + "," + replica + "} 0+99999x400\nredis_replication_backlog_bytes{" + redis + "} 1048576x400"},
	"RedisReplicaLost": {
		"redis_connected_slaves{" + redis + "} 2x390 1x10\nredis_instance_info{" + redis + `,role="master"} 1x400`,
		// A primary that became a replica has lost none, nor has one with as many as before.
		"redis_connected_slaves{" + redis + "} 2x390 0x10\nredis_instance_info{" + redis + `,role="slave"} 1x400` + "\n" +
			`redis_connected_slaves{job="redis",instance="b"} 2x400` + "\n" + `redis_instance_info{job="redis",instance="b",role="master"} 1x400`},
	"RedisResyncDenied": {`redis_replica_partial_resync_denied{` + redis + `} 0x390 1x10`, `redis_replica_partial_resync_denied{` + redis + `} 4x400`},
	"RedisFullResyncs":  {`redis_replica_resyncs_full{` + redis + `} 1x360 1+0.2x40`, `redis_replica_resyncs_full{` + redis + `} 0x370 1x30`},
	"RedisBacklogTooSmall": {
		"redis_master_repl_offset{" + redis + "} 0+200000x400\nredis_replication_backlog_bytes{" + redis + "} 1048576x400\nredis_connected_slaves{" + redis + "} 1x400",
		"redis_master_repl_offset{" + redis + "} 0+100000x400\nredis_replication_backlog_bytes{" + redis + "} 1048576x400\nredis_connected_slaves{" + redis + "} 1x400"},
	"RedisPromoted": {
		"redis_instance_info{" + redis + `,role="slave"} 1x397 stale` + "\nredis_instance_info{" + redis + `,role="master"} _x397 1 1 1`,
		"redis_instance_info{" + redis + `,role="master"} 1x400`},

	"RedisAOFWriteFails":   {`redis_aof_last_write_status{` + redis + `} 0x400`, `redis_aof_last_write_status{` + redis + `} 1x400`},
	"RedisAOFRewriteFails": {`redis_aof_last_bgrewrite_status{` + redis + `} 0x400`, `redis_aof_last_bgrewrite_status{` + redis + `} 1x400`},
	"RedisAOFGrows": {
		"redis_aof_current_size_bytes{" + redis + "} 900e6x400\nredis_aof_base_size_bytes{" + redis + "} 100e6x400",
		// A file that was never rewritten, since it is small.
		"redis_aof_current_size_bytes{" + redis + "} 200e6x400\nredis_aof_base_size_bytes{" + redis + "} 0x400"},
	"RedisFsyncLate":     {`redis_aof_delayed_fsync{` + redis + `} 0+1x400`, `redis_aof_delayed_fsync{` + redis + `} 9x400`},
	"RedisSnapshotFails": {`redis_rdb_last_bgsave_status{` + redis + `} 0x400`, `redis_rdb_last_bgsave_status{` + redis + `} 1x400`},
	"RedisSnapshotOld": {
		"redis_rdb_last_save_timestamp_seconds{" + redis + "} -90000x400\nredis_rdb_changes_since_last_save{" + redis + "} 5x400\nredis_aof_enabled{" + redis + "} 0x400",
		"redis_rdb_last_save_timestamp_seconds{" + redis + "} -90000x400\nredis_rdb_changes_since_last_save{" + redis + "} 5x400\nredis_aof_enabled{" + redis + "} 1x400"},

	"RedisMemoryFull": {
		"redis_memory_used_bytes{" + redis + "} 95e6x400\nredis_memory_max_bytes{" + redis + "} 100e6x400",
		// No limit at all.
		"redis_memory_used_bytes{" + redis + "} 95e6x400\nredis_memory_max_bytes{" + redis + "} 0x400"},
	"RedisEvicts": {`redis_evicted_keys_total{` + redis + `} 0+3x400`, `redis_evicted_keys_total{` + redis + `} 3x400`},
	"RedisFragmented": {
		"redis_mem_fragmentation_ratio{" + redis + "} 1.8x400\nredis_memory_used_bytes{" + redis + "} 500e6x400",
		"redis_mem_fragmentation_ratio{" + redis + "} 11x400\nredis_memory_used_bytes{" + redis + "} 1e6x400"},
	"RedisSwapped": {
		"redis_mem_fragmentation_ratio{" + redis + "} 0.7x400\nredis_memory_used_bytes{" + redis + "} 500e6x400",
		"redis_mem_fragmentation_ratio{" + redis + "} 1.1x400\nredis_memory_used_bytes{" + redis + "} 500e6x400"},

	"SentinelPrimaryDown": {
		`redis_sentinel_master_status{` + sentinel + `,master_address="10.0.0.1:6379",master_status="odown"} 0x400`,
		`redis_sentinel_master_status{` + sentinel + `,master_address="10.0.0.1:6379",master_status="ok"} 1x400`},
	"SentinelNoQuorum": {
		`redis_sentinel_master_ckquorum_status{` + sentinel + `,message="NOQUORUM 1 usable Sentinels."} 0x400`,
		`redis_sentinel_master_ckquorum_status{` + sentinel + `,message="OK 3 usable Sentinels."} 1x400`},
	"SentinelLost": {
		"redis_sentinel_master_ok_sentinels{" + sentinel + "} 2x400\nredis_sentinel_master_sentinels{" + sentinel + "} 3x400",
		"redis_sentinel_master_ok_sentinels{" + sentinel + "} 3x400\nredis_sentinel_master_sentinels{" + sentinel + "} 3x400"},
	"SentinelReplicaLost": {
		"redis_sentinel_master_ok_slaves{" + sentinel + "} 1x400\nredis_sentinel_master_slaves{" + sentinel + "} 2x400",
		"redis_sentinel_master_ok_slaves{" + sentinel + "} 2x400\nredis_sentinel_master_slaves{" + sentinel + "} 2x400"},
	"SentinelsDisagree": {
		"redis_sentinel_master_status{" + sentinel + `,master_address="10.0.0.1:6379"} 1x400` + "\n" +
			`redis_sentinel_master_status{job="sentinel",instance="redis://10.0.0.2:26379",master_name="mymaster",master_address="10.0.0.2:6379"} 1x400`,
		"redis_sentinel_master_status{" + sentinel + `,master_address="10.0.0.1:6379"} 1x400` + "\n" +
			`redis_sentinel_master_status{job="sentinel",instance="redis://10.0.0.2:26379",master_name="mymaster",master_address="10.0.0.1:6379"} 1x400` + "\n" +
			`redis_sentinel_master_status{job="sentinel",instance="redis://10.0.0.2:26379",master_name="another",master_address="10.0.0.9:6379"} 1x400`},
	"SentinelTilt": {`redis_sentinel_tilt{` + sentinel + `} 1x400`, `redis_sentinel_tilt{` + sentinel + `} 0x400`},
	"SentinelFlaps": {
		"redis_sentinel_master_status{" + sentinel + `,master_address="10.0.0.1:6379"} 1x370` + "\n" +
			"redis_sentinel_master_status{" + sentinel + `,master_address="10.0.0.2:6379"} _x370 1x20` + "\n" +
			"redis_sentinel_master_status{" + sentinel + `,master_address="10.0.0.3:6379"} _x390 1x10`,
		// One failover.
		"redis_sentinel_master_status{" + sentinel + `,master_address="10.0.0.1:6379"} 1x370` + "\n" +
			"redis_sentinel_master_status{" + sentinel + `,master_address="10.0.0.2:6379"} _x370 1x30`},

	"RedisClusterDown": {`redis_cluster_state{` + redis + `} 0x400`, `redis_cluster_state{` + redis + `} 1x400`},
	"RedisClusterSlotsUnassigned": {
		"redis_cluster_slots_assigned{" + redis + "} 16383x400\nredis_cluster_enabled{" + redis + "} 1x400",
		"redis_cluster_slots_assigned{" + redis + "} 16384x400\nredis_cluster_enabled{" + redis + "} 1x400"},
	"RedisClusterSlotsFail": {
		"redis_cluster_slots_fail{" + redis + "} 0x400\nredis_cluster_slots_pfail{" + redis + "} 5461x400",
		"redis_cluster_slots_fail{" + redis + "} 0x400\nredis_cluster_slots_pfail{" + redis + "} 0x400"},
	"RedisClusterFlaps": {`redis_cluster_current_epoch{` + redis + `} 1x370 2x5 3x5 4x5 5x5 6x10`, `redis_cluster_current_epoch{` + redis + `} 1x370 2x30`},

	"MachineCPUStolen": {
		`node_cpu_seconds_total{` + node + `,cpu="0",mode="steal"} 0+20x400` + "\n" + `node_cpu_seconds_total{` + node + `,cpu="1",mode="steal"} 0x400`,
		`node_cpu_seconds_total{` + node + `,cpu="0",mode="steal"} 0+1x400` + "\n" + `node_cpu_seconds_total{` + node + `,cpu="0",mode="idle"} 0+59x400`},
	"MachineDiskSlow": {
		`node_disk_write_time_seconds_total{` + node + `,device="sda"} 0+20x400` + "\n" + `node_disk_writes_completed_total{` + node + `,device="sda"} 0+100x400`,
		// Nothing is written.
		`node_disk_write_time_seconds_total{` + node + `,device="sda"} 5x400` + "\n" + `node_disk_writes_completed_total{` + node + `,device="sda"} 9x400`},
	"MachineDiskFull": {
		filesystem(`fstype="ext4",mountpoint="/"`, "5e9", "0"),
		filesystem(`fstype="ext4",mountpoint="/cdrom"`, "0", "1")},
	"MachineDropsPackets": {
		`node_network_receive_drop_total{` + node + `,device="eth0"} 0+100x400` + "\n" + `node_network_transmit_drop_total{` + node + `,device="eth0"} 0x400`,
		`node_network_receive_drop_total{` + node + `,device="veth1"} 0+100x400` + "\n" + `node_network_transmit_drop_total{` + node + `,device="veth1"} 0x400`},
	"MachineClockUnsynchronised": {`node_timex_sync_status{` + node + `} 0x400`, `node_timex_sync_status{` + node + `} 1x400`},
	"MachineClockOff":            {`node_timex_offset_seconds{` + node + `} -0.2x400`, `node_timex_offset_seconds{` + node + `} 0.01x400`},
	"MachineOutOfMemory":         {`node_vmstat_oom_kill{` + node + `} 0x390 1x10`, `node_vmstat_oom_kill{` + node + `} 1x400`},

	"RedisEnterpriseShardDown": {`redis_server_up{` + shard + `,role="master"} 0x400`, `redis_server_up{` + shard + `,role="master"} 1x400`},
	"RedisEnterpriseOutOfSync": {`database_syncer_current_status{` + shard + `} 2x400`, `database_syncer_current_status{` + shard + `} 0x400`},
	"RedisEnterpriseSyncLags":  {`database_syncer_lag_ms{` + shard + `} 6000x400`, `database_syncer_lag_ms{` + shard + `} 40x400`},
	"RedisEnterpriseMemoryFull": {
		"redis_server_used_memory{" + shard + "} 90e6x400\nredis_server_maxmemory{" + shard + "} 100e6x400",
		"redis_server_used_memory{" + shard + "} 70e6x400\nredis_server_maxmemory{" + shard + "} 100e6x400"},
	"RedisEnterpriseEvicts": {`redis_server_evicted_keys{` + shard + `,role="master"} 0+3x400`,
		// What a replica counts was counted by its primary.
		`redis_server_evicted_keys{` + shard + `,role="slave"} 0+3x400`},
	"RedisEnterpriseFsyncLate": {`redis_server_aof_delayed_fsync{` + shard + `} 0+1x400`, `redis_server_aof_delayed_fsync{` + shard + `} 1x400`},
	"RedisEnterpriseFragmented": {
		"redis_server_mem_fragmentation_ratio{" + shard + "} 1.9x400\nredis_server_used_memory{" + shard + "} 500e6x400",
		"redis_server_mem_fragmentation_ratio{" + shard + "} 1.9x400\nredis_server_used_memory{" + shard + "} 5e6x400"},
	"RedisEnterpriseNodeDown": {`node_metrics_up{cluster="us.example",instance="10.0.0.1:8070"} 0x400`, `node_metrics_up{cluster="us.example",instance="10.0.0.1:8070"} 1x400`},
	"RedisEnterpriseNoQuorum": {`has_quorum{cluster="us.example",cluster_wd="1"} 0x400`, `has_quorum{cluster="us.example",cluster_wd="1"} 1x400`},
	"RedisEnterpriseDiskFull": {
		"node_persistent_storage_avail_bytes{" + node + "} 100e9x400\nnode_persistent_storage_free_bytes{" + node + "} 20e9x400",
		"node_persistent_storage_avail_bytes{" + node + "} 100e9x400\nnode_persistent_storage_free_bytes{" + node + "} 60e9x400"},
	"RedisEnterpriseCertificateExpires": {`node_cert_expires_in_seconds{cluster="us.example",name="proxy"} 86400x400`, `node_cert_expires_in_seconds{cluster="us.example",name="proxy"} 31536000x400`},

	"AafailoverRegionDown": {`job_region:aafailover_region_down:share{job="aafailover",region="us"} 1x400`, `job_region:aafailover_region_down:share{job="aafailover",region="us"} 0.5x400`},
	"AafailoverShardDown": {`job_region:aafailover_shard_down:share{job="aafailover",region="us"} 1x400` + "\n" + `job_region:aafailover_region_down:share{job="aafailover",region="us"} 0x400`,
		// All of its shards are down, which is said of the region.
		`job_region:aafailover_shard_down:share{job="aafailover",region="us"} 1x400` + "\n" + `job_region:aafailover_region_down:share{job="aafailover",region="us"} 1x400`},
	"AafailoverTurnedAway":        {`aafailover_region_cause{` + aafailover + `,region="us",cause="authentication"} 1x400`, `aafailover_region_cause{` + aafailover + `,region="us",cause="refused"} 1x400`},
	"AafailoverNotHealthy":        {`aafailover_verdict{` + aafailover + `,verdict="healthy"} 0x400` + "\n" + `aafailover_verdict{` + aafailover + `,verdict="unobservable"} 0x400`, `aafailover_verdict{` + aafailover + `,verdict="healthy"} 1x400` + "\n" + `aafailover_verdict{` + aafailover + `,verdict="unobservable"} 0x400`},
	"AafailoverLinkDown":          {`job_from_to:aafailover_link_down:share{job="aafailover",from="us",to="eu"} 0.67x400`, `job_from_to:aafailover_link_down:share{job="aafailover",from="us",to="eu"} 0.33x400`},
	"AafailoverObserversDisagree": {`job_region:aafailover_shard_down:share{job="aafailover",region="us"} 0.33x400`, `job_region:aafailover_shard_down:share{job="aafailover",region="us"} 1x400` + "\n" + `job_from_to:aafailover_link_down:share{job="aafailover",from="us",to="eu"} 0x400`},
	"AafailoverLinkPoor":          {`job_from_to:aafailover_link_poor:share{job="aafailover",from="us",to="eu"} 1x400`, `job_from_to:aafailover_link_poor:share{job="aafailover",from="us",to="eu"} 0.5x400`},
	"AafailoverWritesRefused":     {`aafailover_region_writes{` + aafailover + `,region="us",writes="refused"} 1x400`, `aafailover_region_writes{` + aafailover + `,region="us",writes="refused"} 0x400` + "\n" + `aafailover_region_writes{` + aafailover + `,region="us",writes="unproven"} 1x400`},
	"AafailoverObserverBlind": {`aafailover_verdict{` + aafailover + `,verdict="unobservable"} 1x400` + "\n" + `aafailover_build_info{` + aafailover + `,version="v1"} 1x400`,
		`aafailover_verdict{` + aafailover + `,verdict="unobservable"} 0x400` + "\n" + `aafailover_build_info{` + aafailover + `,version="v1"} 1x400`},
	// Time begins in 1970, and the last sample is asked for after 24,000 s; or 60 s before, where the next scrape is only due.
	"AafailoverObserverStuck": {`aafailover_snapshot_timestamp_seconds{` + aafailover + `} 23900x400`, `aafailover_snapshot_timestamp_seconds{` + aafailover + `} -0.5+60x399`},
	"AafailoverObserverLost": {`job:aafailover_observers:count{job="aafailover"} 3x390 2x9`,
		// One that was taken away on purpose, the day before.
		`job:aafailover_observers:count{job="aafailover"} 3x10 2x390`},
	"AafailoverObserverOverloaded": {`aafailover_observer_dropped_total{` + aafailover + `} 0x395 7x5`, `aafailover_observer_dropped_total{` + aafailover + `} 7x400` + "\n" + `aafailover_events_total{` + aafailover + `,kind="observer"} 0x398 1 1`},
	"AafailoverFlaps":              {`aafailover_events_total{` + aafailover + `,kind="verdict"} 0+1x400`, `aafailover_events_total{` + aafailover + `,kind="verdict"} 1x380 3x20`},
	"AafailoverCoverageUnproven":   {`aafailover_coverage_proven{` + aafailover + `} 0x400`, `aafailover_coverage_proven{` + aafailover + `} 1x400`},
}

// filesystem are the metrics of one of 100 GB.
func filesystem(labels, available, readonly string) string {
	labels = "{" + node + "," + labels + "} "
	return "node_filesystem_avail_bytes" + labels + available + "x400\nnode_filesystem_size_bytes" + labels + "100e9x400\nnode_filesystem_readonly" + labels + readonly + "x400"
}
