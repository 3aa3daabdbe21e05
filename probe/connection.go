package probe

// connection is what is known of one connection to a shard.
type connection struct {
	open     bool
	heard    bool    // it was opened or failed at least once
	opened   instant // when it was last opened
	broken   instant // when it was lost, or the first attempt failed; 0 while it is open
	attempts int     // failed in a row
	cause    Cause   // of the last loss or failure
	err      error
}

// openSince tells whether this has been one live connection since then.
func (c *connection) openSince(then instant) bool { return c.open && c.opened <= then }

func (c *connection) becameOpen(at instant) {
	*c = connection{open: true, heard: true, opened: at}
}

// becameClosed counts failed attempts; the loss of an open connection is none.
func (c *connection) becameClosed(cause Cause, err error, at instant) {
	if c.open {
		c.attempts, c.broken = 0, at
	} else {
		c.attempts++
	}
	if c.broken == 0 {
		c.broken = at
	}
	c.open, c.heard, c.cause, c.err = false, true, cause, err
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
