package probe

import (
	"slices"
	"time"
)

// What is told of regions and links, and of a verdict that they have led to, waits a little. The shards of a region, and the
// cells of a link, whose fate is the same do not change in one instant, since PINGs and messages are spread over an
// interval: told at once, the first ones would be named and not the others. What has become of all of them alike is told of the
// region or link alone. Snapshots do not wait.

// waited tells whether what is to be told since then has waited for as long as it may.
func (s *state) waited(since instant, most time.Duration) bool {
	return s.ending || s.now.since(since) >= most+longestTick
}

// lasted tells whether something has been so for a moment: what happens to several regions at once is not seen in one instant
// either.
func (s *state) lasted(since instant) bool {
	return s.ending || s.now.since(since) >= min(s.policy.Interval/4, 2*snapshotGap)
}

// hold keeps the time since when there is something to tell, and tells whether it is to be told now: when all agree, and at
// most so long later.
func (s *state) hold(held *instant, news, agree bool, most time.Duration) bool {
	switch {
	case !news:
		*held = 0
	case *held == 0:
		*held = s.now
	}
	return news && (agree || s.waited(*held, most))
}

// tellRegion tells what a region and its shards are, if that is news and it is time.
func (s *state) tellRegion(r *region) {
	news, agree := r.state != r.told, true
	for i := range r.shards {
		h := &r.shards[i]
		news, agree = news || h.told != h.state, agree && h.state == r.shards[0].state
	}
	// What shares a fate is sent within one interval; and shards that come back are dialled within another.
	most := s.policy.Interval
	if r.told == RegionDown {
		most *= 2
	}
	if !s.hold(&r.held, news, agree, most) {
		return
	}
	for i := range r.shards {
		h := &r.shards[i]
		if h.told != h.state && !agree {
			s.event(Event{Kind: EventShard, Region: r.name, Shard: i, Was: string(h.told), State: string(h.state),
				Cause: h.trouble.cause, Detail: h.trouble.detail})
		}
		h.told = h.state
	}
	if r.state != r.told {
		s.event(Event{Kind: EventRegion, Region: r.name, Was: string(r.told), State: string(r.state), Cause: r.cause, Detail: r.detail})
	}
	r.told, r.held = r.state, 0
}

// tellLink tells what a link and its cells are, if that is news and it is time.
func (s *state) tellLink(l *link) {
	news, agree, most := l.state != l.told, true, s.policy.Interval
	for _, c := range l.cells {
		news, agree = news || c.told != c.shown, agree && c.shown == l.cells[0].shown
		if c.shown.Silent() {
			most = 2 * s.policy.Interval // some are proven by a loop message one interval later than others
		}
	}
	if !s.hold(&l.held, news, agree, most) {
		return
	}
	from, to := s.regions[l.from].name, s.regions[l.to].name
	for _, c := range l.cells {
		if c.told != c.shown && !agree && (c.told.Silent() || c.shown.Silent()) {
			s.event(Event{Kind: EventCell, From: from, To: to, Slot: c.channel.slot, Was: string(c.told), State: string(c.shown),
				Detail: s.explainCell(c)})
		}
		c.told = c.shown
	}
	if l.state != l.told {
		s.event(Event{Kind: EventLink, From: from, To: to, Was: string(l.told), State: string(l.state), Detail: s.explain(l)})
	}
	l.told, l.held = l.state, 0
}

// changing tells whether the worst finding is about a region or link that is still changing: nothing was told of it yet.
func (s *state) changing(snap *Snapshot) bool {
	return len(snap.Findings) > 0 && snap.Findings[0].Kind != FindingObserver &&
		(slices.ContainsFunc(s.links, func(l link) bool { return l.held != 0 }) ||
			slices.ContainsFunc(s.regions, func(r region) bool { return r.held != 0 }))
}

// tellVerdict tells what the verdict is, if that is news, or if what was said of it last is all proven now.
func (s *state) tellVerdict(snap *Snapshot) {
	if waiting := snap.proving(); s.verdict != s.told || s.waiting && !waiting {
		s.event(Event{Kind: EventVerdict, Was: string(s.told), State: string(snap.Verdict), Detail: snap.Sentence})
		s.told, s.waiting = s.verdict, waiting
	}
}

// ended tells what has waited to be told, and that the run has ended.
func (s *state) ended(last *Snapshot) {
	s.ending = true
	for i := range s.regions {
		s.tellRegion(&s.regions[i])
	}
	for i := range s.links {
		s.tellLink(&s.links[i])
	}
	s.tellVerdict(last)
	s.event(Event{Kind: EventEnd, State: string(last.Verdict), Detail: last.Sentence})
}
