package probe

import (
	"cmp"
	"fmt"
	"slices"
)

// trouble is what is wrong with a shard.
type trouble struct {
	cause  Cause
	detail string
	// due is when that became known, or, where it is a silence, when its end was due: who has got what was sent later proves
	// that the observer was not cut off. What was on its way when a cut came is missed by the shard that is far away, and is
	// not by the one that is near.
	due instant
}

// failure returns why the shard cannot be used; false when it can, as far as is known.
func (h *shard) failure(p *Policy, now, blind instant) (trouble, bool) {
	publishing := &h.links[Publishing]
	if publishing.failed(p) && publishing.cause.disables() {
		return trouble{publishing.cause, text(publishing.err), publishing.broken}, true
	}
	if since := h.disconnectedSince(p, now, blind); since > 0 && now.since(since) > p.reconnection() && publishing.cause.disables() {
		return trouble{publishing.cause, text(publishing.err), since + instant(p.Deadline)}, true
	}
	if h.unanswered >= p.Unanswered && !h.receives(p, now) {
		cause, detail := Timeout, fmt.Sprintf("%d PINGs in a row were not answered", h.unanswered)
		if publishing.heard && !publishing.open {
			cause, detail = cmp.Or(publishing.cause, Timeout), cmp.Or(text(publishing.err), detail)
		}
		return trouble{cause, detail, h.failing + instant(p.Deadline)}, true
	}
	for _, r := range h.replies {
		if r.errors >= p.Errors && r.cause.disables() {
			return trouble{cause: r.cause, detail: text(r.err)}, true
		}
	}
	return trouble{}, false
}

// receives tells whether the shard delivers what was published, anywhere, after the first PING was sent that was not
// answered, and lately: then it is the connection on which PINGs are sent that is dead, and will be made anew. When PINGs are not
// answered over the next one either, it is not the connection.
func (h *shard) receives(p *Policy, now instant) bool {
	if c := &h.links[Publishing]; c.open && c.opened > h.failing && now.since(c.opened) > p.silence(1) {
		return false
	}
	from := max(h.failing, now-instant(p.reconnection()))
	return slices.ContainsFunc(h.cells, func(c *cell) bool { return c.newestSent > from })
}

// disconnectedSince returns since when there has been no connection to publish on that was of use; 0 when there is one, or when
// an attempt to make one is excused for some time yet. A connection that was lost again before enough PINGs were answered over
// it was of none.
func (h *shard) disconnectedSince(p *Policy, now, blind instant) instant {
	c := &h.links[Publishing]
	if c.open || !c.heard || c.excused != 0 && now.since(c.excused) <= p.patience() {
		return 0
	}
	return max(c.unstable, h.proven, blind)
}

