package lab

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// publish hands a message to the shard that owns the channel, wherever it arrived.
func publish(s *session, args [][]byte) {
	if s.inExec {
		s.send(s.shard, args, false)
		return
	}
	slot := slots.OfBytes(args[1])
	for {
		owner := s.region.shardOf(slot)
		if owner.enter(s.done) != nil {
			if owner == s.shard {
				s.ending = true
				return
			}
			s.fail(ownerDown(owner))
			return
		}
		if s.region.shardOf(slot) == owner { // and not moved in between
			s.send(owner, args, false)
			owner.mu.Unlock()
			return
		}
		owner.mu.Unlock()
	}
}

// spublish takes messages for this shard only.
func spublish(s *session, args [][]byte) {
	if !s.inExec {
		if s.shard.enter(s.done) != nil {
			s.ending = true
			return
		}
		defer s.shard.mu.Unlock()
	}
	if refusal := s.routeNames(args[1:2]); refusal != "" {
		s.fail(refusal)
		return
	}
	s.send(s.shard, args, true)
}

// send publishes a message at a shard that was entered, and answers how many got it.
func (s *session) send(owner *shard, args [][]byte, sharded bool) {
	refusal, err := owner.keys.publish(args)
	switch {
	case err != nil && owner == s.shard:
		s.giveUp()
	case err != nil:
		s.fail(ownerDown(owner))
	case refusal != nil:
		s.reply = append(s.reply, refusal...)
	default:
		n := owner.publish(string(args[1]), bytes.Clone(args[2]), sharded)
		s.reply = resp.AppendInt(s.reply, int64(n))
	}
}

func ownerDown(owner *shard) string {
	return "CLUSTERDOWN the shard that owns the channel is down: " + owner.site().address
}

// The words by which subscriptions are confirmed.
var (
	subscribeWords   = [subjects]string{"subscribe", "psubscribe", "ssubscribe"}
	unsubscribeWords = [subjects]string{"unsubscribe", "punsubscribe", "sunsubscribe"}
)

// subscribed says whether the session has any subscription, which ties a RESP2 client to few commands.
func (s *session) subscribed() bool {
	return s.subscriptions(byChannel)+s.subscriptions(byShard) > 0
}

// subscriptions is the number that confirmations carry: shard channels are counted apart, as in Redis.
func (s *session) subscriptions(how subject) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if how == byShard {
		return len(s.subs[byShard])
	}
	return len(s.subs[byChannel]) + len(s.subs[byPattern])
}

// add and drop keep what the session is subscribed to.
func (s *session) add(how subject, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subs[how] == nil {
		s.subs[how] = make(map[string]struct{})
	}
	s.subs[how][name] = struct{}{}
}

func (s *session) drop(how subject, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.subs[how], name)
}

// names returns what the session is subscribed to, in order.
func (s *session) names(how subject) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.subs[how]))
}

func subscribeBy(how subject) func(*session, [][]byte) {
	return func(s *session, args [][]byte) {
		// From here on messages may be pushed, so what is answered already goes first.
		s.flush()
		if how == byShard {
			// While it holds the lock, no slot moves.
			if s.shard.enter(s.done) != nil {
				s.ending = true
				return
			}
			defer s.shard.mu.Unlock()
			if refusal := s.routeNames(args[1:]); refusal != "" {
				s.fail(refusal)
				return
			}
		}
		for _, name := range args[1:] {
			s.region.channels.subscribe(how, string(name), s)
		}
	}
}

func unsubscribeBy(how subject) func(*session, [][]byte) {
	return func(s *session, args [][]byte) {
		s.flush()
		var names []string
		for _, name := range args[1:] {
			names = append(names, string(name))
		}
		if len(args) == 1 {
			names = s.names(how)
		}
		for _, name := range names {
			s.drop(how, name)
			s.region.channels.unsubscribe(how, name, s)
			s.out.push(s.confirmation(unsubscribeWords[how], name, how))
		}
		if len(names) == 0 {
			b := appendPushLen(nil, 3, s.pushes.Load())
			b = resp.AppendBulk(b, unsubscribeWords[how])
			b = resp.AppendNull(b, s.pushes.Load())
			s.out.push(resp.AppendInt(b, int64(s.subscriptions(how))))
		}
	}
}

// confirmation is what a session is told of a subscription. Anyone may ask for it.
func (s *session) confirmation(word, name string, how subject) []byte {
	b := appendPushLen(nil, 3, s.pushes.Load())
	b = resp.AppendBulk(b, word)
	b = resp.AppendBulk(b, name)
	return resp.AppendInt(b, int64(s.subscriptions(how)))
}

// unsubscribeAll takes back every subscription without a word.
func (s *session) unsubscribeAll() {
	for how := range subjects {
		for _, name := range s.names(how) {
			s.drop(how, name)
			s.region.channels.unsubscribe(how, name, s)
		}
	}
}

// pubsub looks at the subscriptions of the region.
func pubsub(s *session, args [][]byte) {
	sub := strings.ToLower(string(args[1]))
	how := byChannel
	if strings.HasPrefix(sub, "shard") {
		how = byShard
	}
	switch sub {
	case "channels", "shardchannels":
		if len(args) > 3 {
			s.fail(wrongNumber("pubsub|" + sub))
			return
		}
		pattern := ""
		if len(args) == 3 {
			pattern = string(args[2])
		}
		names := s.region.channels.names(how, pattern)
		s.reply = resp.AppendArrayLen(s.reply, len(names))
		for _, name := range names {
			s.reply = resp.AppendBulk(s.reply, name)
		}
	case "numsub", "shardnumsub":
		s.reply = resp.AppendArrayLen(s.reply, 2*(len(args)-2))
		for _, name := range args[2:] {
			s.reply = resp.AppendBulk(s.reply, name)
			s.reply = resp.AppendInt(s.reply, int64(s.region.channels.count(how, string(name))))
		}
	case "numpat":
		s.reply = resp.AppendInt(s.reply, int64(s.region.channels.patterns()))
	default:
		s.fail(unknownSubcommand("pubsub", args[1]))
	}
}
