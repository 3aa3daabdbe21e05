package check

import (
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/vitals"
)

// What a failover takes besides the time that a primary must be silent, as estimates: what drills of topologies measured
// (docs/topologies.md), rounded up.
const (
	// sentinelsAgree is until enough sentinels hold it down: each asks the others for their view once a second.
	sentinelsAgree = time.Second
	// sentinelsElect is until a replica says that it is a primary: sentinels begin up to a second apart, so that one of them
	// leads.
	sentinelsElect = time.Second
	// sentinelsTell is until an application writes there: they tell of the new primary when the other replicas follow it.
	sentinelsTell = 3 * time.Second
	// nodesElect is until a replica is elected: it waits for half a second, up to another half at random, and a second for each
	// replica that has more data than it (the specification of clusters).
	nodesElect = 2 * time.Second
	// loading is how much data a server reads a second when it starts, in bytes: an assumption, on the slow side for a
	// snapshot on a disk of today.
	loading = 100e6
)

// recovery is who takes over from a primary, and how long that takes, as an estimate.
type recovery struct {
	by    string
	total time.Duration
	sum   string // how the total comes about
	// fix returns what would keep to an RTO, where a setting can that does not find failures where there are none.
	fix func(rto time.Duration) string
}

// recoveryOf tells who takes over from the primaries of a region; not ok where nobody does, or nobody tells.
func recoveryOf(r Region) (recovery, bool) {
	if after := r.longestDownAfter(); after > 0 {
		return bySentinels(r, after), true
	}
	if timeout := r.longestNodeTimeout(); timeout > 0 && r.clustered() {
		return byVote(timeout), true
	}
	return recovery{}, false
}

func bySentinels(r Region, after time.Duration) recovery {
	const rest = sentinelsAgree + sentinelsElect + sentinelsTell
	return recovery{by: "its sentinels promote a replica", total: after + rest,
		sum: fmt.Sprintf("down-after-milliseconds %s + %s to agree + %s to elect + %s until applications write there",
			words.Rough(after), words.Rough(sentinelsAgree), words.Rough(sentinelsElect), words.Rough(sentinelsTell)),
		fix: func(rto time.Duration) string {
			if left := rto - rest; left > shortestDownAfter {
				return r.setSentinels("down-after-milliseconds", left.Milliseconds())
			}
			return "no down-after-milliseconds is that short: let applications go to another region meanwhile, or raise the RTO"
		}}
}

func byVote(timeout time.Duration) recovery {
	return recovery{by: "its other primaries elect a replica", total: 2*timeout + nodesElect,
		sum: fmt.Sprintf("cluster-node-timeout %s x 2 until a majority holds it down + %s to elect; how soon applications ask for the new primary comes on top",
			words.Rough(timeout), words.Rough(nodesElect)),
		fix: func(rto time.Duration) string {
			if left := (rto - nodesElect) / 2; left > shortestNodeTimeout {
				return set("cluster-node-timeout", fmt.Sprint(left.Milliseconds()))
			}
			return "no cluster-node-timeout is that short: let applications go to another region meanwhile, or raise the RTO"
		}}
}

// judge compares the estimate with a target.
func (e recovery) judge(subject string, rto *time.Duration) Finding {
	text := fmt.Sprintf("%s in about %s, by an estimate: %s", e.by, words.Rough(e.total), e.sum)
	switch {
	case rto == nil:
		return pass(subject, "%s; no RTO is given to hold against it", text)
	case e.total <= *rto:
		return pass(subject, "%s; the RTO is %s", text, words.Rough(*rto))
	}
	return broken(subject, e.fix(*rto), "%s; the RTO is %s", text, words.Rough(*rto))
}

func (r Region) longestDownAfter() time.Duration {
	var longest time.Duration
	for _, s := range r.Sentinels {
		longest = max(longest, s.DownAfter)
	}
	return longest
}

func (r Region) longestNodeTimeout() time.Duration {
	var longest time.Duration
	for _, s := range r.Servers {
		longest = max(longest, s.lasting("cluster-node-timeout", time.Millisecond).Value)
	}
	return longest
}

// promisedRecovery judges each region by who takes over from its primaries. An application that has several regions goes to
// another one meanwhile; that is told, and measured by drills.
func promisedRecovery(f *Facts, t Target) []Finding {
	return replicated(ofRegions(promisedRecoveryOf))(f, t)
}

func promisedRecoveryOf(f *Facts, t Target, r Region) []Finding {
	takesOver, ok := recoveryOf(r)
	replicas := r.replicas()
	switch {
	case r.managed():
		return []Finding{untold(r.subject(), "its cluster manager lets replicas take over, and does not tell here how fast")}
	case len(f.Files) > 0 && !ok:
		return []Finding{nothing("a redis.conf does not tell what takes over from a server")}
	case len(f.Files) > 0:
		return []Finding{takesOver.judge(r.subject(), t.RTO)}
	case is(replicas, 0):
		return []Finding{unattended(f, t, r.subject(), r.Servers)}
	case ok:
		found := []Finding{takesOver.judge(r.subject(), t.RTO)}
		if alone := r.withoutReplica(); len(alone) > 0 {
			found = append(found, unattended(f, t, r.subjectOf(alone), alone))
		}
		return found
	case !replicas.Known():
		return []Finding{untold(r.subject(), "nobody told whether it has replicas")}
	}
	return []Finding{finding(Untold, r.subject(), "give its sentinels: --region "+r.Name+"=redis+sentinel://HOST:26379/SERVICE",
		"nothing is known that promotes a replica: no sentinel is given, and it is no cluster")}
}

// replicas are how many the primaries of the region have together.
func (r Region) replicas() vitals.Field[int] {
	var all vitals.Field[int]
	for _, s := range r.primaries() {
		if of := s.Vitals.Replication.Replicas; of.Known() {
			all = vitals.FieldOf(all.Value + len(of.Value))
		}
	}
	return all
}

// withoutReplica are the primaries that say that no replica is connected to them.
func (r Region) withoutReplica() []Server {
	return slices.DeleteFunc(r.primaries(), func(s Server) bool {
		of := s.Vitals.Replication.Replicas
		return !of.Known() || len(of.Value) > 0
	})
}

// unattended judges servers from which nothing takes over.
func unattended(f *Facts, t Target, subject string, servers []Server) Finding {
	text := "it has no replica: a server that is gone has to be started again"
	var used int64
	for _, s := range servers {
		used = max(used, s.Vitals.Memory.Used.Value)
	}
	if load := float64(used) / loading; load >= 1 {
		text += fmt.Sprintf(" and to read %s, some %.0f s at %s/s, which is an assumption", words.Bytes(float64(used)), load, words.Bytes(loading))
	}
	switch {
	case t.RTO == nil:
		return pass(subject, "%s; no RTO is given to hold against it", text)
	case len(f.Regions) > 1:
		return untold(subject, "%s; meanwhile applications go to another region, and aafailover drill measures how fast", text)
	}
	return broken(subject, "give it a replica, and sentinels that promote it; or another region", "%s; the RTO is %s", text, words.Rough(*t.RTO))
}
