package lab

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// truthPrefix is the beginning of the keys that a truth is about unless it says otherwise.
const truthPrefix = "aafailover:"

// Truth is what really happened to the keys that begin with its Prefix, recorded beside the engines: in which region
// each was there and when, and what every read found. It is for tests to compare with, and never read by what is
// tested. The zero value is ready. It keeps everything in memory.
type Truth struct {
	Prefix string // of the keys that are recorded; "": "aafailover:". It stays as it is while the lab runs.

	mu   sync.Mutex
	keys map[place]*story
}

// about tells whether a key is recorded.
func (t *Truth) about(key string) bool { return strings.HasPrefix(key, cmp.Or(t.Prefix, truthPrefix)) }

// place is a key in a region.
type place struct{ region, key string }

// story is what happened to a key in a region.
type story struct {
	intervals []Interval
	expiry    time.Time // of the last interval, while it is open; zero: none
	reads     []Read
}

// Interval is a time during which a key was there: from when it was executed or applied, until it was removed, had
// expired, or was lost in a crash. To is zero as long as it is still there.
type Interval struct{ From, To time.Time }

// Contains says whether the key was there at a moment. From is part of the interval, To is not.
func (i Interval) Contains(at time.Time) bool {
	return !at.Before(i.From) && (i.To.IsZero() || at.Before(i.To))
}

// Read is one look at a key by a client, at the moment at which it was executed.
type Read struct {
	At    time.Time
	Found bool
}

// Applied returns when a key was there in a region, in order.
func (t *Truth) Applied(region, key string) []Interval {
	t.mu.Lock()
	defer t.mu.Unlock()
	st := t.keys[place{region, key}]
	if st == nil {
		return nil
	}
	st.expire(time.Now())
	return slices.Clone(st.intervals)
}

// Reads returns every read of a key in a region, in order.
func (t *Truth) Reads(region, key string) []Read {
	t.mu.Lock()
	defer t.mu.Unlock()
	st := t.keys[place{region, key}]
	if st == nil {
		return nil
	}
	return slices.Clone(st.reads)
}

// Keys returns every key that was ever there or read in any region, sorted.
func (t *Truth) Keys() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := make(map[string]bool)
	for p := range t.keys {
		keys[p.key] = true
	}
	return slices.Sorted(maps.Keys(keys))
}

// present records whether a key is there after something happened to it, and until when: unix time in milliseconds, or 0.
func (t *Truth) present(region, key string, found bool, until int64, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	st := t.story(region, key)
	st.expire(now)
	if !found {
		st.end(now)
		return
	}
	if !st.open() {
		st.intervals = append(st.intervals, Interval{From: now})
	}
	st.expiry = time.Time{}
	if until > 0 {
		st.expiry = time.UnixMilli(until + 1) // Redis takes a key for expired once its millisecond is over
	}
}

// read records what a client found.
func (t *Truth) read(region, key string, found bool, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	st := t.story(region, key)
	st.reads = append(st.reads, Read{At: now, Found: found})
}

// cleared records that all keys of a region that a shard owns are gone.
func (t *Truth) cleared(region string, now time.Time, owned func(key string) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p, st := range t.keys {
		if p.region == region && owned(p.key) {
			st.expire(now)
			st.end(now)
		}
	}
}

// story returns what happened to a key; the caller may keep it while it holds the lock.
func (t *Truth) story(region, key string) *story {
	if t.keys == nil {
		t.keys = make(map[place]*story)
	}
	at := place{region, key}
	st := t.keys[at]
	if st == nil {
		// Observed keys may point into what the engine holds for its own use.
		at.key = strings.Clone(key)
		st = &story{}
		t.keys[at] = st
	}
	return st
}

func (st *story) open() bool {
	return len(st.intervals) > 0 && st.intervals[len(st.intervals)-1].To.IsZero()
}

func (st *story) end(at time.Time) {
	if st.open() {
		st.intervals[len(st.intervals)-1].To = at
	}
}

// expire ends an open interval at its expiry if that has passed.
func (st *story) expire(now time.Time) {
	if !st.expiry.IsZero() && !now.Before(st.expiry) {
		st.end(st.expiry)
		st.expiry = time.Time{}
	}
}
