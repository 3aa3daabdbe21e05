package recorder

import "iter"

// Backward hands out the writes so far as Writes does, the last first. What is sent meanwhile is left out.
func (l *Log) Backward() iter.Seq[Write] {
	return func(yield func(Write) bool) {
		var tails [stripes]tail
		for i := range tails {
			tails[i].begin(l, i)
		}
		for {
			last := -1
			for i := range tails {
				if !tails[i].over() && (last < 0 || tails[i].now().Sent > tails[last].now().Sent) {
					last = i
				}
			}
			if last < 0 || !yield(*tails[last].now()) {
				return
			}
			tails[last].next(l, last)
		}
	}
}

// tail is what of the writes of one stripe has not been handed out.
type tail struct {
	some   []Write // the last of them, copied, so that the stripe is not locked while they are used
	before uint32  // of the stripe, those that were not copied yet
}

func (t *tail) begin(l *Log, stripe int) {
	s := &l.stripes[stripe]
	s.mu.Lock()
	t.before = s.writes.n
	s.mu.Unlock()
	t.fill(l, stripe)
}

// fill copies the last of the writes that were not copied yet, a page of them.
func (t *tail) fill(l *Log, stripe int) {
	s := &l.stripes[stripe]
	s.mu.Lock()
	defer s.mu.Unlock()
	first := t.before - min(t.before, pageOf)
	t.some = t.some[:0]
	for n := first; n < t.before; n++ {
		t.some = append(t.some, s.outside(l, stripe, n))
	}
	t.before = first
}

func (t *tail) over() bool  { return len(t.some) == 0 }
func (t *tail) now() *Write { return &t.some[len(t.some)-1] }

func (t *tail) next(l *Log, stripe int) {
	if t.some = t.some[:len(t.some)-1]; t.over() {
		t.fill(l, stripe)
	}
}
