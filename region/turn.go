package region

// WriteAndWait is Write that returns when something can be read, or when nothing will be:
// the read that is to follow then finds it there, and tells of what went wrong. Over TCP
// that is one system call less than to look for the answer before it can have come. Over
// all else it is Write.
//
// The peer must not have ended its half of the connection before: that is not noticed
// until something else is heard of it, as in most cases that it wants no more.
func (g *guard) WriteAndWait(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pass(b, true)
}

// sendAndWait sends what was checked. The caller holds mu.
func (g *guard) sendAndWait(b []byte) (int, error) {
	if !g.turns {
		g.turns, g.turn = true, newTurn(g.Conn)
	}
	if g.turn == nil {
		return g.Conn.Write(b)
	}
	return g.turn.send(b)
}
