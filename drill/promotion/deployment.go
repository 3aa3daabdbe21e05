package promotion

import (
	"context"
	"errors"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/slots"
)

// Deployment is what a drill is about, and the hands that break it. Its methods
// may be called at the same time.
type Deployment interface {
	Topology() Topology
	// Hosts are its servers, and after them its sentinels, by the roles that they had
	// at the start. They never change.
	Hosts() []Host
	// Shards are the slots of each shard, by its index; the address is that of the
	// primary at the start.
	Shards() []slots.Shard
	// Observe is told of what the servers say of each other, from now on, by any
	// goroutine. It must not block. Nil ends it.
	Observe(func(Event))
	// Make does a step to hosts, by their indexes, and returns when it is done. A
	// server that does not start with what is on its disk is a [RefusedError].
	Make(ctx context.Context, do Verb, hosts []int) error
	// Promote makes a replica a primary, and has clients from Application use it.
	// Only where nobody else does it.
	Promote(ctx context.Context, host int) error
	// Follow makes a server a replica of another.
	Follow(ctx context.Context, host, primary int) error
	// Ping asks a server for a sign of life.
	Ping(ctx context.Context, host int) error
	// Settled returns when every server that runs is a primary, one for each shard, or a
	// replica of one with a link that is up, and whoever decides on failovers agrees. The
	// error says what is missing.
	Settled(ctx context.Context) error
	// State asks every server what it is now.
	State(ctx context.Context) (State, error)
	// Application is a client as applications use it. It finds the primaries by
	// itself.
	Application() (Client, error)
	// Direct is a client of one server, whatever that believes to be, from the host
	// of another one.
	Direct(host, from int) (Client, error)
	// Read tells for each key, all of one slot, whether a server has it.
	Read(ctx context.Context, host int, keys []string) ([]bool, error)
	// Resyncs counts how replicas caught up since the start; ErrNotKnown where nobody does.
	Resyncs(ctx context.Context) (Resync, error)
	// Limits are what this machine or this server does not allow, each in a
	// sentence: the drill is less than what its scenario says.
	Limits() []string
	// Settings are those that decide on the result.
	Settings() Settings
}

// ErrNotKnown says that a deployment does not tell.
var ErrNotKnown = errors.New("not known")

// RefusedError says that a server ended when it read its data.
type RefusedError struct {
	Said string // by the server
}

func (e *RefusedError) Error() string { return "it refuses to start with its data: " + e.Said }

// Client writes, and says what became of each write. It may repeat a write on its
// own, as the real ones do: the answer is about all attempts together.
type Client interface {
	Write(ctx context.Context, key string, value []byte, expiry time.Duration) Answer
	// Close ends the connections and what runs beside them.
	Close() error
}

// Answer is what became of a write.
type Answer struct {
	Outcome drill.Outcome
	// By is the address of the server that acknowledged it, or was sent it last; ""
	// where it was sent to none.
	By  string
	Err error // as the client put it; nil when acknowledged
}

// Event is something that a server said of another, or of itself.
type Event struct {
	At   time.Time // when the drill learned of it
	Host int       // index of who said it
	Sign Sign
	// About is the index of the host that it is about; -1 where that is not known.
	About int
	Text  string // as it was said
}

// Sign is what an event means for a failover.
type Sign uint8

// The signs.
const (
	Noted      Sign = iota // nothing of what follows
	Suspected              // one holds the host down for itself: +sdown, fail?
	HeldDown               // enough hold the host down for a failover to begin: +odown, fail
	BecamePrim             // the host is a primary now
	BecameRepl             // the host is a replica now
)

// String is the sign as events tell it; "" for Noted.
func (s Sign) String() string {
	return [...]string{"", "suspected", "held down", "primary", "replica"}[s]
}

// State is what the servers say that they are.
type State struct {
	// Primaries are, for each shard, the hosts that call themselves its primary.
	Primaries [][]int
	// Behind says which replica has not received all that its primary has; "" is none.
	Behind string
}

// Resync is how replicas caught up.
type Resync struct {
	Full, Partial int
	Bytes         int64         // that full resyncs sent; -1: not known
	Took          time.Duration // of the longest full one; 0: there was none, or it is not known
}

// Settings are those of the servers that decide on the result of a failover.
type Settings struct {
	DownAfter   time.Duration // of the sentinels, or of the drill; 0: neither
	NodeTimeout time.Duration // of a cluster; 0: none
	// FailoverTimeout is that of the sentinels: when an attempt fails, the next one is made
	// after twice as long. 0: none.
	FailoverTimeout time.Duration
	// Reload is how often the application's client asks a cluster for its slots, unless a
	// node redirects it; 0: never.
	Reload time.Duration
	// MinReplicas is how many replicas a primary must have heard of within MaxLag to
	// take writes: min-replicas-to-write and min-replicas-max-lag. 0: none.
	MinReplicas int
	MaxLag      time.Duration
	// AOF and Fsync are appendonly and appendfsync.
	AOF   bool
	Fsync string
}

// Detection is about how long it takes to hold a primary down.
func (s Settings) Detection() time.Duration { return max(s.DownAfter, s.NodeTimeout) }
