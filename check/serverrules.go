package check

import (
	"strings"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/vitals"
)

// serverRules are about the memory of a server, and about what it remembers of its own troubles.
func serverRules() []Rule {
	return []Rule{
		{
			ID: "maxmemory", Title: "every server has a limit to its memory, and room below it", Group: Durability, Severity: Failure, Source: sourceEviction,
			Why:   "without a limit the kernel ends the process when the machine has no memory left, in the midst of writes, and most likely its replica soon after; at its limit a server refuses writes, or evicts",
			Fix:   set("maxmemory", "BYTES") + ": what the machine has, less a third for copies while it saves and for the buffers of replicas",
			Judge: ofMachine(ofServers(allServers, maxMemory)),
		},
		{
			ID: "no-eviction", Title: "no acknowledged write is given up for want of memory, where an RPO is given", Group: Durability, Severity: Warning, Source: sourceEviction,
			Why:   "a server that evicts loses writes that it acknowledged without any failure, so that no RPO is kept",
			Fix:   set("maxmemory-policy", "noeviction") + "; a cache, which may lose keys, has no RPO",
			Judge: ofMachine(ofServers(allServers, noEviction)),
		},
		{
			ID: "fragmentation", Title: "memory is used, not wasted or swapped out", Group: Durability, Severity: Warning, Source: sourceInfo,
			Why:   "what fragmentation takes is missing when a failover brings more load; a server whose memory is on a disk is as slow as one that is down",
			Fix:   set("activedefrag", "yes") + " where the server has it, or a restart, its replica first",
			Judge: running(ofMachine(ofServers(allServers, fragmentation))),
		},
		{
			ID: "latency-monitor", Title: "servers remember what took long", Group: Durability, Severity: Warning, Source: sourceLatency,
			Why:   "after the failure nobody can tell whether a disk, a fork or a command held the server up",
			Fix:   set("latency-monitor-threshold", "100"),
			Judge: ofMachine(ofServers(allServers, latencyMonitor)),
		},
	}
}

// ofMachine makes a Judge that says nothing of a lab, whose servers share one process.
func ofMachine(judge func(*Facts, Target) []Finding) func(*Facts, Target) []Finding {
	return outsideLab("the servers of a lab share one machine with it, and keep little", judge)
}

// maxMemoryOf is the limit of a server: its setting, and where that may not be asked, what INFO says.
func (s Server) maxMemoryOf() vitals.Field[int64] {
	limit := s.number("maxmemory")
	if limit.Known() || s.managed() || !s.Vitals.Memory.Limit.Known() {
		return limit
	}
	return s.Vitals.Memory.Limit
}

func maxMemory(_ Target, _ Region, s Server) Finding {
	limit, used := s.maxMemoryOf(), s.Vitals.Memory.Used
	switch {
	case !limit.Known():
		return s.notTold("maxmemory", limit.Standing)
	case limit.Value == 0:
		return warned("", "", "%s: there is no limit", s.says("maxmemory", "0"))
	case s.full(limit.Value):
		return broken("", "raise maxmemory, or have less data", "it uses %s of %s, and maxmemory-policy is noeviction: it refuses writes with OOM", words.Bytes(float64(used.Value)), words.Bytes(float64(limit.Value)))
	case used.Known() && float64(used.Value) >= nearlyFull*float64(limit.Value):
		return warned("", "raise maxmemory, or have less data", "it uses %s of %s", words.Bytes(float64(used.Value)), words.Bytes(float64(limit.Value)))
	}
	return pass("", "%s", s.says("maxmemory", words.Bytes(float64(limit.Value))))
}

// full tells whether a server refuses writes for want of memory: what counts for the limit is above it, and nothing is evicted.
func (s Server) full(limit int64) bool {
	m, policy := s.Vitals.Memory, s.policy()
	return m.Used.Known() && m.Used.Value-max(m.Uncounted.Value, 0) > limit && policy.Known() && strings.EqualFold(policy.Value, "noeviction")
}

// nearlyFull is the share of the limit from which a server is about to refuse writes, or to evict.
const nearlyFull = 0.95

func noEviction(t Target, _ Region, s Server) Finding {
	policy, limit := s.policy(), s.maxMemoryOf()
	evicts := policy.Known() && !strings.EqualFold(policy.Value, "noeviction")
	switch rate := s.Rates.Evicted; {
	case !policy.Known():
		return s.notTold("maxmemory-policy", policy.Standing)
	case !evicts:
		return pass("", "%s", s.says("maxmemory-policy", "noeviction"))
	case rate.Known() && rate.Value > 0:
		return warned("", "", "%s: it gave up %s keys/s while it was looked at", s.says("maxmemory-policy", policy.Value), words.Amount(rate.Value))
	case is(limit, 0):
		return pass("", "%s, and there is no limit at which it would evict", s.says("maxmemory-policy", policy.Value))
	case t.RPO != nil:
		return warned("", "", "%s: at the limit it gives up keys, which no RPO counts", s.says("maxmemory-policy", policy.Value))
	}
	return pass("", "%s: at the limit it gives up keys, as a cache does", s.says("maxmemory-policy", policy.Value))
}

// From when memory is worth a word, as vitals have it: the ratio alone is high wherever little is used. Below swapped the
// system has given less than is used: the rest is swapped out.
const (
	fragmented      = 1.5
	swapped         = 0.9
	fragmentedBytes = 100 << 20
)

func fragmentation(_ Target, _ Region, s Server) Finding {
	m := s.Vitals.Memory
	switch {
	case s.managed():
		return s.notTold("how its memory is fragmented", vitals.Unknown)
	case !m.Fragmentation.Known():
		return s.notTold("mem_fragmentation_ratio", m.Fragmentation.Standing)
	case m.Fragmentation.Value > fragmented && m.Wasted.Value > fragmentedBytes:
		return warned("", "", "mem_fragmentation_ratio is %.1f: %s more than it uses", m.Fragmentation.Value, words.Bytes(float64(m.Wasted.Value)))
	case m.Fragmentation.Value < swapped && m.Fragmentation.Value > 0 && m.Used.Value > fragmentedBytes:
		return warned("", "give the machine more memory, or the server less data", "mem_fragmentation_ratio is %.2f: some of its %s are swapped out", m.Fragmentation.Value, words.Bytes(float64(m.Used.Value)))
	case m.Fragmentation.Value > fragmented:
		return pass("", "mem_fragmentation_ratio is high because it uses little")
	}
	return pass("", "mem_fragmentation_ratio is %.1f", m.Fragmentation.Value)
}

func latencyMonitor(_ Target, _ Region, s Server) Finding {
	threshold := s.number("latency-monitor-threshold")
	switch {
	case !threshold.Known():
		return s.notTold("latency-monitor-threshold", threshold.Standing)
	case threshold.Value == 0:
		return warned("", "", "%s: it is off", s.says("latency-monitor-threshold", "0"))
	}
	return pass("", "%s", s.says("latency-monitor-threshold", s.Setting("latency-monitor-threshold").Value+" ms"))
}
