//go:build !linux

package lab

import "net"

// heldPort would be a port that is bound, and at which nobody listens. It is always nil here, and holds nothing.
type heldPort struct{}

func newHeldPort(net.Listener) *heldPort { return nil }

func (*heldPort) silence() error { return nil }
func (*heldPort) lend()          {}
func (*heldPort) takeBack()      {}
func (*heldPort) release()       {}
