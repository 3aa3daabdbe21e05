package topology

import "time"

// Event is something that was observed, by one process and its one clock.
type Event struct {
	// At is when it was observed, with the monotonic clock.
	At time.Time
	// Host is whose server said it, or was seen in it.
	Host string
	// Kind is what happened: one of the Event words, or that of a sentinel, which begins with + or - ("+odown", "+switch-master").
	Kind string
	// About is the host that it happened to; "" where it is about none, or about no host of the deployment.
	About string
	// Detail is more of it, in the words of whoever said it.
	Detail string
}

// What is observed by looking at servers again and again; it happened between two looks.
const (
	EventSilent    = "silent"   // it does not answer the observer; Detail: why
	EventAnswers   = "answers"  // it does again
	EventExit      = "exit"     // it ended by itself; Detail: why
	EventPromoted  = "promoted" // it says that it is primary, which it was not
	EventDemoted   = "demoted"  // it says that it is a replica, having been primary
	EventFollows   = "follows"  // it is a replica of About
	EventLink      = "link"     // of a replica; Detail: connect, connecting, sync, connected
	EventSuspected = "pfail"    // it does not get an answer from About
	EventFailed    = "fail"     // it holds About for down for good: a majority of the primaries of the cluster says so
	EventCleared   = "cleared"  // it holds About for up again
	EventEpoch     = "epoch"    // it knows of a new epoch of the cluster, which each election takes; Detail: its number
	EventOwns      = "owns"     // it knows About as the owner of slots; Detail: which
	EventState     = "state"    // of the cluster, as it knows; Detail: ok, fail
	EventResynced  = "resynced" // a replica has caught up; Detail: what that took
)

// tell hands an event over, unless the deployment is closed.
func (d *Deployment) tell(e Event) {
	d.telling.Lock()
	defer d.telling.Unlock()
	if d.ctx.Err() == nil {
		d.options.OnEvent(e)
	}
}
