package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/vitals"
)

// promise is the most that is lost when one server fails, by what its settings promise: the zero value is that it is not
// known. The drill of durability measures what is promised here, and words it for each of its rows; both agree.
type promise struct {
	known     bool
	unbounded bool          // there is no bound; most is 0
	most      time.Duration // 0: nothing is lost
	because   string        // the setting that promises it
}

// lostOnRewrite is what a server may lose that does not flush while a child saves: redis.conf says up to 30 seconds, with
// the default settings of Linux.
const lostOnRewrite = 30 * time.Second

func (p promise) meets(rpo time.Duration) bool { return p.known && !p.unbounded && p.most <= rpo }

func (p promise) String() string {
	switch {
	case p.unbounded:
		return "there is no bound to what is lost (" + p.because + ")"
	case p.most == 0:
		return "nothing is lost (" + p.because + ")"
	}
	return fmt.Sprintf("up to %s is lost (%s)", words.Rough(p.most), p.because)
}

// byFiles is what a power cut takes from a server that starts again, by its files. It reads the append-only file, where there
// is one, and no snapshot (loadDataFromDisk in server.c). What is not told is not guessed.
func (s Server) byFiles() promise {
	log := s.appendOnly()
	switch {
	case !log.Known():
		return promise{}
	case log.Value:
		return s.byLog()
	}
	points := s.savePoints()
	if !points.Known() {
		return promise{}
	}
	return bySnapshots(points.Value)
}

// byLog is what the append-only file holds after a power cut. The document of persistence: always is very safe, everysec may
// lose one second, and without flushes Linux most often writes every 30 seconds. A write of everysec is held back for up to
// two seconds while a flush is under way (flushAppendOnlyFile in aof.c).
func (s Server) byLog() promise {
	policy := strings.ToLower(s.Setting("appendfsync").Value)
	if policy == "no" {
		return promise{known: true, unbounded: true, because: "appendfsync no"}
	}
	paused := s.yes("no-appendfsync-on-rewrite")
	if is(paused, true) && policy != "" {
		return promise{known: true, most: lostOnRewrite, because: "no-appendfsync-on-rewrite yes, during a rewrite or a snapshot"}
	}
	switch {
	case !paused.Known():
		return promise{}
	case policy == "always":
		return promise{known: true, because: "appendfsync always"}
	case policy == "everysec":
		return promise{known: true, most: time.Second, because: "appendfsync everysec; two seconds where the disk is busy"}
	}
	return promise{}
}

// bySnapshots is what the last snapshot lacks. The time that a snapshot takes comes on top, and is promised by nobody.
func bySnapshots(points []redisconf.SavePoint) promise {
	if len(points) == 0 {
		return promise{known: true, unbounded: true, because: `save "" and appendonly no: nothing is kept`}
	}
	most, bounded := betweenSnapshots(points)
	because := "save " + pointsText(points)
	if !bounded {
		return promise{known: true, unbounded: true, because: because + ": a few changes are never saved"}
	}
	return promise{known: true, most: most, because: because + ": the time between two snapshots when there are few changes"}
}

// betweenSnapshots is how long the oldest change can wait for a snapshot, however few changes there are: bounded only where a
// single one is enough for some save point.
func betweenSnapshots(points []redisconf.SavePoint) (most time.Duration, bounded bool) {
	for _, p := range points {
		if p.Changes <= 1 && (!bounded || p.After < most) {
			most, bounded = p.After, true
		}
	}
	return most, bounded
}

// byReplication is what the replica lacks that is promoted when the primary is gone. The document of replication: it is
// asynchronous; min-replicas-to-write bounds what is lost by min-replicas-max-lag. What WAIT confirms to an application no
// setting tells.
func (s Server) byReplication() promise {
	least, lag := s.number("min-replicas-to-write"), s.lasting("min-replicas-max-lag", time.Second)
	switch {
	case is(least, 0) || is(lag, 0):
		return promise{known: true, unbounded: true, because: "replication is asynchronous, and min-replicas-to-write is off"}
	case !least.Known() || !lag.Known():
		return promise{}
	}
	return promise{known: true, most: lag.Value,
		because: fmt.Sprintf("min-replicas-max-lag %d; it is counted in whole seconds, so that it can be one more", int(lag.Value.Seconds()))}
}

