package lab

// lose makes a stream drop a share of the published messages that arrive, each by chance and for good; keys arrive all the
// same. A share of 1 is what a link looks like on which pub/sub is not replicated, or while a full copy is under way. It
// goes together with every other fault of a link.
func lose(share float64) func(*stream) {
	return func(s *stream) { s.loss = share }
}
