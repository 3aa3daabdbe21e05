package region

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// channelsAtOnce bounds the channels of one SUBSCRIBE, and so the bytes that are
// on their way while neither side may be reading: about 6 kB.
const channelsAtOnce = 64

// subscriber listens on one shard.
type subscriber struct {
	*line
	ready bool // all channels are confirmed; guarded by mu of line
}

// run keeps the connection up and subscribed until ctx ends.
func (s *subscriber) run(ctx context.Context, channels []string, sink probe.Sink) {
	s.keepUp(ctx, probe.Subscribing, sink, subscriberBuffer, func(c *conn) error {
		defer s.setReady(false)
		if err := s.subscribe(c, channels, sink); err != nil {
			return err
		}
		s.setReady(true)
		sink.Opened(s.shard, probe.Subscribing, time.Now())
		return s.listen(c, sink)
	}, func(probe.Cause, error) {})
}

func (s *subscriber) setReady(ready bool) {
	s.mu.Lock()
	s.ready = ready
	s.mu.Unlock()
}

// subscribe returns once every channel is confirmed.
func (s *subscriber) subscribe(c *conn, channels []string, sink probe.Sink) error {
	for chunk := range slices.Chunk(channels, channelsAtOnce) {
		if err := c.SetDeadline(time.Now().Add(s.door.timeout)); err != nil {
			return err
		}
		if _, err := c.Write(resp.AppendCommand(nil, append([]string{"SUBSCRIBE"}, chunk...)...)); err != nil {
			return err
		}
		for confirmed := 0; confirmed < len(chunk); {
			// On the channels of an earlier chunk messages may arrive already.
			was, err := s.receive(c, sink)
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

// listen passes messages on until the connection fails, or says nothing for so
// long that not even the PINGs were answered.
func (s *subscriber) listen(c *conn, sink probe.Sink) error {
	for {
		if err := c.SetReadDeadline(time.Now().Add(pingEvery + s.door.timeout)); err != nil {
			return err
		}
		if _, err := s.receive(c, sink); err != nil {
			return err
		}
	}
}

// received says what a subscribing connection received.
type received uint8

const (
	message received = iota
	subscribed
	pong
)

var errUnsubscribed = errors.New("the server ended the subscription")

// receive takes one value: what a RESP2 connection gets that has subscribed.
func (s *subscriber) receive(c *conn, sink probe.Sink) (received, error) {
	kind, parts, err := c.replies.ReadFlat()
	if err != nil {
		return 0, err
	}
	if kind == resp.Error {
		return 0, resp.ServerError(parts[0])
	}
	if len(parts) == 0 {
		return 0, errUnasked
	}
	switch string(parts[0]) {
	case "message":
		if len(parts) == 3 {
			sink.Message(s.shard, parts[1], parts[2], time.Now())
			return message, nil
		}
	case "subscribe":
		return subscribed, nil
	case "pong", "PONG":
		return pong, nil
	case "unsubscribe":
		return 0, errUnsubscribed
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
	err := c.SetWriteDeadline(time.Now().Add(s.door.timeout))
	if err == nil {
		_, err = c.Write(pingCommand)
	}
	if err != nil {
		_ = c.Close() // which listen will notice
	}
}
