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
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Policy is when to move. A region that is down, of which a shard is down, or
// that refuses writes is always left; lateness, loss and refusals that writes do
// not meet are no reason. The zero value never stays for a time's sake, stays on
// a replication failure, and fails back as soon as the evidence says that it is
// safe.
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
	if why, unusable := Unusable(p, s, h.Active); unusable {
		to, ok := target(s, active)
		if !ok {
			return remain("%s, but there is no other region to go to", why)
		}
		return Decision{Action: FailOver, To: to, Why: why}
	}
	local := s.Regions[0]
	switch {
	case local.Name == h.Active:
		return remain("%s", usable(active))
	case p.NoFailback:
		return remain("%s; failing back is left to others", usable(active))
	case local.FailbackReady != probe.ReadyYes:
		return remain("%s is not proven safe to return to: %v", local.Name, local.FailbackMissing)
	case !h.Since.IsZero() && now.Sub(h.Since) < p.MinStay:
		return remain("%s is safe to return to, but the stay in %s is shorter than %v", local.Name, h.Active, p.MinStay)
	}
	return Decision{Action: FailBack, To: local.Name, Why: local.Name + " is available, accepts writes, and holds what was written elsewhere"}
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
	if why, unusable = broken(r); unusable || p.OnReplicationFailure != Move {
		return why, unusable
	}
	return alone(s, active)
}

// broken says what of a region cannot be written to: some of the application's
// keys are enough.
func broken(r *probe.Region) (why string, bad bool) {
	if r.State == probe.RegionDown {
		return r.Name + " is down" + because(r.Cause, r.Detail), true
	}
	var down, refusing []int
	for i := range r.Shards {
		switch h := &r.Shards[i]; {
		case h.State == probe.RegionDown:
			down = append(down, i)
		case refusesWrites(h.Cause):
			refusing = append(refusing, i)
		}
	}
	var reasons []string
	if len(down) > 0 {
		reasons = append(reasons, onShards(r, "is down", down))
	}
	if len(refusing) > 0 {
		reasons = append(reasons, onShards(r, "refuses writes", refusing))
	}
	if len(reasons) == 0 && refusesWrites(r.Cause) {
		reasons = append(reasons, r.Name+" refuses writes"+because(r.Cause, r.Detail))
	}
	return strings.Join(reasons, "; "), len(reasons) > 0
}

// refusesWrites tells whether a server that answers for this cause executes no
// write.
func refusesWrites(c probe.Cause) bool {
	switch c {
	case probe.ReadOnly, probe.OutOfMemory, probe.NoReplicas, probe.MasterDown, probe.ClusterDown, probe.Loading:
		return true
	}
	return false
}

// maxNamed is how many shards are named in a sentence.
const maxNamed = 3

// onShards says of some shards, by index, what is wrong with them, and of the
// first of them why: "us is down on shards 1 and 3: connection refused".
func onShards(r *probe.Region, what string, indexes []int) string {
	first := &r.Shards[indexes[0]]
	reason := because(first.Cause, first.Detail)
	if len(indexes) == len(r.Shards) {
		return r.Name + " " + what + reason
	}
	word := "shard"
	if len(indexes) > 1 {
		word = "shards"
	}
	var numbers strings.Builder
	for n, i := range indexes[:min(len(indexes), maxNamed)] {
		switch {
		case n == 0:
		case n == len(indexes)-1:
			numbers.WriteString(" and ")
		default:
			numbers.WriteString(", ")
		}
		fmt.Fprint(&numbers, i+1)
	}
	if more := len(indexes) - maxNamed; more > 0 {
		fmt.Fprintf(&numbers, " and %d more", more)
	}
	return fmt.Sprintf("%s %s on %s %s%s", r.Name, what, word, &numbers, reason)
}

// alone tells whether a link from a region carries nothing, and which.
func alone(s *probe.Snapshot, region string) (why string, silent bool) {
	for i := range s.Links {
		if l := &s.Links[i]; l.From == region && !l.Loop() && l.State.Silent() {
			return fmt.Sprintf("replication %s->%s is %s", l.From, l.To, l.State), true
		}
	}
	return "", false
}

// usable says of a region that is not left what is known of it.
func usable(r *probe.Region) string {
	switch r.State {
	case probe.RegionAvailable:
		return r.Name + " is usable"
	case probe.RegionImpaired:
		return r.Name + " is impaired, which is no reason to leave it" + because(r.Cause, r.Detail)
	}
	return "what " + r.Name + " does is not known, which is no reason to leave it"
}

// because returns the reason after a colon, "" where there is none.
func because(c probe.Cause, detail string) string {
	if reason := cmp.Or(detail, c.String()); reason != "" {
		return ": " + reason
	}
	return ""
}

// target chooses the first available region in the order of preference, which is
// that of the configuration. One that is known not to be safe to come to, since
// it is stale or empty, is only chosen when there is no other. An active region
// that works is only left for one that is not alone itself.
func target(s *probe.Snapshot, active *probe.Region) (string, bool) {
	_, anywhere := broken(active)
	unsafe := ""
	for i := range s.Regions {
		r := &s.Regions[i]
		if r.Name == active.Name || r.State != probe.RegionAvailable {
			continue
		}
		if _, silent := alone(s, r.Name); silent && !anywhere {
			continue
		}
		if r.FailbackReady != probe.ReadyNo {
			return r.Name, true
		}
		unsafe = cmp.Or(unsafe, r.Name)
	}
	return unsafe, unsafe != ""
}
