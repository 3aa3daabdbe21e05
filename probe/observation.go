package probe

import (
	"time"

	"github.com/aafailover/aafailover/slots"
)

// instant is a moment of the run: the nanoseconds since its start, by the monotonic clock, plus one. Zero is never.
type instant int64

// clock turns times into instants and back.
type clock struct{ start time.Time }

func (c clock) instant(t time.Time) instant { return instant(t.Sub(c.start)) + 1 }

// time returns the zero Time for never.
func (c clock) time(i instant) time.Time {
	if i == 0 {
		return time.Time{}
	}
	return c.start.Add(time.Duration(i - 1))
}

// since returns how long it is from one instant to a later one.
func (i instant) since(earlier instant) time.Duration { return time.Duration(i - earlier) }

// observation is one thing that a connection saw. It has a fixed size, and making one allocates nothing.
type observation struct {
	at         instant
	id         uint64 // of a message or PING
	nonce      uint64
	err        error // for people; nil for most
	channel    int32 // of a message
	region     uint16
	generation uint16 // of the region's connections
	shard      uint16
	what       what
	role       Role
	cause      Cause
}

// what is the kind of an observation.
type what uint8

const (
	opened   what = iota // a connection is ready
	closed               // a connection was lost, or an attempt failed
	accepted             // a message was taken, or a PING answered
	refused              // a message or PING was not
	received             // a message with this observer's id
	foreign              // a message of another observer
	forged               // no message at all, on one of our channels
)

// An id is unique in a run: of a message, the channel's index and the sequence number; of a PING, a mark and its number.
const (
	pingMark    = uint64(1) << 63
	sequenceBit = 40 // 2^40 messages at 200 a second are 174 years; 23 bits are left for the channel
)

// channelIndex is the index of the channel of a region on a slot, the same during a run however the regions are sharded.
func channelIndex(region, slot int) int { return region*slots.Count + slot }

func messageID(channel int, seq uint64) uint64 { return uint64(channel)<<sequenceBit | seq }

func splitID(id uint64) (channel int, seq uint64) {
	return int(id >> sequenceBit), id & (1<<sequenceBit - 1)
}
