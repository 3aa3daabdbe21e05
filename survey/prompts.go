package survey

import "time"

// soonest is the least time between two askings of a region for what lasts. A shard that is down is dialled more often than
// that. Least is the same for what happens in a moment.
const (
	soonest = time.Second
	least   = 100 * time.Millisecond
)

const (
	// mostInVain is how often in a row a region is asked as soon as that for reasons of one kind, when it has nothing new to
	// tell. A replica takes over within a minute or not by itself; after that, what hints at a change is more likely something
	// else that lasts.
	mostInVain = 60
	// mostAtOnce is the same for what happens in a moment: what is lost again and again is no single event.
	mostAtOnce = 5
)

// prompts are the reasons of one kind to ask a region before its turn. Those that go on, and are never followed by news,
// bring it forward by less and less, and at last not at all: a region that is short of connections must not lose
// more of them to being asked what is the matter. It is pure.
type prompts struct {
	every  time.Duration // the time between two askings without a prompt
	atOnce int           // how often in vain they are for something that happens in a moment

	inVain int       // askings in a row that they led to, without news
	last   time.Time // when there was one
	open   bool      // there was one since the last asking
}

// prompt takes a reason, and returns how long after the last asking the next one may be for it.
func (p *prompts) prompt(at time.Time) time.Duration {
	if at.Sub(p.last) >= 2*p.every { // there was none for a whole turn
		p.inVain = 0
	}
	p.last, p.open = at, true
	switch {
	case p.inVain < p.atOnce:
		return least
	case p.inVain < mostInVain:
		return soonest
	}
	return p.every
}

// asked takes note that the region was asked.
func (p *prompts) asked(news bool) {
	switch {
	case news:
		p.inVain = 0
	case p.open:
		p.inVain++
	}
	p.open = false
}
