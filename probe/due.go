package probe

// Of thousands of cells, most need nothing most of the time: what becomes of a cell is decided when something is observed of
// it, when a deadline has passed, or when something changes around it. So each has a time before which it is not looked at, and
// whatever changes what a look would find touches it. Looking once too often does no harm, and once too seldom would: a time is
// never later than the first moment at which a look could find something that was not there before.

// enumerate has every cell be looked at, when there are others than before.
func (s *state) enumerate() {
	s.cells = make([]*cell, 0, len(s.channels)*len(s.regions))
	for _, ch := range s.channels {
		if ch == nil {
			continue
		}
		for _, c := range ch.cells {
			if c != nil {
				c.index = int32(len(s.cells))
				s.cells = append(s.cells, c)
			}
		}
	}
	s.dues = make([]instant, len(s.cells))
	for i := range s.links {
		s.links[i].touched = true
	}
}

// touch has a cell be looked at the next time.
func (s *state) touch(c *cell) {
	s.dues[c.index] = 0
	c.link.touched = true
}

// touchLink does so with all cells of a link.
func (s *state) touchLink(l *link) {
	for _, c := range l.cells {
		s.touch(c)
	}
}

// settleDue decides on the messages of the cells that it is time for.
func (s *state) settleDue() {
	awake := s.awake(s.now)
	for i, due := range s.dues {
		if due <= s.now {
			s.cells[i].settle(s.policy, s.now, awake, s.blind)
		}
	}
}

// showDue derives what those cells are shown as, and the ones that were touched since, and when each is to be looked at again.
func (s *state) showDue() {
	for i, due := range s.dues {
		if due <= s.now {
			c := s.cells[i]
			s.showCell(c)
			s.dues[i] = s.due(c)
		}
	}
}

// due returns when a cell is to be looked at again, though nobody touches it.
func (s *state) due(c *cell) instant {
	if c.awaited.on() {
		return s.now
	}
	// What is published from now on cannot be overdue before, nor what waits already.
	due := s.now + instant(c.link.deadline.now) + 1
	if first := c.channel.record(max(c.settled, c.channel.first)); first != nil {
		// Were the observer never late, this would be when it is overdue, and those after it later still.
		due = min(due, first.sent+instant(c.link.deadline.now)+1)
	}
	if c.shown != LinkUnknown {
		due = min(due, c.evidence+instant(s.policy.patience())+1) // it is stale then
	}
	return due
}
