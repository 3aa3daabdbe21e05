package lab

import "time"

// slow gives a stream another delay, for what is on its way, too.
func slow(delay time.Duration) func(*stream) {
	return func(s *stream) { s.mode, s.slow = LinkSlow, delay }
}
