package lab

// cut breaks the connection of a stream: what is in flight is lost on the way. Once healed, the receiver asks for what is
// after its position, and gets it late, or, when the backlog does not reach back any more, a copy of the keys.
func cut(s *stream) {
	s.mode = LinkCut
	s.disconnect()
}
