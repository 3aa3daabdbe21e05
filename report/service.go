package report

import (
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/recorder"
)

// ServiceSchema is that of a ServiceDocument, and ServicesSchema of a ServicesDocument.
const (
	ServiceSchema  = "aafailover.service/v1"
	ServicesSchema = "aafailover.services/v1"
)

// ServiceResult is what a drill of a service found.
type ServiceResult struct {
	Deployment Deployment
	Name       string // of the service
	Record     *service.Record
	Ended      string // how the service ended, be it by itself or when it was asked to; "" where it was not started here
	Rewriting  recorder.Rewriting
	// Items tells which item of the log is which, where keys are to be shown; nil: they are not.
	Items func(item int) recorder.Item
}

// ServiceDocument is the result of `drill app`. All times are the observer's.
type ServiceDocument struct {
	Schema     string        `json:"schema"`
	Deployment Deployment    `json:"deployment"`
	Engine     string        `json:"engine,omitempty"`
	Service    string        `json:"service"`
	Scenario   string        `json:"scenario"`
	Fault      FaultDocument `json:"fault"`
	Regions    []string      `json:"regions"` // the first is the one that the service is to prefer
	Due        *string       `json:"due"`     // where the failover policy would have gone; null where it would have stayed
	To         *string       `json:"to"`      // where the service went first; null when it never moved
	Verdict    drill.Verdict `json:"verdict"`
	Reason     string        `json:"reason"`
	Sentence   string        `json:"sentence"` // that says it all
	Ended      string        `json:"ended"`    // how the service ended; "" where it was not started here
	Started    Timestamp     `json:"started"`

	Phases    []PhaseDocument       `json:"phases"`
	FaultAt   *Timestamp            `json:"fault_at"`
	FaultBy   *Timestamp            `json:"fault_by"`
	HealedAt  *Timestamp            `json:"healed_at"`
	FirstAt   *Timestamp            `json:"first_at"` // its first success in the first region
	LeftAt    *Timestamp            `json:"left_at"`  // its last one there before it moved
	CutOverAt *Timestamp            `json:"cut_over_at"`
	RTO       ServiceRTODocument    `json:"rto_ms"`
	Gap       ServiceGapDocument    `json:"gap"`
	Moves     []ServiceMoveDocument `json:"moves"`
	ByWrites  bool                  `json:"moves_by_writes"` // false: told by all commands, to within 100 ms

	CommandsPerSecond float64                 `json:"commands_per_second"` // in the steady phase
	WritesPerSecond   float64                 `json:"writes_per_second"`   // acknowledged
	Errors            []ServiceErrorDocument  `json:"errors"`
	Failed            int                     `json:"failed"`        // commands that failed or were never answered, since the fault
	FailedBefore      int                     `json:"failed_before"` // and before it
	TimedOut          int                     `json:"timed_out"`     // connections that the service closed with commands unanswered
	Unanswered        int                     `json:"unanswered"`    // commands on those
	Cut               int                     `json:"cut"`           // connections that ended since the fault, and not by the service, with nothing unanswered
	Repeats           ServiceRepeatsDocument  `json:"repeats"`
	Storm             ServiceStormDocument    `json:"storm"`
	Split             ServiceSplitDocument    `json:"split"`
	Stale             []ServiceReadsDocument  `json:"stale_reads"`
	Reads             int                     `json:"reads"` // of its own items, all that could be judged
	Strays            ServiceStraysDocument   `json:"strays"`
	Homecomings       []HomecomingDocument    `json:"homecomings"`
	Writes            ServiceWritesDocument   `json:"writes"`
	Accounts          AccountsDocument        `json:"accounts"`
	Missed            ServiceMissedDocument   `json:"missed"`
	RPO               RPODocument             `json:"rpo_ms"`
	Windows           []ServiceWindowDocument `json:"windows"`
	Keys              []MissedKeyDocument     `json:"keys,omitempty"` // of missed writes, where that was asked for; the first MostMissedKeys
	Dropped           DroppedDocument         `json:"dropped"`
	Rewritten         ServiceRewritesDocument `json:"rewritten"`
	Assertions        []AssertionDocument     `json:"assertions"`
	Events            []EventDocument         `json:"events"`
}

// ServiceRTODocument is fault to cut-over; null when there was none. TotalLeast is that if the fault came into force as late as it can have.
type ServiceRTODocument struct {
	Total      *Milliseconds `json:"total"`
	TotalLeast *Milliseconds `json:"total_least"`
}

// ServiceGapDocument is the longest stretch since the fault without any success, in any region.
type ServiceGapDocument struct {
	From   Timestamp    `json:"from"`
	Length Milliseconds `json:"length_ms"`
}

// ServiceMoveDocument is one change of the region that the service used.
type ServiceMoveDocument struct {
	From    string    `json:"from"`
	To      string    `json:"to"`
	At      Timestamp `json:"at"`
	Missing *int      `json:"missing"` // acknowledged elsewhere, and not readable on arrival; null where nobody looked
}

