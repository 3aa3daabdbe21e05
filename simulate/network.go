package simulate

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Network is a model of a network, and of the machines at its ends. All paths are alike: from a region to another one and
// from the observer to each of them, and each is as slow as the whole round trip of a message may be. Paths fail
// independently of one another.
//
// A path is in order, as TCP is: what is held up holds up everything behind it.
type Network struct {
	// Delay is the median of how long a message takes from its PUBLISH in one region until it arrives from another, and a
	// PING until its answer; Sigma how wide they are spread: the delays are log-normal, so that of a thousand one takes
	// more than exp(3.1 Sigma) times the median.
	Delay time.Duration
	Sigma float64

	// Loss is the share of the messages that are lost for good between two regions, 0 to under 1. Answers and loops
	// are not lost: TCP sees to that.
	Loss float64
	// Burst is how long the times last in which messages are lost, on average; they are exponentially distributed, and all
	// messages in them are lost. 0 loses each message independently of others.
	Burst time.Duration
	// Retransmit is the share of messages and answers that TCP must send again, and that come later by a retransmission
	// time-out: the median delay and 200 ms, doubled each time.
	Retransmit float64

	ServerPause   Occasion // a shard does nothing, and goes on where it was
	ObserverPause Occasion // the process that observes does
	// Slowdown is a time in which the median delay grows, steadily, to SlowdownFactor times what it was; then it
	// stays there for as long again.
	Slowdown       Occasion
	SlowdownFactor float64
}

// Occasion is something that happens now and then. The zero Occasion never does.
type Occasion struct {
	Length time.Duration
	Every  time.Duration // on average: at each shard, or at the observer, or in the whole network
}

func (o Occasion) happens() bool { return o.Length > 0 && o.Every > 0 }

// minRetransmit is the least retransmission time-out beside the round trip: TCP_RTO_MIN of Linux.
const minRetransmit = 200 * time.Millisecond

// mostRetransmits bounds how often something is sent again: Linux gives up after 15 (tcp_retries2).
const mostRetransmits = 15

// Check returns an error that says what makes no sense, all of it; nil when everything does.
func (n Network) Check() error {
	var errs []error
	bad := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(n.Delay <= 0 || n.Delay > time.Minute, "delay %v: must be more than 0 and at most %v", n.Delay, time.Minute)
	bad(!(n.Sigma >= 0 && n.Sigma <= 3), "jitter %g: must be 0 to 3", n.Sigma)
	bad(!(n.Loss >= 0 && n.Loss <= mostLoss), "loss %g: must be 0 to %g", n.Loss, mostLoss)
	bad(n.Burst < 0, "burst %v: must not be negative", n.Burst)
	bad(!(n.Retransmit >= 0 && n.Retransmit <= mostLoss), "retransmit %g: must be 0 to %g", n.Retransmit, mostLoss)
	for _, o := range []struct {
		name string
		Occasion
	}{{"server pause", n.ServerPause}, {"observer pause", n.ObserverPause}, {"slowdown", n.Slowdown}} {
		bad(o.Length < 0 || o.Every < 0, "%s of %v every %v: must not be negative", o.name, o.Length, o.Every)
		bad(o.Length > longestOccasion, "%s of %v: must be at most %v", o.name, o.Length, longestOccasion)
		bad(o.Length > 0 && o.Every > 0 && o.Every < 2*o.Length, "%s of %v every %v: must leave as much time between", o.name, o.Length, o.Every)
	}
	bad(n.Slowdown.happens() && !(n.SlowdownFactor >= 1 && n.SlowdownFactor <= 1000), "slowdown to %g times: must be 1 to 1000", n.SlowdownFactor)
	return errors.Join(errs...)
}

const (
	mostLoss        = 0.95
	longestOccasion = time.Hour
)

// later returns the probability that something takes longer than d.
func (n Network) later(d time.Duration) float64 {
	if n.Retransmit == 0 {
		return n.laterOnce(d)
	}
	total, again := 0.0, 1.0
	for times := range mostRetransmits {
		total += again * (1 - n.Retransmit) * n.laterOnce(d-n.resent(times))
		again *= n.Retransmit
	}
	return total + again
}

// laterOnce returns the probability that what is not sent again takes longer than d.
func (n Network) laterOnce(d time.Duration) float64 {
	if d <= 0 {
		return 1
	}
	ratio := math.Log(float64(d) / float64(n.Delay))
	if n.Sigma == 0 {
		if ratio >= 0 {
			return 0
		}
		return 1
	}
	return math.Erfc(ratio/n.Sigma/math.Sqrt2) / 2
}

// resent returns by how much later something comes that is sent so many times again.
func (n Network) resent(times int) time.Duration {
	return (n.Delay + minRetransmit) * time.Duration(uint64(1)<<times-1)
}

// quantile returns the delay that a share of what is not sent again does not exceed.
func (n Network) quantile(share float64) time.Duration {
	return time.Duration(float64(n.Delay) * math.Exp(n.Sigma*math.Sqrt2*math.Erfinv(2*share-1)))
}

// losing returns the model of loss as a chain from one message to the next, an interval later: the probability that a
// message is lost when the one before was not, and the probability that it is not lost when the one before was.
//
// Loss alternates, in time, between a state that loses everything, left at the rate 1/Burst, and one that loses nothing,
// so that it is lossy for the share Loss of the time; looked at once an interval that is a chain of two states again.
func (n Network) losing(interval time.Duration) (begins, ends float64) {
	if n.Burst == 0 || n.Loss == 0 {
		return n.Loss, 1 - n.Loss
	}
	forgets := 1 - math.Exp(-float64(interval)/float64(n.Burst)/(1-n.Loss))
	return n.Loss * forgets, (1 - n.Loss) * forgets
}
