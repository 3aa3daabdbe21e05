package alerts

import "time"

// memoryAlerts are about the memory of a server. What uses little of it is left alone: its ratios mean nothing.
func memoryAlerts() []Alert {
	return []Alert{
		{
			Name: "RedisMemoryFull", Exporter: Redis, Severity: Critical, For: 5 * time.Minute, Rule: "memory-headroom",
			Expr:        `redis_memory_used_bytes / redis_memory_max_bytes > 0.9 and redis_memory_max_bytes > 0`,
			Summary:     `{{ $labels.instance }} uses {{ $value | humanizePercentage }} of maxmemory`,
			Description: `At 100% it evicts keys, or refuses writes. In an Active-Active deployment memory grows while a region is away, since garbage is collected only when all regions have seen it: bring that region back first.`,
		},
		{
			Name: "RedisEvicts", Exporter: Redis, Severity: Warning, For: 5 * time.Minute, Rule: "no-eviction",
			Expr:        `increase(redis_evicted_keys_total[5m]) > 0`,
			Summary:     `{{ $labels.instance }} evicted {{ printf "%.0f" $value }} keys in 5 minutes`,
			Description: `Right for a cache. Where the keys are the only copy, these are lost: raise maxmemory, or set maxmemory-policy noeviction and let writes fail.`,
		},
		{
			Name: "RedisFragmented", Exporter: Redis, Severity: Warning, For: 30 * time.Minute, Rule: "fragmentation",
			Expr:        `redis_mem_fragmentation_ratio > 1.5 and redis_memory_used_bytes > 100e6`,
			Summary:     `{{ $labels.instance }} takes {{ $value | humanize }} times the memory that it uses`,
			Description: `The machine runs out of memory before maxmemory is reached. CONFIG SET activedefrag yes where it was built with jemalloc, or fail over and restart it.`,
		},
		{
			Name: "RedisSwapped", Exporter: Redis, Severity: Critical, For: 5 * time.Minute, Rule: "fragmentation",
			Expr:        `redis_mem_fragmentation_ratio < 0.9 and redis_memory_used_bytes > 100e6`,
			Summary:     `a part of the memory of {{ $labels.instance }} is not in RAM`,
			Description: `It is swapped out: latencies of milliseconds, and time-outs that look like a failure. Give the machine memory, or the server less of it.`,
		},
	}
}
