package drill

// Unclear is what became of the indeterminate writes: those of which the
// application does not know whether they were applied. They are never called
// missed, for nobody was promised anything; but an application that repeats them
// wants to know.
type Unclear struct {
	Applied int   // found in some region
	In      []int // of the applied: how many were there at the last look, by region
	// NotApplied is how many are proven to be nowhere: absent in every region that
	// could hold them, after fences from every other one that were sent when the
	// drill wrote no more. (A fence travels over a connection of its own: that no
	// copy waits in a buffer between here and a server is beyond any proof.)
	NotApplied int
	Unknown    int // of the rest nothing can be said
}

// judgeUnclear tells the fate of indeterminate writes, in so many regions. It is
// pure. A write that is found by any reading was applied, whenever it was made.
func judgeUnclear(e Evidence, writes []Entry, regions int) Unclear {
	u := Unclear{In: make([]int, regions)}
	readings := readingsOf(e.Readings, writes)
	fences := newFenceIndex(e.Fences)
	for _, w := range writes {
		last := make(map[int]Reading)
		applied := false
		for _, r := range readings[w.N] {
			applied = applied || r.Found
			if was, ok := last[r.Region]; r.Began >= w.Ended && (!ok || r.Ended > was.Ended) {
				last[r.Region] = r
			}
		}
		switch {
		case applied:
			u.Applied++
			for region, r := range last {
				if r.Found {
					u.In[region]++
				}
			}
		case !expires(e, Absent{Entry: w}, last) && settled(e, Absent{Entry: w}, last, fences):
			u.NotApplied++
		default:
			u.Unknown++
		}
	}
	return u
}

// expires says whether the expiry of a write could explain that some reading did not
// find it.
func expires(e Evidence, w Absent, last map[int]Reading) bool {
	for _, r := range last {
		if e.mayHaveExpired(w, r) {
			return true
		}
	}
	return false
}

// readingsOf gathers the readings of some writes, by their numbers.
func readingsOf(readings []Reading, writes []Entry) map[int][]Reading {
	of := make(map[int][]Reading, len(writes))
	for _, w := range writes {
		of[w.N] = nil
	}
	for _, r := range readings {
		if _, wanted := of[r.Write]; wanted {
			of[r.Write] = append(of[r.Write], r)
		}
	}
	return of
}
