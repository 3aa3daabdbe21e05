package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/vitals"
)

// replicaRules are about the replicas within a region.
func replicaRules() []Rule {
	return []Rule{
		{
			ID: "replicas", Title: "every primary has a replica", Group: Durability, Severity: Failure, Source: sourceReplication,
			Why: "when the machine of a primary is gone and nobody has its data, that part of the region is gone until it is repaired, or for good",
			Fix: "give each primary one or two replicas on other machines, best in other zones",
			Judge: running(replicated(func(f *Facts, t Target) []Finding {
				return ofServers(primaries, replicas(len(f.Regions) == 1))(f, t)
			})),
		},
		{
			ID: "replica-links", Title: "every replica is connected to its primary", Group: Durability, Severity: Failure, Source: sourceInfo,
			Why:   "a replica without a link falls behind: what is written meanwhile is lost if it is promoted, and sentinels do not promote one that was away for long",
			Fix:   "see the log of the replica: its network, masterauth, masteruser and tls-replication",
			Judge: running(replicated(ofServers(standbys, replicaLink))),
		},
		{
			ID: "replica-lag", Title: "every replica follows its primary, and closely", Group: Durability, Severity: Failure, Source: sourceReplication,
			Why:   "replication is asynchronous: what a replica has not got is lost when it is promoted",
			Fix:   "see the network between them, and what keeps the replica busy (SLOWLOG, LATENCY); a copy that is under way ends by itself",
			Judge: running(replicated(ofServers(primaries, replicaLag))),
		},
		{
			ID: "replica-read-only", Title: "replicas take no writes from clients", Group: Durability, Severity: Failure, Source: sourceReplication,
			Why:   "what is written to a replica is in no other server, differs from its primary, and is gone with the next copy",
			Fix:   set("replica-read-only", "yes"),
			Judge: replicated(ofServers(allServers, replicaReadOnly)),
		},
		{
			ID: "replica-promotable", Title: "some replica of each primary may be promoted", Group: Durability, Severity: Failure, Source: sourceSentinel,
			Why:   "sentinels never promote a replica whose priority is 0: with no other there is no failover",
			Fix:   set("replica-priority", "100") + ", at the replicas that may take over",
			Judge: running(replicated(ofRegions(replicaPromotable))),
		},
		{
			ID: "replica-persistence", Title: "replicas keep on disk what their primaries do", Group: Durability, Severity: Warning, Source: sourceDeepDive,
			Why:   "a replica that is promoted is the primary: from then on its files are what a power cut leaves",
			Fix:   "give replicas the appendonly, appendfsync and save of their primaries",
			Judge: running(replicated(ofRegions(replicaPersistence))),
		},
		{
			ID: "replicas-apart", Title: "replicas run on other machines than their primaries", Group: Durability, Severity: Warning, Source: sourceDeepDive,
			Why:   "the machine that takes the primary with it takes the replica as well",
			Fix:   "move the replica to another machine, best in another zone",
			Judge: running(replicated(ofRegions(replicasApart))),
		},
	}
}

// replicas judges how many a primary has. Where a region stands alone nothing else takes over from it, so that to have none is
// no choice there.
func replicas(alone bool) judgeServer {
	return func(_ Target, _ Region, s Server) Finding {
		of := s.Vitals.Replication.Replicas
		switch {
		case s.managed() && len(of.Value) == 0:
			return s.notTold("its replicas", vitals.Unknown)
		case !of.Known():
			return s.notTold("its replicas", of.Standing)
		case len(of.Value) == 0 && alone:
			return broken("", "", "no replica is connected to it, and no other region is given: when it fails, nobody takes over from it")
		case len(of.Value) == 0:
			return warned("", "", "no replica is connected to it")
		}
		return pass("", "%s", words.Count(len(of.Value), "replica"))
	}
}

