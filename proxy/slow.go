package proxy

import (
	"fmt"
	"time"
)

// Slow is a long or narrow way. Every byte takes longer by Delay in each direction, so that a reply comes later by twice that,
// and Dial takes a round trip of it, too. Order is kept, also when the delay changes: what is sent after it was shortened waits
// for what was sent before.
//
//	application ──> Delay, at Rate ──> region
//	            <── Delay, at Rate <──
type Slow struct {
	// Delay is that of one direction; not negative.
	Delay time.Duration
	// Rate is the bytes a second that each connection carries in each direction; 0: as many as come.
	Rate int
}

func (s Slow) String() string {
	if s.Rate > 0 {
		return fmt.Sprintf("slow by %v each way, %d bytes/s", s.Delay, s.Rate)
	}
	return fmt.Sprintf("slow by %v each way", s.Delay)
}

func (s Slow) terms() terms { return terms{delay: max(s.Delay, 0), rate: max(s.Rate, 0)} }
