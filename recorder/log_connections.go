package recorder

import (
	"errors"
	"slices"
	"sync"
	"syscall"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/neterror"
	"github.com/aafailover/aafailover/proxy"
)

// Connection is one connection of the service.
type Connection struct {
	Region int
	Opened drill.Moment
	// Reached is when the connection to the region was made, First when the service got its first reply that is no error, Ended
	// when it was over: -1 for what has not happened.
	Reached, First, Ended drill.Moment
	By                    proxy.Side // who ended it
	Code                  string     // how: "closed", "refused", "reset", "timeout", …; see Errors
	Commands              int        // sent; told when it has ended
	Unanswered            int        // commands that were abandoned; told when it has ended
	NotUnderstood         bool       // it was passed through from some moment on
}

// Cut tells whether the connection was made and has ended, not by the service, with nothing unanswered: no error says so to a service,
// which finds out when it uses the connection next.
func (c Connection) Cut() bool {
	return c.Reached >= 0 && c.Ended >= 0 && c.By != proxy.ByApplication && c.Unanswered == 0
}

// MostConnections is how many connections are kept.
const MostConnections = 1 << 17

// connections are those so far.
type connections struct {
	mu      sync.Mutex
	list    []Connection
	dropped int
}

// open enters a connection, and returns its number; -1 if it is one of too many.
func (c *connections) open(region int, at drill.Moment) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.list) == MostConnections {
		c.dropped++
		return -1
	}
	c.list = append(c.list, Connection{Region: region, Opened: at, Reached: -1, First: -1, Ended: -1})
	return len(c.list) - 1
}

// change changes what is known of a connection.
func (c *connections) change(number int, do func(*Connection)) {
	if number < 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	do(&c.list[number])
}

// Connections returns the connections so far, in the order in which they were opened. Of more than MostConnections only the
// first are there.
func (l *Log) Connections() []Connection {
	l.connections.mu.Lock()
	defer l.connections.mu.Unlock()
	return slices.Clone(l.connections.list)
}

// howEnded is how a connection ended, in a word.
func howEnded(e proxy.End, reached, unanswered bool) string {
	switch {
	case e.By == proxy.ByApplication && (unanswered || !reached):
		return "timeout" // whatever it did to the connection, it did not wait for longer
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(e.Err, syscall.ECONNRESET), errors.Is(e.Err, syscall.EPIPE):
		return "reset"
	case neterror.IsTimeout(e.Err):
		return "timeout"
	case !reached:
		return "unreachable"
	}
	return "closed"
}
