package region

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// channelsAtOnce bounds the channels of one SUBSCRIBE, and so the bytes that are
// on their way while neither side may be reading: about 6 kB.
const channelsAtOnce = 64

// subscriber listens on one shard.
type subscriber struct {
	*line
	words    *wording
	channels []string   // since run
	sink     probe.Sink // since run
	ready    bool       // all channels are confirmed; guarded by mu of line

	pings atomic.Int32 // sent over the live connection, and not answered
	renew atomic.Bool  // the deadline of reads is to be renewed with the next value
}

// run keeps the connection up and subscribed until ctx ends, and then calls ended; see upkeep.run.
func (s *subscriber) run(ctx context.Context, channels []string, sink probe.Sink, n *intake, tried, ended func()) {
	s.channels, s.sink = channels, sink
	u := &upkeep{line: s.line, party: s, sink: sink, intake: n, buffer: subscriberBuffer, tried: tried, ended: func() {
		s.channels, s.sink = nil, nil // who told of them may be gone
		ended()
	}}
	u.run(ctx)
}

func (s *subscriber) role() probe.Role { return probe.Subscribing }

// greet subscribes.
func (s *subscriber) greet(c *conn) error {
	s.pings.Store(0)
	return s.subscribe(c)
}

// begin says that all is subscribed.
func (s *subscriber) begin(c *conn) {
	s.renew.Store(true)
	_ = s.renewReadBy(c) // what fails at that cannot be read either
	s.setReady(true)
	s.sink.Opened(s.shard, probe.Subscribing, time.Now())
}

// end has no more PINGs sent.
func (s *subscriber) end(_ *conn, err error) error {
	s.setReady(false)
	return err
}

// down has nobody to tell.
func (s *subscriber) down(probe.Cause, error) {}

func (s *subscriber) setReady(ready bool) {
	s.mu.Lock()
	s.ready = ready
	s.mu.Unlock()
}

// subscribe returns once every channel is confirmed.
func (s *subscriber) subscribe(c *conn) error {
	channels := s.channels
	if s.words == &shardedWords {
		channels = bySlot(channels)
	}
	for chunk := range slices.Chunk(channels, channelsAtOnce) {
		if err := c.SetDeadline(time.Now().Add(s.door.timeout)); err != nil {
			return err
		}
		if _, err := c.Write(s.request(chunk)); err != nil {
			return err
		}
		for confirmed := 0; confirmed < len(chunk); {
			// On the channels of an earlier chunk messages may arrive already.
			kind, parts, err := c.replies.ReadFlat()
			if err != nil {
				return err
			}
			was, err := s.receive(kind, parts, time.Now())
			if err != nil {
				return err
			}
			if was == subscribed {
				confirmed++
			}
		}
	}
	return c.SetDeadline(time.Time{})
}

// bySlot sorts channels so that those of a slot follow each other.
func bySlot(channels []string) []string {
	sorted := slices.Clone(channels)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(slots.Of(a), slots.Of(b)) })
	return sorted
}

// request is the command to subscribe to channels, or, where those of one command
// must be of one slot, the commands.
func (s *subscriber) request(channels []string) []byte {
	if s.words != &shardedWords {
		return resp.AppendCommand(nil, append([]string{s.words.subscribe}, channels...)...)
	}
	var out []byte
	for first := 0; first < len(channels); {
		last := first + 1
		for last < len(channels) && slots.Of(channels[last]) == slots.Of(channels[first]) {
			last++
		}
		out = resp.AppendCommand(out, append([]string{s.words.subscribe}, channels[first:last]...)...)
		first = last
	}
	return out
}

// take passes a message on.
func (s *subscriber) take(c *conn, kind resp.Kind, parts [][]byte, at time.Time) error {
	if _, err := s.receive(kind, parts, at); err != nil {
		return err
	}
	return s.renewReadBy(c)
}

// renewReadBy has the connection fail when it says nothing for so long that not even the
// PINGs were answered. Once for each PING is enough: to set it for each message would cost
// as much as to read the message.
func (s *subscriber) renewReadBy(c *conn) error {
	if !s.renew.Swap(false) {
		return nil
	}
	return c.SetReadDeadline(time.Now().Add(pingEvery + s.door.timeout))
}

// received says what a subscribing connection received.
type received uint8

const (
	message received = iota
	subscribed
	pong
)

var (
	errUnsubscribed = errors.New("the server ended the subscription")
	// errSlotMoved is how a server of a cluster gives up a slot with its channels.
	errSlotMoved = errors.New("the server ended the subscription, since the slot has moved")
)

// receive takes one value: what a RESP2 connection gets that has subscribed.
func (s *subscriber) receive(kind resp.Kind, parts [][]byte, at time.Time) (received, error) {
	if kind == resp.Error {
		// Servers that refuse a PING, because of the subscription (before Redis 3.0) or
		// for lack of permission, prove with it that they answer.
		if s.pings.Load() > 0 {
			s.pings.Add(-1)
			return pong, nil
		}
		return 0, resp.ServerError(parts[0])
	}
	if len(parts) == 0 {
		return 0, errUnasked
	}
	switch word := string(parts[0]); word {
	case s.words.message:
		if len(parts) == 3 {
			s.sink.Message(s.shard, parts[1], parts[2], at)
			return message, nil
		}
	case s.words.subscribed:
		return subscribed, nil
	case "pong", "PONG":
		s.pings.Add(-1)
		return pong, nil
	case classicWords.unsubscribed:
		return 0, errUnsubscribed
	case shardedWords.unsubscribed:
		return 0, errSlotMoved
	}
	return 0, errUnasked
}

// ping sends a PING if the connection is ready for it. Its answer, or the lack of
// one, is for listen.
func (s *subscriber) ping() {
	s.mu.Lock()
	c, ready := s.live, s.ready
	s.mu.Unlock()
	if !ready || c == nil {
		return
	}
	s.pings.Add(1)
	s.renew.Store(true)
	err := c.SetWriteDeadline(time.Now().Add(s.door.timeout))
	if err == nil {
		_, err = c.Write(pingCommand)
	}
	if err != nil {
		_ = c.Close() // which listen will notice
	}
}
