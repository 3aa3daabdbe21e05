package probe

import (
	"slices"
	"time"
)

// Focus names what somebody looks at more closely: a link or loop, or one cell of it. The zero Focus is nothing.
type Focus struct {
	From, To string
	Slot     int // of the cell; -1 is the whole link
}

// Detail is what a [Snapshot] tells of the [Focus] beyond what it tells of everything.
type Detail struct {
	Focus
	RTT     RTT      // of the round trips in Buckets
	Buckets []Bucket // since the start, from the shortest to the longest round trip; empty when there were none
}

// Bucket counts the round trips of at least Low and less than High. Each begins where the one before ends, and High is at most
// an eighth above Low where that is more than 8 µs; only the last of all, from four minutes on, is longer.
type Bucket struct {
	Low, High time.Duration
	Count     uint64
}

// focus asks what is looked at more closely.
func (s *state) focus() Focus {
	if s.config.Focus == nil {
		return Focus{}
	}
	return s.config.Focus()
}

// detail returns what is known of a focus on the link, of which all are the round trips of all cells; nil when it has no such cell.
func (l *link) detail(f Focus, all *histograms) *Detail {
	if f.Slot < 0 {
		return &Detail{Focus: f, RTT: all.summary(), Buckets: all.shown()}
	}
	k := slices.IndexFunc(l.cells, func(c *cell) bool { return c.channel.slot == f.Slot })
	if k < 0 {
		return nil
	}
	one := &l.cells[k].rtt
	return &Detail{Focus: f, RTT: one.summary(), Buckets: one.shown()}
}

// shown returns the buckets from the first to the last that anything is in.
func (h *distribution[N]) shown() []Bucket {
	first, last := rttBuckets, -1
	for i, n := range h.some {
		if n > 0 {
			first, last = min(first, h.low+i), h.low+i
		}
	}
	if last < 0 {
		return nil
	}
	buckets := make([]Bucket, 0, last-first+1)
	for i := first; i <= last; i++ {
		b := Bucket{High: boundOf(i), Count: uint64(h.count(i))}
		if i > 0 {
			b.Low = boundOf(i - 1)
		}
		buckets = append(buckets, b)
	}
	if last == rttBuckets-1 {
		end := &buckets[len(buckets)-1]
		end.High = max(end.High, h.max+1)
	}
	return buckets
}