// stalled tells whether the shard does not deliver what is published in it, or has not proven yet that it does again. That
// nothing at all comes is the subscription's fault, most likely, which then will be made anew; it is told of the shard
// only when it lasts.
func (h *shard) stalled(p *Policy, now instant) bool {
	return slices.ContainsFunc(h.loops, func(c *cell) bool {
		switch {
		case c.stale(p, now):
			return false
		case c.detector.recovering(p):
			return h.state == RegionImpaired
		case h.state == RegionImpaired && h.trouble.cause == Stalled && c.newestAt <= h.since:
			return true // it may be another subscription by now, which has delivered nothing either
		}
		return c.detector.state.Silent() && (h.state == RegionImpaired || now.since(c.newestSent) > 2*p.patience() ||
			slices.ContainsFunc(h.cells, func(other *cell) bool { return other.newestSent > c.newestSent }))
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
	if c := &h.links[Subscribing]; c.failed(p) && h.links[Publishing].open {
		return trouble{cause: c.cause, detail: text(c.err)}, true
	}
	if c := &h.links[Publishing]; c.flapping(p, now) {
		return trouble{cause: c.cause, detail: fmt.Sprintf("%d connections in a row were lost soon after they were made", c.losses)}, true
	}
	if c := &h.links[Subscribing]; c.flapping(p, now) {
		return trouble{cause: c.cause, detail: fmt.Sprintf("its subscription is lost again and again: %d in a row lasted for a moment, or delivered nothing", c.losses)}, true
	}
	if h.stalled(p, now) {
		return trouble{cause: Stalled, detail: "what is published in the region is not delivered in it"}, true
	}
	if h.slow >= p.Errors {
		return trouble{cause: Timeout, detail: fmt.Sprintf("PINGs take more than %v", p.Deadline)}, true
	}
	if h.hesitates(p, now) {
		return trouble{cause: Timeout, detail: fmt.Sprintf("it answers, but not %d PINGs in a row in time", p.Answered)}, true
	}
	return trouble{}, false
}

// examine finds out whether the shard can be used, as far as is seen from here. Evidence from before blind is void.
func (h *shard) examine(p *Policy, now, blind instant) { h.found, h.failed = h.failure(p, now, blind) }

// hesitate keeps since when the shard answers, of late, without being proven by it.
func (h *shard) hesitate(p *Policy, now instant) {
	publishing := &h.links[Publishing]
	switch {
	case h.answered >= p.Answered:
		h.hesitant = 0
	case h.hesitant == 0 && h.state != RegionAvailable && publishing.open && h.answer > max(h.since, publishing.opened):
		h.hesitant = now
	}
}

// hesitates tells whether the shard has answered for long without being proven by it.
func (h *shard) hesitates(p *Policy, now instant) bool {
	return h.hesitant != 0 && now.since(h.hesitant) > p.patience()
}

// judge brings the state up to date after examine. Contact is when the newest thing was sent that any region answered: a
// shard that has failed is down only when the observer is proven not to be cut off itself, by an answer to what was sent
// when that failure was due to end.
//
// A shard that was down stays so, and its trouble is kept, until it is proven that it can be used: it answers, and then
// delivers what was published in it since. It tells whether it has just begun to answer again.
func (h *shard) judge(p *Policy, now, contact instant) (back bool) {
	if h.failed {
		h.trouble, h.hesitant = h.found, 0
		h.awaited.end()
		if h.found.cause.proves() || contact > h.found.due {
			h.become(RegionDown, now)
			h.back.end()
			h.returning = false
		}
		return false
	}
	usable := h.state == RegionAvailable || h.state == RegionImpaired
	h.hesitate(p, now)
	if !usable && !h.speaks(p, now) {
		h.wait(p, now)
		return false
	}
	found, bad := h.impairment(p, now)
	proven := h.links[Subscribing].open && h.answered >= p.Answered
	if h.state == RegionDown && !h.back.on() && (proven || bad) {
		h.returning, back = true, true
		h.back.begin(now)
	}
	switch {
	case bad:
		h.trouble = found
		h.prove(RegionImpaired, now)
	case back, h.back.on() && !h.delivers(p, now):
	case proven:
		h.trouble = trouble{}
		h.prove(RegionAvailable, now)
	case usable:
		if h.state == RegionAvailable {
			h.trouble = trouble{}
		}
		h.wait(p, now)
	}
	return back
}

// delivers tells whether what was published in the shard since it is back is delivered in it; or was waited for in vain.
func (h *shard) delivers(p *Policy, now instant) bool {
	return h.back.vain(p.patience(), now) ||
		!slices.ContainsFunc(h.loops, func(c *cell) bool { return c.newestSent <= h.back.since && !c.detector.state.Silent() })
}

// prove puts the shard into a state that it was found to be in.
func (h *shard) prove(state RegionState, now instant) {
	h.become(state, now)
	h.back.end()
	h.awaited.end()
}

// speaks tells whether a shard that is not known to be usable says enough to be called something.
func (h *shard) speaks(p *Policy, now instant) bool {
	return h.answered >= p.Answered || h.replies[toPing].errors >= p.Errors || h.links[Publishing].failed(p) || h.slow >= p.Errors || h.hesitates(p, now)
}

// wait gives up on a shard that was to be heard of, since its connections are made anew, and never was.
func (h *shard) wait(p *Policy, now instant) {
	if !h.awaited.vain(p.patience(), now) {
		return
	}
	h.awaited.end()
	if !h.links[Publishing].heard {
		h.become(RegionUnobservable, now)
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