// ServiceErrorDocument counts the errors of one code that the service was given by one region.
type ServiceErrorDocument struct {
	Region string    `json:"region"`
	Code   string    `json:"code"` // the first word of a reply, or in lower case what happened to connections
	Count  int       `json:"count"`
	First  Timestamp `json:"first"`
	Last   Timestamp `json:"last"`
}

// ServiceRepeatsDocument counts writes that were sent again.
type ServiceRepeatsDocument struct {
	Count     int `json:"count"`
	Doubtful  int `json:"doubtful"`  // may have been applied twice, and that makes a difference
	Elsewhere int `json:"elsewhere"` // sent to another region than before
}

// ServiceStormDocument is the second in which most connections were opened to one region.
type ServiceStormDocument struct {
	Region string     `json:"region"`
	At     *Timestamp `json:"at"`
	Opened int        `json:"opened"`
	Usual  float64    `json:"usual_per_second"`
}

// ServiceSplitDocument is how the service wrote to several regions at once.
type ServiceSplitDocument struct {
	Seconds int `json:"seconds"`
	Writes  int `json:"writes"`
}

// ServiceReadsDocument counts the reads that found an item of the service older or missing in one region.
type ServiceReadsDocument struct {
	Region string    `json:"region"`
	Found  string    `json:"found"` // "older" or "missing"
	Count  int       `json:"count"`
	First  Timestamp `json:"first"`
	Last   Timestamp `json:"last"`
}

// ServiceStraysDocument counts writes to a region after the service had moved out of it.
type ServiceStraysDocument struct {
	Sent         int `json:"sent"`
	Acknowledged int `json:"acknowledged"`
}

// HomecomingDocument is one return to the first region.
type HomecomingDocument struct {
	At      Timestamp `json:"at"`
	Phase   string    `json:"phase"`
	Safe    bool      `json:"safe"`
	Broken  bool      `json:"broken"` // the fault was still in force
	Ready   string    `json:"ready"`  // by the probe: yes, no or unproven
	Lacks   []string  `json:"lacks"`
	Missing int       `json:"missing"` // acknowledged elsewhere, and not readable there
	Gone    int       `json:"gone"`    // of those: not come by the end either
	Unread  int       `json:"unread"`
}

// ServiceWritesDocument counts the writes that were recorded.
type ServiceWritesDocument struct {
	Sent                 int `json:"sent"`
	Acknowledged         int `json:"acknowledged"`
	Rejected             int `json:"rejected"`
	Indeterminate        int `json:"indeterminate"`
	IndeterminateApplied int `json:"indeterminate_applied"`
}

// AccountsDocument says of each acknowledged write what could be told of it: acknowledged is the sum of all the others.
type AccountsDocument struct {
	Acknowledged int `json:"acknowledged"`
	Stayed       int `json:"stayed"` // no arrival elsewhere put them to the test
	Readable     int `json:"readable"`
	Missed       int `json:"missed"`
	AtReturn     int `json:"at_return"`
	Superseded   int `json:"superseded"`
	Unknowable   int `json:"unknowable"`
	Expired      int `json:"expired"`
	Unread       int `json:"unread"`
	Beyond       int `json:"beyond"` // too many, or not all that was done to their items is recorded
	Void         int `json:"void"`   // wrote nothing, or changed an expiry alone
	Astray       int `json:"astray"` // acknowledged by a region out of which the service had moved by then
}

// ServiceWindowDocument is a stretch of missed writes of one fate.
type ServiceWindowDocument struct {
	WindowDocument
	Rewritten bool `json:"rewritten"` // the service wrote them again before their fate could be told
}

// ServiceMissedDocument counts missed writes by their fate.
type ServiceMissedDocument struct {
	AtFailover int `json:"at_failover"`
	Converged  int `json:"converged"`
	Diverged   int `json:"diverged"`
	Lost       int `json:"lost"`
	Expired    int `json:"expired"`
	Pending    int `json:"pending"`   // those that were written again included
	Rewritten  int `json:"rewritten"` // of the pending ones: the service wrote them again before their fate could be told
	AtReturn   int `json:"at_return"`
	Early      int `json:"early"` // of those at a return: found later
}

// MissedKeyDocument is one missed write.
type MissedKeyDocument struct {
	Key     string     `json:"key"`
	Part    string     `json:"part"` // field, member or entry; "": the key as a whole
	Region  string     `json:"region"`
	At      Timestamp  `json:"acknowledged_at"`
	Outcome drill.Fate `json:"outcome"`
}

// DroppedDocument counts what was not recorded, and why.
type DroppedDocument struct {
	Writes        int `json:"writes"` // for want of memory
	LongKeys      int `json:"long_keys"`
	Commands      int `json:"commands"` // of which not enough was kept to tell their keys
	Unknown       int `json:"unknown_commands"`
	Otherwhere    int `json:"other_databases"`
	Unmatched     int `json:"unmatched"`
	Connections   int `json:"connections"`
	NotUnderstood int `json:"not_understood"` // connections
}

// ServiceRewritesDocument counts replies that name addresses of a region.
type ServiceRewritesDocument struct {
	Rewritten   int `json:"rewritten"`
	Unreadable  int `json:"unreadable"`  // went on as they are
	Unreachable int `json:"unreachable"` // addresses that went on as they are
}
