package proxy

import (
	"net"
	"time"
)

// Tap reads along with one connection through a proxy, above TLS, at the application's edge: what the application sent when it
// is read from it, and what it was answered when that has gone out to it. What a fault holds back in between was sent, and was
// not delivered.
//
//	application ── Sent ──────────────────────────────> line ──> region
//	            <── Delivered ── line <── Answered <────────────
//
// Its methods are called by the goroutines of one session. Sent is not called again before it has returned, nor is Answered, nor
// Delivered; but calls of different ones may be under way at the same time. Order: what goes on has been Sent before, what is
// Delivered was Answered before, and Ended comes once, when no other call is under way, and the last of all. Otherwise there is
// none: an application that is quick has Sent its next request before Delivered is told of the reply that it had waited for, and
// Sent may come before Reached. They must not wait.
type Tap interface {
	// Reached is told that the connection to the region was made, and when. It is not called where there was none.
	Reached(at time.Time)
	// Sent is told what the application sent, which goes on as it is. b is valid during the call, and never empty.
	Sent(b []byte, at time.Time)
	// Answered is told what the region sent, and appends to dst what the application is to get in its place. What it holds
	// back comes with a later call, or with the one in which b is nil: the end of what the region sends.
	Answered(dst, b []byte, at time.Time) []byte
	// Delivered is told that n more bytes of what Answered returned have gone out to the application. Of a write that a fault
	// interrupts it is told what was taken before, save over TLS, where a piece (of 16 KiB at most) is delivered when all of it is.
	// What goes out to an application that had closed by then, be it its half, is not Delivered: most have given up.
	Delivered(n int, at time.Time)
	// Ended is told why the connection is over, and when the side that ended it did; during a hang the call itself comes when
	// the hang is over.
	Ended(e End, at time.Time)
}

// End is how a connection through a proxy ended.
type End struct {
	By Side
	// Err is what happened; nil where that side closed the connection in good order.
	Err error
}

// Side is who ended a connection.
type Side string

// The sides. ByProxy is a fault that was made, or the end of the proxy itself.
const (
	ByApplication Side = "application"
	ByRegion      Side = "region"
	ByProxy       Side = "proxy"
)

// Connection is one connection that a Tap is asked for.
type Connection struct {
	Address string   // of the region, host:port, that it leads to
	Client  net.Addr // who connected
	At      time.Time
}
