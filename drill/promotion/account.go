package promotion

import (
	"cmp"
	"slices"

	"github.com/aafailover/aafailover/drill"
)

// Look is what one server was found to have at the end.
type Look struct {
	Began, Ended drill.Moment
	Found        *drill.Numbers
	Unread       *drill.Numbers // writes of which nothing was learned
}

// Books are all that the writes of a drill are accounted for by.
type Books struct {
	Ledger *drill.Ledger
	// Second are the writes of the second client.
	Second *drill.Numbers
	// ShardOf is the shard of a write, by its slot.
	ShardOf func(slot int) int
	// Owners are the hosts that can have the keys of a shard, its primary at the end first.
	Owners map[int][]int
	Looks  map[int]Look // by host; of all owners, when all were in sync
	Expiry drill.Moment
	Fault  *drill.Moment
	// NewPrimary is when there was one; nil: it did not come to that.
	NewPrimary *drill.Moment
	// Takeovers are those of the shard that lost its primary, which is Hit.
	Takeovers []Takeover
	Hit       int
}

// Account is what became of all writes.
type Account struct {
	Missed []drill.Missed // acknowledged, and not in the primary at the end
	// AtEnd counts for each host the acknowledged writes of its shard that it does not have; -1: not known.
	AtEnd                                 map[int]int
	Unread                                int // acknowledged writes that could not be looked for in the primary
	IndeterminateApplied, RejectedApplied int
	RPO                                   drill.RPO
	SplitBrain                            SplitBrain
}

// Close accounts for every write. It is pure.
func (b Books) Close() Account {
	a := Account{AtEnd: make(map[int]int)}
	for host := range b.Looks {
		a.AtEnd[host] = 0
	}
	for n := range b.Ledger.Len() {
		e := b.Ledger.Entry(n)
		owners := b.Owners[b.ShardOf(e.Slot)]
		switch e.Outcome {
		case drill.Acknowledged:
			b.acknowledged(&a, e, owners)
		case drill.Rejected:
			if b.anywhere(n, owners) {
				a.RejectedApplied++
			}
		case drill.Indeterminate, drill.Inflight:
			if b.anywhere(n, owners) {
				a.IndeterminateApplied++
			}
		}
	}
	slices.SortFunc(a.Missed, func(x, y drill.Missed) int { return cmp.Or(cmp.Compare(x.Ended, y.Ended), cmp.Compare(x.N, y.N)) })
	a.RPO = b.rpo(a.Missed)
	b.second(&a)
	return a
}

// acknowledged takes in one write that the client was promised.
func (b Books) acknowledged(a *Account, e drill.Entry, owners []int) {
	for _, host := range owners {
		switch look, looked := b.Looks[host]; {
		case !looked || look.Unread.Has(e.N):
			a.AtEnd[host] = -1
		case !look.Found.Has(e.N) && a.AtEnd[host] >= 0:
			a.AtEnd[host]++
		}
	}
	if len(owners) == 0 {
		a.Unread++
		return
	}
	primary, looked := b.Looks[owners[0]]
	switch {
	case !looked || primary.Unread.Has(e.N):
		a.Unread++
	case !primary.Found.Has(e.N):
		missed := drill.Missed{Absent: drill.Absent{Entry: e, To: owners[0], Since: primary.Began}, Fate: b.fate(e, owners)}
		a.Missed = append(a.Missed, missed)
	}
}

// fate judges a write that the primary does not have. Nothing is on its way between
// servers in sync: what none of them has is nowhere.
func (b Books) fate(e drill.Entry, owners []int) drill.Fate {
	fate := drill.Lost
	for _, host := range owners {
		look, looked := b.Looks[host]
		switch {
		// The server began to count at some moment after Sent.
		case look.Ended >= e.Sent+b.Expiry:
			return drill.Expired
		case looked && look.Found.Has(e.N):
			return drill.Diverged
		case !looked || look.Unread.Has(e.N):
			fate = drill.Pending
		}
	}
	return fate
}

// anywhere tells whether any host has a write.
func (b Books) anywhere(n int, owners []int) bool {
	return slices.ContainsFunc(owners, func(host int) bool {
		look, looked := b.Looks[host]
		return looked && look.Found.Has(n)
	})
}

// rpo is that of the application, on the shard that lost its primary: what a client
// was told that did not follow the failover goes by its own clock. Of several
// takeovers, and without one of the fault, it is the longest.
func (b Books) rpo(missed []drill.Missed) drill.RPO {
	ends := make([]drill.Moment, 0, len(b.Takeovers)+1)
	for _, t := range b.Takeovers {
		ends = append(ends, t.At)
	}
	if len(ends) == 0 && b.Fault != nil {
		ends = append(ends, *b.Fault)
	}
	var longest drill.RPO
	began := drill.Moment(-1)
	for _, end := range ends {
		// The first write that the new primary acknowledged is the end itself.
		within := func(e drill.Entry) bool {
			return e.Ended > began && e.Ended < end && b.ShardOf(e.Slot) == b.Hit && !b.Second.Has(e.N)
		}
		last := drill.Moment(0)
		for n := range b.Ledger.Len() {
			if e := b.Ledger.Entry(n); e.Outcome == drill.Acknowledged && within(e) {
				last = max(last, e.Ended)
			}
		}
		one := drill.RPOOf(slices.DeleteFunc(slices.Clone(missed), func(m drill.Missed) bool { return !within(m.Entry) }), last)
		longest = longest.Worse(one)
		began = end - 1
	}
	return longest
}

// second sums up the client that did not follow the failover.
func (b Books) second(a *Account) {
	if b.Fault == nil {
		return
	}
	s := &a.SplitBrain
	for n := range b.Second.All() {
		e := b.Ledger.Entry(n)
		if e.Outcome != drill.Inflight && e.Ended < *b.Fault {
			continue
		}
		switch e.Outcome {
		case drill.Acknowledged:
			s.Acknowledged++
			if b.NewPrimary != nil && e.Ended > *b.NewPrimary {
				s.AfterPromotion++
			}
		case drill.Rejected:
			s.Rejected++
			if s.FirstRefused == nil || e.Ended < *s.FirstRefused {
				s.FirstRefused = &e.Ended
			}
		case drill.Unsent:
			s.Unsent++
		default:
			s.Indeterminate++
		}
	}
	s.Attempted = s.Acknowledged + s.Rejected + s.Indeterminate
	for _, m := range a.Missed {
		if m.Fate == drill.Lost && b.Second.Has(m.N) && m.Ended >= *b.Fault {
			s.Lost++
			if s.LastAck == nil || m.Ended > *s.LastAck {
				s.LastAck = &m.Ended
			}
		}
	}
}
