package probe

import (
	"bytes"
	"sync/atomic"
	"time"
)

// sink is the [Sink] of one region: it makes observations of what the connections tell, and puts them into the queue.
// What it reads never changes, or at once, so that all connections may use it at the same time.
type sink struct {
	queue  *queue
	clock  clock
	region uint16
	// generation is how often the endpoint of the region was replaced before.
	generation uint16
	observer   []byte
	channels   *atomic.Pointer[map[string]int32] // of all regions, by name
}

var _ Sink = (*sink)(nil)

func (s *sink) put(what what, shard int, at time.Time, o observation) {
	o.what, o.region, o.generation, o.shard, o.at = what, s.region, s.generation, uint16(shard), s.clock.instant(at)
	s.queue.put(o)
}

func (s *sink) Opened(shard int, role Role, at time.Time) {
	s.put(opened, shard, at, observation{role: role})
}

func (s *sink) Closed(shard int, role Role, cause Cause, err error, at time.Time) {
	s.put(closed, shard, at, observation{role: role, cause: cause, err: err})
}

// Accepted takes no notice of the number of receivers: 0 does not mean that the message went nowhere.
func (s *sink) Accepted(shard int, id uint64, _ int, at time.Time) {
	s.put(accepted, shard, at, observation{id: id})
}

func (s *sink) Refused(shard int, id uint64, cause Cause, err error, at time.Time) {
	s.put(refused, shard, at, observation{id: id, cause: cause, err: err})
}

// Message looks at the text where it lies; a message on a channel that is not ours is nobody's evidence.
func (s *sink) Message(shard int, channel, payload []byte, at time.Time) {
	index, ours := (*s.channels.Load())[string(channel)]
	if !ours {
		return
	}
	m, ok := parseMessage(payload)
	switch {
	case !ok:
		s.put(forged, shard, at, observation{channel: index})
	case !bytes.Equal(m.observer, s.observer):
		s.put(foreign, shard, at, observation{channel: index})
	default:
		s.put(received, shard, at, observation{channel: index, id: m.seq, nonce: m.nonce})
	}
}
