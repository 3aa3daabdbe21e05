package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ActionKind names what an action does. The texts are those of scenario files.
type ActionKind string

// The actions on a region or on one of its shards, and those on links.
const (
	Kill  ActionKind = "kill"  // connections are reset, new ones refused; what its persistence does not keep is gone
	Hang  ActionKind = "hang"  // connections are taken and nothing is answered
	Start ActionKind = "start" // what was killed comes back; what hangs goes on
	Cut   ActionKind = "cut"   // replication loses its connection
	Stall ActionKind = "stall" // replication looks up and delivers nothing until it is mended, and then everything
	Slow  ActionKind = "slow"  // replication takes Delay
	Mend  ActionKind = "mend"  // takes back cut, stall and slow
)

// actionKinds are all of them, in the order in which errors list them.
var actionKinds = []ActionKind{Kill, Hang, Start, Cut, Stall, Slow, Mend}

// OfLink tells whether it is about replication and not about a region.
func (k ActionKind) OfLink() bool { return k == Cut || k == Stall || k == Slow || k == Mend }

// Undoes tells whether it takes back what others did.
func (k ActionKind) Undoes() bool { return k == Start || k == Mend }

// AllShards is the Action.Shard that means the whole region.
const AllShards = 0

// Action is one thing that a scenario brings about. In a scenario the regions are
// named by their roles; when it comes to a Fault, by their names.
type Action struct {
	Kind     ActionKind
	Region   string // for kill, hang and start
	From, To string // for cut, stall, slow and mend
	// OneWay restricts an action on a link to the direction from From to To.
	OneWay bool
	// Shard is the number of a shard of Region, or of From, from 1; AllShards for all.
	Shard int
	Delay time.Duration // for slow: one way
	// Empty is for start: without any data.
	Empty bool
	// Fresh is for start: as a region that was never written to, which takes writes
	// at once, however much it lacks.
	Fresh bool
}

// byTarget tells whether who is meant depends on who is the target.
func (a Action) byTarget() bool {
	return slices.ContainsFunc([]string{a.Region, a.From, a.To}, func(role string) bool { return role == Target || role == Third })
}

// String says in words what is done: "cut us->eu", "start shard 2 of us empty".
func (a Action) String() string {
	var b strings.Builder
	b.WriteString(string(a.Kind) + " ")
	if a.Shard != AllShards {
		fmt.Fprintf(&b, "shard %d of ", a.Shard)
	}
	switch {
	case !a.Kind.OfLink():
		b.WriteString(a.Region)
	case a.OneWay:
		b.WriteString(a.From + "->" + a.To)
	default:
		b.WriteString(a.From + "<->" + a.To)
	}
	if a.Delay > 0 {
		fmt.Fprintf(&b, " by %v", a.Delay)
	}
	if a.Empty {
		b.WriteString(" empty")
	}
	if a.Fresh {
		b.WriteString(" as if never written to")
	}
	return b.String()
}

// ErrGone says that the deployment that is drilled was ended by somebody, and all
// faults with it: there is nothing to heal, and nothing to find out.
var ErrGone = errors.New("what is drilled is gone")

// Fault makes the actions of a scenario. It is used by one goroutine at a time.
type Fault interface {
	// Check says what of a scenario cannot be made here. It is called before
	// anything is started, and does nothing.
	Check(s Scenario) error
	// Do makes one action and returns when it is in force. The drill notes the time
	// before and after: the action came into force in between.
	Do(ctx context.Context, a Action) error
	// Heal undoes all that Do ever did or tried to do. It is called whatever happens,
	// also after it failed, and after it succeeded, when it does nothing. An error that
	// is ErrGone says that there is nothing left to undo.
	Heal(ctx context.Context) error
}