func replicaLink(_ Target, _ Region, s Server) Finding {
	r := s.Vitals.Replication
	switch {
	case is(r.Syncing, true):
		return warned("", "wait until it is over: it is not to be promoted before", "all data of its primary is being copied to it")
	case !r.LinkUp.Known():
		return s.notTold("master_link_status", r.LinkUp.Standing)
	case !r.LinkUp.Value && r.LinkDownFor.Known():
		return broken("", "", "master_link_status is down for %s", words.Rough(r.LinkDownFor.Value))
	case !r.LinkUp.Value:
		return broken("", "", "master_link_status is down")
	}
	return pass("", "master_link_status is up")
}

// A replica acknowledges once a second, and the time since then is told in whole seconds: a lag of one is none, one of two may
// be one, and what was written within a second may have come although it is not acknowledged. One that said nothing for the time that
// min-replicas-max-lag has by default does not follow; one that is as far behind by its bytes is on its way there.
const (
	noLag   = time.Second
	mostLag = 10 * time.Second
)

func replicaLag(t Target, _ Region, s Server) Finding {
	r := s.Vitals.Replication
	switch {
	case s.managed():
		return s.notTold("its replicas", vitals.Unknown)
	case !r.Replicas.Known():
		return s.notTold("its replicas", r.Replicas.Standing)
	case len(r.Replicas.Value) == 0:
		return nothing("there are no replicas")
	}
	limit := mostLag
	if t.RPO != nil {
		limit = min(limit, max(*t.RPO, noLag))
	}
	var late, fine []string
	worst := Passed
	for _, f := range r.Replicas.Value {
		text, outcome := lagOf(s, f, limit)
		if outcome == Passed {
			fine = append(fine, text)
			continue
		}
		late = append(late, text)
		if outcome.Worse(worst) {
			worst = outcome
		}
	}
	if worst == Passed {
		return pass("", "%s", strings.Join(fine, "; "))
	}
	return finding(worst, "", "", "%s", strings.Join(late, "; "))
}

// lagOf says how far a replica is behind.
func lagOf(s Server, f vitals.Follower, limit time.Duration) (string, Outcome) {
	behind := s.Vitals.Replication.Behind(f)
	late := s.Rates.Late(behind)
	switch {
	case f.Copying():
		return f.Address + " is being sent all data", Warned
	case !f.Online():
		return f.Address + " is not online: " + f.State, Broken
	case f.Lag.Known() && f.Lag.Value > limit+noLag:
		return fmt.Sprintf("%s has acknowledged nothing for %s", f.Address, words.Rough(f.Lag.Value)), Broken
	case late.Known() && late.Value > limit+noLag:
		return fmt.Sprintf("%s is %s", f.Address, vitals.BehindText(behind, s.Rates)), Broken
	case !f.Lag.Known() && !behind.Known():
		return "how far " + f.Address + " is behind is not told", Untold
	case behind.Value > 0:
		return fmt.Sprintf("%s is %s", f.Address, vitals.BehindText(behind, s.Rates)), Passed
	case !behind.Known():
		return fmt.Sprintf("%s acknowledged within %s", f.Address, words.Rough(max(f.Lag.Value, noLag))), Passed
	}
	return f.Address + " has everything", Passed
}

func replicaReadOnly(_ Target, _ Region, s Server) Finding {
	switch only := s.yes("replica-read-only"); {
	case !only.Known():
		return s.notTold("replica-read-only", only.Standing)
	case !only.Value && s.replica():
		return broken("", "", "%s, and it is a replica", s.says("replica-read-only", "no"))
	case !only.Value:
		return warned("", "", "%s: it takes writes when it is made a replica", s.says("replica-read-only", "no"))
	}
	return pass("", "%s", s.says("replica-read-only", "yes"))
}

// byPrimary judges each primary with those of its replicas that could be asked.
func (r Region) byPrimary(judge func(primary Server, replicas []Server) Finding) []Finding {
	replicas := map[int][]Server{} // by their shard
	for _, s := range r.standbys() {
		if s.Failed == "" {
			replicas[s.Shard] = append(replicas[s.Shard], s)
		}
	}
	var found []Finding
	for _, s := range r.primaries() {
		if s.Failed != "" {
			continue
		}
		what := nothing("there are no replicas that could be asked")
		if of := replicas[s.Shard]; len(of) > 0 {
			what = judge(s, of)
		}
		what.Subject = s.subject(r)
		found = append(found, what)
	}
	return found
}

