package service

import (
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/recorder"
	"github.com/aafailover/aafailover/slots"
)

// PhaseStart is the phase before those of drill.PhaseSteady and on: until the service has its first success.
const PhaseStart = "start"

// Record is everything that a drill of a service found out. Moments count from Start. A nil pointer means that the thing did not
// happen.
type Record struct {
	Scenario drill.Scenario
	Way      drill.Way // in which its faults were made
	Engine   string    // of the lab: see drill.Record
	Start    time.Time
	Maps     []slots.Map // the regions; their indexes are used throughout
	// Leaves says that the policy was to move in a scenario in which others stay.
	Leaves bool
	// Due is the region where a service that obeyed the policy would have gone; -1 where it would have stayed.
	Due     int
	Phases  []drill.Phase // PhaseStart first
	Verdict drill.Verdict
	Reason  string // in a sentence, why the verdict is what it is
	Exit    *Exit  // how the service ended by itself, and
	ExitAt  *drill.Moment

	// FaultAt and FaultBy bound when the fault came into force: the one was before it, the other after. HealedAt is when
	// everything was healed.
	FaultAt, FaultBy, HealedAt *drill.Moment

	Measures
	Homecomings []Homecoming // in their order

	Writes   drill.Tally // of what was sent; those in flight at the end are indeterminate
	Accounts Accounts
	// IndeterminateApplied counts the indeterminate writes that were found where the service got to.
	IndeterminateApplied int
	Missed               []Missed // in the order of their acknowledgement
	Windows              []Window
	RPO                  drill.RPO
	Dropped              recorder.Dropped

	Assertions []drill.Assertion
	Events     []probe.Event
}

// Accounts say of each acknowledged write what could be told of it: Acknowledged is the sum of all the others.
type Accounts struct {
	Acknowledged int
	// Stayed are those that no arrival put to the test: the service was in the region that had acknowledged them until the end,
	// or until it wrote the item again.
	Stayed int
	// Readable were found wherever the service got to.
	Readable int
	// Missed were not found at a failover: each is in Record.Missed.
	Missed int
	// AtReturn were not found where the service came home, and had not been missed before. EarlyReturn of them were
	// found later: it had come too early for them.
	AtReturn, EarlyReturn int
	// Superseded were written again by the service, or by a writer beside it, before anybody could look for them.
	Superseded int
	// Unknowable leave a state behind that cannot be told from a command and its reply, as a push to a list does.
	Unknowable int
	// Expired may have passed their expiry before anybody could look for them.
	Expired int
	// Unread could not be read in time.
	Unread int
	// Beyond could not be looked for: there were too many items, or not all that was done to theirs is recorded.
	Beyond int
	// Void wrote nothing, since their condition was not met, or changed an expiry alone.
	Void int
	// Astray were acknowledged by a region out of which the service had moved by then, and nobody looked for them.
	Astray int
}

// Missed is an acknowledged write that was not readable where the service got to in a failover.
type Missed struct {
	drill.Missed
	Item int // of the Log
	// Rewritten says that the service wrote the item again before its fate could be told, which is Pending for that.
	Rewritten bool
	// Found is what was there in its place.
	Found recorder.Verdict
}

// Window is a stretch in which writes were acknowledged that were missed: see drill.Window.
type Window struct {
	drill.Window
	Rewritten bool // its writes are those that were: see Missed
}

// Count returns how many missed writes have a fate. Those that were rewritten have none.
func (r *Record) Count(f drill.Fate) int {
	n := 0
	for _, m := range r.Missed {
		if m.Fate == f && !m.Rewritten {
			n++
		}
	}
	return n
}

// Rewritten returns how many missed writes the service wrote again before their fate could be told.
func (r *Record) Rewritten() int {
	n := 0
	for _, m := range r.Missed {
		if m.Rewritten {
			n++
		}
	}
	return n
}

// Homecoming is one return of the service to the first region, and whether it was safe.
type Homecoming struct {
	At     drill.Moment // of its first success there
	Phase  string       // in which it came
	Broken bool         // the fault was still in force
	// Ready is what the probe said of the region just then, but for whether it takes writes, which nobody had tried; Lacks what
	// was missing, in words.
	Ready probe.Readiness
	Lacks []string
	// Missing counts the acknowledged writes made elsewhere that were not readable there, of those that could be looked for;
	// Unread those that could not. Missing is -1 where nobody looked. Young of those that were missing had been acknowledged so
	// shortly before, no longer than the deadline of the probe, that they were on their way, as some always are.
	Missing, Young, Unread int
	// Gone of those that were missing had not come by the end of the drill either, and the service has not written them again.
	Gone int

	move int // the index of its move
}

// Safe tells whether all says that the service could come home, and all of that is known.
func (h Homecoming) Safe() bool { return h.Unsafe() == "" && h.Unread == 0 }

// Unsafe returns why the service should not have come home, in words, and "" where it could. That writes were missing which were
// still on their way does not speak against it: who does not stop writing before coming home always misses some.
func (h Homecoming) Unsafe() string {
	switch late := h.Missing - h.Young; {
	case h.Broken:
		return "the fault was still in force"
	case h.Ready == probe.ReadyNo && len(h.Lacks) > 0:
		return strings.Join(h.Lacks, "; ")
	case h.Ready == probe.ReadyNo:
		return "the region was not ready"
	case h.Gone == 1:
		return "1 write made elsewhere was not readable there, and has not come since"
	case h.Gone > 1:
		return fmt.Sprintf("%d writes made elsewhere were not readable there, and have not come since", h.Gone)
	case late == 1:
		return "1 write made elsewhere was not readable there, although it had had the time to arrive"
	case late > 1:
		return fmt.Sprintf("%d writes made elsewhere were not readable there, although they had had the time to arrive", late)
	case h.Ready != probe.ReadyYes && len(h.Lacks) > 0:
		return strings.Join(h.Lacks, "; ")
	case h.Ready != probe.ReadyYes:
		return "it was not proven to be safe"
	case h.Missing < 0:
		return "nobody looked whether the writes made elsewhere were readable there"
	}
	return ""
}

// Standing says in words whether the service could come home.
func (h Homecoming) Standing() string {
	switch {
	case h.Safe():
		return "safe"
	case h.Unproven():
		return "not known to be safe"
	}
	return "not safe"
}

// Unproven tells whether all that speaks against the return is that nobody knew it to be safe.
func (h Homecoming) Unproven() bool {
	return !h.Safe() && !h.Broken && h.Ready != probe.ReadyNo && h.Gone == 0 && h.Missing <= h.Young
}
