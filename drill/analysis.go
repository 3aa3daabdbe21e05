package drill

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Fate is what became of a missed write.
type Fate uint8

// The fates. Their texts are part of the JSON contract.
const (
	Pending   Fate = iota // cannot be told yet
	Converged             // readable in the target later
	Diverged              // readable in some region, but proven not to come to the target
	Lost                  // absent in every region, and proven
	Expired               // its expiry passed first
)

func (f Fate) String() string {
	return [...]string{"pending", "converged", "diverged", "lost", "expired"}[f]
}

// MarshalText returns String.
func (f Fate) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText accepts what MarshalText returns.
func (f *Fate) UnmarshalText(text []byte) error {
	for known := Pending; known <= Expired; known++ {
		if known.String() == string(text) {
			*f = known
			return nil
		}
	}
	return fmt.Errorf("unknown fate %q", text)
}

// Reading is what one look for a write found, in one region. It holds for some
// moment from Began to Ended.
type Reading struct {
	Write        int
	Region       int
	Began, Ended Moment
	Found        bool
}

// Fence is a message that was published in one region and delivered in another,
// through the shards that own the slot. Effects of a shard arrive in order: what
// the source shard had executed before Sent is either in the target at
// Delivered, or not on its way any more.
type Fence struct {
	From, To        int
	Slot            int
	Sent, Delivered Moment
}

// Evidence is all that the analysis judges from.
type Evidence struct {
	// Quiet is, for each slot, a moment after which the drill wrote no more, every
	// region that was going to return had returned, and what a region had still to
	// hand on to another had been handed on but for the last step. Only fences sent
	// later prove anything about the end; of a slot that is missing here, nothing
	// is proven.
	Quiet map[int]Moment
	// Owners are, for each slot, the regions that have a shard for it, reachable or
	// not: any of them may hold a write.
	Owners   map[int]map[int]bool
	Expiry   time.Duration // of every key that has none of its own; 0: such keys stay
	Missing  []Absent      // acknowledged writes that were missing at a cut-over, each once
	Readings []Reading     // of those writes
	Fences   []Fence
}

// Absent is an acknowledged write that was not readable when the application got
// to a region. One that was missing at several cut-overs is judged by the last.
type Absent struct {
	Entry
	To    int    // index of the region that the application got to
	Since Moment // the cut-over: readings in To that began before tell nothing
	// Expiry is that of the key of this write; 0: Evidence.Expiry.
	Expiry time.Duration
}

// Missed is the fate of one missed write.
type Missed struct {
	Absent
	Fate Fate
	// ConvergedAt is when it was first found readable in the target; 0 unless
	// Fate is Converged. The write became readable at most one poll earlier.
	ConvergedAt Moment
}

// Analyse tells the fate of every missed write, in the order of their
// acknowledgement. It is pure.
func Analyse(e Evidence) []Missed { return analyse(e, mistakes{}) }

// mistakes are the wrong turns that an analysis like this one is prone to. The
// tests switch each of them on and demand that it is found out.
type mistakes struct {
	cutOverOffByOne bool // the last write before the cut-over is taken for one after it
	lateIsLost      bool // a write that came late counts as lost
	fenceIgnored    bool // absence alone is taken for proof
	oneRound        bool // one round of fences is taken for all, although regions hand on what they recover
	trustsOldProof  bool // a write that worked once is taken for proof that writes work at the failback
}

func analyse(e Evidence, wrong mistakes) []Missed {
	missing := slices.SortedFunc(slices.Values(e.Missing), func(a, b Absent) int {
		return cmp.Or(cmp.Compare(a.Ended, b.Ended), cmp.Compare(a.N, b.N))
	})
	if wrong.cutOverOffByOne && len(missing) > 0 {
		missing = missing[:len(missing)-1]
	}
	readings := make(map[int][]Reading, len(missing))
	for _, r := range e.Readings {
		readings[r.Write] = append(readings[r.Write], r)
	}
	fences := newFenceIndex(e.Fences)
	all := make([]Missed, 0, len(missing))
	for _, absent := range missing {
		m := Missed{Absent: absent}
		m.Fate, m.ConvergedAt = fate(e, absent, readings[absent.N], fences, wrong)
		all = append(all, m)
	}
	return all
}

// fate judges one write by its readings. The rules are those of Jepsen's set
// checker, with fences for its final read: absence counts only in a reading that
// began after the acknowledgement, and proves nothing while the write may still
// be on its way.
func fate(e Evidence, w Absent, readings []Reading, fences fenceIndex, wrong mistakes) (Fate, Moment) {
	last := make(map[int]Reading) // the newest reading in each region
	for _, r := range readings {
		if r.Began < w.Ended || r.Region == w.To && r.Began < w.Since {
			continue
		}
		if r.Region == w.To && r.Found {
			if wrong.lateIsLost {
				return Lost, 0
			}
			return Converged, r.Ended
		}
		if was, ok := last[r.Region]; !ok || r.Ended > was.Ended {
			last[r.Region] = r
		}
	}
	inTarget, ok := last[w.To]
	if !ok {
		return Pending, 0
	}
	// The server started to count at some moment after Sent: from Sent+Expiry on,
	// absence has another explanation.
	if e.mayHaveExpired(w, inTarget) {
		return Expired, 0
	}
	if !wrong.fenceIgnored && !settled(e, w, last, fences) {
		return Pending, 0
	}
	for _, r := range last {
		if r.Found {
			return Diverged, 0
		}
	}
	return Lost, 0
}

// mayHaveExpired tells whether the expiry of a write could explain that a reading did
// not find it.
func (e Evidence) mayHaveExpired(w Absent, r Reading) bool {
	expiry := cmp.Or(w.Expiry, e.Expiry)
	return expiry > 0 && r.Ended >= w.Sent+expiry
}

// settled says whether the last readings of a write are final: there is one of
// every region that could hold it, and each began after a fence from every other
// one had arrived where it was made. A region that cannot be read may hold the
// write, and bring it when it is back.
func settled(e Evidence, w Absent, last map[int]Reading, fences fenceIndex) bool {
	quiet, ok := e.Quiet[w.Slot]
	owners := e.Owners[w.Slot]
	if !ok || !owners[w.Region] {
		return false
	}
	for to := range owners {
		reading, ok := last[to]
		if !ok {
			return false
		}
		for from := range owners {
			if from != to && !fences.before(path{from, to, w.Slot}, quiet, reading.Began) {
				return false
			}
		}
	}
	return true
}

// path is the way of an effect: one link, through the shards of one slot.
type path struct{ from, to, slot int }

type fenceIndex map[path][]Fence

func newFenceIndex(fences []Fence) fenceIndex {
	index := make(fenceIndex)
	for _, f := range fences {
		p := path{f.From, f.To, f.Slot}
		index[p] = append(index[p], f)
	}
	return index
}

// before says whether a fence that was sent at or after one moment had arrived
// by another.
func (x fenceIndex) before(p path, sent, delivered Moment) bool {
	return slices.ContainsFunc(x[p], func(f Fence) bool { return f.Sent >= sent && f.Delivered <= delivered })
}
