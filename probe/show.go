package probe

import (
	"cmp"
	"fmt"
)

// showRegions derives the states of the regions from those of their shards, and tells what has changed.
func (s *state) showRegions() {
	for i := range s.regions {
		r := &s.regions[i]
		derived, worst := r.derive()
		if r.derived != derived {
			r.derived, r.from = derived, s.now
		}
		r.cause, r.detail = worst.trouble.cause, worst.trouble.detail
		if derived == RegionDown && !r.cause.proves() && r.elsewhere.proves(s.policy, r.from, s.now) {
			r.cause = Partitioned
		}
		state, since := r.derived, r.from
		if s.cut != 0 {
			state, since = RegionUnobservable, s.cut
		}
		if r.state != state {
			r.state, r.since, s.changed = state, since, true
		}
		s.tellRegion(r)
	}
}

// derive returns what a region is by its shards, and the shard that is the reason. Shards that are awaited, since the region
// is sharded differently a moment ago, are left out of it.
func (r *region) derive() (RegionState, *shard) {
	worst := &r.shards[0]
	var down, impaired, available, awaited int
	for i := range r.shards {
		h := &r.shards[i]
		switch h.state {
		case RegionDown:
			down++
		case RegionImpaired:
			impaired++
		case RegionAvailable:
			available++
		case RegionUnobservable:
			if h.awaited.on() {
				awaited++
			}
		}
		if badness(h.state) > badness(worst.state) {
			worst = h
		}
	}
	switch known := len(r.shards) - awaited; {
	case known == 0:
		return r.derived, worst
	case down == known:
		return RegionDown, worst
	case impaired+down > 0:
		return RegionImpaired, worst
	case available == known:
		return RegionAvailable, worst
	}
	return RegionUnobservable, worst
}

// badness orders the states of shards.
func badness(s RegionState) int {
	switch s {
	case RegionDown:
		return 3
	case RegionImpaired:
		return 2
	case RegionUnobservable:
		return 1
	}
	return 0
}

// showLinks derives what cells and links are shown as, and tells what has changed.
func (s *state) showLinks() {
	s.showDue()
	for i := range s.links {
		l := &s.links[i]
		if l.touched {
			l.touched = false
			if state := l.derive(); l.state != state {
				l.state, l.since, s.changed = state, s.now, true
			}
			s.tellLink(l)
		} else if l.held != 0 {
			s.tellLink(l)
		}
	}
	s.showReturned()
}

// showCell derives what one cell is shown as.
func (s *state) showCell(c *cell) {
	state := s.visible(c)
	switch {
	case !c.awaited.on():
	case state != LinkUnknown, c.awaited.vain(s.policy.patience(), s.now), s.hopeless(c):
		c.awaited.end()
		s.changed, c.link.touched = true, true
	}
	if c.shown == state {
		return
	}
	if state == LinkUnknown {
		c.detector.forget()
	}
	c.shown, c.since = state, s.now
	s.changed, c.link.touched = true, true
}

// visible returns what can be said of a cell: nothing, where one end cannot be used or nothing was learned for long.
func (s *state) visible(c *cell) LinkState {
	from, to := s.ends(c)
	switch {
	case s.cut != 0, from.state == RegionDown, to.state == RegionDown, s.oneServer(c), c.stale(s.policy, s.now):
		return LinkUnknown
	}
	return cmp.Or(c.detector.state, LinkUnknown)
}

// ends returns the shards at the ends of a cell.
func (s *state) ends(c *cell) (from, to *shard) {
	return &s.regions[c.channel.region].shards[c.channel.shard], &s.regions[c.to].shards[c.shard]
}

// oneServer tells whether a cell leads from a server to itself, under another name.
func (s *state) oneServer(c *cell) bool {
	return s.same[Pair{s.regions[c.channel.region].name, s.regions[c.to].name}]
}

// hopeless tells whether nothing can become known of a cell as things are.
func (s *state) hopeless(c *cell) bool {
	from, to := s.ends(c)
	return s.oneServer(c) || from.state == RegionDown && !from.back.on() || to.state == RegionDown && !to.back.on()
}

// showReturned finds out which shards that are back are proven with all that leads to and from them.
func (s *state) showReturned() {
	returning := false
	s.eachShard(func(_, _ int, h *shard) {
		returning = returning || h.returning
		h.proving = false
	})
	if !returning {
		return
	}
	s.eachCell(func(c *cell) {
		if c.awaited.on() {
			from, to := s.ends(c)
			from.proving, to.proving = true, true
		}
	})
	s.eachShard(func(_, _ int, h *shard) {
		if h.returning && !h.proving && h.state != RegionDown {
			h.returning, s.changed = false, true
		}
	})
}

// derive returns what a link is by its cells: as bad as the worst of them. Only when nothing was ever delivered on any
// cell of which something is known, it is never. As long as something must become known soon, and nothing is bad, it stays
// what it was.
func (l *link) derive() LinkState {
	var unknown, awaited, never, down, degraded, late int
	for _, c := range l.cells {
		switch c.shown {
		case LinkUnknown:
			unknown++
			if c.awaited.on() {
				awaited++
			}
		case LinkNever:
			never++
		case LinkDown:
			down++
		case LinkDegraded:
			degraded++
		case LinkLate:
			late++
		case LinkUp:
		}
	}
	known := len(l.cells) - unknown
	switch {
	case known > 0 && never == known && (l.state == LinkNever || l.state == LinkUnknown):
		return LinkNever
	case down+never > 0:
		return LinkDown
	case degraded > 0:
		return LinkDegraded
	case late > 0:
		return LinkLate
	case awaited > 0 && awaited == unknown:
		return l.state
	case unknown > 0, len(l.cells) == 0:
		return LinkUnknown
	}
	return LinkUp
}

// explain says in words what is behind the state of a link.
func (s *state) explain(l *link) string {
	silent := 0
	var worst *cell
	for _, c := range l.cells {
		if c.shown.Silent() {
			silent++
			if worst == nil || c.newestAt < worst.newestAt {
				worst = c
			}
		}
	}
	if worst == nil {
		return ""
	}
	detail := s.explainCell(worst)
	if len(l.cells) > 1 {
		detail = fmt.Sprintf("%d of %d cells; slot %d: %s", silent, len(l.cells), worst.channel.slot, detail)
	}
	return detail
}

// explainCell says in words what is behind the state of a silent cell.
func (s *state) explainCell(c *cell) string {
	if c.newest == 0 {
		return fmt.Sprintf("nothing delivered since the start, %d messages overdue", c.counts[overdue])
	}
	return fmt.Sprintf("last delivered %s, %d messages overdue", s.clock.time(c.newestAt).Format(clockFormat), c.counts[overdue])
}

// clockFormat is how moments of the run are written in words.
const clockFormat = "15:04:05.000"
