package simulate

import (
	"math"
	"slices"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// The detector of a cell calls a link down when Down messages in a row were charged as overdue with nothing arriving
// meanwhile, and one more for each bad message of the window before them, up to twice Down more. Message k, sent at k·I,
// is charged when the loop message arrives that was published at its deadline or next after, m intervals later, at
// (k+m)·I + loop delay + the time until the state is looked at. So before message e arrives, at e·I + d, after L lost ones,
//
//	charged = L - m + B,   B = the number of j >= 0 with j·I + loop delay + look < d
//
// messages are charged, and there is an alarm when charged >= Down + slack. Given that the message before the L lost ones
// arrived, the L lost ones, the window before them, d and the loop's delay are independent of one another, so that the
// probability is a sum of products: exact up to messages that hold up one another for other reasons.

// look is how long a change goes unnoticed at most: see longestTick in package probe.
const look = 25 * time.Millisecond

// solver is a question with what is computed from it once.
type solver struct {
	q            Question
	late         float64   // share of the messages that come after the deadline
	begins, ends float64   // of loss: see Network.losing
	proofs       []proof   // by intervals
	behind       []float64 // behind[b] is the probability that B >= b; as far as it was needed: see lag
	alarming     []float64 // see alarms
	charging     []float64 // see charges
}

// proof is after how many intervals the loop message is published that proves a message overdue, and how likely that is.
type proof struct {
	intervals int
	share     float64
}

// newSolver solves for the deadlines that links have, all of the same weight: those that an observer was seen to work with,
// where they adapt.
func newSolver(q Question, deadlines ...time.Duration) *solver {
	s := &solver{q: q}
	s.begins, s.ends = q.Network.losing(q.Policy.Interval)
	weight := 1 / float64(len(deadlines))
	for _, d := range deadlines {
		s.late += weight * q.Network.later(d)
		whole := int(d / q.Policy.Interval)
		if d%q.Policy.Interval == 0 {
			// The loop message at the deadline is as often a little early as it is a little late.
			s.prove(whole, weight/2)
			s.prove(whole+1, weight/2)
		} else {
			s.prove(whole+1, weight)
		}
	}
	return s
}

// lag returns the probability that B >= b.
func (s *solver) lag(b int) float64 {
	if len(s.behind) == 0 {
		s.behind = append(s.behind, 1)
	}
	for len(s.behind) <= b {
		s.behind = append(s.behind, s.overtaken(time.Duration(len(s.behind)-1)*s.q.Policy.Interval))
	}
	return s.behind[b]
}

// prove adds to the share of the messages that are proven overdue so many intervals later.
func (s *solver) prove(intervals int, share float64) {
	i, ok := slices.BinarySearchFunc(s.proofs, intervals, func(p proof, n int) int { return p.intervals - n })
	if !ok {
		s.proofs = slices.Insert(s.proofs, i, proof{intervals: intervals})
	}
	s.proofs[i].share += share
}

// overtaken returns the probability that a message is later than a loop message that is sent so long after it, and the look
// at the state that follows.
func (s *solver) overtaken(after time.Duration) float64 {
	const steps, looks = 64, 4
	total := 0.0
	for i := range steps {
		loop := s.q.Network.quantile((float64(i) + 0.5) / steps)
		for k := range looks {
			total += s.q.Network.later(after + loop + look*time.Duration(2*k+1)/(2*looks))
		}
	}
	return total / (steps * looks)
}

// lost returns the probability that, after a message that arrived, at least so many are lost.
func (s *solver) lost(n int) float64 {
	if n <= 0 {
		return 1
	}
	return s.begins * math.Pow(1-s.ends, float64(n-1))
}

// past is what is known of some messages before one that arrived: how likely it is that so many of them are bad, up to the
// most that count, when the first of them arrived and when it is lost.
type past struct{ arrived, lost []float64 }

// nothing returns the past of no messages.
func (s *solver) nothing() past {
	most := 2 * s.q.Policy.Down
	p := past{make([]float64, most+1), make([]float64, most+1)}
	p.arrived[0] = 1
	return p
}

// before returns a past that is longer by one message. The chain of losses is the same backwards.
func (s *solver) before(p past) past {
	most := len(p.arrived) - 1
	longer := past{make([]float64, most+1), make([]float64, most+1)}
	for bad := range most + 1 {
		more := min(bad+1, most)
		ok := p.arrived[bad]*(1-s.begins) + p.lost[bad]*s.ends
		longer.arrived[bad] += ok * (1 - s.late)
		longer.arrived[more] += ok * s.late
		longer.lost[more] += p.arrived[bad]*s.begins + p.lost[bad]*(1-s.ends)
	}
	return longer
}

// slack returns the distribution of the bad messages of a past.
func (p past) slack() []float64 {
	all := make([]float64, len(p.arrived))
	for bad := range all {
		all[bad] = p.arrived[bad] + p.lost[bad]
	}
	return all
}

// slack returns the distribution of the bad messages among n messages before one that arrived, up to the most that count.
func (s *solver) slack(n int) []float64 {
	p := s.nothing()
	for range n {
		p = s.before(p)
	}
	return p.slack()
}

// alarms returns, by the number of bad messages in the window before it, the probability that a silence after a message that
// arrived is an alarm.
func (s *solver) alarms() []float64 {
	if s.alarming != nil {
		return s.alarming
	}
	down := s.q.Policy.Down
	lost := make([]float64, 3*down+s.proofs[len(s.proofs)-1].intervals+1)
	for n := range lost {
		lost[n] = s.lost(n)
	}
	known := make(map[int]float64) // by the number of messages that are needed: many ways lead to one
	silence := func(needed int) float64 {
		sum, ok := known[needed]
		if !ok {
			// L - m + B >= needed
			sum = lost[needed] // with B >= 0
			for l := range needed {
				sum += (lost[l] - lost[l+1]) * s.lag(needed-l)
			}
			known[needed] = sum
		}
		return sum
	}
	s.alarming = make([]float64, 2*down+1)
	for bad := range s.alarming {
		for _, p := range s.proofs {
			s.alarming[bad] += p.share * silence(down+bad+p.intervals)
		}
	}
	return s.alarming
}

// alarm returns the probability, for one message of a cell, that the silence that it ends has been an alarm, by the
// distribution of the bad messages in the window before the last one that arrived.
func (s *solver) alarm(slack []float64) float64 {
	total := 0.0
	for bad, alarming := range s.alarms() {
		total += slack[bad] * alarming
	}
	return (1 - s.q.Network.Loss) * total
}

// links returns how many false alarms one cell raises a year. After an alarm, once the cell is proven up, the window begins
// anew and the slack is small: for a while further alarms are more likely.
func (s *solver) links() float64 {
	p := &s.q.Policy
	steady, more := s.alarm(s.slack(p.Window-1)), 0.0
	if steady*float64(p.Window) > 1e-6 { // else that is nothing
		window := s.nothing()
		for n := range p.Window - 1 {
			if n >= p.Up {
				more += max(0, s.alarm(window.slack())-steady)
			}
			window = s.before(window)
		}
	}
	return steady / max(0.1, 1-more) * perYear(p.Interval)
}

// answers returns how many false alarms one shard raises a year because its answers come late. A shard is down when no answer
// of any kind came while Unanswered PINGs in a row became overdue, or when the connection is given up because one answer
// takes longer than its time-out, and as many PINGs wait behind it. What takes longer than that must be a PING, or the
// PUBLISH before it, which is sent up to an interval earlier.
func (s *solver) answers() float64 {
	p, n := &s.q.Policy, &s.q.Network
	silence := answerSilence(*p) + look/2
	timeout := s.q.Connections.Timeout
	late := func(slack time.Duration) float64 {
		threshold := silence + slack
		if int(timeout/p.Interval) >= p.Unanswered {
			threshold = min(threshold, timeout)
		}
		return n.later(threshold)
	}
	total := late(0)
	const steps = 16
	for i := range steps {
		total += late(p.Interval*(2*time.Duration(i)+1)/(2*steps)) / steps
	}
	return total * perYear(p.Interval)
}

// answerSilence is for how long after a PING no answer may come until the shard is down.
func answerSilence(p probe.Policy) time.Duration {
	return p.Deadline + time.Duration(p.Unanswered-1)*p.Interval
}

// serverPauses returns how many false alarms the pauses of one shard raise a year, at most. The oldest PING that a pause holds
// up was sent no longer before it than it takes, and its answer is late by no more than the pause.
func (s *solver) serverPauses() float64 {
	o := s.q.Network.ServerPause
	if !o.happens() {
		return 0
	}
	p := &s.q.Policy
	threshold := answerSilence(*p)
	if int(s.q.Connections.Timeout/p.Interval) >= p.Unanswered {
		threshold = min(threshold, s.q.Connections.Timeout)
	}
	threshold = min(threshold, time.Duration(p.Down-1+s.proofs[0].intervals)*p.Interval)
	return s.q.Network.later(threshold-o.Length) * perYear(o.Every)
}

// charges returns how likely it is that the last message which a silence needs to be called down is charged so many intervals
// after the first one was published.
func (s *solver) charges() []float64 {
	if s.charging != nil {
		return s.charging
	}
	p := &s.q.Policy
	s.charging = make([]float64, 3*p.Down+s.proofs[len(s.proofs)-1].intervals)
	for bad, share := range s.slack(p.Window) {
		if share < 1e-9 {
			continue
		}
		for _, proof := range s.proofs {
			s.charging[p.Down-1+bad+proof.intervals] += share * proof.share
		}
	}
	return s.charging
}

// unnoticed returns the probability that a link that falls silent, at any moment of an interval, is not called down within d:
// the first message comes up to an interval later, and Down and the slack of them are charged one after another.
func (s *solver) unnoticed(d time.Duration) float64 {
	const phases, loops = 32, 16
	interval, total := s.q.Policy.Interval, 0.0
	var loop [loops]time.Duration
	for k := range loop {
		loop[k] = s.q.Network.quantile((float64(k) + 0.5) / loops)
	}
	for intervals, share := range s.charges() {
		if share == 0 {
			continue
		}
		at := time.Duration(intervals)*interval + look/2
		for i := range phases {
			sent := interval * time.Duration(2*i+1) / (2 * phases)
			for _, l := range loop {
				if at+sent+l > d {
					total += share / (phases * loops)
				}
			}
		}
	}
	return total
}

// silentWithin returns the time within which a link that falls silent is called down in a share of the cases.
func (s *solver) silentWithin(share float64) time.Duration {
	low, high := time.Duration(0), s.q.Policy.Deadline+time.Duration(3*s.q.Policy.Down+3)*s.q.Policy.Interval+s.q.Network.quantile(0.99)
	for high-low > time.Millisecond {
		if middle := (low + high) / 2; s.unnoticed(middle) > 1-share {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// hungWithin returns the time within which a region that says nothing any more is called down in a share of the cases: from
// the first PING on that it does not answer, which is sent up to an interval later.
func (s *solver) hungWithin(share float64) time.Duration {
	p, timeout := &s.q.Policy, s.q.Connections.Timeout
	silence := answerSilence(*p) + time.Duration(share*float64(p.Interval))
	if int(timeout/p.Interval) >= p.Unanswered {
		// Two commands go out in an interval, and the first of them counts.
		silence = min(silence, timeout+time.Duration(share*float64(p.Interval)/2))
	}
	return silence + look
}

// refusedWithin returns the time within which a region that refuses connections is called down in a share of the cases: so
// many attempts to connect, the first of them promptly, each other after a pause, and all as long as a round trip. The shard
// that takes longest counts. The sum of the round trips is taken for log-normal, with the mean and the variance that it has
// (Fenton and Wilkinson).
func (s *solver) refusedWithin(share float64) time.Duration {
	n, attempts, redial := &s.q.Network, s.q.Policy.Attempts, s.q.Connections.Redial
	variance := math.Log1p(math.Expm1(n.Sigma*n.Sigma) / float64(attempts))
	sum := Network{Sigma: math.Sqrt(variance)}
	sum.Delay = time.Duration(float64(attempts) * float64(n.Delay) * math.Exp((n.Sigma*n.Sigma-variance)/2))
	slowest := math.Pow(share, 1/float64(s.q.Shards))
	return min(promptRedial, redial) + time.Duration(attempts-1)*redial + sum.quantile(slowest) + look
}
