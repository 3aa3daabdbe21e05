package durability

import (
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/redisconf"
)

// Cases returns the matrix: every row, in the order in which the story goes.
func Cases() []Case {
	return slices.Concat(oneServer(), takingOver(), cuttingOff(), catchingUp(), moving())
}

// leftOut is what a configuration of the user is measured without: what would make
// a lone server follow another one, refuse all writes, or ask who it is that writes.
var leftOut = []string{
	"replicaof", "slaveof", "cluster-enabled", "min-replicas-to-write", "min-slaves-to-write",
	"requirepass", "user", "aclfile",
}

// Own returns the rows of a configuration that the user has: one server with it,
// killed and cut from its power. A name that is one of the matrix gets "own-" before it.
func Own(name string, settings redisconf.Config) []Case {
	if slices.ContainsFunc(Cases(), func(c Case) bool { return c.Configuration == name }) {
		name = "own-" + name
	}
	var without []string
	for _, directive := range leftOut {
		if _, ok := settings.Get(directive); ok {
			without = append(without, directive)
		}
	}
	c := Case{Configuration: name, Chapter: OneServer, Recovery: Restarted, Given: true, play: playAlone,
		About: "your configuration", settings: settings.Without(without...)}
	if len(without) > 0 {
		c.notes = []string{"measured without " + strings.Join(without, ", ")}
	}
	return c.crashes()
}

// of returns settings of pairs of a name and a value, on top of those that keep
// nothing on disk.
func of(pairs ...[]string) redisconf.Config {
	c := redisconf.Config{}.With("save", "").With("appendonly", "no").With("repl-diskless-sync-delay", "0")
	for _, p := range pairs {
		c = c.With(p[0], p[1:]...)
	}
	return c
}

func set(name string, value ...string) []string { return append([]string{name}, value...) }

// snapshots are the save points of the tests of a server that saves as redis.conf
// says without any, and of one that saves as often as it can.
var (
	byDefault  = []string{"save", "3600", "1", "300", "100", "60", "10000"}
	eachSecond = []string{"save", "1", "1"}
)

func oneServer() []Case {
	aof := set("appendonly", "yes")
	one := func(name, about string, settings redisconf.Config) []Case {
		return Case{Configuration: name, About: about, settings: settings, Chapter: OneServer, Recovery: Restarted, play: playAlone}.crashes()
	}
	return slices.Concat(
		one("memory", "no persistence at all: what everything else is to be compared with", of())[:1],
		one("rdb", "snapshots as a server makes them without being told", of(byDefault)),
		one("rdb-1s", "snapshots as often as save 1 1 makes them", of(eachSecond)),
		one("aof-no", "an append-only file, fsynced when the kernel likes", of(aof, set("appendfsync", "no"))),
		one("aof-everysec", "an append-only file, fsynced once a second", of(aof, set("appendfsync", "everysec"))),
		one("aof-always", "an append-only file, fsynced before each answer", of(aof, set("appendfsync", "always"))),
		one("rdb-aof", "snapshots and an append-only file, fsynced once a second", of(eachSecond, aof, set("appendfsync", "everysec"))),
	)
}

// Distances and patience of the rows with replicas.
const (
	far     = 20 * time.Millisecond // one way, as to another part of a continent
	waitFor = 250 * time.Millisecond
	brief   = 100 * time.Millisecond // of a WAIT that cannot be met: all that it adds to a write
)

func takingOver() []Case {
	// Without files nothing but replication has a part in what a write costs.
	base := Case{Chapter: Replica, Recovery: Promoted, Crash: Kill, replicas: 1, far: far, settings: of(), play: playPromotion}
	with := func(name, about string, change func(*Case)) Case {
		c := base
		c.Configuration, c.Name, c.About = name, name+"-kill", about
		change(&c)
		return c
	}
	// cut is with for a primary that loses its power.
	cut := func(name, about string, change func(*Case)) Case {
		return with(name, about, func(c *Case) {
			c.Name, c.Crash = name+"-power-cut", PowerCut
			change(c)
		})
	}
	wait := func(n int, within time.Duration) func(*Case) {
		return func(c *Case) { c.replicas, c.waiting = max(n, 1), waiting{asks: true, replicas: n, within: within} }
	}
	return []Case{
		with("replica", "a replica on the same host", func(c *Case) { c.far = 0 }),
		with("replica-far", "a replica that is 20 ms away, one way", func(c *Case) {
			c.notes = []string{"the host of the primary lives, and its kernel sends what it has: a SIGKILL hides what a power cut shows"}
		}),
		cut("replica-far", "the same, and the power fails on the side of the primary", func(*Case) {}),
		cut("wait-0", "WAIT 0 after each write: answered at once", wait(0, waitFor)),
		cut("wait-1", "WAIT 1 after each write", wait(1, waitFor)),
		cut("wait-1-both", "WAIT 1 and appendfsync everysec; the power fails on both sides, and the primary starts again from its disk", func(c *Case) {
			wait(1, waitFor)(c)
			c.settings = of(set("appendonly", "yes"), set("appendfsync", "everysec"))
			c.Recovery, c.play = Restarted, playBothCut
			c.notes = []string{"a replica confirms what it received, not what it fsynced; WAITAOF (since 7.2) asks for that"}
		}),
		cut("wait-2", "WAIT 2 after each write, with two replicas", wait(2, waitFor)),
		with("wait-2-one-hangs", "WAIT 2 with a time-out of 100 ms, and one of two replicas hangs", func(c *Case) {
			wait(2, brief)(c)
			c.far, c.play = 0, playOneHangs
			c.notes = []string{"every WAIT ends with 1 of 2: the write is there, and what that is worth is for the application to say"}
		}),
	}
}

