package probe

import "time"

// wait is for something that must become known soon. It is renewed when what is waited for can begin only now, since a
// connection was made; but not for ever: what is not known after twice the patience is not known. The zero value waits for
// nothing.
type wait struct {
	since instant // since when, with the last renewal; 0 when nothing is waited for
	first instant // when it began
}

// on tells whether something is waited for.
func (w wait) on() bool { return w.since != 0 }

// begin begins to wait. A wait that has begun is only renewed: whatever else happens meanwhile gives it no more time.
func (w *wait) begin(at instant) {
	if !w.on() {
		w.first = at
	}
	w.since = max(w.since, at)
}

// renew gives more time to what is waited for.
func (w *wait) renew(at instant) {
	if w.on() {
		w.since = max(w.since, at)
	}
}

// end ends it.
func (w *wait) end() { *w = wait{} }

// vain tells whether it has lasted for too long.
func (w wait) vain(patience time.Duration, now instant) bool {
	return w.on() && (now.since(w.since) > patience || now.since(w.first) > 2*patience)
}
