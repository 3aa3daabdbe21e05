package probe

import "time"

// repeated counts something odd that keeps happening.
type repeated struct {
	n           uint64
	first, last instant
}

// oddFor is how long something odd is spoken of after it last happened.
const oddFor = time.Minute

func (r *repeated) add(at instant) {
	if r.last == 0 || at.since(r.last) > oddFor {
		*r = repeated{first: at}
	}
	r.n++
	r.last = max(r.last, at)
}

// lately returns what there was to count until a moment ago.
func (r *repeated) lately(k clock, now instant) Lately {
	if r.last == 0 || now.since(r.last) > oddFor {
		return Lately{}
	}
	return Lately{Count: r.n, Since: k.time(r.first)}
}

// elsewhere is what is seen, in other regions, of the messages that other observers publish in a region: whether somebody
// can reach it.
type elsewhere struct{ since, last instant }

func (e *elsewhere) heard(p *Policy, at instant) {
	if e.last == 0 || at.since(e.last) > p.patience() {
		e.since = at
	}
	e.last = max(e.last, at)
}

// proves tells whether others can use a region that failed then, though this observer cannot. Messages must keep arriving
// in other regions for longer than what was published before the failure can take, and not in one burst, which is
// what a link hands over that was stalled.
func (e *elsewhere) proves(p *Policy, failed, now instant) bool {
	from := max(e.since, failed+instant(2*p.Deadline))
	return e.last != 0 && now.since(e.last) <= p.patience() && e.last.since(from) >= p.Deadline
}

// writes is what is known about writes to a region, and since when.
type writes struct {
	state Writes
	since instant
}

func (w *writes) become(state Writes, now instant) {
	if w.state != state {
		w.state, w.since = state, now
	}
}
