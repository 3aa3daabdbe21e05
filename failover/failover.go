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
	"fmt"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Decision is what to do, and why, in words.
type Decision struct {
	Action Action
	To     string // the region to be in from now on; the active one for Remain and Alert
	// Why is the reason, and for FailOver also what the region To is known to lack.
	Why string
	// Doubt is about the active region. It stands beside every Action.
	Doubt Doubt
}

// Action is what to do.
type Action uint8

// The actions.
const (
	Remain   Action = iota
	FailOver        // re-connect to another region
	FailBack        // re-connect to the local region
	// Alert is to remain where something is wrong about which nothing is done: the
	// policy says so, there is nowhere to go, or the flap limit forbids it. Somebody
	// should look.
	Alert
)

func (a Action) String() string { return [...]string{"stay", "fail over", "fail back", "alert"}[a] }

// Moves tells whether the action is to re-connect to another region.
func (a Action) Moves() bool { return a == FailOver || a == FailBack }

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
		d = leave(p, s, active, h, now, seen)
	}
	d.Doubt = seen.doubt
	return d
}

// leave decides where to go from a region that the application should not be in.
func leave(p Policy, s *probe.Snapshot, active *probe.Region, h History, now time.Time, seen sight) Decision {
	alert := func(why string) Decision { return Decision{Action: Alert, To: active.Name, Why: seen.why + why} }
	to, objections := target(p, s, active, seen.choice)
	if to == nil {
		why := ", but there is no other region to go to"
		if objections != "" {
			why += " (" + objections + ")"
		}
		return alert(why)
	}
	if seen.choice {
		if held := p.held(h, now); held != "" {
			return alert(", but " + held)
		}
	}
	return Decision{Action: FailOver, To: to.Name, Why: seen.why + reservations(s, active, to)}
}

// stay decides whether to go back to the local region from one that need not be
// left.
func stay(p Policy, s *probe.Snapshot, active *probe.Region, h History, now time.Time, seen sight) Decision {
	local, why := &s.Regions[0], seen.why
	action := Remain
	if seen.alert {
		action = Alert
	}
	switch {
	case local.Name == active.Name:
	case p.NoFailback:
		why += "; failing back is left to others"
	case local.FailbackReady != probe.ReadyYes:
		why = fmt.Sprintf("%s is not proven safe to return to: %v", local.Name, local.FailbackMissing)
	case objection(p, s, local, true) != "":
		why = objection(p, s, local, true) + ", so it is not returned to"
	default:
		held := p.held(h, now)
		if held == "" {
			return Decision{Action: FailBack, To: local.Name, Why: local.Name + " is available, accepts writes, and holds what was written elsewhere"}
		}
		why = local.Name + " is safe to return to, but " + held
	}
	if seen.alert && why != seen.why {
		why = seen.why + "; " + why
	}
	return Decision{Action: action, To: active.Name, Why: why}
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
