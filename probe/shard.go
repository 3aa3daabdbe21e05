package probe

import (
	"cmp"
	"fmt"
	"slices"
)

// shard is what is known of one shard of a region: its two connections, its answers to PING and PUBLISH, and whether it
// delivers its own messages.
type shard struct {
	links [2]connection // by Role
	loops []*cell       // of the slots it owns

	pings      []ping // not answered yet, in the order in which they were sent
	pingNumber uint64

	unanswered int     // PINGs in a row
	answered   int     // PINGs in a row, in time, over one connection
	proven     instant // when Policy.Answered were last answered like that
	slow       int     // PINGs in a row answered after the deadline
	failing    instant // when the first of what is unanswered now was sent
	answer     instant // the last answer of any kind, error replies included
	replies    [2]replies

	failed  bool // cannot be used, as far as is seen from here
	trouble trouble
	state   RegionState
	since   instant
	told    RegionState // what was last told of it
}

// ping is one PING under way.
type ping struct {
	number uint64
	sent   instant
	missed bool // its deadline has passed
}

// replies counts the error replies in a row to one command.
type replies struct {
	errors int
	cause  Cause
	err    error
}

// The commands whose error replies are counted.
const (
	toPing = iota
	toPublish
)

// maxPings bounds the PINGs that are remembered as unanswered: older ones were counted long ago.
const maxPings = 256

func newShard() shard { return shard{state: RegionUnobservable, told: RegionUnobservable, since: 1} }

// pinged says that a PING is about to be sent, and returns its number.
func (h *shard) pinged(at instant) uint64 {
	if len(h.pings) == maxPings {
		h.pings = slices.Delete(h.pings, 0, 1)
	}
	h.pingNumber++
	h.pings = append(h.pings, ping{number: h.pingNumber, sent: at})
	return h.pingNumber
}

// take removes a PING from those that are under way.
func (h *shard) take(number uint64) (ping, bool) {
	for i, g := range h.pings {
		if g.number == number {
			h.pings = slices.Delete(h.pings, i, i+1)
			return g, true
		}
	}
	return ping{}, false
}

// disconnected reduces the loss of a connection, or an attempt to make one that failed.
func (h *shard) disconnected(p *Policy, o *observation) {
	if o.role == Publishing {
		h.answered = 0
	}
	h.links[o.role].becameClosed(p, o.cause, o.err, o.at)
}

// answeredPing reduces what became of a PING, and returns when it was sent.
func (h *shard) answeredPing(p *Policy, number uint64, replied bool, o *observation) (sent instant) {
	g, ok := h.take(number)
	c := &h.links[Publishing]
	switch {
	case replied:
		if ok && o.what == accepted && !c.open && !c.carried(g.sent) {
			// Its opening did not fit into the queue: what is answered proves it.
			c.becameOpen(g.sent)
		}
		h.replied(toPing, o.cause, o.err, o.at)
		h.timed(ok && o.cause == NoCause, o.at.since(g.sent) <= p.Deadline)
		if h.answered >= p.Answered {
			h.proven = o.at
		}
	case ok && !g.missed && c.carried(g.sent):
		// One that was never sent, since the connection is being made, says nothing.
		h.miss(g.sent)
	}
	return g.sent
}

// timed counts a PING that was answered, or answered with an error.
func (h *shard) timed(well, inTime bool) {
	switch {
	case !well:
		h.answered = 0
	case inTime:
		h.answered++
		h.slow = 0
	default:
		h.answered = 0
		h.slow++
	}
}

// replied says that the server answered a command; with an error when there is a cause.
func (h *shard) replied(command int, cause Cause, err error, at instant) {
	h.unanswered, h.failing = 0, 0
	h.answer = max(h.answer, at)
	if cause == NoCause {
		h.replies[command] = replies{}
		return
	}
	r := &h.replies[command]
	r.errors++
	r.cause, r.err = cause, err
}

// miss counts a PING that was not answered.
func (h *shard) miss(sent instant) {
	if h.unanswered == 0 {
		h.failing = sent
	}
	h.unanswered++
	h.answered = 0
}

// pass counts the PINGs whose deadline has passed. What was sent before the instant blind is evidence of nothing.
func (h *shard) pass(p *Policy, now, blind instant) {
	h.pings = slices.DeleteFunc(h.pings, func(g ping) bool { return g.sent <= blind })
	for i := range h.pings {
		g := &h.pings[i]
		if now.since(g.sent) <= p.Deadline {
			return
		}
		if !g.missed {
			g.missed = true
			h.miss(g.sent)
		}
	}
}

