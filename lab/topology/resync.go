package topology

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Resync is how a replica caught up with a primary.
type Resync struct {
	// Replica and Primary are hosts.
	Replica, Primary string
	// Full tells whether all data was copied; else what it had missed came from the backlog of the primary.
	Full bool
	// Lost is when the link was seen lost, or the server silent; Began when it had found a primary and asked it; Done when it received
	// again what the primary does. All are seen at the next look (Options.Poll).
	Lost, Began, Done time.Time
	// Bytes is what it received of the primary from the look before Lost to Done: the data, and what was written meanwhile; -1 where its
	// version does not count that (before 7.0).
	Bytes int64
}

// Took is the time from when it asked until it was done.
func (r Resync) Took() time.Duration { return r.Done.Sub(r.Began) }

// String is "node-3 from node-2: full, 1204 bytes in 12ms".
func (r Resync) String() string {
	how := "partial"
	if r.Full {
		how = "full"
	}
	text := fmt.Sprintf("%s from %s: %s", r.Replica, r.Primary, how)
	if r.Bytes >= 0 {
		text += fmt.Sprintf(", %d bytes", r.Bytes)
	}
	if r.Took() == 0 {
		return text + " between two looks"
	}
	return fmt.Sprintf("%s in %v", text, r.Took().Round(time.Millisecond))
}

// mostResyncs bounds what is kept: the newest.
const mostResyncs = 1000

// resyncs are those that were observed.
type resyncs struct {
	mu  sync.Mutex
	all []Resync
}

func (r *resyncs) add(one Resync) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
	r.all = r.all[max(0, len(r.all)-mostResyncs):]
}

// Resyncs are the resynchronizations since the deployment started, each also an EventResynced when it was done.
func (d *Deployment) Resyncs() []Resync {
	d.resyncs.mu.Lock()
	defer d.resyncs.mu.Unlock()
	return slices.Clone(d.resyncs.all)
}

// catchUp follows the link of one server.
type catchUp struct {
	d    *Deployment
	m    *member
	of   string // whose stream it had when it was seen last: of a primary its own; "" while it has none
	now  Resync // that is under way while of is ""
	pid  int    // of its process when it was seen last
	base int64  // what that had received when it was seen last with a stream
	said string // the line of its log about its last resynchronization before this one
}

func newCatchUp(d *Deployment, m *member, v View) *catchUp {
	return &catchUp{d: d, m: m, of: v.Primary, pid: m.server.PID(), base: v.Received, said: lastSync(m.server.Log())}
}

// see takes notice of a look at the server at a time.
func (c *catchUp) see(v View, at time.Time) {
	if pid := c.m.server.PID(); v.Err == nil && pid != c.pid {
		c.pid, c.base = pid, min(0, v.Received) // a new process has received nothing, if it counts at all
		c.lose(at)
	}
	following := v.Err == nil && (v.Role == RoleMaster || v.Link == LinkUp)
	if following && v.Primary == c.of {
		c.base = v.Received
		return
	}
	c.lose(at)
	switch {
	case v.Err != nil:
		c.now.Began, c.now.Done = time.Time{}, time.Time{} // whatever it was at, it begins anew
	case v.Role == RoleMaster:
		c.of, c.base = v.Primary, v.Received
	default:
		if v.Link != linkAway && c.now.Began.IsZero() {
			c.now.Began = at
		}
		if following {
			c.finish(v, at)
		}
	}
}

// linkAway is the link of a replica that has not found its primary.
const linkAway = "connect"

// lose notes that the server has no stream, unless that is known.
func (c *catchUp) lose(at time.Time) {
	if c.of != "" {
		c.of, c.now = "", Resync{Lost: at}
	}
}

// finish is for a link that is up again. How it came about is in the log, which may say so a moment later.
func (c *catchUp) finish(v View, at time.Time) {
	if c.now.Done.IsZero() {
		c.now.Done, c.now.Bytes = at, -1
		if v.Received >= 0 {
			c.now.Bytes = v.Received - c.base
		}
	}
	said := lastSync(c.m.server.Log())
	if said == c.said && at.Sub(c.now.Done) < logPatience {
		return
	}
	c.of, c.base = v.Primary, v.Received
	if said == c.said {
		return // it did not resynchronize: it was silent, and its link was not lost
	}
	c.said = said
	c.now.Replica, c.now.Primary, c.now.Full = c.m.Name, v.Primary, strings.Contains(said, fullSync)
	c.d.resyncs.add(c.now)
	c.d.tell(Event{At: c.now.Done, Host: c.m.Name, Kind: EventResynced, About: v.Primary, Detail: c.now.String()})
}

// logPatience is how much later than it happened something may be found in a log.
const logPatience = 5 * time.Second

// What a replica logs of the two ways to catch up, before the word for its primary, in which Redis and Valkey differ.
const (
	fullSync    = "Full resync from "
	partialSync = "Successful partial resynchronization with "
)

// lastSync is the last line of a log that tells how the replica caught up, with its time; "" if none does.
func lastSync(log string) string {
	last := ""
	for line := range strings.Lines(log) {
		if strings.Contains(line, fullSync) || strings.Contains(line, partialSync) {
			last = strings.TrimSpace(line)
		}
	}
	return last
}
