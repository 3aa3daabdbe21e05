package promotion

import (
	"time"

	"github.com/aafailover/aafailover/drill"
)

// everywhere is every topology.
var everywhere = []Topology{Sentinel, Cluster, Replica}

// Words that several scenarios have in common.
const (
	inFlight = "Replication is asynchronous: what the primary had acknowledged and not yet sent is gone for good."
	noticing = "down-after-milliseconds of the sentinels, or cluster-node-timeout, decides how long writes fail; WAIT, or min-replicas-to-write, how much can be lost."
	guarding = "min-replicas-to-write 1 with a min-replicas-max-lag of a few seconds ends it: the primary then refuses what it cannot replicate."
)

// Settings by which a server keeps its data in an append-only file.
const (
	onDisk     = "appendonly yes"
	eachSecond = "appendfsync everysec"
)

// saved makes a server keep its data so.
var saved = []string{onDisk, eachSecond}

// guarded makes a primary refuse what it cannot replicate.
var guarded = []string{"min-replicas-to-write 1", "min-replicas-max-lag 2"}

// scenarios are all of them, in the order of `drill list`: from the plainest to the most particular.
var scenarios = []Scenario{
	{
		Name: DefaultScenario, Topologies: everywhere,
		Summary: "the primary is killed, and comes back later as a replica of the one that was promoted",
		Means:   inFlight, Setting: noticing,
		Steps:  []Step{{drill.PhaseFault, Kill, ThePrimary}, {drill.PhaseHeal, Start, ThePrimary}},
		Outage: 2 * time.Second, Expect: Expect{Failover: true},
	},
	{
		Name: "primary-hang", Topologies: everywhere, Second: Stayed,
		Summary: "the primary hangs, a replica is promoted, and then it goes on as if nothing had been; a client has kept its connections to it",
		Means:   "For as long as nobody tells it that it is a replica now, the old primary acknowledges what it gets, and all of that is thrown away.",
		Setting: guarding,
		Steps:   []Step{{drill.PhaseFault, Hang, ThePrimary}, {drill.PhaseHeal, GoOn, ThePrimary}},
		Outage:  2 * time.Second, Expect: Expect{Failover: true},
	},
	{
		Name: "primary-partition", Topologies: everywhere, Second: Minority,
		Summary: "the primary and a client beside it are cut off from all others, which promote a replica: two primaries take writes",
		Means:   "What the old primary acknowledges meanwhile is thrown away when it comes back: a split brain costs all that the minority was told is safe.",
		Setting: guarding,
		Steps:   []Step{{drill.PhaseFault, Part, ThePrimary}, {drill.PhaseHeal, Join, ThePrimary}},
		Outage:  4 * time.Second, Expect: Expect{Failover: true, SplitBrain: true},
	},
	{
		Name: "primary-partition-guarded", Topologies: []Topology{Sentinel}, Second: Minority, Servers: guarded,
		Summary: "primary-partition, with min-replicas-to-write 1 and min-replicas-max-lag 2 on every server",
		Means:   "The cut off primary refuses writes a few seconds later: what it could not have replicated is refused instead of lost.",
		Setting: "min-replicas-max-lag decides how long it still takes them: at least so many seconds, since replicas answer once a second.",
		Steps:   []Step{{drill.PhaseFault, Part, ThePrimary}, {drill.PhaseHeal, Join, ThePrimary}},
		Outage:  5 * time.Second, Expect: Expect{Failover: true, SplitBrain: true},
	},
	{
		Name: "primary-partition-guarded", Topologies: []Topology{Cluster, Replica}, Second: Minority, Servers: guarded,
		Summary: "primary-partition, with min-replicas-to-write 1 and min-replicas-max-lag 2 on every server, and one replica",
		Means:   "The cut off primary refuses writes a few seconds later, and so does the replica that is promoted: it has no replica of its own. Safe, and down.",
		Setting: "a second replica: with one, min-replicas-to-write 1 lets nobody take writes once either of the two is gone.",
		Steps:   []Step{{drill.PhaseFault, Part, ThePrimary}, {drill.PhaseHeal, Join, ThePrimary}},
		Outage:  2 * time.Second, Expect: Expect{Failover: true, UntilHeal: true, SplitBrain: true},
	},
	{
		Name: "replica-kill", Topologies: everywhere,
		Summary: "a replica is killed, and starts again with what it had",
		Means:   "Nothing for an application that reads from the primary; until it is back, one failover fewer can be borne.",
		Setting: "repl-backlog-size decides whether it catches up from the backlog, or copies everything.",
		Steps:   []Step{{drill.PhaseFault, Kill, AReplica}, {drill.PhaseHeal, Start, AReplica}},
		Outage:  2 * time.Second, Expect: Expect{NoLoss: true},
	},
	{
		Name: "replica-partition", Topologies: everywhere,
		Summary: "a replica is cut off from all others, and comes back",
		Means:   "Nothing for an application that reads from the primary; one that reads from that replica reads what was.",
		Setting: "repl-backlog-size decides whether it catches up from the backlog, or copies everything; replica-serve-stale-data no makes it refuse stale reads.",
		Steps:   []Step{{drill.PhaseFault, Part, AReplica}, {drill.PhaseHeal, Join, AReplica}},
		Outage:  2 * time.Second, Expect: Expect{NoLoss: true},
	},
	{
		Name: "replica-hang", Topologies: everywhere,
		Summary: "a replica hangs, and goes on",
		Means:   "Nothing for an application that reads from the primary; one that reads from that replica waits for its time-out, since its connections stay open.",
		Setting: "repl-timeout is when the primary gives its connection up; client-output-buffer-limit, how much it keeps for it until then.",
		Steps:   []Step{{drill.PhaseFault, Hang, AReplica}, {drill.PhaseHeal, GoOn, AReplica}},
		Outage:  2 * time.Second, Expect: Expect{NoLoss: true},
	},
	{
		Name: "sentinel-kill", Topologies: []Topology{Sentinel},
		Summary: "a sentinel is killed, and then the primary: the other sentinels are still a majority",
		Means:   "One sentinel fewer changes nothing. " + inFlight, Setting: noticing,
		Steps: []Step{{drill.PhaseSteady, Kill, ASentinel}, {drill.PhaseFault, Kill, ThePrimary},
			{drill.PhaseHeal, Start, ThePrimary}, {drill.PhaseHeal, Start, ASentinel}},
		Outage: 2 * time.Second, Expect: Expect{Failover: true},
	},
	{
		Name: "sentinel-hang", Topologies: []Topology{Sentinel},
		Summary: "a sentinel hangs, and then the primary is killed: the other sentinels are still a majority",
		Means:   "One sentinel fewer changes nothing, but clients that ask it first wait for their time-out; when it goes on it takes part in nothing for half a minute (TILT). " + inFlight,
		Setting: noticing,
		Steps: []Step{{drill.PhaseSteady, Hang, ASentinel}, {drill.PhaseFault, Kill, ThePrimary},
			{drill.PhaseHeal, Start, ThePrimary}, {drill.PhaseHeal, GoOn, ASentinel}},
		Outage: 2 * time.Second, Expect: Expect{Failover: true},
	},
	{
		Name: "sentinel-partition", Topologies: []Topology{Sentinel},
		Summary: "a sentinel is cut off from all others, and then the primary is killed: the other sentinels are still a majority",
		Means:   "The one that is cut off holds everybody down, and promotes nobody: it has no majority. " + inFlight, Setting: noticing,
		Steps: []Step{{drill.PhaseSteady, Part, ASentinel}, {drill.PhaseFault, Kill, ThePrimary},
			{drill.PhaseHeal, Join, ASentinel}, {drill.PhaseHeal, Start, ThePrimary}},
		Outage: 2 * time.Second, Expect: Expect{Failover: true},
	},
	{
		Name: "sentinel-majority-kill", Topologies: []Topology{Sentinel},
		Summary: "most sentinels are killed, and then the primary: those left are no majority, and promote nobody",
		Means:   "The application cannot write until somebody brings the primary back, or promotes a replica by hand.",
		Setting: "more sentinels, on hosts that do not fail together: a failover needs a majority of all that are known, whatever the quorum is.",
		Servers: saved,
		Steps: []Step{{drill.PhaseSteady, Kill, MostGuards}, {drill.PhaseFault, Kill, ThePrimary},
			{drill.PhaseHeal, Start, ThePrimary}, {drill.PhaseHeal, Start, MostGuards}},
		Outage: time.Second, Expect: Expect{UntilHeal: true, NoLoss: true},
	},
	{
		Name: "majority-kill", Topologies: []Topology{Cluster},
		Summary: "most primaries are killed together: those left are no majority, and no replica is elected",
		Means:   "The whole cluster takes no writes until most primaries are back, those of the shards that were not hit included.",
		Setting: "no two primaries on one host or in one zone: a failover needs the votes of a majority of all primaries.",
		Servers: saved,
		Steps:   []Step{{drill.PhaseFault, Kill, MostPrimaries}, {drill.PhaseHeal, Start, MostPrimaries}},
		Outage:  time.Second, Expect: Expect{UntilHeal: true, NoLoss: true},
	},
	{
		Name: "primary-and-replica", Topologies: []Topology{Sentinel},
		Summary: "the primary and one of its replicas are killed together",
		Means:   "The replica that is left takes over, and is alone until the others are back. " + inFlight, Setting: noticing,
		Steps: []Step{{drill.PhaseFault, Kill, ThePrimary}, {drill.PhaseFault, Kill, AReplica},
			{drill.PhaseHeal, Start, ThePrimary}, {drill.PhaseHeal, Start, AReplica}},
		Outage: 2 * time.Second, Expect: Expect{Failover: true},
	},
	{
		Name: "primary-and-replica", Topologies: []Topology{Cluster},
		Summary: "a primary and its only replica are killed together: nobody is left to take over its slots",
		Means:   "No shard takes writes until one of the two is back, those that were not hit included.",
		Setting: "cluster-require-full-coverage no keeps the other shards working; a second replica, or cluster-migration-barrier, this one.",
		Servers: saved,
		Steps: []Step{{drill.PhaseFault, Kill, ThePrimary}, {drill.PhaseFault, Kill, AReplica},
			{drill.PhaseHeal, Start, ThePrimary}, {drill.PhaseHeal, Start, AReplica}},
		Outage: time.Second, Expect: Expect{UntilHeal: true, NoLoss: true},
	},
	{
		Name: "primary-restart-empty", Topologies: everywhere,
		Servers: []string{"save \"\"", "appendonly no"}, Patience: 15 * time.Second,
		Summary: "a primary without persistence is killed and started again at once, sooner than anybody holds it down",
		Means:   "It comes back empty, still the primary, and its replicas copy that: everything is gone, on all of them.",
		Setting: "appendonly yes; or no automatic restart of a primary that keeps nothing on its disk, so that a replica is promoted instead.",
		Steps:   []Step{{drill.PhaseFault, Kill, ThePrimary}, {drill.PhaseFault, Start, ThePrimary}},
		Outage:  time.Second, Expect: Expect{LosesData: true},
	},
	{
		Name: "disk-full", Topologies: []Topology{Sentinel, Replica}, Servers: saved,
		Summary: "the disk of the primary is full, so that it cannot write its append-only file; space is made later",
		Means:   "Writes are refused (MISCONF), and so is PING: whoever looks takes it for down, and a replica is promoted, although it still serves reads.",
		Setting: "an alarm on aof_last_write_status and on the disk itself; with appendfsync always the server ends instead of refusing.",
		Steps:   []Step{{drill.PhaseFault, FillDisk, ThePrimary}, {drill.PhaseHeal, FreeDisk, ThePrimary}},
		Outage:  time.Second, Expect: Expect{Failover: true},
	},
	{
		Name: "disk-full", Topologies: []Topology{Cluster}, Servers: saved,
		Summary: "the disk of the primary is full, so that it cannot write its append-only file; space is made later",
		Means:   "Writes to its slots are refused (MISCONF), and nobody is promoted: on the cluster's bus the primary answers as always.",
		Setting: "an alarm on aof_last_write_status and on the disk itself; with appendfsync always the server ends instead, and a replica takes over.",
		Steps:   []Step{{drill.PhaseFault, FillDisk, ThePrimary}, {drill.PhaseHeal, FreeDisk, ThePrimary}},
		Outage:  time.Second, Expect: Expect{UntilHeal: true, NoLoss: true},
	},
	{
		Name: "aof-truncated", Topologies: everywhere, Servers: []string{"aof-load-truncated yes", onDisk, eachSecond},
		Summary: "the primary is killed, and the end of its append-only file is cut off before it starts again",
		Means:   "It starts all the same, and drops what came after the cut. The data is that of the replica that was promoted meanwhile.",
		Setting: "aof-load-truncated no makes it refuse to start; had it been back sooner than anybody held it down, its replicas would have dropped the same writes.",
		Steps: []Step{{drill.PhaseFault, Kill, ThePrimary}, {drill.PhaseHeal, TruncateAOF, ThePrimary},
			{drill.PhaseHeal, StartAnyhow, ThePrimary}},
		Outage: time.Second, Expect: Expect{Failover: true},
	},
	{
		Name: "aof-corrupted", Topologies: everywhere, Servers: []string{"aof-use-rdb-preamble no", onDisk, eachSecond},
		Summary: "the primary is killed, and bytes in the middle of its append-only file are changed before it starts again",
		Means:   "It refuses to start; somebody has to repair or to empty it. The data is that of the replica that was promoted meanwhile.",
		Setting: "more than one replica: until the old primary is back, the new one is alone with the data. redis-check-aof --fix drops all that comes after the damage.",
		Steps: []Step{{drill.PhaseFault, Kill, ThePrimary}, {drill.PhaseHeal, CorruptAOF, ThePrimary},
			{drill.PhaseHeal, StartAnyhow, ThePrimary}},
		Outage: time.Second, Expect: Expect{Failover: true, RefusesToStart: true},
	},
	{
		Name: "rdb-corrupted", Topologies: everywhere, Servers: []string{"appendonly no"},
		Summary: "the primary is killed, and bytes of its last snapshot are changed before it starts again",
		Means:   "It refuses to start; somebody has to empty it, or to bring an older snapshot. The data is that of the replica that was promoted meanwhile.",
		Setting: "rdbchecksum yes finds the damage at the start instead of serving it; backups that were tried find it before.",
		Steps: []Step{{drill.PhaseSteady, SaveRDB, ThePrimary}, {drill.PhaseFault, Kill, ThePrimary}, {drill.PhaseHeal, CorruptRDB, ThePrimary},
			{drill.PhaseHeal, StartAnyhow, ThePrimary}},
		Outage: time.Second, Expect: Expect{Failover: true, RefusesToStart: true},
	},
}
