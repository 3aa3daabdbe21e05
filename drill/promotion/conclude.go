package promotion

import (
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
)

// moves enters the failover as the one move of the record.
func (r *run) moves() {
	d, m := r.record.Drill, r.record.Moments
	if m.CutOver == nil {
		return
	}
	decided := *m.CutOver
	if m.Promoted != nil {
		decided = min(decided, *m.Promoted)
	}
	missing := 0
	for _, w := range d.Missed {
		if w.Ended <= *m.CutOver {
			missing++
		}
	}
	d.Moves = []drill.Move{{From: d.From, To: d.To, Kind: failover.FailOver, DecidedAt: decided, CutOverAt: m.CutOver,
		Why: r.hosts[d.To].Name + " was promoted", Missing: missing, RPO: d.RPO}}
}

// shardLoads are what the application saw of each shard.
func (r *run) shardLoads(second *drill.Numbers) []ShardLoad {
	m := r.record.Moments
	if m.Fault == nil {
		return nil
	}
	over := Stretch{Fault: *m.Fault, Heal: r.now(), End: r.now()}
	if r.record.HealAt != nil {
		over.Heal = *r.record.HealAt
	}
	if r.record.SyncedAt != nil {
		over.End = *r.record.SyncedAt
	}
	loads := LoadsOf(r.ledger, second, r.shardOf, len(r.shards), over)
	for _, s := range r.Scenario.in(drill.PhaseFault) {
		for _, host := range s.Who.Find(r.hosts) {
			if r.hosts[host].Role == Primary {
				loads[r.hosts[host].Shard].Hit = true
			}
		}
	}
	return loads
}