func replicaPromotable(_ *Facts, _ Target, r Region) []Finding {
	if r.clustered() {
		return []Finding{nothing("a cluster does not go by replica-priority")}
	}
	if seen := r.seenReplicas(); len(seen) > 0 {
		return []Finding{promotableBySentinels(r, seen)}
	}
	return r.byPrimary(func(_ Server, replicas []Server) Finding {
		var never, untold []string
		for _, s := range replicas {
			switch priority := s.number("replica-priority"); {
			case !priority.Known():
				untold = append(untold, s.Address)
			case priority.Value == 0:
				never = append(never, s.Address)
			}
		}
		return promotable(len(replicas), never, untold)
	})
}

// seenReplicas are the replicas as the sentinel sees them that knows most of them.
func (r Region) seenReplicas() []SentinelReplica {
	var most []SentinelReplica
	for _, s := range r.Sentinels {
		if len(s.Replicas) > len(most) {
			most = s.Replicas
		}
	}
	return most
}

func promotableBySentinels(r Region, seen []SentinelReplica) Finding {
	var never, down []string
	for _, s := range seen {
		switch {
		case s.Priority == 0:
			never = append(never, s.Address)
		case s.Down:
			down = append(down, s.Address)
		}
	}
	if len(down) > 0 && len(down)+len(never) == len(seen) {
		return broken(r.subject(), "see why they are down, and start them again", "of %s that sentinels know %d may never be promoted, and %s down", words.Count(len(seen), "replica"), len(never), areDown(down))
	}
	what := promotable(len(seen), never, nil)
	if what.Outcome == Passed && len(down) > 0 {
		what = warned("", "see why, and start it again; one that is gone for good is forgotten by SENTINEL RESET", "sentinels hold down, or cut off from its primary: %s", words.Enumerate(down))
	}
	what.Subject = r.subject()
	return what
}

func areDown(addresses []string) string {
	if len(addresses) == 1 {
		return addresses[0] + " is"
	}
	return words.Enumerate(addresses) + " are"
}

func promotable(all int, never, untold []string) Finding {
	switch {
	case len(never) == all:
		return broken("", "", "replica-priority is 0 at %s: none is ever promoted", words.Enumerate(never))
	case len(never)+len(untold) == all:
		return finding(Untold, "", "", "the replica-priority of %s is not told", words.Enumerate(untold))
	case len(never) > 0:
		return pass("", "%d of %s may be promoted, and not %s", all-len(never), words.Count(all, "replica"), words.Enumerate(never))
	}
	return pass("", "%s may be promoted", words.Count(all, "replica"))
}

// keeping is how a server keeps its data, from nothing to always.
func (s Server) keeping() (text string, rank int, ok bool) {
	log, points := s.appendOnly(), s.savePoints()
	switch {
	case is(log, true):
		policy := strings.ToLower(s.Setting("appendfsync").Value)
		rank := slices.Index([]string{"no", "everysec", "always"}, policy)
		return "appendonly yes, appendfsync " + policy, 2 + rank, rank >= 0
	case !log.Known() || !points.Known():
		return "", 0, false
	case len(points.Value) > 0:
		return "snapshots alone", 1, true
	}
	return "nothing on the disk", 0, true
}

func replicaPersistence(_ *Facts, _ Target, r Region) []Finding {
	return r.byPrimary(func(primary Server, replicas []Server) Finding {
		has, rank, ok := primary.keeping()
		if !ok {
			return primary.notTold("how it keeps its data", primary.Setting("appendonly").Standing)
		}
		var less, unasked []string
		for _, s := range replicas {
			switch text, other, ok := s.keeping(); {
			case !ok:
				unasked = append(unasked, s.Address)
			case other < rank:
				less = append(less, s.Address+" has "+text)
			}
		}
		switch {
		case len(less) > 0:
			return warned("", "", "the primary has %s, and %s", has, words.Enumerate(less))
		case len(unasked) > 0:
			return untold("", "how %s keeps its data is not told", words.Enumerate(unasked))
		}
		return pass("", "its replicas have %s, or better, as it does", has)
	})
}
