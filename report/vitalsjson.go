package report

import "github.com/aafailover/aafailover/vitals"

// VitalsDocument is what was asked beside a probe. In it null is what is not known.
type VitalsDocument struct {
	Servers []ServerDocument      `json:"servers"`
	Links   []ExplanationDocument `json:"links"`
	Machine MachineDocument       `json:"machine"`
}

// ServerDocument is what the server of a shard says of itself: see [vitals.Server].
type ServerDocument struct {
	Region   string    `json:"region"`
	Shard    string    `json:"shard"` // id
	Address  string    `json:"address"`
	At       Timestamp `json:"at"`     // of the last reading
	Failed   string    `json:"failed"` // why there was no later one
	FailedAt Timestamp `json:"failed_at"`
	Denied   []string  `json:"not_allowed"`   // commands that the user may not send
	Lacks    []string  `json:"not_supported"` // commands that the server does not have

	Name    *string       `json:"name"`
	Version *string       `json:"version"`
	Mode    *string       `json:"mode"`
	RunID   *string       `json:"run_id"`
	Uptime  *Milliseconds `json:"uptime_ms"`
	Loading *bool         `json:"loading"`

	Replication ReplicationDocument `json:"replication"`
	Persistence PersistenceDocument `json:"persistence"`
	Memory      MemoryDocument      `json:"memory"`
	Stats       StatsDocument       `json:"stats"`
	Latency     []SpikeDocument     `json:"latency"`
	Settings    map[string]*string  `json:"settings"`

	Remarks []RemarkDocument `json:"remarks"`
	Copies  []CopyDocument   `json:"full_resyncs"` // the last ones, the newest last
}

// ReplicationDocument is how a server is replicated: see [vitals.Replication].
type ReplicationDocument struct {
	Role             *vitals.Role       `json:"role"`
	ID               *string            `json:"id"`
	Offset           *int64             `json:"offset"`
	EffectsPerSecond *float64           `json:"bytes_per_second"`
	Replicas         []FollowerDocument `json:"replicas"`
	Primary          *string            `json:"primary"`
	LinkUp           *bool              `json:"link_up"`
	LastIO           *Milliseconds      `json:"last_io_ms"`
	LinkDownFor      *Milliseconds      `json:"link_down_ms"`
	Syncing          *bool              `json:"syncing"`
	SyncTotal        *int64             `json:"sync_total_bytes"`
	SyncRead         *int64             `json:"sync_read_bytes"`
	SyncLeft         *int64             `json:"sync_left_bytes"`
	BacklogSize      *int64             `json:"backlog_bytes"`
	BacklogUsed      *int64             `json:"backlog_used_bytes"`
	FullSyncs        *int64             `json:"full_syncs"`
	PartialSyncs     *int64             `json:"partial_syncs"`
	PartialFailures  *int64             `json:"partial_failures"`
}

// FollowerDocument is a replica as its primary sees it.
type FollowerDocument struct {
	Address string        `json:"address"`
	State   string        `json:"state"`
	Offset  *int64        `json:"offset"`
	Behind  *int64        `json:"behind_bytes"`
	Late    *Milliseconds `json:"behind_ms"` // an estimate, by the rate of the effects
	Lag     *Milliseconds `json:"last_acknowledged_ms"`
}

// PersistenceDocument is how a server keeps its data on disk.
type PersistenceDocument struct {
	AOF           *bool         `json:"aof"`
	AOFWriteOK    *bool         `json:"aof_write_ok"`
	AOFRewriteOK  *bool         `json:"aof_rewrite_ok"`
	AOFRewriting  *bool         `json:"aof_rewriting"`
	SaveOK        *bool         `json:"save_ok"`
	Saving        *bool         `json:"saving"`
	LastSave      Timestamp     `json:"last_save"`
	LastSaveTook  *Milliseconds `json:"last_save_ms"`
	UnsavedWrites *int64        `json:"unsaved_writes"`
}

