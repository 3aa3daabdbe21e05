package probe

import "time"

// Distribution counts durations that somebody else measures, in the same buckets as round trips: it stays as small however
// many there are. The zero value is empty. It must not be copied once it is in use, and is not safe for concurrent use.
type Distribution struct{ counts histograms }

// Add counts one duration.
func (d *Distribution) Add(one time.Duration) { d.counts.add(one) }

// Count returns how many there were.
func (d *Distribution) Count() uint64 { return d.counts.total }

// Merge adds the counts of another distribution.
func (d *Distribution) Merge(o *Distribution) { merge(&d.counts, &o.counts) }

// Summary returns the percentiles, zero when there was none.
func (d *Distribution) Summary() RTT { return d.counts.summary() }
