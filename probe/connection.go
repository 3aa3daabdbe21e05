package probe

// connection is what is known of one connection to a shard.
type connection struct {
	open     bool
	heard    bool    // it was opened or failed at least once
	opened   instant // when it was last opened
	broken   instant // when it was lost, or the first attempt failed; 0 while it is open
	attempts int     // failed in a row
	barren   bool    // nothing was delivered over it since it was opened; of one to subscribe on
	losses   int     // in a row, each soon after it was opened, or of one that did not deliver what it should have
	unstable instant // when the first of losses was, or the first attempt failed
	excused  instant // since when an attempt may be under way that proves nothing; 0 when none is
	cause    Cause   // of the last loss or failure
	err      error
}

// openSince tells whether this has been one live connection since then. What happened in the instant of its opening may have
// come before it.
func (c *connection) openSince(then instant) bool { return c.open && c.opened < then }

// carried tells whether what was to be sent then was sent: not while there was no connection.
func (c *connection) carried(then instant) bool {
	return c.openSince(then) || !c.open && then <= c.broken
}

func (c *connection) becameOpen(at instant) {
	c.open, c.heard, c.opened, c.broken, c.attempts, c.excused = true, true, at, 0, 0, 0
}

// becameClosed counts failed attempts, and losses of connections that were open; useless, when nothing was delivered over it
// that should have been.
func (c *connection) becameClosed(p *Policy, useless bool, cause Cause, err error, at instant) {
	if c.excused != 0 && at.since(c.excused) <= p.patience() {
		c.attempts, c.broken, c.unstable, c.excused = 0, at, at, 0
		c.cause, c.err = cause, err
		return
	}
	if c.open {
		if c.settled(p, at) && !useless {
			c.losses, c.unstable = 0, at
		}
		c.losses++
		c.attempts, c.broken = 0, at
	} else {
		c.attempts++
	}
	if c.broken == 0 {
		c.broken = at
	}
	if c.unstable == 0 {
		c.unstable = at
	}
	c.open, c.heard, c.cause, c.err = false, true, cause, err
}

// excuse forgets failures for which the peer is not to blame. An attempt that is under way may hang for the same reason, until it
// has failed: the next one counts.
func (c *connection) excuse(now instant) {
	c.attempts, c.losses, c.unstable = 0, 0, 0
	if !c.open && c.heard {
		c.broken, c.unstable, c.excused = now, now, now
	}
}

// settled tells whether the connection has been open for long enough to say that it stays.
func (c *connection) settled(p *Policy, now instant) bool {
	return c.open && now.since(c.opened) > p.reconnection()
}

// flapping tells whether the connection is made and lost again and again. One or two losses are none. One to subscribe on that
// was lost like that must deliver something to be another one.
func (c *connection) flapping(p *Policy, now instant) bool {
	return c.losses > p.Attempts && (c.barren || !c.settled(p, now))
}

// failed tells whether the connection is closed and could not be made again.
func (c *connection) failed(p *Policy) bool { return !c.open && c.attempts >= p.Attempts }

// proves tells whether something that went wrong for this cause proves that the region was reached at all, so that the
// observer is not what is cut off.
func (c Cause) proves() bool {
	switch c {
	case NoCause, Refused, Timeout, Reset, NameNotFound, Unreachable, Partitioned, Stalled:
		return false
	}
	return true
}

// disables tells whether a shard that answers for this cause cannot be used for anything; otherwise it is impaired.
func (c Cause) disables() bool {
	switch c {
	case Authentication, Protocol, TLS, Loading, ClusterDown, MasterDown, MaxClients:
		return true
	}
	return !c.proves()
}
