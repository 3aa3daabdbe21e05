package probe

import "time"

// deadline is how long a message on a link may take before it is overdue. With Policy.Adapt it follows the round trips that
// were measured on the link, between Policy.Floor and Policy.Deadline: a link across a city is called down sooner than
// one around the world, and one that gets slower day by day is accepted up to the bound and no further.
//
// It is twice the 99th percentile of the last half minute to minute, and 200 ms. A segment of TCP that is lost once is
// sent again after a smoothed round trip and at least 200 ms (RFC 6298 with the least timeout that Linux allows), so that
// a message which has that happen to it arrives after about two round trips and 200 ms, and is not late. The percentile is
// one of a window: it rises within a second or two of a link becoming slower, as soon as one of a hundred messages is
// slow, and does not fall before the window has passed.
type deadline struct {
	now    time.Duration // what is in force
	raised instant       // when it last grew
	judged instant       // when it was last worked out
	turned instant       // when recent was begun
	// What arrived lately, and what did in the time before that.
	recent, before histogram
}

const (
	// deadlineWindow is how long round trips are remembered, twice.
	deadlineWindow = 30 * time.Second
	// deadlineMessages is how many round trips must be known. Of fewer than 100 the percentile is the longest one.
	deadlineMessages = 50
	// deadlineEvery is the time between two times that it is worked out.
	deadlineEvery = time.Second
	// retransmission is the least time after which Linux sends a segment again.
	retransmission = 200 * time.Millisecond
)

// learn takes in a round trip.
func (d *deadline) learn(took time.Duration) { d.recent.add(took) }

// adapt works out what is in force from now on. It tells whether that is so much more than before that what was late before
// says nothing of the link as it is now.
func (d *deadline) adapt(p *Policy, now instant) (another bool) {
	if !p.Adapt || now.since(d.judged) < deadlineEvery {
		return false
	}
	d.judged = now
	if d.turned == 0 {
		d.turned = now
	}
	if now.since(d.turned) >= deadlineWindow && d.recent.total >= deadlineMessages {
		d.before, d.recent, d.turned = d.recent, histogram{}, now
	}
	all := d.before.clone()
	merge(&all, &d.recent)
	if all.total < deadlineMessages {
		return false
	}
	needs := min(max(2*all.quantile(99)+retransmission, p.Floor), p.Deadline)
	if needs > d.now {
		d.raised, another = now, needs > d.now+d.now/2
	}
	d.now = needs
	return another
}
