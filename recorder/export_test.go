package recorder

import (
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/proxy"
)

// Entries is what a conn enters into, for tests to look at.
type Entries = entries

// Conn returns what reads along with one connection, and enters into something else than the Log.
func (r *Recorder) Conn(region int, address string, into Entries) proxy.Tap {
	return r.conn(region, address, into, func(t time.Time) drill.Moment { return t.Sub(time.Time{}) })
}

// Lent returns how much memory is borrowed.
func (r *Recorder) Lent() int64 { return r.room.lent.Load() }

// MostShared bounds that.
const MostShared = mostShared
