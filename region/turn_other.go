//go:build !unix

package region

import "net"

// turn is not there: see turn_unix.go.
type turn struct{}

func newTurn(net.Conn) *turn { return nil }

func (*turn) send([]byte) (int, error) { panic("there is none") }
