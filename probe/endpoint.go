package probe

import (
	"context"
	"time"
)

// Role is what a connection of the probe is for. Publishing and subscribing go
// over separate connections, as the method demands: a message must leave
// through the server, not be looped back by one half-dead connection.
type Role uint8

// The two roles.
const (
	Publishing Role = iota
	Subscribing
)

func (r Role) String() string {
	if r == Subscribing {
		return "subscribe"
	}
	return "publish"
}

// Publisher sends in one region. Shards are the indexes of the region's slot
// map. Its methods never block and may be called before a connection is up:
// what cannot be sent is reported as refused at once.
type Publisher interface {
	// Publish sends a message to a channel through a shard; id is unique among
	// the messages of a run. What became of it is told to the Sink: Accepted or
	// Refused, once. It must not keep payload, which is used again for the next
	// message.
	Publish(shard int, id uint64, channel string, payload []byte)
	// Ping asks whether the shard answers; told to the Sink as Accepted (with
	// receivers -1) or Refused.
	Ping(shard int, id uint64)
}

// Subscriber receives in one region.
type Subscriber interface {
	// Run keeps, for every shard i, one connection subscribed to channels[i] and
	// one to publish on, redials those that are lost, and tells the Sink all
	// that arrives and all that happens to them. It returns after ctx ended and
	// everything that it started has ended.
	Run(ctx context.Context, channels [][]string, sink Sink) error
}

// Endpoint is one region as the loop sees it: it can publish and subscribe.
type Endpoint interface {
	Publisher
	Subscriber
}

// Sink takes what the connections of one region observe. It is safe for
// concurrent use, never blocks and keeps nothing that it is given. The times
// are those at which the bytes were seen, and carry a monotonic reading.
type Sink interface {
	// Opened: a connection is ready. For Subscribing: every channel of the
	// shard is confirmed.
	Opened(shard int, role Role, at time.Time)
	// Closed: a connection was lost or could not be made. It is told once for
	// each attempt that failed, too. The error is for people.
	Closed(shard int, role Role, cause Cause, err error, at time.Time)
	// Accepted: the server took the message id, with the number of subscribers
	// that this node gave it to, or answered the PING (receivers -1).
	Accepted(shard int, id uint64, receivers int, at time.Time)
	// Refused: the message or PING id was answered with an error, or was not
	// answered because the connection was lost (Reset, Timeout, …).
	Refused(shard int, id uint64, cause Cause, err error, at time.Time)
	// Message: a published message arrived.
	Message(shard int, channel, payload []byte, at time.Time)
}
