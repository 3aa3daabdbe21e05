package lab

// stall holds everything on the way, as a path that drops all packets does before anybody notices: the connection looks up,
// nothing arrives, and once healed all of it does, in order. A stream that was cut before has no connection to hold;
// it gets one when it is healed.
func stall(s *stream) { s.mode = LinkStalled }
