package probe

import (
	"slices"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Verdict is the one-word answer. The texts are part of the JSON contract.
type Verdict string

// The verdicts, worst first: when several apply, the first one is given.
const (
	Unobservable       Verdict = "unobservable"        // the observer is what is broken, or nothing is known yet
	LocalFailure       Verdict = "local_failure"       // the local region, or a shard of it, cannot be used
	ReplicationFailure Verdict = "replication_failure" // a link between usable regions carries nothing
	RemoteFailure      Verdict = "remote_failure"      // another region, or a shard of it, cannot be used
	Degraded           Verdict = "degraded"            // messages are lost or late, or something is refused
	Healthy            Verdict = "healthy"             // all regions are available and all links up
)

// Verdicts are all verdicts, worst first.
func Verdicts() []Verdict {
	return []Verdict{Unobservable, LocalFailure, ReplicationFailure, RemoteFailure, Degraded, Healthy}
}

// rank orders verdicts, the worst being 0.
func (v Verdict) rank() int { return max(slices.Index(Verdicts(), v), 0) }

// Worse tells whether v takes precedence over w.
func (v Verdict) Worse(w Verdict) bool { return v.rank() < w.rank() }

// RegionState is what a region, or a shard, is as seen from the observer.
type RegionState string

// The states of a region and of a shard.
const (
	RegionAvailable    RegionState = "available"    // answers, accepts and delivers
	RegionImpaired     RegionState = "impaired"     // answers, but a shard or a part of the service does not
	RegionDown         RegionState = "down"         // cannot be used
	RegionUnobservable RegionState = "unobservable" // not known: no evidence yet, or the observer is cut off
)

// RegionStates are all states of a region, best first.
func RegionStates() []RegionState {
	return []RegionState{RegionAvailable, RegionImpaired, RegionDown, RegionUnobservable}
}

// LinkState is what a link, a loop or a cell is.
type LinkState string

// The states of a link, a loop and a cell. A link is as bad as its worst cell.
const (
	LinkUp       LinkState = "up"       // delivers in time
	LinkLate     LinkState = "late"     // delivers, but after the deadline
	LinkDegraded LinkState = "degraded" // delivers, but loses some, or has just begun to deliver again
	LinkDown     LinkState = "down"     // silent
	LinkUnknown  LinkState = "unknown"  // no evidence
	LinkNever    LinkState = "never"    // silent, and nothing was delivered since the start
)

// LinkStates are all states of a link, best first.
func LinkStates() []LinkState {
	return []LinkState{LinkUp, LinkLate, LinkDegraded, LinkDown, LinkUnknown, LinkNever}
}

// Silent tells whether nothing is delivered: down or never.
func (s LinkState) Silent() bool { return s == LinkDown || s == LinkNever }

// Writes says whether a region accepts writes. PUBLISH works while a server refuses writes, so that only a write proves it.
type Writes string

// What is known about writes to a region.
const (
	WritesProven   Writes = "proven"   // a write was acknowledged lately
	WritesRefused  Writes = "refused"  // the last write was not
	WritesUnproven Writes = "unproven" // no write was tried, or none was answered lately
)

// KeyState says whether keys that are written in one region become readable in another.
type KeyState string

// What is known about the keys of a cell.
const (
	KeysArriving KeyState = "arriving" // what was written lately is readable
	KeysMissing  KeyState = "missing"  // what was written and acknowledged is not readable, though it should be by now
	KeysUnproven KeyState = "unproven" // nothing was written, or nothing could be read
)

// Readiness answers whether a region is safe to return to.
type Readiness string

// The answers. Unproven is not yes.
const (
	ReadyYes      Readiness = "yes"
	ReadyNo       Readiness = "no"
	ReadyUnproven Readiness = "unproven"
)

// Snapshot is everything that is known at one moment. It is never changed after it was handed out, and may be kept.
type Snapshot struct {
	At       time.Time // when it was made
	Started  time.Time // when the run began
	Verdict  Verdict
	Since    time.Time // since when the verdict is what it is
	Sentence string    // the verdict in words, what is broken and since when; says so when the coverage is unproven
	// Coverage tells whether the sharding of every region is known, so that every shard is provably tried.
	Coverage  bool
	Symmetric bool // all regions are sharded equally
	// Settled tells whether every region and every cell has a definite state, or evidence was waited for in vain.
	Settled bool
	// Paused tells whether the observer itself was not running, or could not keep up, until so lately that nothing can have
	// become overdue since: a moment later more is known.
	Paused   bool
	Observer string // the id of this observer in its messages
	// Dropped counts observations that did not fit into the queue; what was under way then is without evidence.
	Dropped  uint64
	Policy   Policy
	Findings []Finding // worst first; empty when healthy
	Regions  []Region  // in the order of the configuration: the first is the local one
	Links    []Link    // loops included (From == To), by From, then by To
	Focus    *Detail   // of what [Config].Focus named; nil when that was nothing, or is nothing that there is
}

// Region returns the region of that name, nil when there is none.
func (s *Snapshot) Region(name string) *Region {
	for i := range s.Regions {
		if s.Regions[i].Name == name {
			return &s.Regions[i]
		}
	}
	return nil
}

// Link returns the link, or loop, between two regions, nil when there is none.
func (s *Snapshot) Link(from, to string) *Link {
	for i := range s.Links {
		if s.Links[i].From == from && s.Links[i].To == to {
			return &s.Links[i]
		}
	}
	return nil
}

// Region is one region as seen from the observer.
type Region struct {
	Name   string
	Source slots.Source // where its slot map comes from
	State  RegionState
	Since  time.Time // since when the state is what it is
	Cause  Cause     // why it is not available
	Detail string    // the cause in words, usually the last error
	Forged Lately    // messages on its channels that are of no observer
	Writes Writes
	// WritesCause and WritesSince are why writes are refused, and since when.
	WritesCause Cause
	WritesSince time.Time
	// FailbackReady says whether the region is safe to return to; FailbackMissing what is missing, in words.
	FailbackReady   Readiness
	FailbackMissing []string
	Shards          []Shard // in the order of its slot map
}

// Shard is one shard of a region as seen from the observer.
type Shard struct {
	ID, Address string
	Slots       []slots.Range // of the slot map; not to be changed
	State       RegionState
	Since       time.Time
	Cause       Cause
	Detail      string
	LastAnswer  time.Time // when it last answered a PING or a PUBLISH; zero when it never did
	// Connected is since when both connections to it have been open; zero while one is not.
	Connected time.Time
	// Returning says that it was down and answers again, and that not everything is proven yet: it stays down until what is
	// published in it is delivered in it, and its region is spoken of as failed until its links are known.
	Returning bool
}

// Lately is how often something odd happened, the last time less than a minute ago.
type Lately struct {
	Count uint64
	Since time.Time // when it first did, of those that came less than a minute after each other
}

// Link is replication in one direction, or a loop when From and To are the same region.
type Link struct {
	From, To string
	State    LinkState
	Since    time.Time // since when the state is what it is
	// LastUp is the last time at which every cell of the link had delivered in time: the oldest over the cells. It
	// survives an outage, and is taken over from [Config] when nothing was delivered yet. Zero means never seen up.
	LastUp   time.Time
	Deadline time.Duration // how long a message may take at present
	Echoes   Lately        // messages that came more than once
	Cells    []Cell        // by slot
	Retired  Counts        // of cells that are no more, since the regions are sharded differently
	Ever     Ever          // what was ever said of its messages, since the start
	RTT      RTT           // of all cells together, since the start
	Trips    RoundTrips    // of the same round trips
	// Rounds are the last ones, at most 64, one for each interval, without gaps; the newest comes last, and is under way.
	Rounds []Round
}

// Round is what became of the messages of a link, or loop, that were sent in one interval: all of them together are what was
// sent. What came of a round changes for as long as a message of it may come: one that is missing may turn out to be late.
//
// Where nothing was delivered, late or missing there is no evidence, because nothing was sent, nobody can be charged with what
// did not come, or everything is waited for.
type Round struct {
	At         time.Time // when it began; it took Policy.Interval
	Delivered  uint32
	Late       uint32
	Missing    uint32 // overdue or lost
	NoEvidence uint32
	Waiting    uint32
	// P50 and Max are of the round trips of those messages, delivered and late, as in [RTT]; zero when there were none.
	P50, Max time.Duration
}

// Loop tells whether the link leads from a region to itself.
func (l *Link) Loop() bool { return l.From == l.To }

// Cell is one link, or loop, on one slot. Of its counts
//
//	Sent == Delivered + Late + Lost + NoEvidence + Overdue + Waiting
//
// holds at every moment. A message can leave NoEvidence, Overdue and Lost again, for Late, when it comes after all.
type Cell struct {
	Slot    int
	Channel string
	// FromShard and ToShard are indexes into the slot maps of the two regions.
	FromShard, ToShard int
	State              LinkState
	Since              time.Time // since when the state is what it is
	// Proving says that the state is about to be known better: nothing is known, since an end of the cell is back or the
	// regions are sharded differently since a moment ago, or it was silent and has just begun to deliver.
	Proving bool

	Sent       uint64 // handed to the source region
	Delivered  uint64 // received before the deadline
	Late       uint64 // received after the deadline, also what nobody was charged with at the deadline
	Lost       uint64 // given up at the horizon, or overtaken by a later message
	NoEvidence uint64 // not received, and nobody can be charged with it
	Overdue    uint64 // deadline passed, not received yet, charged to the cell
	Waiting    uint64 // not decided yet

	Duplicate uint64 // received once more: an echo
	Foreign   uint64 // of another observer
	Forged    uint64 // on this channel, but not a message that was outstanding and not of another observer
	TooLate   uint64 // older than the horizon: not told from a duplicate, and not believed

	RTT RTT // from the PUBLISH to the arrival, of messages delivered and late
	// LastUp is when the newest message that was delivered in time arrived, LastLate the newest that was not in time.
	LastUp, LastLate time.Time
	// LastDeliveredSent and LastDelivered are about the newest message, by its number, that was ever received here, in
	// time or late: the moment just before its PUBLISH was handed to the source region, and that of its arrival. As a
	// shard's effects arrive in order, whatever the source shard executed before that PUBLISH has arrived by then.
	LastDeliveredSent, LastDelivered time.Time

	Keys KeyEvidence // what becomes of keys that somebody writes on this slot
}

// RTT is a distribution of round trips, zero when there were none. The percentiles are upper bounds of logarithmic
// buckets, at most 12.5 % above the true value; Max is exact.
type RTT struct {
	P50, P99, Max time.Duration
}

// Finding is one thing that is not as it should be.
type Finding struct {
	Kind     FindingKind
	Severity Severity
	Verdict  Verdict  // the verdict that this finding alone leads to
	Region   string   // the region it is about, "" for a link
	From, To string   // the link it is about, "" for a region
	Both     bool     // the link is affected in both directions: From->To and To->From
	Shards   []string // IDs of the shards concerned, of the source region for a link; empty when all are
	Slots    []slots.Range
	Cause    Cause
	Since    time.Time // zero when it has no beginning
	Text     string    // in words
}

// FindingKind is what a finding is about.
type FindingKind string

// The kinds of findings.
const (
	FindingObserver   FindingKind = "observer"    // the observer itself
	FindingRegion     FindingKind = "region"      // a whole region
	FindingShard      FindingKind = "shard"       // some shards of a region
	FindingReturning  FindingKind = "returning"   // a region that answers again, of which not everything is proven yet
	FindingWrites     FindingKind = "writes"      // a region that refuses writes
	FindingLink       FindingKind = "link"        // a link
	FindingKeys       FindingKind = "keys"        // a link that carries messages, and no keys
	FindingEcho       FindingKind = "echo"        // a link that delivers messages more than once
	FindingForged     FindingKind = "forged"      // messages on a region's channels that are of no observer
	FindingIsolated   FindingKind = "isolated"    // a region that answers, of which no link works
	FindingSameServer FindingKind = "same_server" // two regions that are one server
	FindingCoverage   FindingKind = "coverage"    // the sharding is not known, and was required to be
)

// FindingKinds are all kinds of findings.
func FindingKinds() []FindingKind {
	return []FindingKind{FindingObserver, FindingRegion, FindingShard, FindingReturning, FindingWrites, FindingLink, FindingKeys, FindingEcho,
		FindingForged, FindingIsolated, FindingSameServer, FindingCoverage}
}

// Severity is how bad a finding is.
type Severity string

// The severities.
const (
	Failure Severity = "failure" // something cannot be used
	Warning Severity = "warning" // something works badly
)
