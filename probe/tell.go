package probe

import "slices"

// What is told of links, and of a verdict that a link has led to, waits a little. The cells of a link whose fate is the same
// do not change in one instant, since their messages are spread over an interval: told at once, the first ones would be
// named and not the others. Snapshots do not wait.

// waited tells whether what is to be told since then has waited for as long as it may: the cells of a link whose fate is the
// same get their messages within one interval, and some of them are proven by a loop message one interval later than others.
func (s *state) waited(since instant) bool {
	return s.now.since(since) >= 2*s.policy.Interval+longestTick
}

// agree tells whether all cells are in one state.
func (l *link) agree() bool {
	return !slices.ContainsFunc(l.cells, func(c *cell) bool { return c.shown != l.cells[0].shown })
}

// tellLink tells what a link is, if that is news.
func (s *state) tellLink(index int) {
	l := &s.links[index]
	if l.state == l.told {
		return
	}
	from, to := index/len(s.regions), index%len(s.regions)
	s.event(Event{Kind: EventLink, From: s.regions[from].name, To: s.regions[to].name,
		Was: string(l.told), State: string(l.state), Detail: s.explain(l)})
	l.told, l.held = l.state, 0
}

// changing tells whether the worst finding is about a link of which nothing was told yet, since it is still changing.
func (s *state) changing(snap *Snapshot) bool {
	return len(snap.Findings) > 0 && snap.Findings[0].From != "" &&
		slices.ContainsFunc(s.links, func(l link) bool { return l.held != 0 })
}

// tellVerdict tells what the verdict is, if that is news.
func (s *state) tellVerdict(snap *Snapshot) {
	if s.verdict != s.told {
		s.event(Event{Kind: EventVerdict, Was: string(s.told), State: string(snap.Verdict), Detail: snap.Sentence})
		s.told = s.verdict
	}
}

// ended tells what has waited to be told, and that the run has ended.
func (s *state) ended(last *Snapshot) {
	for i := range s.links {
		s.tellLink(i)
	}
	s.tellVerdict(last)
	s.event(Event{Kind: EventEnd, State: string(last.Verdict), Detail: last.Sentence})
}
