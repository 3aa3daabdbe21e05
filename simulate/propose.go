package simulate

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Wanted is what a policy is to be good for.
type Wanted struct {
	// Every is the time in which there may be one false alarm, on average, in the whole deployment.
	Every time.Duration
	// Within is the time in which a region that hangs, and a link that falls silent, is to be called down in 99 of 100 cases.
	Within time.Duration
}

// Check returns an error that says what makes no sense; nil when everything does.
func (w Wanted) Check() error {
	var errs []error
	if w.Every < time.Hour {
		errs = append(errs, fmt.Errorf("a false alarm every %v: must be at least an hour", w.Every))
	}
	if w.Within <= 0 || w.Within > time.Hour {
		errs = append(errs, fmt.Errorf("within %v: must be more than 0 and at most an hour", w.Within))
	}
	return errors.Join(errs...)
}

// ErrNoPolicy is what Propose returns, wrapped, when no policy does what is wanted.
var ErrNoPolicy = errors.New("no policy does that on this network")

// intervals are what is tried, the cheapest first.
func intervals() []time.Duration {
	return milliseconds(10_000, 5000, 4000, 3000, 2000, 1500, 1000, 800, 750, 600, 500, 400, 300, 250, 200, 150, 125, 100, 75, 50, 25)
}

// deadlines are what is tried.
func deadlines() []time.Duration {
	return milliseconds(50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 750, 900, 1000, 1250, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000, 10_000, 15_000, 20_000, 30_000)
}

func milliseconds(all ...int) []time.Duration {
	list := make([]time.Duration, len(all))
	for i, n := range all {
		list[i] = time.Duration(n) * time.Millisecond
	}
	return list
}

// mostLate is the share of messages that may be late: if more are, a deadline is too short for the network, and links are called
// degraded that are as they always were.
const mostLate = 0.001

// Propose looks for the policy with the fewest messages a second that does what is wanted on the network of the Question, and
// among those of the same number for the one with the fewest false alarms. All but Interval, Deadline, Down and
// Unanswered, and Horizon where it must grow, is the policy of the Question; the deadline does not adapt.
//
// The proposal is solved, and then tried: the answer to the Question with it is given, too. Without one the error wraps
// ErrNoPolicy and says what stands in the way.
func Propose(ctx context.Context, q Question, wanted Wanted) (probe.Policy, error) {
	for _, interval := range intervals() {
		if interval >= wanted.Within {
			continue
		}
		best, least := probe.Policy{}, float64(Year)/float64(wanted.Every)
		for _, deadline := range deadlines() {
			if ctx.Err() != nil {
				return probe.Policy{}, ctx.Err()
			}
			p, ok := q.strictest(interval, deadline, wanted.Within)
			if !ok {
				continue
			}
			if alarms := q.with(p).falseAlarms(); alarms <= least {
				best, least = p, alarms
			}
		}
		if best != (probe.Policy{}) {
			return best, nil
		}
	}
	return probe.Policy{}, q.impossible(wanted)
}

// with returns the question about another policy.
func (q Question) with(p probe.Policy) Question {
	q.Connections = ConnectionsOf(p, q.Connections.Timeout)
	q.Policy = p
	return q
}

// falseAlarms returns how many there are a year by what can be solved, when deadlines do not adapt.
func (q Question) falseAlarms() float64 {
	s := newSolver(q, q.Policy.Deadline)
	return s.links()*float64(q.cells()) + (s.answers()+s.serverPauses())*float64(q.shards())
}

// strictest returns the policy with this interval and deadline that waits for as much evidence as there is time for; false
// when there is not even time for any.
func (q Question) strictest(interval, deadline, within time.Duration) (probe.Policy, bool) {
	p := q.Policy
	p.Interval, p.Deadline, p.Adapt, p.Floor = interval, deadline, false, min(p.Floor, deadline)
	p.Pause = max(p.Pause, 2*interval)
	if deadline >= within || q.Network.later(deadline) > mostLate {
		return p, false
	}
	const share = 0.99
	p.Down, p.Unanswered = mostInTime(func(down int) bool {
		p.Down = down
		return newSolver(q.with(p), deadline).silentWithin(share) <= within
	}), 0
	p.Unanswered = mostInTime(func(unanswered int) bool {
		p.Unanswered = unanswered
		return newSolver(q.with(p), deadline).hungWithin(share) <= within
	})
	p.Horizon = max(p.Horizon, deadline+time.Duration(3*p.Down+1)*interval)
	return p, p.Down >= 2 && p.Unanswered >= 2 && p.Check() == nil
}

// mostEvidence bounds how much evidence is waited for.
const mostEvidence = 40

// mostInTime returns for how much evidence there is time: 2 to mostEvidence, or 1 when not even for 2. More takes longer.
func mostInTime(inTime func(evidence int) bool) int {
	return 1 + sort.Search(mostEvidence-1, func(i int) bool { return !inTime(i + 2) })
}

// impossible says what stands in the way of what is wanted.
func (q Question) impossible(wanted Wanted) error {
	late := q.Network.later(wanted.Within) * float64(q.shards()) * perYear(time.Second)
	if late > float64(Year)/float64(wanted.Every) {
		return fmt.Errorf("%w: once a second asked, answers take longer than %v %.2g times a year by themselves", ErrNoPolicy, wanted.Within, late)
	}
	return fmt.Errorf("%w: to be noticed within %v needs less evidence than %.0f%% of loss calls for", ErrNoPolicy, wanted.Within, 100*q.Network.Loss)
}