func cuttingOff() []Case {
	base := Case{Chapter: CutOff, Recovery: Promoted, Crash: Kill, replicas: 1, play: playCutOff}
	plain, guarded := base, base
	plain.Configuration, plain.settings = "cut-off", of()
	plain.About = "the link to the replica goes silent while the application writes on; then the primary dies"
	guarded.Configuration = "min-replicas"
	guarded.settings = of(set("min-replicas-to-write", "1"), set("min-replicas-max-lag", "1"))
	guarded.About = "the same with min-replicas-to-write 1 and min-replicas-max-lag 1: writes are refused instead of lost"
	guarded.notes = []string{"the server counts the lag in whole seconds, once a second"}
	plain.Name, guarded.Name = plain.Configuration+"-kill", guarded.Configuration+"-kill"
	return []Case{plain, guarded}
}

func catchingUp() []Case {
	base := Case{Chapter: Catching, Recovery: Resynced, replicas: 1, promise: nothingLost("a replica that has caught up has everything")}
	one := func(name, about string, play Case, settings redisconf.Config) Case {
		play.Name, play.Configuration, play.About, play.settings = name, name, about, settings
		return play
	}
	gap, sync := base, base
	gap.play, sync.play = playGap, playFirstSync
	return []Case{
		one("backlog-small", "a broken link, and a backlog of 16 kB that does not reach back", gap, of(set("rdbcompression", "no"), set("repl-backlog-size", "16kb"))),
		one("backlog-large", "a broken link, and a backlog of 64 MB", gap, of(set("rdbcompression", "no"), set("repl-backlog-size", "64mb"))),
		one("sync-disk", "a new replica: both sides write a file", sync,
			of(set("rdbcompression", "no"), set("repl-diskless-sync", "no"), set("repl-diskless-load", "disabled"))),
		one("sync-diskless", "a new replica: neither side writes a file", sync,
			of(set("rdbcompression", "no"), set("repl-diskless-sync", "yes"), set("repl-diskless-load", "on-empty-db"))),
	}
}

func moving() []Case {
	base := Case{Chapter: Moves, settings: of()}
	backup, failover, hand := base, base, base
	backup.Name, backup.Recovery, backup.play = "backup-restore", Restored, playBackup
	backup.About = "a snapshot is copied while the application writes on, and restored into another server"
	backup.promise = nothingLost("a backup has what was acknowledged before it began") // how long ago that was is known afterwards
	failover.Name, failover.Recovery, failover.play, failover.replicas = "upgrade-failover", Upgraded, playUpgrade, 1
	failover.About = "a rolling upgrade: new replica, FAILOVER to it, the application follows, the old server is drained"
	failover.promise = nothingLost("FAILOVER holds writes back until the replica has everything")
	hand.Name, hand.Recovery, hand.play, hand.replicas = "upgrade-by-hand", Upgraded, playUpgradeByHand, 1
	hand.About = "the same with REPLICAOF NO ONE on the new server, half a second before the application follows"
	hand.promise = func(Circumstances) Promise {
		return Promise{Unbounded: true, Because: "what the old server takes after the promotion is on the old server only"}
	}
	all := []Case{backup, failover, hand}
	for i := range all {
		all[i].Configuration = all[i].Name
	}
	return all
}

// nothingLost is the promise of a row in which nothing that is promised can crash.
func nothingLost(because string) func(Circumstances) Promise {
	return func(Circumstances) Promise { return Promise{Because: because} }
}
