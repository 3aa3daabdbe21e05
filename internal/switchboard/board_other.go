//go:build !linux

package switchboard

import (
	"net"
	"time"
)

// Board declines all connections.
type Board struct{}

// Conn is what Move returns where it does not decline.
type Conn struct{ net.Conn }

// Move returns nil: there is no epoll.
func (*Board) Move(net.Conn) *Conn { return nil }

// Close has nothing to do.
func (*Board) Close() {}

// Listen is never called.
func (*Conn) Listen(func([]byte, time.Time) error, func(error)) {}
