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
	if h.unanswered >= p.Unanswered && !h.receives(p, now) {
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

// receives tells whether the shard delivers what was published, anywhere, after the first PING was sent that was not
// answered, and lately: then it is the connection on which PINGs are sent that is dead, and will be made anew.
func (h *shard) receives(p *Policy, now instant) bool {
	from := max(h.failing, now-instant(p.reconnection()))
	return slices.ContainsFunc(h.cells, func(c *cell) bool { return c.newestSent > from })
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
	if h.stalled(p, now) {
		return trouble{cause: Stalled, detail: "what is published in the region is not delivered in it"}, true
	}
	if h.slow >= p.Errors {
		return trouble{cause: Timeout, detail: fmt.Sprintf("PINGs take more than %v", p.Deadline)}, true
	}
	return trouble{}, false
}

// examine finds out whether the shard can be used, as far as is seen from here. Evidence from before blind is void.
func (h *shard) examine(p *Policy, now, blind instant) { h.found, h.failed = h.failure(p, now, blind) }

// judge brings the state up to date after examine. Contact is when the newest thing was sent that any region answered: a
// shard that has failed is down only when the observer is proven not to be cut off itself, by an answer to what was sent
// after the failure began.
//
// A shard that was down stays so, and its trouble is kept, until it is proven that it can be used: it answers, and then
// delivers what was published in it since. It tells whether it has just begun to answer again.
func (h *shard) judge(p *Policy, now, contact instant) (back bool) {
	if h.failed {
		h.trouble, h.awaited = h.found, 0
		if h.found.cause.proves() || contact > h.found.since {
			h.become(RegionDown, now)
			h.back, h.returning = 0, false
		}
		return false
	}
	refusing := h.replies[toPing].errors >= p.Errors || h.links[Publishing].failed(p)
	usable := h.state == RegionAvailable || h.state == RegionImpaired
	if !usable && h.answered < p.Answered && !refusing {
		h.wait(p, now)
		return false
	}
	found, bad := h.impairment(p, now)
	proven := h.links[Subscribing].open && h.answered >= p.Answered
	if h.state == RegionDown && h.back == 0 && (proven || bad) {
		h.back, h.returning, back = now, true, true
	}
	switch {
	case bad:
		h.trouble = found
		h.prove(RegionImpaired, now)
	case back, h.back != 0 && !h.delivers(p, now):
	case proven:
		h.trouble = trouble{}
		h.prove(RegionAvailable, now)
	case usable:
		h.trouble = trouble{}
		h.wait(p, now)
	}
	return back
}

// delivers tells whether what was published in the shard since it is back is delivered in it; or was waited for in vain.
func (h *shard) delivers(p *Policy, now instant) bool {
	return now.since(h.back) > p.patience() ||
		!slices.ContainsFunc(h.loops, func(c *cell) bool { return c.newestSent <= h.back && !c.detector.state.Silent() })
}

// prove puts the shard into a state that it was found to be in.
func (h *shard) prove(state RegionState, now instant) {
	h.become(state, now)
	h.back, h.awaited = 0, 0
}

// wait gives up on a shard that was to be heard of, since its connections are made anew, and never was.
func (h *shard) wait(p *Policy, now instant) {
	if h.awaited == 0 || now.since(h.awaited) <= p.patience() {
		return
	}
	h.awaited = 0
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
