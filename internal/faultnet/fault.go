package faultnet

// Kind names a fault.
type Kind string

// The faults: what becomes of new connections, and of those that there are.
const (
	Refuse       Kind = "refuse"         // new ones are refused; those that there are go on
	Ignore       Kind = "ignore"         // new ones are accepted, and nothing is ever said; those that there are go on
	Reset        Kind = "reset"          // new ones are reset when the first bytes are sent; those that there are at once
	Break        Kind = "break"          // those that there are are reset, once; new ones work
	Silence      Kind = "silence"        // those that there are carry nothing any more, though they look open; new ones work
	Drop         Kind = "drop"           // no packet gets through either way: all of them hang, and go on when it is healed
	Unreachable  Kind = "unreachable"    // new ones find no route; those that there are hang as with drop
	NameNotFound Kind = "name_not_found" // the name does not resolve any more; those that there are go on
	Redirect     Kind = "redirect"       // new ones lead to another address; those that there are go on
)

// Role is what a connection is used for, by the commands that were sent over it.
type Role string

// The roles. A connection publishes until it has sent a SUBSCRIBE or SSUBSCRIBE.
const (
	AnyRole     Role = ""
	Publishing  Role = "publish"
	Subscribing Role = "subscribe"
)

// Fault is something that happens to connections.
type Fault struct {
	Kind Kind
	// To tells for an address, host:port as it was dialled, whether the fault is about it. Nil: about all.
	To func(address string) bool
	// Role restricts what is done to the connections that there are. New ones have no role yet.
	Role Role
	// Instead is the address, host:port, to which Redirect leads.
	Instead string
}

func (f *Fault) about(address string) bool { return f.To == nil || f.To(address) }

// Inject brings a fault about. When it returns, the fault is in force.
func (n *Network) Inject(f Fault) {
	n.mu.Lock()
	if f.Kind != Break && f.Kind != Silence {
		n.rules = append(n.rules, f)
	}
	n.mu.Unlock()
	switch f.Kind {
	case Break, Reset:
		n.each(f, (*conn).reset)
	case Drop, Unreachable:
		n.each(f, func(c *conn) { c.hold(true) })
	case Silence:
		n.each(f, (*conn).silence)
	}
}

// Heal ends all faults that are about an address of which to is true; nil: all of them. What hangs goes on; what was reset or
// silenced stays so, for what was lost on its way does not come back.
func (n *Network) Heal(to func(address string) bool) {
	n.mu.Lock()
	kept := n.rules[:0]
	for _, r := range n.rules {
		if to != nil {
			was := r.To
			r.To = func(address string) bool { return !to(address) && (was == nil || was(address)) }
			kept = append(kept, r)
		}
	}
	n.rules = kept
	n.mu.Unlock()
	n.each(Fault{To: to}, func(c *conn) { c.hold(false) })
}

// each does something to the connections that a fault is about.
func (n *Network) each(f Fault, do func(*conn)) {
	n.mu.Lock()
	var all []*conn
	for c := range n.conns {
		if f.about(c.address) {
			all = append(all, c)
		}
	}
	n.mu.Unlock()
	for _, c := range all {
		if f.Role == AnyRole || f.Role == c.is() {
			do(c)
		}
	}
}

// Pause stops the observer as SIGSTOP does, as far as it uses this network: until Continue no Dial and no Read returns, and
// what is written is not sent. Bytes go on arriving, and deadlines go on passing, as they do in the kernel.
func (n *Network) Pause() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.paused == nil {
		n.paused = make(chan struct{})
	}
}

// Continue ends a Pause.
func (n *Network) Continue() {
	n.mu.Lock()
	if n.paused != nil {
		close(n.paused)
		n.paused = nil
	}
	n.mu.Unlock()
	n.each(Fault{}, func(c *conn) { c.change(c.flush) })
}

func (n *Network) isPaused() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.paused != nil
}

// Awake waits for the end of a Pause, if there is one: whatever else the observer does stops with it where it calls this.
func (n *Network) Awake() {
	for {
		n.mu.Lock()
		paused := n.paused
		n.mu.Unlock()
		if paused == nil {
			return
		}
		<-paused
	}
}
