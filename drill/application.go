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
	// numbers; never more than zero with idempotent retries.
	Duplicates int
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
		Manners: w.manners, Operations: c.operations, Retried: c.retried, Retries: c.retries,
		HeldBack: held, OutOfKeys: exhausted, KnownByFencing: c.fenced, FewReplicas: c.thin, Unexpected: c.existed,
		OwnReads: w.own.total(),
	}
}
