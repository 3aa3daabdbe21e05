package lab

import (
	"hash/fnv"
	"time"
)

// defaultDelays are one-way delays between the regions that the lab starts with when nothing else is said: half of round
// trips as they are usual between the east of the United States, western Europe and south-east Asia, at the fast end.
func defaultDelays() map[[2]string]time.Duration {
	return map[[2]string]time.Duration{
		{"eu", "us"}: 40 * time.Millisecond,
		{"ap", "eu"}: 70 * time.Millisecond,
		{"ap", "us"}: 90 * time.Millisecond,
	}
}

// DefaultDelay returns the one-way delay of a link, the same in both directions: from a table for us, eu and ap, and for
// any other pair of names one of 20 to 80 ms, derived from the names so that it is the same in every run.
func DefaultDelay(from, to string) time.Duration {
	pair := [2]string{min(from, to), max(from, to)}
	if d, ok := defaultDelays()[pair]; ok {
		return d
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(pair[0] + "\x00" + pair[1]))
	return time.Duration(20+h.Sum32()%61) * time.Millisecond
}
