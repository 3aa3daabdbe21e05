package probe

import (
	"fmt"
	"time"
)

// Sensitivity names a policy: how soon something is called down, against how seldom a false alarm is.
type Sensitivity string

// The sensitivities. In what they promise, refused is an endpoint that refuses connections, hung one that accepts them and
// answers nothing, and silent a link that carries nothing.
const (
	// Fast is for links of 40 ms that lose up to 0.1 %: refused is found within 0.5 s, hung or silent within 1.5 s.
	Fast Sensitivity = "fast"
	// Balanced is for links of 80 ms that lose up to 1 %: refused is found within 1 s, hung or silent within 3 s.
	Balanced Sensitivity = "balanced"
	// Cautious is for links of 80 ms that lose up to 20 %, in bursts: all three are found within 10 s.
	Cautious Sensitivity = "cautious"
)

// policies are the sensitivities. The time to call a link silent is at most
//
//	Interval + Deadline + (Down-1)·Interval + one Interval for the proof by a loop message, and its round trip
//
// and that for an endpoint that hangs Interval + Deadline + (Unanswered-1)·Interval. One that refuses connections is down when
// Attempts in a row have failed, of which package region makes the first at once and the next after an interval.
//
//	           refused   hung      silent
//	fast       0.125 s   1.25 s    1.375 s
//	balanced   0.25 s    2.5 s     2.75 s
//	cautious   0.75 s    7 s       8 s
//
// A false alarm needs a run of Down lost messages, and one more for each message lost in the window before, so that it
// becomes less likely by at least the rate of loss with each of them. On the networks above there is at most one false alarm in
// ten years on 3 regions of 3 shards: package simulate works that out, and docs/sensitivity.md has its tables.
var policies = map[Sensitivity]Policy{
	Fast: {
		Interval: 125 * time.Millisecond, Deadline: 500 * time.Millisecond, Floor: 250 * time.Millisecond, Horizon: time.Minute,
		Window: 32, Up: 4, Degraded: 3, Down: 6,
		Attempts: 2, Unanswered: 6, Answered: 2, Errors: 2,
		UpFor: 2 * time.Second, Pause: 250 * time.Millisecond, Adapt: true,
	},
	Balanced: {
		Interval: 250 * time.Millisecond, Deadline: time.Second, Floor: 400 * time.Millisecond, Horizon: time.Minute,
		Window: 32, Up: 4, Degraded: 3, Down: 6,
		Attempts: 2, Unanswered: 6, Answered: 2, Errors: 2,
		UpFor: 2 * time.Second, Pause: 500 * time.Millisecond, Adapt: true,
	},
	Cautious: {
		Interval: 250 * time.Millisecond, Deadline: 3 * time.Second, Floor: 1500 * time.Millisecond, Horizon: time.Minute,
		Window: 24, Up: 6, Degraded: 8, Down: 19,
		Attempts: 4, Unanswered: 16, Answered: 3, Errors: 3,
		UpFor: 10 * time.Second, Pause: time.Second, Adapt: true,
	},
}

// PolicyOf returns the policy of a sensitivity; that of Balanced for a word that is none.
func PolicyOf(s Sensitivity) Policy {
	if p, ok := policies[s]; ok {
		return p
	}
	return policies[Balanced]
}

// DefaultPolicy returns the policy of Balanced.
func DefaultPolicy() Policy { return PolicyOf(Balanced) }

// String returns the word.
func (s *Sensitivity) String() string { return string(*s) }

// Set makes it the sensitivity of that word; any other is an error.
func (s *Sensitivity) Set(word string) error {
	if _, ok := policies[Sensitivity(word)]; !ok {
		return fmt.Errorf("sensitivity %q: must be %s, %s or %s", word, Fast, Balanced, Cautious)
	}
	*s = Sensitivity(word)
	return nil
}

// Type says what kind of word it is, for the help of a command.
func (s *Sensitivity) Type() string { return "word" }
