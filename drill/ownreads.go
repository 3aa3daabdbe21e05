package drill

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// OwnReads tells how often the application did not see its own latest write. It
// counts from the acknowledgement on, wherever the application was: after a
// cut-over it looks in one region for what it wrote in another.
type OwnReads struct {
	Checked int // reads that were answered
	Failed  int // reads that were not
	Unseen  int // of the checked: the write was not there
	// Writes is how many writes were not seen at some time, and Still how many of
	// them were not seen at the last look.
	Writes, Still int
	// Longest is the longest time from an acknowledgement to the first look that
	// found a write which an earlier look had not.
	Longest time.Duration
}

// ownReads gathers what the users of the application see of their own writes.
type ownReads struct {
	share float64 // of the writes before which a user looks

	mu  sync.Mutex
	sum OwnReads
}

// user is one of those for whom the application writes; each connection serves
// one. What it wrote last, it wants to see. Only the goroutine that serves it
// touches it.
type user struct {
	random *rand.Rand
	latest int // its latest acknowledged write; -1 before the first
	acked  Moment
	unseen bool // the last look for it did not find it

	// What the batch before took, for the next one.
	timed      *timed
	errs       []error
	keys       []string
	batch      []*operation
	operations []operation
}

// batchOf returns room for a batch, which lasts until the next one unless it is kept.
func (u *user) batchOf(count int) ([]*operation, []operation) {
	if cap(u.batch) < count {
		u.batch, u.operations = make([]*operation, count), make([]operation, count)
	}
	return u.batch[:count], u.operations[:count]
}

// keepBatch lets a batch last for longer: it is attempted again.
func (u *user) keepBatch() { u.batch, u.operations = nil, nil }

// wrote notes an acknowledged write. A user who misses one goes on to look for
// that one.
func (u *user) wrote(n int, at Moment) {
	if !u.unseen {
		u.latest, u.acked = n, at
	}
}

// wants says whether the user looks before its next write: for a share of them,
// and always while it misses something.
func (o *ownReads) wants(u *user) bool {
	return o.share > 0 && u.latest >= 0 && (u.unseen || u.random.Float64() < o.share)
}

// look lets the user look for its latest write, by its key.
func (o *ownReads) look(ctx context.Context, store Store, u *user, key string, now func() Moment) {
	found, err := store.Read(ctx, []string{key})
	at := now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.sum.Failed++
		return
	}
	o.sum.Checked++
	switch {
	case !found[0]:
		o.sum.Unseen++
		if !u.unseen {
			o.sum.Writes++
			o.sum.Still++
		}
	case u.unseen:
		o.sum.Still--
		o.sum.Longest = max(o.sum.Longest, at-u.acked)
	}
	u.unseen = !found[0]
}

func (o *ownReads) total() OwnReads {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sum
}
