package drill

import (
	"context"

	"github.com/aafailover/aafailover/internal/pause"
)

// attempt sends the writes of a batch, which are of one slot, and enters what each
// answer tells. It began just now: to look at the clock takes as long as the ledger does.
func (w *writer) attempt(session context.Context, store Store, region int, batch []*operation, u *user, began Moment) {
	if u.timed == nil {
		u.timed = new(timed)
	}
	limited := u.timed
	limited.begin(session, w.zero.Add(began), w.timeout)
	errs := u.errs[:0]
	if len(batch) == 1 {
		errs = append(errs, store.Write(limited, w.ledger.keyAt(batch[0].place, batch[0].n), w.payload, w.expiry))
		u.errs = errs
	} else {
		u.keys = w.ledger.keysOf(batch, u.keys[:0])
		errs = store.(Pipeline).WriteAll(limited, u.keys, w.payload, w.expiry)
	}
	at := w.now()
	if !limited.end() {
		u.timed = nil
	}
	for i, o := range batch {
		answer := answerOf(errs[i])
		w.alarm.note(Entry{N: o.n, Region: region, Sent: began, Ended: at, Outcome: answer.outcome})
		w.learn(o, answer, region)
	}
	w.ledger.endAll(batch, at)
	for i, o := range batch {
		if o.outcome == Acknowledged {
			u.wrote(o.n, at)
		}
		if w.heard != nil {
			w.heard(region, o.n, errs[i], at)
		}
	}
}

// learn takes in what one attempt told.
func (w *writer) learn(o *operation, a answer, region int) {
	if a.existed && o.outcome == Indeterminate {
		// Nobody else writes this key: the earlier attempt was applied.
		a.outcome, region = Acknowledged, o.region
		w.note(func(c *account) { c.fenced++ })
	} else if a.existed {
		w.note(func(c *account) { c.existed++ })
	}
	if a.thin {
		w.note(func(c *account) { c.thin++ })
	}
	o.attempts++
	o.learn(a.outcome, region)
}

// unfinished returns the operations of a batch that are to be attempted again.
func (w *writer) unfinished(batch []*operation) []*operation {
	left := batch[:0]
	for _, o := range batch {
		if o.outcome != Acknowledged && o.attempts <= w.manners.Retry.Limit {
			left = append(left, o)
		}
	}
	return left
}

// await waits until a batch may be attempted again. It returns false when the session
// ended before.
func (w *writer) await(ctx context.Context, batch []*operation, u *user) bool {
	pause.For(ctx, w.manners.Retry.pause(batch[0].attempts, u.random))
	return ctx.Err() == nil
}

// prepare gives the operations of a batch what another attempt needs, and returns those
// that can have one.
func (w *writer) prepare(region int, batch []*operation) []*operation {
	left := batch[:0]
	for _, o := range batch {
		if w.renew(o, region) {
			left = append(left, o)
		}
	}
	return left
}

// renew enters that an operation is attempted again: with the same number, or with
// another one if the application has any left.
func (w *writer) renew(o *operation, region int) bool {
	if !w.manners.Retry.Fresh {
		w.ledger.Reopen(o.n)
	} else {
		if !w.arrivals.another() {
			return false
		}
		o.former = append(o.former, o.n)
		o.n, o.outcome = w.ledger.BeginAt(region, o.place, w.now()), Inflight
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.account.retries++
	if o.attempts == 1 {
		w.account.retried++
	}
	if len(o.former) == 1 {
		w.several = append(w.several, o)
	}
	return true
}

// note counts something.
func (w *writer) note(what func(*account)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	what(&w.account)
}

// carry keeps a batch for the next session.
func (w *writer) carry(batch []*operation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.carried = append(w.carried, batch)
	w.waiting.Store(int32(len(w.carried)))
}

// resume returns a batch that an earlier session left, nil if there is none.
func (w *writer) resume() []*operation {
	if w.waiting.Load() == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.carried) == 0 {
		return nil
	}
	batch := w.carried[0]
	w.carried = w.carried[1:]
	w.waiting.Store(int32(len(w.carried)))
	return batch
}
