package failover

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Policy is when to move, and where to. A region that is down, of which a shard
// is down, or that refuses writes is left, unless what fails is most likely a
// setting of the observer; lateness, loss and refusals that writes do not meet are
// no reason. The zero value never stays for a time's sake, stays on a replication
// failure, prefers regions in the order of the configuration, and fails back as
// soon as the evidence says that it is safe.
//
// MinStay and Flap hold back the moves that are a choice: a failback, and a
// failover for a replication failure. They never hold back leaving a region that
// cannot be used for one that can: nothing is lost there that would be kept by
// staying. A region that flaps still cannot take the application with it, since
// it is the failback that is held back, and that needs evidence besides.
type Policy struct {
	// Weights is the preference among the regions that can be gone to, by name: the
	// highest first, and the order of the configuration where they are equal. It
	// decides only between regions that lack equally little of what was written,
	// none of them known to be unsafe to come to. 0 is never gone to, not even back
	// to. A region that is not named has [DefaultWeight], and the local one more
	// than all others. Nil for the order of the configuration.
	Weights map[string]int
	// React is what to do when the active region fails for a cause; a cause that is
	// not named has its own default, see [Policy.Reaction]. Of a region that fails on
	// several shards for several causes the reaction that does most is taken.
	React map[probe.Cause]Reaction
	// OnReplicationFailure is what to do when the active region is usable but a
	// link from it carries nothing; "" is Stay. Moving does not mend a link, and
	// what did not cross it is missing on the other side: stay is right unless the
	// application must not be alone. It only moves to a region all of whose links
	// carry something, or are not known: else it would go to and fro.
	OnReplicationFailure Reaction
	// MinStay is how long to stay after a move before the next one that is a choice.
	MinStay time.Duration
	// Flap is how many moves may have been made lately for one more that is a choice.
	Flap FlapLimit
	// NoFailback never returns to the local region because that is safe again;
	// somebody else decides. A failover may still lead there.
	NoFailback bool
}

// DefaultWeight is the weight of a region that [Policy.Weights] does not name and
// that is not the local one.
const DefaultWeight = 1

// MaxWeight is the greatest weight.
const MaxWeight = 1000

// FlapLimit is reached when the application has moved so often within a time,
// whatever for. The zero value is no limit.
type FlapLimit struct {
	Moves  int
	Within time.Duration
}

func (l FlapLimit) String() string {
	if l == (FlapLimit{}) {
		return ""
	}
	return fmt.Sprintf("%d/%v", l.Moves, l.Within)
}

// Reaction is what to do about a failure.
type Reaction string

// The reactions, in ascending order of what they do.
const (
	Stay  Reaction = "stay"
	Raise Reaction = "alert" // stay, and tell somebody: see [Alert]
	Move  Reaction = "failover"
)

// Reactions returns all of them.
func Reactions() []Reaction { return []Reaction{Move, Stay, Raise} }

// Reaction returns what to do when the active region fails for a cause: what React
// says; else Stay for Authentication, Permission, TLS and, until the region has
// worked once, Protocol, which are most likely settings of the observer; else Move.
// The worked tells whether the region has worked.
func (p Policy) Reaction(c probe.Cause, worked bool) Reaction {
	if r, said := p.React[c]; said {
		return r
	}
	if own := ownSettings[c]; own.words != "" && (!own.untilItWorked || !worked) {
		return Stay
	}
	return Move
}

// weight returns the preference of a region.
func (p Policy) weight(region string, local bool) int {
	if w, said := p.Weights[region]; said {
		return w
	}
	if local {
		return MaxWeight + 1
	}
	return DefaultWeight
}

// held says why a move that is a choice must not be made now, "" when it may.
func (p Policy) held(h History, now time.Time) string {
	if !h.Since.IsZero() && now.Sub(h.Since) < p.MinStay {
		return fmt.Sprintf("the stay in %s is shorter than %v", h.Active, p.MinStay)
	}
	if p.Flap.Moves == 0 {
		return ""
	}
	if n := h.movesAfter(now.Add(-p.Flap.Within)); n >= p.Flap.Moves {
		return fmt.Sprintf("the flap limit of %v is reached: %d moves in the last %v", p.Flap, n, p.Flap.Within)
	}
	return ""
}

// Check says what of a policy makes no sense, all of it.
func (p Policy) Check() error {
	var errs []error
	for _, region := range slices.Sorted(maps.Keys(p.Weights)) {
		if w := p.Weights[region]; w < 0 || w > MaxWeight {
			errs = append(errs, fmt.Errorf("weight %d of %s: must be 0 to %d", w, region, MaxWeight))
		}
	}
	for _, cause := range slices.Sorted(maps.Keys(p.React)) {
		if cause == probe.NoCause {
			errs = append(errs, errors.New("a reaction to no cause makes no sense"))
		} else if r := p.React[cause]; !r.known() {
			errs = append(errs, fmt.Errorf("reaction %q to %v: %s", r, cause, oneOfReactions))
		}
	}
	if r := p.OnReplicationFailure; r != "" && !r.known() {
		errs = append(errs, fmt.Errorf("reaction %q to a replication failure: %s", r, oneOfReactions))
	}
	if p.MinStay < 0 {
		errs = append(errs, fmt.Errorf("minimum stay %v: must not be negative", p.MinStay))
	}
	return errors.Join(append(errs, p.Flap.check())...)
}

func (l FlapLimit) check() error {
	switch {
	case l == FlapLimit{}:
		return nil
	case l.Moves < 1 || l.Moves > maxRemembered:
		return fmt.Errorf("flap limit of %d moves: must be 1 to %d", l.Moves, maxRemembered)
	case l.Within <= 0:
		return fmt.Errorf("flap limit within %v: must be more than 0", l.Within)
	}
	return nil
}

const oneOfReactions = "must be failover, stay or alert"

func (r Reaction) known() bool { return slices.Contains(Reactions(), r) }

// does orders reactions by what they do.
func (r Reaction) does() int { return slices.Index([]Reaction{Stay, Raise, Move}, r) }
