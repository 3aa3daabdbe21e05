//go:build !linux

package heldport

import "net"

// Port would be a port that is bound, and at which nobody listens. It is always nil here, and holds nothing.
type Port struct{}

func open(net.Listener) *Port { return nil }

func (*Port) silence() error { return nil }

// Lend does nothing here.
func (*Port) Lend() {}

// TakeBack does nothing here.
func (*Port) TakeBack() {}

// Release does nothing here.
func (*Port) Release() {}
