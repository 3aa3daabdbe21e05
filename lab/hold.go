package lab

import "net"

// A shard that is down keeps its port: whoever dials it is refused, and no other process gets it, which would answer in the
// shard's place, or keep it from coming back.
//
//	close ──> hold: bound, not listening ──> lend ──> the shard listens there again ──> release
//	                                           └─ it cannot: take back
//
// That takes a network of the operating system, and Linux; elsewhere the port is free while the shard is down.

// closeAndHold closes a listener and returns its port, or nil where that cannot be held.
func closeAndHold(ln net.Listener) *heldPort {
	held := newHeldPort(ln)
	_ = ln.Close()
	if held == nil || held.silence() == nil {
		return held
	}
	held.release()
	return nil
}
