package report

import (
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// ProbeDocument is the result of `probe`.
type ProbeDocument struct {
	Schema     string        `json:"schema"`
	Deployment Deployment    `json:"deployment"`
	Verdict    probe.Verdict `json:"verdict"`
	Sentence   string        `json:"sentence"` // the verdict in words
	Since      Timestamp     `json:"since"`    // of the verdict
	Advice     string        `json:"advice"`   // whether to fail over; "" where there is no region to go to
	Coverage   Coverage      `json:"coverage"`
	// Symmetric tells whether all regions are known to be sharded equally.
	Symmetric bool      `json:"symmetric"`
	Settled   bool      `json:"settled"` // everything that can be known is
	Started   Timestamp `json:"started"`
	At        Timestamp `json:"at"`
	Observer  string    `json:"observer"`
	Dropped   uint64    `json:"dropped"` // observations that did not fit into the queue
	// Insecure are the regions whose TLS certificates were not checked, so that anybody in between could answer.
	Insecure []string          `json:"insecure"`
	PubSub   string            `json:"pubsub"` // how messages were published: classic or sharded
	Cost     CostDocument      `json:"cost"`
	Policy   PolicyDocument    `json:"policy"`
	Findings []FindingDocument `json:"findings"` // worst first
	Regions  []RegionDocument  `json:"regions"`  // the local one first
	Links    []LinkDocument    `json:"links"`    // loops included
	Events   []EventDocument   `json:"events"`
	Canary   *CanaryDocument   `json:"canary"` // null: there was none
	Vitals   *VitalsDocument   `json:"vitals"` // null: no server was asked how it is
}

// PolicyDocument is the policy of a probe: see [probe.Policy].
type PolicyDocument struct {
	Interval   Milliseconds `json:"interval_ms"`
	Deadline   Milliseconds `json:"deadline_ms"`
	Adapt      bool         `json:"adapt"` // the deadline of a link follows its round trips, from the floor up to deadline_ms
	Floor      Milliseconds `json:"deadline_floor_ms"`
	Horizon    Milliseconds `json:"horizon_ms"`
	Window     int          `json:"window"`
	Up         int          `json:"up"`
	Degraded   int          `json:"degraded"`
	Down       int          `json:"down"`
	Attempts   int          `json:"attempts"`
	Unanswered int          `json:"unanswered"`
	Answered   int          `json:"answered"`
	Errors     int          `json:"errors"`
	UpFor      Milliseconds `json:"up_for_ms"`
	Pause      Milliseconds `json:"pause_ms"`
}

// FindingDocument is one thing that is not as it should be: see [probe.Finding].
type FindingDocument struct {
	Kind     probe.FindingKind `json:"kind"`
	Severity probe.Severity    `json:"severity"`
	Verdict  probe.Verdict     `json:"verdict"`
	Region   string            `json:"region"`
	From     string            `json:"from"`
	To       string            `json:"to"`
	Both     bool              `json:"both"`   // both directions
	Shards   []string          `json:"shards"` // ids; empty when all are concerned
	Slots    []slots.Range     `json:"slots"`  // ranges; empty when all are concerned
	Cause    string            `json:"cause"`
	Since    Timestamp         `json:"since"`
	Text     string            `json:"text"`
}

// RegionDocument is one region as seen from the observer.
type RegionDocument struct {
	Name            string            `json:"name"`
	Source          slots.Source      `json:"source"` // of its slot map
	State           probe.RegionState `json:"state"`
	Since           Timestamp         `json:"since"`
	Cause           string            `json:"cause"`
	Detail          string            `json:"detail"`
	Writes          probe.Writes      `json:"writes"`
	WritesCause     string            `json:"writes_cause"` // why they are refused
	FailbackReady   probe.Readiness   `json:"failback_ready"`
	FailbackMissing []string          `json:"failback_missing"`
	Shards          []ShardDocument   `json:"shards"`
}

// ShardDocument is one shard as seen from the observer.
type ShardDocument struct {
	ID         string            `json:"id"`
	Address    string            `json:"address"`
	Slots      []slots.Range     `json:"slots"`
	State      probe.RegionState `json:"state"`
	Since      Timestamp         `json:"since"`
	Cause      string            `json:"cause"`
	Detail     string            `json:"detail"`
	LastAnswer Timestamp         `json:"last_answer"`
	Returning  bool              `json:"returning"` // it was down, answers again, and is not proven yet
}

// LinkDocument is one link, or loop.
type LinkDocument struct {
	From   string          `json:"from"`
	To     string          `json:"to"`
	State  probe.LinkState `json:"state"`
	Since  Timestamp       `json:"since"`
	LastUp Timestamp       `json:"last_up"`
	// Deadline is how long a message may take at present.
	Deadline Milliseconds   `json:"deadline_ms"`
	RTT      RTTDocument    `json:"rtt_ms"`
	Cells    []CellDocument `json:"cells"`
	// Retired are the counts of cells that are no more, since the regions are sharded differently.
	Retired CountsDocument `json:"retired"`
}

// CountsDocument is what became of messages: see [probe.Counts].
type CountsDocument struct {
	Sent       uint64 `json:"sent"`
	Delivered  uint64 `json:"delivered"`
	Late       uint64 `json:"late"`
	Lost       uint64 `json:"lost"`
	NoEvidence uint64 `json:"no_evidence"`
	Overdue    uint64 `json:"overdue"`
	Waiting    uint64 `json:"waiting"`
	Duplicate  uint64 `json:"duplicate"`
	Foreign    uint64 `json:"foreign"`
	Forged     uint64 `json:"forged"`
	TooLate    uint64 `json:"too_late"`
}

// CellDocument is one link, or loop, on one slot: see [probe.Cell].
type CellDocument struct {
	Slot          int             `json:"slot"`
	Channel       string          `json:"channel"`
	FromShard     string          `json:"from_shard"` // id
	ToShard       string          `json:"to_shard"`
	State         probe.LinkState `json:"state"`
	Since         Timestamp       `json:"since"`
	Sent          uint64          `json:"sent"`
	Delivered     uint64          `json:"delivered"`
	Overdue       uint64          `json:"overdue"`
	Late          uint64          `json:"late"`
	Lost          uint64          `json:"lost"`
	NoEvidence    uint64          `json:"no_evidence"`
	Waiting       uint64          `json:"waiting"`
	Duplicate     uint64          `json:"duplicate"`
	Foreign       uint64          `json:"foreign"`
	Forged        uint64          `json:"forged"`
	TooLate       uint64          `json:"too_late"`
	LastDelivered Timestamp       `json:"last_delivered"`
	RTT           RTTDocument     `json:"rtt_ms"`
	Keys          probe.KeyState  `json:"keys"` // whether keys written in From become readable in To
	// KeysLag is how long at least the newest key that was found had been on its way; null when none was.
	KeysLag *Milliseconds `json:"keys_lag_ms"`
}

// RTTDocument is a distribution of round trips in milliseconds; null when there were none.
type RTTDocument struct {
	P50 *Milliseconds `json:"p50"`
	P99 *Milliseconds `json:"p99"`
	Max *Milliseconds `json:"max"`
}
