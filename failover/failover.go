// Package failover decides where an application should be: given a policy, what
// the probe sees and what was done before, stay, fail over or fail back, and
// why. It is pure: it moves nobody, measures nothing and knows no clock but the
// one that it is given.
//
//	Policy, *probe.Snapshot, History, now -> Decide -> Decision
//
// Failing over is only ever re-connecting to another region's endpoint; nothing
// here changes a server or a deployment.
package failover

import (
	"errors"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Policy is when to move. A region that is down, of which a shard is down, or
// that refuses writes is always left, unless what fails is most likely a setting
// of the observer; lateness, loss and refusals that writes do not meet are no
// reason. The zero value never stays for a time's sake, stays on a replication
// failure, and fails back as soon as the evidence says that it is safe.
type Policy struct {
	// OnReplicationFailure is what to do when the active region is usable but a
	// link from it carries nothing; "" is Stay. Moving does not mend a link, and
	// what did not cross it is missing on the other side: stay is right unless the
	// application must not be alone. It only moves to a region all of whose links
	// carry something, or are not known: else it would go to and fro.
	OnReplicationFailure Reaction
	// MinStay is how long to stay after a move before failing back, so that a
	// region that flaps does not take the application with it. It never holds
	// back a failover.
	MinStay time.Duration
	// NoFailback never returns to the local region because that is safe again;
	// somebody else decides. A failover may still lead there.
	NoFailback bool
}

// Reaction is what to do about a replication failure.
type Reaction string

// The reactions.
const (
	Stay Reaction = "stay"
	Move Reaction = "failover"
)

// Check says what of a policy makes no sense.
func (p Policy) Check() error {
	var errs []error
	if p.MinStay < 0 {
		errs = append(errs, fmt.Errorf("minimum stay %v: must not be negative", p.MinStay))
	}
	switch p.OnReplicationFailure {
	case "", Stay, Move:
	default:
		errs = append(errs, fmt.Errorf("reaction %q to a replication failure: must be %s or %s", p.OnReplicationFailure, Stay, Move))
	}
	return errors.Join(errs...)
}

// History is what was done before.
type History struct {
	Active string    // the region that the application uses
	Since  time.Time // since when; the zero time is for ever
}

// Action is what to do.
type Action uint8

// The actions.
const (
	Remain   Action = iota
	FailOver        // re-connect to another region
	FailBack        // re-connect to the local region
)

func (a Action) String() string { return [...]string{"stay", "fail over", "fail back"}[a] }

// Doubt is why what looks like a failure of the active region, from here, is not
// one for everybody.
type Doubt uint8

// The doubts.
const (
	NoDoubt Doubt = iota
	// OwnSettings: what fails is most likely a setting of this observer, its user
	// or its certificates, and says nothing of the application's connections. The
	// region is not left for it.
	OwnSettings
	// OnlyFromHere: the region answers other observers. What runs beside this one
	// is moved, and nothing else should be.
	OnlyFromHere
)

// Decision is what to do, and why, in words.
type Decision struct {
	Action Action
	To     string // the region to be in from now on; the active one for Remain
	// Why is the reason, and for FailOver also what the region To is known to lack.
	Why string
	// Doubt is about the active region. It stands beside FailOver and Remain alike.
	Doubt Doubt
}

// Decide tells what to do at a moment, for an application that runs beside the
// observer. The first region of the snapshot is the local one, which the
// application prefers. A nil snapshot means that nothing is known yet, and so is
// no reason to move.
func Decide(p Policy, s *probe.Snapshot, h History, now time.Time) Decision {
	remain := func(format string, args ...any) Decision {
		return Decision{Action: Remain, To: h.Active, Why: fmt.Sprintf(format, args...)}
	}
	if s == nil {
		return remain("nothing was observed yet")
	}
	if s.Verdict == probe.Unobservable {
		return remain("the observer cannot tell: %s", s.Sentence)
	}
	active := s.Region(h.Active)
	if active == nil {
		return remain("%s is not a region that is observed", h.Active)
	}
	seen := examine(p, s, active)
	d := stay(p, s, active, h, now, seen)
	if seen.unusable {
		d = leave(s, active, seen)
	}
	d.Doubt = seen.doubt
	return d
}

// leave decides where to go from a region that cannot be used.
func leave(s *probe.Snapshot, active *probe.Region, seen sight) Decision {
	to, objections := target(s, active)
	if to == nil {
		why := seen.why + ", but there is no other region to go to"
		if objections != "" {
			why += " (" + objections + ")"
		}
		return Decision{Action: Remain, To: active.Name, Why: why}
	}
	return Decision{Action: FailOver, To: to.Name, Why: seen.why + reservations(s, active, to)}
}

// stay decides whether to go back to the local region from one that need not be
// left.
func stay(p Policy, s *probe.Snapshot, active *probe.Region, h History, now time.Time, seen sight) Decision {
	local, why := &s.Regions[0], seen.why
	switch {
	case local.Name == active.Name:
	case p.NoFailback:
		why += "; failing back is left to others"
	case local.FailbackReady != probe.ReadyYes:
		why = fmt.Sprintf("%s is not proven safe to return to: %v", local.Name, local.FailbackMissing)
	case !h.Since.IsZero() && now.Sub(h.Since) < p.MinStay:
		why = fmt.Sprintf("%s is safe to return to, but the stay in %s is shorter than %v", local.Name, active.Name, p.MinStay)
	default:
		return Decision{Action: FailBack, To: local.Name, Why: local.Name + " is available, accepts writes, and holds what was written elsewhere"}
	}
	return Decision{Action: Remain, To: active.Name, Why: why}
}

// Unusable tells whether a policy leaves the active region for what is seen of
// it, be there another one or not, and why. Without evidence, which a nil
// snapshot, an observer that cannot tell and a region that is not observed are,
// it does not.
func Unusable(p Policy, s *probe.Snapshot, active string) (why string, unusable bool) {
	if s == nil || s.Verdict == probe.Unobservable {
		return "", false
	}
	r := s.Region(active)
	if r == nil {
		return "", false
	}
	if seen := examine(p, s, r); seen.unusable {
		return seen.why, true
	}
	return "", false
}
