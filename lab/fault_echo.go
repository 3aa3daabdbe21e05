package lab

// echoing makes a stream deliver everything twice, one right after the other. Keys do not change by that, but every
// published message reaches its subscribers twice. It goes together with every other fault of a link.
func echoing(s *stream) { s.echoes = true }
