package probe

import (
	"errors"
	"fmt"
	"time"
)

// Policy is how often is asked, how long is waited, and from which counts on something is called up, degraded or down.
// Start from [PolicyOf] or [DefaultPolicy]: the zero Policy does not pass Check.
type Policy struct {
	// Interval is the time between two messages on the same channel, and between two PINGs to the same shard.
	Interval time.Duration
	// Deadline is how long a message, or the answer to a PING, may take before it counts as overdue; at most, if it adapts.
	Deadline time.Duration
	// Adapt makes the deadline of the messages on a link follow the round trips measured on it, between Floor and Deadline.
	// That of PINGs stays.
	Adapt bool
	// Floor is the shortest deadline that Adapt arrives at, unless Deadline is shorter.
	Floor time.Duration
	// Horizon is how long a message that did not come is remembered. One that comes later than this is not believed.
	Horizon time.Duration

	// Window is how many of the last messages of a cell, those without evidence left out, decide between up and degraded; fewer
	// where fewer are remembered.
	Window int
	// Up is how many messages in a row must be delivered before a cell is called up: at the start and after it was down.
	Up int
	// Degraded is how many of the window must be late, lost or overdue for a cell to be late or degraded. It is up
	// again when no more than half as many are, and it did not happen more often than that in the last four windows: a
	// link that loses messages all the time is not well whenever it happens to lose none for a few seconds.
	Degraded int
	// Down is how many messages must be overdue in a row, with nothing arriving meanwhile, for a cell to be down. A cell
	// that lost messages just before is given one more for each of them, up to twice Down, so that only silence is down.
	Down int

	// Attempts is how many attempts to connect must fail in a row for a shard to be down. It is impaired when more
	// connections than that were lost in a row soon after they were made.
	Attempts int
	// Unanswered is how many PINGs in a row must go unanswered for a shard to be down. So it is when there is no connection
	// to send a PING over for as long as that takes: Deadline and Unanswered intervals.
	Unanswered int
	// Answered is how many PINGs in a row must be answered in time for a shard to be available (again).
	Answered int
	// Errors is how many error replies in a row make a shard impaired or down, according to what they say.
	Errors int

	// UpFor is how long every cell to and from a region must have been up, with nothing late arriving, before the region
	// is ready to be returned to.
	UpFor time.Duration
	// Pause is how late the observer itself may be; no later than Deadline in any case. When it was not running for longer,
	// by its own fault, what was under way at that time is evidence of nothing.
	Pause time.Duration
}

// The bounds that Check enforces. Below MinInterval the probe would be load; a deadline beyond MaxDeadline would call a
// link up that has carried nothing for a minute.
const (
	MinInterval = 5 * time.Millisecond
	MaxInterval = time.Minute
	MaxDeadline = time.Minute
	MaxHorizon  = time.Hour
)

// maxRemembered bounds the messages of one channel that are remembered at a time: Horizon / Interval.
const maxRemembered = 1 << 16

// Check returns an error that says exactly which values make no sense, all of them; nil when all do.
func (p Policy) Check() error {
	var errs []error
	bad := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(p.Interval < MinInterval, "interval %v: must be at least %v", p.Interval, MinInterval)
	bad(p.Interval > MaxInterval, "interval %v: must be at most %v", p.Interval, MaxInterval)
	bad(p.Deadline <= 0, "deadline %v: must be positive", p.Deadline)
	bad(p.Deadline > MaxDeadline, "deadline %v: must be at most %v: a link that is silent for longer is not up", p.Deadline, MaxDeadline)
	bad(p.Floor < 0, "deadline floor %v: must not be negative", p.Floor)
	bad(p.Deadline <= MaxDeadline && p.Horizon <= p.Deadline, "horizon %v: must be longer than the deadline, %v", p.Horizon, p.Deadline)
	bad(p.Horizon > MaxHorizon, "horizon %v: must be at most %v", p.Horizon, MaxHorizon)
	bad(p.Interval >= MinInterval && p.Horizon/max(p.Interval, MinInterval) > maxRemembered,
		"horizon %v: is more than %d intervals of %v", p.Horizon, maxRemembered, p.Interval)
	for _, t := range []struct {
		name  string
		value int
	}{
		{"up", p.Up}, {"degraded", p.Degraded}, {"down", p.Down}, {"attempts", p.Attempts},
		{"unanswered", p.Unanswered}, {"answered", p.Answered}, {"errors", p.Errors},
	} {
		bad(t.value < 1, "%s %d: must be at least 1", t.name, t.value)
		bad(t.value > maxThreshold, "%s %d: must be at most %d", t.name, t.value, maxThreshold)
	}
	bad(p.Window > maxThreshold, "window %d: must be at most %d", p.Window, maxThreshold)
	bad(p.Window < max(p.Up, p.Degraded), "window %d: must be at least up, %d, and degraded, %d", p.Window, p.Up, p.Degraded)
	bad(p.UpFor < 0, "up for %v: must not be negative", p.UpFor)
	bad(p.Pause < leastPause, "pause %v: must be at least %v: nothing is that punctual", p.Pause, leastPause)
	if len(errs) == 0 {
		// What is to be counted must be remembered for as long.
		for _, t := range []struct {
			takes time.Duration
			what  string
		}{
			{p.silence(3 * p.Down), "the longest that a silence takes to be called down"},
			{p.silence(2 * p.Degraded), "what a link that loses half of its messages takes to be called degraded"},
			{p.reconnection(), "what a region that hangs takes to be called down"},
		} {
			bad(p.Horizon < t.takes, "horizon %v: must be at least %v, %s", p.Horizon, t.takes, t.what)
		}
	}
	return errors.Join(errs...)
}

// leastPause is well above the lateness of a process that has a processor whenever it wants one.
const leastPause = 2 * longestTick

// late returns for how long the observer may not have been running until that is a pause.
func (p *Policy) late() time.Duration { return max(min(p.Pause, p.Deadline), leastPause) }

// maxThreshold bounds every count of a Policy.
const maxThreshold = 1000

// silence returns how long it takes at most until so many messages are overdue and proven: an interval until the first is
// published, its deadline, the others, and the next loop message of the target.
func (p *Policy) silence(overdue int) time.Duration {
	return p.Deadline + time.Duration(overdue+1)*p.Interval
}

// patience returns for how long a cell may be without any evidence before its state is unknown: longer than a silence takes
// to be down, and than a connection that died without a word takes to be found out and made again. It is no bad news either
// that nothing is known for as long of what is awaited: at the start, after the return of a shard, and when something is
// sharded differently.
func (p *Policy) patience() time.Duration {
	return max(p.silence(p.Down+1)+p.Deadline, leastPatience)
}

// leastPatience is longer than package region takes to find out that a subscription is dead, and to make it anew: two seconds
// until the next PING on it, a second or two for the answer, and what it takes to deliver the next message.
const leastPatience = 5 * time.Second

// reconnection returns for how long there may be no connection until the shard is down, attempts that take their time
// included: as long as a connection that hangs takes to be noticed.
func (p *Policy) reconnection() time.Duration {
	return p.Deadline + time.Duration(p.Unanswered)*p.Interval
}
