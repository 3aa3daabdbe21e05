package lab

import (
	"sync"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/engine"
	"github.com/aafailover/aafailover/slots"
)

// subject is one of the three ways to subscribe. Their names do not meet: a message of SPUBLISH is for nobody who
// subscribed by SUBSCRIBE.
type subject int

const (
	byChannel subject = iota // SUBSCRIBE
	byPattern                // PSUBSCRIBE
	byShard                  // SSUBSCRIBE
	subjects
)

// channels are the subscriptions of a whole region. Its lock is taken after that of a shard and before that of an
// output.
type channels struct {
	mu   sync.RWMutex
	subs [subjects]map[string]map[*session]struct{}
}

// subscribe adds a subscriber, after it was told: so it gets its confirmation before the first message.
func (c *channels) subscribe(how subject, name string, s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.add(how, name)
	s.out.push(s.confirmation(subscribeWords[how], name, how))
	subscribers := c.subs[how][name]
	if subscribers == nil {
		if c.subs[how] == nil {
			c.subs[how] = make(map[string]map[*session]struct{})
		}
		subscribers = make(map[*session]struct{})
		c.subs[how][name] = subscribers
	}
	subscribers[s] = struct{}{}
}

// unsubscribe takes a subscriber away.
func (c *channels) unsubscribe(how subject, name string, s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.subs[how][name], s)
	if len(c.subs[how][name]) == 0 {
		delete(c.subs[how], name)
	}
}

// evict ends the subscriptions by SSUBSCRIBE at fronts of shards that do not own the channel in a layout, and tells the
// subscribers, as Redis does when a slot moves.
func (c *channels) evict(lay *layout) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, subscribers := range c.subs[byShard] {
		owner := lay.shardOf(slots.Of(name))
		for s := range subscribers {
			if s.shard != owner {
				delete(subscribers, s)
				s.drop(byShard, name)
				s.out.push(s.confirmation(unsubscribeWords[byShard], name, byShard))
			}
		}
		if len(subscribers) == 0 {
			delete(c.subs[byShard], name)
		}
	}
}

// deliver sends a message to everybody in the region who subscribed to it and returns how many that were, a session that
// did so twice counted twice, as Redis does. It never waits for a subscriber.
func (c *channels) deliver(channel string, message []byte, sharded bool) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if sharded {
		return send(c.subs[byShard][channel], "smessage", channel, message)
	}
	n := send(c.subs[byChannel][channel], "message", channel, message)
	for pattern, subscribers := range c.subs[byPattern] {
		if engine.Match(pattern, channel) {
			n += send(subscribers, "pmessage", pattern, []byte(channel), message)
		}
	}
	return n
}

// send pushes one message to many, encoded once for each version of the protocol that they speak.
func send(to map[*session]struct{}, kind, name string, rest ...[]byte) int {
	var encoded [2][]byte
	for s := range to {
		version := 0
		if s.pushes.Load() {
			version = 1
		}
		if encoded[version] == nil {
			b := appendPushLen(nil, 2+len(rest), version == 1)
			b = resp.AppendBulk(b, kind)
			b = resp.AppendBulk(b, name)
			for _, r := range rest {
				b = resp.AppendBulk(b, r)
			}
			encoded[version] = b
		}
		s.out.push(encoded[version])
	}
	return len(to)
}

// appendPushLen adds the head of a push, which in RESP2 is an array.
func appendPushLen(dst []byte, n int, resp3 bool) []byte {
	if resp3 {
		return resp.AppendPushLen(dst, n)
	}
	return resp.AppendArrayLen(dst, n)
}

// names returns the names subscribed to that match a pattern; "" matches all.
func (c *channels) names(how subject, pattern string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var names []string
	for name := range c.subs[how] {
		if pattern == "" || engine.Match(pattern, name) {
			names = append(names, name)
		}
	}
	return names
}

// count returns the number of subscribers of a name.
func (c *channels) count(how subject, name string) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.subs[how][name])
}

// patterns returns the number of patterns subscribed to.
func (c *channels) patterns() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.subs[byPattern])
}
