package durability

import (
	"fmt"
	"time"

	"github.com/aafailover/aafailover/redisconf"
)

// Promise is the most that a configuration promises to lose in a crash.
type Promise struct {
	RPO       time.Duration // 0: nothing is lost
	Unbounded bool          // there is no bound; RPO is 0
	Because   string        // which setting promises it, and who says so
}

// Word is the promise as the contract names it: "none", "bounded" or "unbounded".
func (p Promise) Word() string {
	switch {
	case p.Unbounded:
		return "unbounded"
	case p.RPO > 0:
		return "bounded"
	}
	return "none"
}

// Meets tells whether no more than target is lost, by the promise.
func (p Promise) Meets(target time.Duration) bool { return !p.Unbounded && p.RPO <= target }

// Circumstances are what a promise depends on besides the settings.
type Circumstances struct {
	Crash    Crash
	Recovery Recovery
	// Rate is the writes a second.
	Rate float64
	// Replicas are connected to the primary; of these the application asks Wait to
	// have each write before it goes on. 0: it does not ask.
	Replicas, Wait int
}

// Promised returns what a configuration promises in a crash.
//
// A replica that is promoted has what replication brought it, so promises come
// from there; a server that starts again has what its files hold. WAIT promises
// nothing for the latter: a replica confirms what it received, not what it made
// durable, and the primary itself may not have written it.
func Promised(s Settings, c Circumstances) Promise {
	if c.Recovery == Promoted {
		return byReplication(s, c)
	}
	return byFiles(s, c)
}

// byReplication is what a promoted replica has.
//
// https://redis.io/docs/latest/operate/oss_and_stack/management/replication/ :
// replication is asynchronous; with min-replicas-to-write "the time window for
// data loss is restricted" to min-replicas-max-lag.
// https://redis.io/docs/latest/commands/wait/ : the failover promotes one of the
// replicas that have a confirmed write, where the most advanced one is chosen.
func byReplication(s Settings, c Circumstances) Promise {
	switch {
	case c.Wait > 0 && c.Wait <= c.Replicas:
		return Promise{Because: fmt.Sprintf("WAIT %d: what was confirmed is on a replica, and the one with the most data is promoted", c.Wait)}
	case s.MinReplicas > 0 && s.MaxLag > 0:
		return Promise{RPO: s.MaxLag, Because: fmt.Sprintf("min-replicas-max-lag %d: without a replica that is as near, writes are refused", int(s.MaxLag.Seconds()))}
	}
	return Promise{Unbounded: true, Because: "replication is asynchronous: what the replica has not got is lost"}
}

// byFiles is what the files of a server hold. With an AOF the server reads that
// and no snapshot when it starts (loadDataFromDisk in server.c).
func byFiles(s Settings, c Circumstances) Promise {
	if s.AOF {
		return byAOF(s, c)
	}
	return bySnapshots(s, c.Rate)
}

// byAOF is what the append-only file holds.
//
// https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/ :
// always: "very very slow, very safe"; everysec: "you may lose 1 second of data if
// there is a disaster"; no: "Normally Linux will flush data every 30 seconds with
// this configuration, but it's up to the kernel's exact tuning". Whatever the
// policy, the file is written before the answer goes out (beforeSleep in
// server.c), but for everysec while an fsync is still under way, when it can be
// up to 2 s later (flushAppendOnlyFile in aof.c): no promise of less than the
// second after a SIGKILL, either, and on a slow disk it is not kept.
func byAOF(s Settings, c Circumstances) Promise {
	switch {
	case s.Fsync != "no" && s.NoFsyncOnRewrite && c.Crash == PowerCut:
		return Promise{RPO: onRewrite, Because: "no-appendfsync-on-rewrite yes: up to 30 s while a snapshot or a rewrite runs"}
	case s.Fsync == "always":
		return Promise{Because: "appendfsync always: on disk before the answer"}
	case s.Fsync == "everysec" && c.Crash == Kill:
		return Promise{RPO: time.Second, Because: "appendfsync everysec: with the kernel before the answer, or up to 2 s later while an fsync is under way"}
	case s.Fsync == "everysec":
		return Promise{RPO: time.Second, Because: "appendfsync everysec: on disk within a second"}
	case c.Crash == Kill:
		return Promise{Because: "appendfsync no: the kernel has it before the answer, and outlives the process"}
	}
	return Promise{Unbounded: true, Because: "appendfsync no: on disk when the kernel likes"}
}

// onRewrite is how much a server can lose that does not fsync while a child
// saves. redis.conf: "it is possible to lose up to 30 seconds of log in the worst
// scenario (with the default Linux settings)".
const onRewrite = 30 * time.Second

// bySnapshots is what the last snapshot holds: with so many writes a second, the
// nearest of the save points tells how far it can lie back.
//
// redis.conf: "Redis will save the DB if the given number of seconds elapsed and
// it surpassed the given number of write operations". The seconds that a snapshot
// takes come on top, and are promised by nobody.
func bySnapshots(s Settings, rate float64) Promise {
	if len(s.Save) == 0 {
		return Promise{Unbounded: true, Because: "nothing is kept on disk"}
	}
	var best time.Duration
	var point redisconf.SavePoint
	for i, p := range s.Save {
		every := between(p, rate)
		if i == 0 || every < best {
			best, point = every, p
		}
	}
	return Promise{RPO: best, Because: fmt.Sprintf("save %d %d: a snapshot each %v at this rate", int(point.After.Seconds()), point.Changes, best)}
}

// longest is the most that is told of the time between two snapshots.
const longest = 1000 * time.Hour

// between is the time between two snapshots that a save point makes at a rate, in
// writes a second.
func between(p redisconf.SavePoint, rate float64) time.Duration {
	changes := longest
	if seconds := float64(p.Changes) / rate; rate > 0 && seconds < longest.Seconds() {
		changes = time.Duration(seconds * float64(time.Second))
	}
	return max(p.After, changes.Round(time.Millisecond))
}