// promiseRules compare what all settings together promise with the target.
func promiseRules() []Rule {
	return []Rule{
		{
			ID: "promised-loss", Title: "what the failure of one server takes is within the RPO, where one is given", Group: Durability, Severity: Failure, Source: sourceDeepDive + "; " + sourcePersistence + "; " + sourceReplication,
			Why:   "the RPO is kept by settings that promise it: what was lost in tests is one draw",
			Fix:   "choose appendfsync and min-replicas-max-lag by the RPO; aafailover drill durability measures what they are worth, and what they cost",
			Judge: promisedLoss,
		},
		{
			ID: "promised-recovery", Title: "what takes over from a primary does so within the RTO, where one is given", Group: Durability, Severity: Failure, Source: sourceDeepDive + "; " + sourceSentinel + "; " + sourceClusterSpec,
			Why:   "until a replica is promoted and applications know of it nothing can be written",
			Fix:   "shorten what failures are detected by, or let something take over; aafailover drill --topology measures it",
			Judge: promisedRecovery,
		},
	}
}

func promisedLoss(f *Facts, t Target) []Finding {
	crash := ofServers(primaries, func(t Target, _ Region, s Server) Finding { return s.lossByCrash(t) })(f, t)
	promoted := running(replicated(ofServers(primaries, func(t Target, _ Region, s Server) Finding { return s.lossByPromotion(t) })))(f, t)
	var found []Finding
	for _, next := range append(crash, promoted...) {
		if !slices.Contains(found, next) { // both say of a region that it could not be asked
			found = append(found, next)
		}
	}
	return applicable(found)
}

// lossByCrash judges what a power cut takes from a server that starts again.
func (s Server) lossByCrash(t Target) Finding {
	p := s.byFiles()
	switch {
	case !p.known && s.appendOnly().Known():
		return s.notTold("all that decides on what its files hold", cmp.Or(s.Setting("appendfsync").Standing, s.Setting("save").Standing))
	case !p.known:
		return s.notTold("appendonly", s.appendOnly().Standing)
	case t.RPO == nil:
		return pass("", "power cut: %s; no RPO is given to hold against it", p)
	case p.meets(*t.RPO):
		return pass("", "power cut: %s; the RPO is %s", p, words.Rough(*t.RPO))
	}
	policy := "everysec"
	if *t.RPO < time.Second {
		policy = "always"
	}
	return broken("", set("appendonly", "yes", "appendfsync", policy, "no-appendfsync-on-rewrite", "no"), "power cut: %s; the RPO is %s", p, words.Rough(*t.RPO))
}

// lossByPromotion judges what is lost when a replica takes over from the server.
func (s Server) lossByPromotion(t Target) Finding {
	replicas, p := s.Vitals.Replication.Replicas, s.byReplication()
	switch {
	case s.managed():
		return s.notTold("its replicas", vitals.Unknown)
	case !replicas.Known():
		return s.notTold("its replicas", replicas.Standing)
	case len(replicas.Value) == 0:
		return nothing("it has no replicas")
	case !p.known:
		return s.notTold("min-replicas-to-write and min-replicas-max-lag", s.Setting("min-replicas-to-write").Standing)
	case t.RPO == nil:
		return pass("", "promotion: %s; no RPO is given to hold against it", p)
	case p.meets(*t.RPO):
		return pass("", "promotion: %s; the RPO is %s", p, words.Rough(*t.RPO))
	case *t.RPO < time.Second:
		return finding(Untold, "", "WAIT 1 after each write that must not be lost: aafailover drill durability --only 'wait-*' shows what it costs",
			"promotion: %s; no setting promises less than a second, WAIT does, and whether the application sends it nobody tells here", p)
	}
	return broken("", set("min-replicas-to-write", "1", "min-replicas-max-lag", fmt.Sprint(int(t.RPO.Seconds()))),
		"promotion: %s; the RPO is %s", p, words.Rough(*t.RPO))
}