// MemoryDocument is how much memory a server uses.
type MemoryDocument struct {
	Used          *int64   `json:"used_bytes"`
	Limit         *int64   `json:"limit_bytes"`
	Policy        *string  `json:"policy"`
	Fragmentation *float64 `json:"fragmentation"`
	Wasted        *int64   `json:"fragmentation_bytes"`
}

// StatsDocument is what a server counts.
type StatsDocument struct {
	OpsPerSecond        *int64        `json:"operations_per_second"`
	EvictedKeys         *int64        `json:"evicted_keys"`
	EvictedPerSecond    *float64      `json:"evicted_per_second"`
	RejectedConnections *int64        `json:"rejected_connections"`
	NetInput            *int64        `json:"net_input_bytes"`
	NetOutput           *int64        `json:"net_output_bytes"`
	ReplicationInput    *int64        `json:"replication_input_bytes"`
	ReplicationOutput   *int64        `json:"replication_output_bytes"`
	LatestFork          *Milliseconds `json:"latest_fork_ms"`
}

// SpikeDocument is the latest event of a kind that took long.
type SpikeDocument struct {
	Event string       `json:"event"`
	At    Timestamp    `json:"at"`
	Took  Milliseconds `json:"took_ms"`
	Max   Milliseconds `json:"max_ms"`
}

// RemarkDocument is something that is not as it should be with a server.
type RemarkDocument struct {
	Kind    vitals.Kind `json:"kind"`
	Subject string      `json:"subject"` // another server, or an event, that it is about
	Text    string      `json:"text"`
}

// CopyDocument is one full resync: see [vitals.Copy].
type CopyDocument struct {
	ToThis bool          `json:"to_this"` // else from this server
	Other  string        `json:"other"`
	Count  int64         `json:"count"`
	Began  Timestamp     `json:"began"`
	Least  Milliseconds  `json:"least_ms"`
	Most   *Milliseconds `json:"most_ms"`
	Done   bool          `json:"done"`
	Failed bool          `json:"failed"`
	Bytes  *int64        `json:"bytes"`
	AtMost bool          `json:"bytes_at_most"` // replication that went on beside it is in the bytes
}

// ExplanationDocument is what servers say of a link that is not up: see
// [vitals.Explanation].
type ExplanationDocument struct {
	From      string      `json:"from"`
	To        string      `json:"to"`
	FromShard string      `json:"from_shard"` // id
	ToShard   string      `json:"to_shard"`
	Kind      vitals.Kind `json:"kind"`
	Text      string      `json:"text"`
}

// MachineDocument is how the machine was doing that the program ran on: see [host.Load].
type MachineDocument struct {
	For            Milliseconds        `json:"for_ms"`
	Busy           *float64            `json:"cpu_busy"` // shares of 1
	Wait           *float64            `json:"cpu_wait"`
	Steal          *float64            `json:"cpu_steal"`
	Disks          []DiskDocument      `json:"disks"`
	Interfaces     []InterfaceDocument `json:"interfaces"`
	Retransmitted  *float64            `json:"tcp_retransmitted"`
	CPUPressure    *float64            `json:"cpu_pressure"`
	DiskPressure   *float64            `json:"disk_pressure"`
	MemoryPressure *float64            `json:"memory_pressure"`
	Unknown        []string            `json:"unknown"` // what could not be read
}

// DiskDocument is what a disk did.
type DiskDocument struct {
	Name      string       `json:"name"`
	Writes    uint64       `json:"writes"`
	Flushes   uint64       `json:"flushes"`
	WriteTime Milliseconds `json:"write_ms"` // on average
	FlushTime Milliseconds `json:"flush_ms"`
	Busy      float64      `json:"busy"`
}

// InterfaceDocument is what went over a network interface.
type InterfaceDocument struct {
	Name     string `json:"name"`
	Received uint64 `json:"received_bytes"`
	Sent     uint64 `json:"sent_bytes"`
	Dropped  uint64 `json:"dropped"`
	Errors   uint64 `json:"errors"`
}
