package vitals

import "time"

// Server is what a server said of itself at a moment.
type Server struct {
	At      time.Time // when it was asked
	Name    Field[string]
	Version Field[string]
	Mode    Field[string] // "standalone", "cluster", "sentinel"
	RunID   Field[string] // another one after each start
	// Enterprise is the version of Redis Enterprise that the server belongs to. Its modules tell by that line of INFO what
	// they run in (RedisTimeSeries, RedisAI: rlec_version); of a server without it nothing follows.
	Enterprise Field[string]
	Uptime     Field[time.Duration]
	Loading    Field[bool] // it reads its data from the disk

	Replication Replication
	Persistence Persistence
	Memory      Memory
	Stats       Stats
	Modules     Field[[]Module] // that are loaded, by name; Redis 6.0 and later
	Scripts     Field[int64]    // that are in its cache

	Spikes   Field[[]Spike]           // what took long, by LATENCY LATEST
	Settings map[string]Field[string] // by name: all of SettingNames, and those that it was asked for

	Denied []Command // that the user may not send
	Lacks  []Command // that the server does not have
}

// Role is what a server is within its replication.
type Role string

// The roles, whose words in INFO are others.
const (
	Primary Role = "primary"
	Replica Role = "replica"
)

// Replication is how a server is replicated within its deployment. Between the regions
// of an Active-Active database there is another one, of which servers say nothing here.
type Replication struct {
	Role   Field[Role]
	ID     Field[string] // of the history of its data: that of a replica is that of its primary
	Offset Field[int64]  // bytes of effects since the history began

	// Of a primary, and of a replica with replicas of its own.
	Replicas Field[[]Follower]

	// Of a replica.
	PrimaryAddress Field[string]
	LinkUp         Field[bool]          // as it says
	LastIO         Field[time.Duration] // since something came over the link, in whole seconds
	LinkDownFor    Field[time.Duration] // in whole seconds
	Syncing        Field[bool]          // all data of its primary is on its way to it
	SyncTotal      Field[int64]         // bytes of that; unknown where it comes without a file
	SyncRead       Field[int64]         // bytes that have come
	SyncLeft       Field[int64]         // bytes that are to come

	BacklogSize Field[int64] // bytes that are kept for replicas that come back
	BacklogUsed Field[int64] // bytes of it that hold something

	// How often replicas came: with nothing that could be built on, or the backlog
	// reached back; the third is how often it did not, which made a full one of it.
	FullSyncs       Field[int64]
	PartialSyncs    Field[int64]
	PartialFailures Field[int64]
}

// Follower is a replica as its primary sees it.
type Follower struct {
	Address string
	State   string               // "online"; "wait_bgsave" and "send_bulk" while all data is copied to it
	Offset  Field[int64]         // that it has acknowledged
	Lag     Field[time.Duration] // since its last acknowledgement, in whole seconds; they come each second
}

// Copying tells whether the data is being copied to the replica as a whole.
func (f Follower) Copying() bool {
	switch f.State {
	case "wait_bgsave", "send_bulk", "send_bulk_and_stream", "bg_transfer":
		return true
	}
	return false
}

// Online tells whether the primary sends it what it executes.
func (f Follower) Online() bool { return f.State == "online" }

// Persistence is how a server keeps its data on disk.
type Persistence struct {
	AOF           Field[bool] // there is an append-only file
	AOFWriteOK    Field[bool] // the last write to it was
	AOFRewriteOK  Field[bool] // the last rewrite was
	AOFRewriting  Field[bool]
	SaveOK        Field[bool] // the last save of a snapshot was
	Saving        Field[bool]
	LastSave      Field[time.Time]
	UnsavedWrites Field[int64]         // changes since the last snapshot
	LastSaveTook  Field[time.Duration] // in whole seconds
}

// Memory is how much of it a server uses.
type Memory struct {
	Used          Field[int64] // bytes
	Uncounted     Field[int64] // bytes of it that do not count for the limit: buffers of replicas and of the append-only file
	Limit         Field[int64] // bytes; 0 is that there is none
	Policy        Field[string]
	Fragmentation Field[float64] // what the system has given for what is used
	Wasted        Field[int64]   // bytes by fragmentation
}

// Stats are what a server counts.
type Stats struct {
	OpsPerSecond        Field[int64]
	EvictedKeys         Field[int64] // since the start
	RejectedConnections Field[int64] // since the start, for want of room
	NetInput            Field[int64] // bytes since the start
	NetOutput           Field[int64]
	ReplicationInput    Field[int64] // bytes from its primary since the start; Redis 7.0 and later
	ReplicationOutput   Field[int64] // bytes to replicas since the start; Redis 7.0 and later
	LatestFork          Field[time.Duration]
}

// Spike is the latest event of a kind that took longer than the server's
// latency-monitor-threshold.
type Spike struct {
	Event string // "aof-fsync-always", "fork"
	At    time.Time
	Took  time.Duration
	Max   time.Duration // the longest since the start
}

// Module is a module that a server has loaded.
type Module struct {
	Name    string
	Version string // a number of the module's own: 20407 is most often 2.4.7
}
