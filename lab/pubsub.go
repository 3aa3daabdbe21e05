package lab

import (
	"bytes"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// publish hands a message to the shard that owns the channel, wherever it arrived.
func publish(s *session, args [][]byte) {
	s.publishAt(s.region.shardOf(slots.OfBytes(args[1])), args, false)
}

// spublish takes messages for this shard only.
func spublish(s *session, args [][]byte) {
	if refusal := s.routeNames(args[1:2]); refusal != "" {
		s.fail(refusal)
		return
	}
	s.publishAt(s.shard, args, true)
}

func (s *session) publishAt(owner *shard, args [][]byte, sharded bool) {
	if !s.inExec {
		if owner.enter(s.done) != nil {
			if owner == s.shard {
				s.ending = true
				return
			}
			s.fail("CLUSTERDOWN the shard that owns the channel is down: " + owner.address)
			return
		}
		defer owner.mu.Unlock()
	}
	n := owner.publish(string(args[1]), bytes.Clone(args[2]), sharded)
	s.reply = resp.AppendInt(s.reply, int64(n))
}

// The words by which subscriptions are confirmed.
var (
	subscribeWords   = [subjects]string{"subscribe", "psubscribe", "ssubscribe"}
	unsubscribeWords = [subjects]string{"unsubscribe", "punsubscribe", "sunsubscribe"}
)

// subscribed says whether the session has any subscription, which ties a RESP2 client to few commands.
func (s *session) subscribed() bool {
	return len(s.subs[byChannel])+len(s.subs[byPattern])+len(s.subs[byShard]) > 0
}

// subscriptions is the number that confirmations carry: shard channels are counted apart, as in Redis.
func (s *session) subscriptions(how subject) int {
	if how == byShard {
		return len(s.subs[byShard])
	}
	return len(s.subs[byChannel]) + len(s.subs[byPattern])
}

func subscribeBy(how subject) func(*session, [][]byte) {
	return func(s *session, args [][]byte) {
		if how == byShard {
			if refusal := s.routeNames(args[1:]); refusal != "" {
				s.fail(refusal)
				return
			}
		}
		// From here on messages may be pushed, so what is answered already goes first.
		s.flush()
		if s.subs[how] == nil {
			s.subs[how] = make(map[string]struct{})
		}
		for _, name := range args[1:] {
			name := string(name)
			s.region.channels.subscribe(how, name, s, func() {
				s.subs[how][name] = struct{}{}
				s.out.push(s.confirmation(subscribeWords[how], name, how))
			})
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
			for name := range s.subs[how] {
				names = append(names, name)
			}
			slices.Sort(names)
		}
		for _, name := range names {
			delete(s.subs[how], name)
			s.region.channels.unsubscribe(how, name, s)
			s.out.push(s.confirmation(unsubscribeWords[how], name, how))
		}
		if len(names) == 0 {
			b := appendPushLen(nil, 3, s.resp3)
			b = resp.AppendBulk(b, unsubscribeWords[how])
			b = resp.AppendNull(b, s.resp3)
			s.out.push(resp.AppendInt(b, int64(s.subscriptions(how))))
		}
	}
}

func (s *session) confirmation(word, name string, how subject) []byte {
	b := appendPushLen(nil, 3, s.resp3)
	b = resp.AppendBulk(b, word)
	b = resp.AppendBulk(b, name)
	return resp.AppendInt(b, int64(s.subscriptions(how)))
}

// unsubscribeAll takes back every subscription without a word.
func (s *session) unsubscribeAll() {
	for how := range subjects {
		for name := range s.subs[how] {
			s.region.channels.unsubscribe(how, name, s)
		}
		s.subs[how] = nil
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
