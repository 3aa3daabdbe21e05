package probe

import (
	"cmp"
	"fmt"
)

// showRegions derives the states of the regions from those of their shards, and tells what has changed.
func (s *state) showRegions() {
	for i := range s.regions {
		r := &s.regions[i]
		for shard := range r.shards {
			s.showShard(r, shard)
		}
		state, worst := r.derive()
		detail, cause := worst.trouble.detail, worst.trouble.cause
		if s.cut != 0 {
			state = RegionUnobservable
		}
		if r.state != state {
			s.event(Event{Kind: EventRegion, Region: r.name, Was: string(r.state), State: string(state), Cause: cause, Detail: detail})
			r.state, r.since = state, s.now
		}
		r.cause, r.detail = cause, detail
	}
}

// showShard tells what has changed in a region of several shards.
func (s *state) showShard(r *region, index int) {
	h := &r.shards[index]
	if h.told == h.state {
		return
	}
	s.changed = true
	if len(r.shards) > 1 {
		s.event(Event{Kind: EventShard, Region: r.name, Shard: index, Was: string(h.told), State: string(h.state),
			Cause: h.trouble.cause, Detail: h.trouble.detail})
	}
	h.told = h.state
}

// derive returns what a region is by its shards, and the shard that is the reason.
func (r *region) derive() (RegionState, *shard) {
	var worst *shard
	var down, impaired, available int
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
		}
		if worst == nil || badness(h.state) > badness(worst.state) {
			worst = h
		}
	}
	switch {
	case down == len(r.shards):
		return RegionDown, worst
	case impaired > 0, down > 0 && available > 0:
		return RegionImpaired, worst
	case available == len(r.shards):
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
	for i := range s.links {
		l := &s.links[i]
		for _, c := range l.cells {
			s.showCell(l, c)
		}
		state := l.derive()
		if l.state != state {
			l.state, l.since, s.changed = state, s.now, true
		}
		switch {
		case l.state == l.told:
			l.held = 0
		case l.held == 0:
			l.held = s.now
		}
		if l.agree() || s.waited(l.held) {
			s.tellLink(i)
		}
	}
}

// showCell derives what one cell is shown as.
func (s *state) showCell(l *link, c *cell) {
	state := s.visible(c)
	if c.shown == state {
		return
	}
	if len(l.cells) > 1 && (state.Silent() || c.shown.Silent()) {
		s.event(Event{Kind: EventCell, From: s.regions[c.channel.region].name, To: s.regions[c.to].name,
			Slot: c.channel.slot, Was: string(c.shown), State: string(state), Detail: s.explainCell(c)})
	}
	if state == LinkUnknown {
		c.detector.forget()
	}
	c.shown, c.since = state, s.now
	s.changed = true
}

// visible returns what can be said of a cell: nothing, where one end cannot be used or nothing was learned for long.
func (s *state) visible(c *cell) LinkState {
	from, to := &s.regions[c.channel.region], &s.regions[c.to]
	switch {
	case s.cut != 0, s.same[Pair{from.name, to.name}]:
		return LinkUnknown
	case from.shards[c.channel.shard].state == RegionDown, to.shards[c.shard].state == RegionDown:
		return LinkUnknown
	case c.stale(s.policy, s.now):
		return LinkUnknown
	}
	return cmp.Or(c.detector.state, LinkUnknown)
}

// derive returns what a link is by its cells: as bad as the worst of them. Only when nothing was ever delivered on any
// cell of which something is known, it is never.
func (l *link) derive() LinkState {
	var unknown, never, down, degraded, late int
	for _, c := range l.cells {
		switch c.shown {
		case LinkUnknown:
			unknown++
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
	case known == 0:
		return LinkUnknown
	case never == known:
		return LinkNever
	case down+never > 0:
		return LinkDown
	case degraded > 0:
		return LinkDegraded
	case late > 0:
		return LinkLate
	case unknown > 0:
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
