package check

import (
	"strings"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/vitals"
)

// appendOnlyRules are about the append-only file, from which a server that starts again has its data.
func appendOnlyRules() []Rule {
	return []Rule{
		{
			ID: "appendonly", Title: "every server keeps an append-only file, or the snapshots that an RPO asks for", Group: Durability, Severity: Warning, Source: sourcePersistence,
			Why:   "a server that starts again has what its files hold: with snapshots alone, all since the last one is gone",
			Fix:   set("appendonly", "yes") + "; in the file alone it would start with an empty log, and so without its data",
			Judge: ofServers(allServers, appendOnly),
		},
		{
			ID: "appendfsync", Title: "the append-only file is flushed to the disk at least once a second", Group: Durability, Severity: Warning, Source: sourcePersistence,
			Why:   "a power cut takes what the kernel has not written yet; without appendfsync that is up to the kernel, and often 30 s",
			Fix:   set("appendfsync", "everysec") + "; or always, which loses nothing for the price of a flush in each write",
			Judge: ofServers(allServers, appendFsync),
		},
		{
			ID: "fsync-during-rewrite", Title: "the append-only file is flushed while it is rewritten, too", Group: Durability, Severity: Warning, Source: sourceConf,
			Why:   "while a rewrite or a snapshot runs nothing is flushed, whatever appendfsync says: a power cut then takes up to 30 s",
			Fix:   set("no-appendfsync-on-rewrite", "no"),
			Judge: ofServers(allServers, fsyncDuringRewrite),
		},
		{
			ID: "aof-rewrite", Title: "the append-only file is rewritten when it has grown", Group: Durability, Severity: Warning, Source: sourceConf,
			Why:   "a log that is never rewritten grows until the disk is full, and each start replays all of it",
			Fix:   set("auto-aof-rewrite-percentage", "100", "auto-aof-rewrite-min-size", "64mb"),
			Judge: ofServers(allServers, aofRewrite),
		},
		{
			ID: "aof-rdb-preamble", Title: "a rewritten append-only file begins with a snapshot", Group: Durability, Severity: Warning, Source: sourceConf,
			Why:   "a log of commands alone is larger and takes several times as long to load: so long nobody can use the server",
			Fix:   set("aof-use-rdb-preamble", "yes"),
			Judge: ofServers(allServers, aofPreamble),
		},
		{
			ID: "aof-load-truncated", Title: "a server starts although the last command of its file is cut short", Group: Durability, Severity: Warning, Source: sourceConf,
			Why:   "a power cut leaves the last command cut short; a server that does not take that stays down until somebody has repaired the file by hand",
			Fix:   set("aof-load-truncated", "yes"),
			Judge: ofServers(allServers, aofLoadTruncated),
		},
		{
			ID: "aof-written", Title: "the last write to the append-only file went well", Group: Durability, Severity: Failure, Source: sourceInfo,
			Why:   "a server that cannot write its log refuses writes, and what it has acknowledged since is in its memory alone",
			Fix:   "see the room on its disk, the rights of its folder, and its log",
			Judge: running(ofServers(allServers, aofWritten)),
		},
		{
			ID: "aof-rewritten", Title: "the last rewrite of the append-only file went well", Group: Durability, Severity: Failure, Source: sourceInfo,
			Why:   "rewrites fail for want of memory or disk: the log grows meanwhile, and the same want fails snapshots and copies to replicas",
			Fix:   "see the room on its disk and its memory (vm.overcommit_memory 1), and its log; then BGREWRITEAOF",
			Judge: running(ofServers(allServers, aofRewritten)),
		},
	}
}

func appendOnly(t Target, _ Region, s Server) Finding {
	on := s.appendOnly()
	switch {
	case !on.Known():
		return s.notTold("appendonly", on.Standing)
	case on.Value:
		return pass("", "%s", s.says("appendonly", "yes"))
	}
	kept := s.byFiles()
	switch {
	case !kept.known:
		return warned("", "", "%s, and whether snapshots are saved is not told", s.says("appendonly", "no"))
	case t.RPO != nil && kept.meets(*t.RPO):
		return pass("", "%s: %s, which is within an RPO of %s", s.says("appendonly", "no"), kept, words.Rough(*t.RPO))
	}
	return warned("", "", "%s: %s", s.says("appendonly", "no"), kept)
}

// ofLog judges what there is to judge only where there is an append-only file.
func ofLog(s Server, judge func() Finding) Finding {
	switch on := s.appendOnly(); {
	case !on.Known():
		return s.notTold("appendonly", on.Standing)
	case !on.Value:
		return nothing("there is no append-only file")
	}
	return judge()
}