// trouble is what is wrong with a shard.
type trouble struct {
	cause  Cause
	detail string
	since  instant // since when, as far as it began with silence
}

// failure returns why the shard cannot be used; false when it can, as far as is known.
func (h *shard) failure(p *Policy, now, blind instant) (trouble, bool) {
	publishing := &h.links[Publishing]
	if publishing.failed(p) && publishing.cause.disables() {
		return trouble{publishing.cause, text(publishing.err), publishing.broken}, true
	}
	if since := h.disconnectedSince(blind); since > 0 && now.since(since) > p.reconnection() && publishing.cause.disables() {
		return trouble{publishing.cause, text(publishing.err), since}, true
	}
	if h.unanswered >= p.Unanswered {
		cause, detail := Timeout, fmt.Sprintf("%d PINGs in a row were not answered", h.unanswered)
		if publishing.heard && !publishing.open {
			cause, detail = cmp.Or(publishing.cause, Timeout), cmp.Or(text(publishing.err), detail)
		}
		return trouble{cause, detail, h.failing}, true
	}
	for _, r := range h.replies {
		if r.errors >= p.Errors && r.cause.disables() {
			return trouble{cause: r.cause, detail: text(r.err)}, true
		}
	}
	return trouble{}, false
}

// disconnectedSince returns since when there has been no connection to publish on that was of use; 0 when there is one. A
// connection that was lost again before enough PINGs were answered over it was of none.
func (h *shard) disconnectedSince(blind instant) instant {
	c := &h.links[Publishing]
	if c.open || !c.heard {
		return 0
	}
	return max(c.unstable, h.proven, blind)
}

// stalled tells whether the shard does not deliver what is published in it.
func (h *shard) stalled(p *Policy, now instant) bool {
	return slices.ContainsFunc(h.loops, func(c *cell) bool {
		return c.detector.state.Silent() && !c.stale(p, now)
	})
}

// impairment returns what a shard that can be used does not do.
func (h *shard) impairment(p *Policy, now instant) (trouble, bool) {
	if c := &h.links[Publishing]; c.failed(p) {
		return trouble{cause: c.cause, detail: text(c.err)}, true
	}
	for _, r := range h.replies {
		if r.errors >= p.Errors {
			return trouble{cause: r.cause, detail: text(r.err)}, true
		}
	}
	if c := &h.links[Subscribing]; c.failed(p) {
		return trouble{cause: c.cause, detail: text(c.err)}, true
	}
	if c := &h.links[Publishing]; c.flapping(p, now) {
		return trouble{cause: c.cause, detail: fmt.Sprintf("%d connections in a row were lost soon after they were made", c.losses)}, true
	}
	if h.stalled(p, now) {
		return trouble{cause: Stalled, detail: "what is published in the region is not delivered in it"}, true
	}
	if h.slow >= p.Errors {
		return trouble{cause: Timeout, detail: fmt.Sprintf("PINGs take more than %v", p.Deadline)}, true
	}
	return trouble{}, false
}

// judge brings the state up to date. Contact is when the newest thing was sent that any region answered: a shard that has
// failed is down only when the observer is proven not to be cut off itself, by an answer to what was sent after the
// failure began. Evidence from before blind is void.
func (h *shard) judge(p *Policy, now, blind, contact instant) {
	var bad bool
	h.trouble, h.failed = h.failure(p, now, blind)
	if h.failed {
		if h.trouble.cause.proves() || contact > h.trouble.since {
			h.become(RegionDown, now)
		}
		return
	}
	refusing := h.replies[toPing].errors >= p.Errors || h.links[Publishing].failed(p)
	usable := h.state == RegionAvailable || h.state == RegionImpaired
	if !usable && h.answered < p.Answered && !refusing {
		return // not proven (again) yet
	}
	h.trouble, bad = h.impairment(p, now)
	switch {
	case bad:
		h.become(RegionImpaired, now)
	case h.links[Subscribing].open && h.answered >= p.Answered:
		h.become(RegionAvailable, now)
	}
}

func (h *shard) become(state RegionState, now instant) {
	if h.state != state {
		h.state, h.since = state, now
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
