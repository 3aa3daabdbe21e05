package alerts

import "time"

// machineAlerts are about the machine below a server.
func machineAlerts() []Alert {
	return []Alert{
		{
			Name: "MachineCPUStolen", Exporter: Node, Severity: Warning, For: 10 * time.Minute,
			Expr:        `avg by(job, instance) (rate(node_cpu_seconds_total{mode="steal"}[5m])) > 0.1`,
			Summary:     `{{ $value | humanizePercentage }} of the CPU time of {{ $labels.instance }} went to other machines`,
			Description: `A server that does not run is a server that does not answer: sentinels and clusters hold it down. Move it, or give it CPUs of its own.`,
		},
		{
			Name: "MachineDiskSlow", Exporter: Node, Severity: Warning, For: 5 * time.Minute,
			Expr:        `rate(node_disk_write_time_seconds_total[5m]) / (rate(node_disk_writes_completed_total[5m]) > 0) > 0.1`,
			Summary:     `a write to {{ $labels.device }} of {{ $labels.instance }} takes {{ $value | humanizeDuration }}`,
			Description: `An fsync takes longer still: with appendfsync always every write waits for it, with everysec more than a second can be lost. Find who else writes, or a faster disk.`,
		},
		{
			Name: "MachineDiskFull", Exporter: Node, Severity: Critical, For: 5 * time.Minute,
			Expr:        `node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs|fuse.*"} / node_filesystem_size_bytes < 0.1 and node_filesystem_readonly == 0`,
			Summary:     `{{ $labels.mountpoint }} of {{ $labels.instance }} has {{ $value | humanizePercentage }} left`,
			Description: `A rewrite of the append-only file and a snapshot need room for another copy of the data; without it writes are refused.`,
		},
		{
			Name: "MachineDropsPackets", Exporter: Node, Severity: Warning, For: 10 * time.Minute,
			Expr: `rate(node_network_receive_drop_total{device!~"lo|veth.*|br-.*|docker.*|cali.*"}[5m])` +
				` + rate(node_network_transmit_drop_total{device!~"lo|veth.*|br-.*|docker.*|cali.*"}[5m]) > 1`,
			Summary:     `{{ $labels.device }} of {{ $labels.instance }} drops {{ $value | humanize }} packets a second`,
			Description: `What is sent again comes late: replication lags, and time-outs that look like a failure. Look at the interface, its queues, and the limits of the machine's type.`,
		},
		{
			Name: "MachineClockUnsynchronised", Exporter: Node, Severity: Warning, For: 10 * time.Minute, Rule: "time-synchronised",
			Expr:        `node_timex_sync_status == 0`,
			Summary:     `the clock of {{ $labels.instance }} follows no time service`,
			Description: `Of two writes to one string the later wins, by the clocks of the regions. Start chrony or another service on all machines.`,
		},
		{
			Name: "MachineClockOff", Exporter: Node, Severity: Warning, For: 10 * time.Minute, Rule: "clocks-agree",
			Expr:        `abs(node_timex_offset_seconds) > 0.1`,
			Summary:     `the clock of {{ $labels.instance }} is off by {{ $value | humanizeDuration }}`,
			Description: `Of two writes to one string the later wins, by the clocks of the regions: a region that is ahead wins against later writes elsewhere.`,
		},
		{
			Name: "MachineOutOfMemory", Exporter: Node, Severity: Critical,
			Expr:        `increase(node_vmstat_oom_kill[15m]) > 0`,
			Summary:     `the kernel of {{ $labels.instance }} killed a process for lack of memory`,
			Description: `A server that was killed comes back with what was on its disk. Leave room beside maxmemory for fragmentation, buffers of replicas, and the copy-on-write of a fork.`,
		},
	}
}
