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

// Policy is when to move. The zero value never stays for a time's sake, stays on
// a replication failure, and fails back as soon as the evidence says that it is
// safe.
type Policy struct {
	// OnReplicationFailure is what to do when the active region is usable but a
	// link of it is not; "" is Stay. Moving does not mend a link, and what did not
	// cross it is missing on the other side: stay is right unless the application
	// must not be alone.
	OnReplicationFailure Reaction
	// MinStay is how long to stay after a move before failing back, so that a
	// region that flaps does not take the application with it. It never holds
	// back a failover from a region that is down.
	MinStay time.Duration
	// NoFailback leaves the application where it is; somebody else decides.
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

// Decision is what to do, and why, in words.
type Decision struct {
	Action Action
	To     string // the region to be in from now on; the active one for Remain
	Why    string
}

// Decide tells what to do at a moment. The first region of the snapshot is the
// local one, which the application prefers. A nil snapshot means that nothing is
// known yet, and so is no reason to move.
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
	if why, bad := reasonToLeave(p, s, active); bad {
		to, ok := target(s, h.Active)
		if !ok {
			return remain("%s, but no other region is available", why)
		}
		return Decision{Action: FailOver, To: to, Why: why}
	}
	local := s.Regions[0]
	switch {
	case local.Name == h.Active:
		return remain("%s is usable", h.Active)
	case p.NoFailback:
		return remain("%s is usable, and failing back is left to others", h.Active)
	case local.FailbackReady != probe.ReadyYes:
		return remain("%s is not proven safe to return to: %v", local.Name, local.FailbackMissing)
	case !h.Since.IsZero() && now.Sub(h.Since) < p.MinStay:
		return remain("%s is safe to return to, but the stay in %s is shorter than %v", local.Name, h.Active, p.MinStay)
	}
	return Decision{Action: FailBack, To: local.Name, Why: local.Name + " is available, accepts writes, and holds what was written elsewhere"}
}

// reasonToLeave says why the active region should be left, if so. An impaired
// region is left too: some of its shards, and so some of the application's keys,
// cannot be used.
func reasonToLeave(p Policy, s *probe.Snapshot, active *probe.Region) (string, bool) {
	switch active.State {
	case probe.RegionDown, probe.RegionImpaired:
		return because(active), true
	}
	if p.OnReplicationFailure != Move {
		return "", false
	}
	for _, l := range s.Links {
		if l.From == active.Name && !l.Loop() && l.State.Silent() {
			return fmt.Sprintf("replication %s->%s is %s", l.From, l.To, l.State), true
		}
	}
	return "", false
}

func because(r *probe.Region) string {
	switch {
	case r.Detail != "":
		return fmt.Sprintf("%s is %s: %s", r.Name, r.State, r.Detail)
	case r.Cause != probe.NoCause:
		return fmt.Sprintf("%s is %s: %s", r.Name, r.State, r.Cause)
	}
	return fmt.Sprintf("%s is %s", r.Name, r.State)
}

// target chooses the first available region in the order of preference, which is
// that of the configuration. One that is known not to be safe to come to, since
// it is stale or empty, is only chosen when there is no other.
func target(s *probe.Snapshot, active string) (string, bool) {
	unsafe := ""
	for _, r := range s.Regions {
		switch {
		case r.Name == active || r.State != probe.RegionAvailable:
		case r.FailbackReady != probe.ReadyNo:
			return r.Name, true
		case unsafe == "":
			unsafe = r.Name
		}
	}
	return unsafe, unsafe != ""
}
