package check

import (
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/redisconf"
)

// minReplicasRules are about writes that are refused where too few replicas would get them.
func minReplicasRules() []Rule {
	return []Rule{{
		ID: "min-replicas", Title: "min-replicas-to-write suits the replicas that there are", Group: Durability, Severity: Failure, Source: sourceReplication,
		Why:   "a primary that is cut off goes on to acknowledge writes that are thrown away when it comes back; one that asks for more replicas than there are left refuses all of them",
		Fix:   set("min-replicas-to-write", "1", "min-replicas-max-lag", "10") + ", with at least two replicas",
		Judge: replicated(ofServers(primaries, minReplicas)),
	}}
}

func minReplicas(t Target, r Region, s Server) Finding {
	least, lag, replicas := s.number("min-replicas-to-write"), s.lasting("min-replicas-max-lag", time.Second), s.Vitals.Replication.Replicas
	n := int64(len(replicas.Value))
	switch {
	case !least.Known() && replicas.Known() && n == 0 && !s.managed():
		return nothing("it has no replicas")
	case !least.Known():
		return s.notTold("min-replicas-to-write", least.Standing)
	case !lag.Known():
		return s.notTold("min-replicas-max-lag", lag.Standing)
	case least.Value > 0 && lag.Value == 0:
		return broken("", set("min-replicas-max-lag", "10"), "min-replicas-to-write is %d and min-replicas-max-lag 0, which switches it off", least.Value)
	case !replicas.Known():
		return minReplicasAlone(least.Value, lag.Value)
	case least.Value == 0:
		return minReplicasOff(t, r, n)
	case least.Value > n:
		return broken("", "", "min-replicas-to-write is %d, and %s connected: it refuses every write", least.Value, areConnected(n))
	case least.Value > s.goodReplicas(lag.Value):
		return broken("", "bring the replicas up: see replica-links and replica-lag", "min-replicas-to-write is %d, and of %s %d are online with a lag of %s at the most: it refuses every write now",
			least.Value, words.Count(n, "replica"), s.goodReplicas(lag.Value), words.Rough(lag.Value))
	case least.Value == n:
		return warned("", "one replica more, or "+set("min-replicas-to-write", words.Thousands(n-1)),
			"min-replicas-to-write is %d, and %s connected: when one is lost or restarted, or promoted, every write is refused", least.Value, areConnected(n))
	}
	return pass("", "min-replicas-to-write is %d of %s, with a lag of %s at the most", least.Value, words.Count(n, "replica"), words.Rough(lag.Value))
}

// goodReplicas are as many as min-replicas-to-write counts: those that are online, which one to which all data is copied is
// not, and have acknowledged something within the lag (refreshGoodSlavesCount of Redis).
func (s Server) goodReplicas(lag time.Duration) int64 {
	good := int64(0)
	for _, f := range s.Vitals.Replication.Replicas.Value {
		if !f.Copying() && f.Lag.Value <= lag {
			good++
		}
	}
	return good
}

func areConnected(n int64) string {
	if n == 1 {
		return "1 replica is"
	}
	return words.Count(n, "replica") + " are"
}

// minReplicasAlone judges the settings where nobody says how many replicas there are, as of a file.
func minReplicasAlone(least int64, lag time.Duration) Finding {
	if least == 0 {
		return pass("", "min-replicas-to-write is 0: writes are acknowledged although no replica gets them, which is right where there is none")
	}
	return pass("", "min-replicas-to-write is %d, with a lag of %s at the most: with one replica more than that it takes writes although one is lost", least, words.Rough(lag))
}

// minReplicasOff judges a primary that never refuses. With a single replica that is the choice between losing writes and
// refusing them, and nobody but the user can make it.
func minReplicasOff(t Target, r Region, n int64) Finding {
	switch {
	case n == 0:
		return nothing("it has no replicas")
	case t.Profile == redisconf.LowLatency:
		return pass("", "min-replicas-to-write is 0, as %s has it: what it acknowledges while it is cut off is lost", t.Profile)
	case n == 1:
		return pass("", "min-replicas-to-write is 0, with 1 replica: what it acknowledges while it is cut off is lost; 1 would refuse it, and every write while the replica is away")
	}
	what := warned("", set("min-replicas-to-write", "1"), "min-replicas-to-write is 0, with %s: what it acknowledges while it is cut off from them is lost", words.Count(n, "replica"))
	if len(r.Sentinels) == 0 && !r.clustered() && t.RPO == nil {
		what.Outcome, what.Fix = Passed, "" // nobody else is promoted meanwhile
	}
	return what
}
