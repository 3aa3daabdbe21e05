package check

import (
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/redisconf"
)

// snapshotRules are about snapshots, and about what a server starts with.
func snapshotRules() []Rule {
	return []Rule{
		{
			ID: "save-points", Title: "snapshots are saved, or there is an append-only file", Group: Durability, Severity: Warning, Source: sourcePersistence,
			Why:   "a server that keeps nothing comes back empty; one whose save points all want many changes never saves the last few",
			Fix:   "CONFIG SET save \"3600 1 300 100 60 10000\", and the same in redis.conf",
			Judge: ofServers(allServers, savePoints),
		},
		{
			ID: "snapshot-saved", Title: "the last snapshot could be saved", Group: Durability, Severity: Failure, Source: sourceInfo,
			Why:   "without a newer snapshot more is lost with each hour; the want of memory or disk behind it fails copies to replicas, too",
			Fix:   "see the room on its disk, its memory (vm.overcommit_memory 1), and its log; then BGSAVE",
			Judge: running(ofServers(allServers, snapshotSaved)),
		},
		{
			ID: "stop-writes-on-bgsave-error", Title: "a snapshot that cannot be saved is noticed", Group: Durability, Severity: Warning, Source: sourceConf,
			Why:   "writes go on although nothing reaches the disk any more; that is found out on the day on which the snapshot is needed",
			Fix:   set("stop-writes-on-bgsave-error", "yes") + "; or an alert on rdb_last_bgsave_status",
			Judge: ofServers(allServers, stopWrites),
		},
		{
			ID: "snapshot-checksum", Title: "damage of a snapshot is noticed", Group: Durability, Severity: Warning, Source: sourceConf,
			Why:   "a damaged file is loaded as if it were whole, and copied to replicas",
			Fix:   "rdbchecksum yes in redis.conf, which takes effect at the next start",
			Judge: ofServers(allServers, snapshotChecksum),
		},
		{
			ID: "restart-keeps-data", Title: "a primary that is restarted does not empty its replicas", Group: Durability, Severity: Failure, Source: sourceReplication,
			Why:   "a primary that keeps nothing comes back empty; restarted before anybody holds it down, its replicas copy that: everything is gone, without a failover and without an error",
			Fix:   set("appendonly", "yes") + "; or nothing may restart it by itself",
			Judge: running(replicated(ofServers(primaries, restartKeepsData))),
		},
	}
}

func savePoints(_ Target, _ Region, s Server) Finding {
	points, log := s.savePoints(), s.appendOnly()
	if !points.Known() {
		return s.notTold("save", points.Standing)
	}
	worst, bounded := betweenSnapshots(points.Value)
	switch {
	case len(points.Value) > 0 && bounded:
		return pass("", "save %s: a write is in a snapshot after %s at the most", pointsText(points.Value), words.Rough(worst))
	case is(log, true):
		return pass("", "save %s: what it starts with is its append-only file; backups need a BGSAVE", pointsText(points.Value))
	case len(points.Value) > 0:
		return warned("", "", "save %s: fewer changes than that are never saved", pointsText(points.Value))
	case !log.Known():
		return s.notTold("appendonly", log.Standing)
	}
	return warned("", "", "save \"\" and appendonly no: nothing is kept on the disk")
}

// pointsText is save points as redis.conf has them.
func pointsText(points []redisconf.SavePoint) string {
	if len(points) == 0 {
		return `""`
	}
	var all []string
	for _, p := range points {
		all = append(all, fmt.Sprintf("%d %d", int(p.After.Seconds()), p.Changes))
	}
	return strings.Join(all, " ")
}

func snapshotSaved(_ Target, _ Region, s Server) Finding {
	if s.managed() {
		return s.notTold("how its snapshots fare", 0)
	}
	otherwise := "nothing newer than the snapshot before it is in a snapshot"
	if !is(s.yes("stop-writes-on-bgsave-error"), false) && len(s.savePoints().Value) > 0 {
		otherwise = "it refuses writes until one could be saved"
	}
	return s.went(s.Vitals.Persistence.SaveOK, "rdb_last_bgsave_status", otherwise)
}

// ofSnapshots judges what there is to judge only where snapshots are saved.
func ofSnapshots(s Server, judge func() Finding) Finding {
	switch points := s.savePoints(); {
	case !points.Known():
		return s.notTold("save", points.Standing)
	case len(points.Value) == 0:
		return nothing("no snapshots are saved")
	}
	return judge()
}

func stopWrites(t Target, _ Region, s Server) Finding {
	return ofSnapshots(s, func() Finding {
		switch on := s.yes("stop-writes-on-bgsave-error"); {
		case !on.Known():
			return s.notTold("stop-writes-on-bgsave-error", on.Standing)
		case on.Value:
			return pass("", "%s: it refuses writes when its disk is full", s.says("stop-writes-on-bgsave-error", "yes"))
		case t.Profile == redisconf.LowLatency:
			return nothing("%s, as %s has it: writes go on when its disk is full", s.says("stop-writes-on-bgsave-error", "no"), t.Profile)
		}
		return warned("", "", "%s: writes go on when its disk is full", s.says("stop-writes-on-bgsave-error", "no"))
	})
}

func snapshotChecksum(_ Target, _ Region, s Server) Finding {
	return s.switchedOn("rdbchecksum", "nobody can tell a damaged snapshot")
}

func restartKeepsData(_ Target, _ Region, s Server) Finding {
	replicas, log, points := s.Vitals.Replication.Replicas, s.appendOnly(), s.savePoints()
	switch {
	case s.managed():
		return s.notTold("its persistence", 0)
	case is(log, true):
		return pass("", "it starts with its append-only file")
	case replicas.Known() && len(replicas.Value) == 0:
		return nothing("it has no replicas")
	case len(points.Value) > 0 && log.Known():
		return pass("", "it starts with its last snapshot; what its replicas have beyond that is thrown away")
	case !log.Known():
		return s.notTold("appendonly", log.Standing)
	case !points.Known():
		return s.notTold("save", points.Standing)
	case !replicas.Known():
		return s.notTold("its replicas", replicas.Standing)
	}
	return broken("", "", "save \"\" and appendonly no, and it has %s: restarted at once it is empty, and so are they", words.Count(len(replicas.Value), "replica"))
}
