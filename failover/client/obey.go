package client

import (
	"context"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// request asks for a move that the policy did not decide.
type request struct {
	to   string
	done chan struct{}
}

// handoverPause is the time between two attempts to hand over: commands wait in
// each.
const handoverPause = 10 * time.Second

// obey moves as the policy says until ctx ends. It is the only goroutine that
// moves.
func (c *Client) obey(ctx context.Context) {
	var again time.Time // when a handover may be tried again
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-c.asked:
			if r.to != c.Active() {
				c.move(ctx, failover.Decision{Action: failover.Remain, To: r.to, Why: "somebody asked for it"})
			}
			close(r.done)
			continue
		case <-c.observer.news:
		}
		d := c.decide()
		switch d.Action {
		case failover.FailOver:
			c.move(ctx, d)
		case failover.FailBack:
			if time.Now().Before(again) {
				continue
			}
			if !c.handOver(ctx, d) {
				again = time.Now().Add(handoverPause)
			}
		}
	}
}

// decide asks the policy, and tells of an answer that differs from the one before.
func (c *Client) decide() failover.Decision {
	c.mu.Lock()
	d := failover.Decide(c.config.Policy, c.observer.latest.Load(), c.history, time.Now())
	before := c.decided
	c.decided = d
	c.mu.Unlock()
	if d.Action != before.Action || d.To != before.To {
		c.config.OnDecision(d)
	}
	return d
}

// move makes another region the active one. What is under way in the one before is
// cut after the grace.
func (c *Client) move(ctx context.Context, d failover.Decision) {
	from, ok := c.arrive(d.To)
	c.traffic.release() // of a handover
	if !ok {
		return
	}
	c.running.Go(func() {
		c.await(ctx, c.traffic.drained(from), c.config.Grace)
		from.end()
	})
	c.moved(from.region, d)
}

// arrive makes a region the active one, and returns the visit before; false when
// the client has closed.
func (c *Client) arrive(region string) (from *visit, ok bool) {
	for _, p := range c.places {
		if p.config.Name != region {
			continue
		}
		// Under the lock, so that no hook is added to neither of the two.
		c.mu.Lock()
		defer c.mu.Unlock()
		to := p.visit(c.observer.mapOf(region), c.hooks)
		if from, ok = c.traffic.replace(to); !ok {
			to.end()
		}
		return from, ok
	}
	return nil, false
}

// moved takes note of a move and tells of it.
func (c *Client) moved(from string, d failover.Decision) {
	m := Move{At: time.Now(), From: from, To: d.To, Action: d.Action, Why: d.Why, Doubt: d.Doubt}
	c.mu.Lock()
	c.history = c.history.After(d.To, m.At)
	c.moves = append(c.moves[max(0, len(c.moves)-maxMoves+1):], m)
	c.mu.Unlock()
	c.config.OnMove(m)
}

// handOver moves to a region that has everything first: commands are held back until
// what is under way has ended and is proven to have arrived there. It returns false
// when that did not come about in time, and then the application stays.
func (c *Client) handOver(ctx context.Context, d failover.Decision) bool {
	if c.config.Handover == 0 {
		c.move(ctx, d)
		return true
	}
	limit := time.Now().Add(c.config.Handover)
	c.traffic.hold()
	defer c.traffic.release()
	here := c.traffic.now()
	// What does not end is cut halfway, so that there is time for the rest to arrive: a
	// command that blocks must not keep the application here for ever.
	drained := c.await(ctx, c.traffic.drained(here), c.config.Handover/2)
	if !drained {
		here.end()
	}
	if ctx.Err() == nil && c.arrived(ctx, here.region, d.To, time.Now(), limit) {
		c.move(ctx, d)
		return true
	}
	if !drained {
		c.arrive(here.region)
	}
	return false
}

// arrived waits until messages that one region accepted after a moment have been
// delivered in another on every slot, and so all that was written before. It returns
// false when the limit comes first, or the policy does not want to go there any more.
func (c *Client) arrived(ctx context.Context, from, to string, since, limit time.Time) bool {
	timer := time.NewTimer(time.Until(limit))
	defer timer.Stop()
	for {
		s := c.observer.latest.Load()
		if d := c.decide(); d.Action != failover.FailBack || d.To != to {
			return false
		}
		if fenced(s, from, to, since) {
			return true
		}
		select {
		case <-c.observer.news:
		case <-timer.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// fenced tells whether a message that was sent after a moment has been delivered on
// every cell of a link. A shard that is down executes and delivers nothing.
func fenced(s *probe.Snapshot, from, to string, since time.Time) bool {
	link, source, receiver := s.Link(from, to), s.Region(from), s.Region(to)
	if link == nil {
		return false
	}
	for i := range link.Cells {
		cell := &link.Cells[i]
		if source.Shards[cell.FromShard].State == probe.RegionDown || receiver.Shards[cell.ToShard].State == probe.RegionDown {
			continue
		}
		if !cell.LastDeliveredSent.After(since) {
			return false
		}
	}
	return true
}

// await waits for at most d, or until ctx ends, and tells whether done came first.
func (c *Client) await(ctx context.Context, done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// String says in a line where the application is and why, for logs.
func (s State) String() string {
	text := "in " + s.Active
	if !s.Since.IsZero() {
		text += " since " + s.Since.Format(time.TimeOnly)
	}
	if s.Err != nil {
		return fmt.Sprintf("%s; nothing is observed any more: %v", text, s.Err)
	}
	return fmt.Sprintf("%s; %v: %s", text, s.Decision.Action, s.Decision.Why)
}
