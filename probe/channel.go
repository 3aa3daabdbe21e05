package probe

import (
	"math/bits"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// channel is one source region on one slot, with the messages that were published on it and are not older than the horizon.
type channel struct {
	index  int // see channelIndex
	region int // the source
	place  int // of the slot in the cover
	shard  int // of the source region
	slot   int
	name   string
	// records holds the messages first to next-1, at their sequence number modulo its length, a power of two.
	records     []record
	answers     []answer // parallel to records: in there, each would take the room of eight
	first, next uint64
	cells       []*cell // by target region; nil where the target has no shard for the slot
}

// record is one message.
type record struct {
	sent  instant // just before it was handed over
	awake instant // the same on the clock that stops while the observer is late: see state.awake
	nonce uint64
}

// answer is what the source region said to a message.
type answer uint8

const (
	unanswered answer = iota
	taken
	rejected // or the connection was lost, and it may have been taken
)

// newChannel returns a channel that remembers as many messages as the policy's horizon has intervals, those that the opening has
// more of, and two for rounds that are a little early.
func newChannel(c *Config, m slots.Map, slot int) *channel {
	least := uint(c.Policy.Horizon/c.Policy.Interval) + uint(c.Opening+1)/2 + 2
	size := 1 << bits.Len(least-1)
	return &channel{
		slot: slot, name: slots.Channel(c.Prefix, slot, m.Region), records: make([]record, size), answers: make([]answer, size),
	}
}

func (c *channel) at(seq uint64) uint64 { return seq & uint64(len(c.records)-1) }

// record returns the message with this number, nil when it is not remembered.
func (c *channel) record(seq uint64) *record {
	if seq < c.first || seq >= c.next {
		return nil
	}
	return &c.records[c.at(seq)]
}

// answer returns where it stands what was said to a message that is remembered.
func (c *channel) answer(seq uint64) *answer { return &c.answers[c.at(seq)] }

// publish remembers a new message and returns its number; awake is at without the time in which the observer was late. It
// makes room by giving up what is older than the horizon.
func (c *channel) publish(p *Policy, nonce uint64, at, awake instant) uint64 {
	c.expire(p, at)
	if c.next-c.first == uint64(len(c.records)) {
		c.drop()
	}
	seq := c.next
	c.records[c.at(seq)] = record{sent: at, awake: awake, nonce: nonce}
	c.answers[c.at(seq)] = unanswered
	c.next++
	for _, cell := range c.cells {
		if cell != nil {
			cell.published(seq)
		}
	}
	return seq
}

// expire gives up the messages that are older than the horizon.
func (c *channel) expire(p *Policy, now instant) {
	for c.first < c.next && now.since(c.records[c.at(c.first)].sent) > p.Horizon {
		c.drop()
	}
}

// drop gives up the oldest message.
func (c *channel) drop() {
	for _, cell := range c.cells {
		if cell != nil {
			cell.giveUp(c.first)
		}
	}
	c.first++
}

// overdue tells whether the deadline of a message has passed. Now and due are on the clock of record.awake: what the observer
// itself was late by is not charged to anybody.
func (r *record) overdue(deadline time.Duration, now instant) bool {
	return now.since(r.awake) > deadline
}

// due returns when the deadline of a message is.
func (r *record) due(deadline time.Duration) instant { return r.awake + instant(deadline) }
