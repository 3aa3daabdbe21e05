package habit

import "time"

// pieces are what a window is divided into: it forgets a piece at a time.
const pieces = 20

// window counts commands of the last while, whatever their rate, in a few bytes.
type window struct {
	piece  time.Duration
	begin  time.Time // of the piece with number 0; the first command
	counts [pieces]count
}

// count is that of one piece.
type count struct {
	number      int64 // of the piece, since the first command
	all, failed int
}

func newWindow(span time.Duration) *window { return &window{piece: max(span/pieces, 1)} }

// add counts a command.
func (w *window) add(at time.Time, failed bool) {
	if w.begin.IsZero() {
		w.begin = at
	}
	n := w.number(at)
	c := &w.counts[n%pieces]
	if c.number > n {
		return // so late that it is not of the window any more
	}
	if c.number < n {
		*c = count{number: n}
	}
	c.all++
	if failed {
		c.failed++
	}
}

// sum returns the counts of the window that ends at a time.
func (w *window) sum(at time.Time) (all, failed int) {
	for n, i := w.number(at), 0; i < pieces; i++ {
		if c := w.counts[i]; c.number > n-pieces && c.number <= n {
			all += c.all
			failed += c.failed
		}
	}
	return all, failed
}

// number is that of the piece which a time is in; 0 before the first.
func (w *window) number(at time.Time) int64 { return max(0, int64(at.Sub(w.begin)/w.piece)) }
