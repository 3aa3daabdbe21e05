package drill

// Application is what the manners of the application came to: what the ledger
// does not tell, since it knows writes and not who made them.
type Application struct {
	Manners Manners
	// Operations is how many writes the application wanted to make and began, the
	// retries not counted. Retried is how many of them it attempted more than once,
	// and Retries how often altogether.
	Operations, Retried, Retries int
	// HeldBack is how many it did not begin, because no connection was free in time.
	HeldBack int
	// OutOfKeys says that it would have begun more, but for the limit on its keys.
	OutOfKeys bool
	// KnownByFencing is how many writes a fenced retry found to be applied, which
	// without fencing were indeterminate or would have been made twice.
	KnownByFencing int
	// FewReplicas is how many acknowledged writes fewer replicas confirmed in time
	// than the application had asked for. They are acknowledged all the same.
	FewReplicas int
	// Duplicates is how many operations are there more than once, under several
	// numbers; never more than zero with idempotent retries. Forgotten says that this is
	// not known: the drill was killed, and which numbers belong together is not on disk.
	Duplicates int
	Forgotten  bool
	// Unexpected is how many keys of the run were found that it did not write: of
	// writes that were rejected or never sent, of numbers that it never gave, and
	// those that a fenced first attempt came upon.
	Unexpected int
	OwnReads   OwnReads
}

// application tells what the application did, as far as it knows by itself.
func (w *writer) application() Application {
	held, exhausted := w.arrivals.count()
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.account
	return Application{
		Manners: w.manners, Operations: int(w.operations.Load()), Retried: c.retried, Retries: c.retries,
		HeldBack: held, OutOfKeys: exhausted, KnownByFencing: c.fenced, FewReplicas: c.thin, Unexpected: c.existed,
		OwnReads: w.own.total(),
	}
}

// restore begins with the counts of an application that was killed. Which numbers
// were attempts at one operation was known to it alone: no duplicates are found any
// more.
func (w *writer) restore(a Application) {
	w.operations.Store(int64(a.Operations))
	w.account = account{retried: a.Retried, retries: a.Retries,
		fenced: a.KnownByFencing, existed: a.Unexpected, thin: a.FewReplicas}
	w.manners, w.arrivals.heldBack, w.arrivals.refused, w.own.sum = a.Manners, a.HeldBack, a.OutOfKeys, a.OwnReads
}

// hear takes in what the store answered to a write of the load. The guide wants to
// know how the region serves: that an answer is not the one which was hoped for does
// not speak against it.
func (r *run) hear(region, n int, err error, at Moment) {
	answer := answerOf(err)
	if answer.outcome == Acknowledged {
		r.sampler.offer(n, at)
	}
	if listener, ok := r.guide.(Listener); ok {
		if answer.outcome == Acknowledged || answer.existed {
			err = nil
		}
		listener.Outcome(r.name(region), err, r.start.Add(at))
	}
}

// judgeApplication fills in what the application did, and what became of the writes
// that it was not sure of.
func (r *run) judgeApplication() {
	rec := r.record
	rec.Application = r.writer.application()
	found := make(map[int]bool)
	for _, reading := range r.readings {
		if reading.Found {
			found[reading.Write] = true
		}
	}
	var indeterminate []Entry
	r.ledger.each(func(e Entry, _ mark) {
		switch {
		case e.Outcome == Indeterminate || e.Outcome == Inflight:
			indeterminate = append(indeterminate, e)
		case e.Outcome == Rejected && found[e.N]:
			rec.RejectedApplied++
		case e.Outcome == Unsent && found[e.N]:
			rec.Application.Unexpected++
		}
	})
	rec.Unclear = judgeUnclear(r.evidence(), indeterminate, len(r.Maps))
	rec.IndeterminateApplied = rec.Unclear.Applied
	rec.Application.Unexpected += rec.RejectedApplied + r.strangers
	gone := make(map[int]bool)
	for _, m := range rec.Missed {
		gone[m.N] = m.Fate == Lost || m.Fate == Expired
	}
	rec.Application.Forgotten = rec.KilledIn != "" && rec.Application.Manners.Retry.Fresh && rec.Application.Retries > 0
	rec.Application.Duplicates = duplicates(r.writer.numbers(), func(n int) bool {
		return found[n] || r.ledger.Entry(n).Outcome == Acknowledged && !gone[n]
	})
}
