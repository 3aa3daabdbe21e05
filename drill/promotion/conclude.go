package promotion

import (
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
)

// moves enters the takeovers as the moves of the record. When any but the first was
// decided on nobody knows: with its first write, at the latest.
func (r *run) moves() {
	d := r.record.Drill
	for i, t := range r.record.Takeovers {
		decided := t.At
		if p := r.record.Moments.Promoted; p != nil && i == 0 {
			decided = min(decided, *p)
		}
		missing := 0
		for _, w := range d.Missed {
			if w.Ended <= t.At {
				missing++
			}
		}
		d.Moves = append(d.Moves, drill.Move{From: t.From, To: t.To, Kind: failover.FailOver, DecidedAt: decided, CutOverAt: &t.At,
			Why: r.hosts[t.To].Name + " was promoted", Missing: missing, RPO: d.RPO})
	}
}

// shardLoads are what the application saw of each shard.
func (r *run) shardLoads(strays *drill.Numbers) []ShardLoad {
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
	loads := LoadsOf(r.ledger, strays, r.shardOf, len(r.shards), over)
	for _, s := range r.Scenario.in(drill.PhaseFault) {
		for _, host := range s.Who.Find(r.hosts) {
			if r.hosts[host].Role == Primary {
				loads[r.hosts[host].Shard].Hit = true
			}
		}
	}
	return loads
}
