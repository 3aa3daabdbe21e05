package recorder

// mostHeldBack bounds how much of a reply is held back to be rewritten, in bytes. A longer one goes on as it is.
const mostHeldBack = 4 << 20

// outgoing is what goes on to the service.
type outgoing struct {
	dst  []byte // of the call under way
	from int    // where in it the call began

	held []byte // held back
	room loan

	sent      int64 // bytes that went out with earlier calls
	delivered int64 // of which so many have been delivered
}

func (o *outgoing) begin(dst []byte) { o.dst, o.from = dst, len(dst) }

// end returns what goes out.
func (o *outgoing) end() []byte {
	dst := o.dst
	o.sent += int64(len(dst) - o.from)
	o.dst = nil
	return dst
}

// position is how many bytes have gone out, the call under way included.
func (o *outgoing) position() int64 { return o.sent + int64(len(o.dst)-o.from) }

// pass lets bytes go out as they are.
func (o *outgoing) pass(b []byte) { o.dst = append(o.dst, b...) }

// hold holds bytes back. It is false where that is too much, and holds nothing back then.
func (o *outgoing) hold(b []byte) bool {
	if len(o.held)+len(b) > mostHeldBack || !o.room.covers(len(o.held)+len(b)) {
		o.release()
		o.pass(b)
		return false
	}
	o.held = append(o.held, b...)
	return true
}

// release lets go out what is held back.
func (o *outgoing) release() {
	o.pass(o.held)
	o.forget()
}

// forget drops what is held back, for which something else has gone out.
func (o *outgoing) forget() {
	o.held = o.held[:0]
	if o.room.settle() {
		o.held = nil
	}
}
