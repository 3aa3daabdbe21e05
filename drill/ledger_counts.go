package drill

// outcomeCounts are how many writes have each outcome. The ledger keeps them as it goes, so that a drill with millions of
// writes can be watched: to count them anew takes as long as the writer has for thousands.
type outcomeCounts [Unsent + 1]int

func (c *outcomeCounts) move(from, to Outcome) {
	c[from]--
	c[to]++
}

func (c *outcomeCounts) add(other outcomeCounts) {
	for outcome, n := range other {
		c[outcome] += n
	}
}

// begun is how many writes there are, whatever became of them.
func (c outcomeCounts) begun() int {
	n := 0
	for _, of := range c {
		n += of
	}
	return n
}

// countsIn returns the outcomes of the writes so far whose region is the given one: where they were sent to, or what told
// their outcome.
func (l *Ledger) countsIn(region int) outcomeCounts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[region]
}
