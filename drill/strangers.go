package drill

import (
	"context"
	"fmt"
)

// lookForStrangers looks in a region for keys of this run that nobody wrote: the
// hundred numbers after the last one that was given, in every slot. Whatever it
// finds was made by somebody else, or by a mistake. It cannot find everything, for
// no command that lists keys is on the list of what may be sent.
func (r *run) lookForStrangers(ctx context.Context, region int) {
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Connect)
	defer cancel()
	first := r.ledger.Len()
	for place := range r.ledger.places() {
		keys := make([]string, readBatch)
		for i := range keys {
			keys[i] = r.ledger.keyAt(place, first+i)
		}
		found, err := r.Stores[region].Read(ctx, keys)
		if err != nil {
			return // whether there are any is no part of what a drill has to prove
		}
		for i, there := range found {
			if there {
				r.strangers++
				r.tell(r.now(), EventError, fmt.Sprintf("key %s is in %s, and this drill never wrote it", keys[i], r.name(region)))
			}
		}
	}
}