func appendFsync(_ Target, _ Region, s Server) Finding {
	return ofLog(s, func() Finding {
		switch policy := s.Setting("appendfsync"); strings.ToLower(policy.Value) {
		case "always":
			return pass("", "%s: it is on the disk before a write is acknowledged", s.says("appendfsync", "always"))
		case "everysec":
			return pass("", "%s: a power cut takes up to a second of writes, and two where the disk is busy", s.says("appendfsync", "everysec"))
		case "no":
			return warned("", "", "%s: the kernel writes when it likes, most often within 30 s, and a power cut takes what it has not", s.says("appendfsync", "no"))
		default:
			return s.notTold("appendfsync", policy.Standing)
		}
	})
}

func fsyncDuringRewrite(_ Target, _ Region, s Server) Finding {
	return ofLog(s, func() Finding {
		switch off := s.yes("no-appendfsync-on-rewrite"); {
		case strings.EqualFold(s.Setting("appendfsync").Value, "no"):
			return nothing("appendfsync is no: nothing is flushed at any time")
		case !off.Known():
			return s.notTold("no-appendfsync-on-rewrite", off.Standing)
		case off.Value:
			return warned("", "", "%s: a power cut during a rewrite or a snapshot takes up to %s, not what appendfsync says", s.says("no-appendfsync-on-rewrite", "yes"), words.Rough(lostOnRewrite))
		}
		return pass("", "%s", s.says("no-appendfsync-on-rewrite", "no"))
	})
}

// A log that is rewritten when it is a hundred times as large, or only from 64 GB on, is for most servers one that is not.
const (
	mostGrowth    = 10_000 // percent
	mostUnwritten = 64 << 30
)

func aofRewrite(_ Target, _ Region, s Server) Finding {
	return ofLog(s, func() Finding {
		growth, least := s.number("auto-aof-rewrite-percentage"), s.number("auto-aof-rewrite-min-size")
		switch {
		case !growth.Known():
			return s.notTold("auto-aof-rewrite-percentage", growth.Standing)
		case growth.Value == 0:
			return warned("", "", "%s: the file grows until somebody sends BGREWRITEAOF or the disk is full", s.says("auto-aof-rewrite-percentage", "0"))
		case growth.Value > mostGrowth:
			return warned("", "", "%s: the file is rewritten when it has %d times the size that it had", s.says("auto-aof-rewrite-percentage", s.Setting("auto-aof-rewrite-percentage").Value), growth.Value/100+1)
		case !least.Known():
			return s.notTold("auto-aof-rewrite-min-size", least.Standing)
		case least.Value > mostUnwritten:
			return warned("", "", "auto-aof-rewrite-min-size is %s: the file is not rewritten before it is as large", words.Bytes(float64(least.Value)))
		}
		return pass("", "it is rewritten when it has grown by %d%% since the last time, from %s on", growth.Value, words.Bytes(float64(least.Value)))
	})
}

func aofPreamble(_ Target, _ Region, s Server) Finding {
	return ofLog(s, func() Finding {
		return s.switchedOn("aof-use-rdb-preamble", "all of the file is replayed command by command at a start")
	})
}

func aofLoadTruncated(_ Target, _ Region, s Server) Finding {
	return ofLog(s, func() Finding {
		return s.switchedOn("aof-load-truncated", "after a power cut it may not start before redis-check-aof --fix was run")
	})
}

// switchedOn judges a setting that should be yes, and warns of what is so otherwise.
func (s Server) switchedOn(name, otherwise string) Finding {
	switch on := s.yes(name); {
	case !on.Known():
		return s.notTold(name, on.Standing)
	case !on.Value:
		return warned("", "", "%s: %s", s.says(name, "no"), otherwise)
	}
	return pass("", "%s", s.says(name, "yes"))
}

func aofWritten(_ Target, _ Region, s Server) Finding {
	return ofLog(s, func() Finding {
		return s.went(s.Vitals.Persistence.AOFWriteOK, "aof_last_write_status", "it refuses writes until that is mended")
	})
}

func aofRewritten(_ Target, _ Region, s Server) Finding {
	return ofLog(s, func() Finding {
		return s.went(s.Vitals.Persistence.AOFRewriteOK, "aof_last_bgrewrite_status", "the file goes on to grow")
	})
}

// went judges a status of INFO.
func (s Server) went(ok vitals.Field[bool], name, otherwise string) Finding {
	switch {
	case !ok.Known():
		return s.notTold(name, ok.Standing)
	case !ok.Value:
		return broken("", "", "%s is err: %s", name, otherwise)
	}
	return pass("", "%s is ok", name)
}
