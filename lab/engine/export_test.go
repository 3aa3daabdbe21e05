package engine

import "fmt"

// SetLongest bounds the length of values, so that fuzzing does not allocate half a gigabyte.
func (e *Engine) SetLongest(n int) { e.longest = n }

// Check returns the first contradiction between the entries and what is kept beside them.
func (e *Engine) Check() error {
	shown, heaped, holes := 0, 0, 0
	for i, n := range e.all {
		if n == nil {
			holes++
			continue
		}
		if n.position != i || e.keys.get(n.key) != n {
			return fmt.Errorf("key %q: not where it says", n.key)
		}
		if n.shown {
			shown++
		}
		if n.shown && !n.hasValue() && !anyCounted(n.parts) {
			return fmt.Errorf("key %q: shown and does not exist", n.key)
		}
		if n.due != latest(n.ends) {
			return fmt.Errorf("key %q: due at %d, its ends say %d", n.key, n.due, latest(n.ends))
		}
		if inHeap := n.shown && n.due != Never; inHeap != (n.heap >= 0) {
			return fmt.Errorf("key %q: place %d in the heap, shown %t, due %d", n.key, n.heap, n.shown, n.due)
		}
		if n.heap >= 0 {
			heaped++
			if d := e.due[n.heap]; d.n != n || d.at != n.due {
				return fmt.Errorf("key %q: the heap has another entry or time at its place", n.key)
			}
			if above := e.due[max(n.heap-1, 0)/2]; above.at > n.due {
				return fmt.Errorf("key %q: due before what is above it in the heap", n.key)
			}
		}
	}
	if shown != e.shown || heaped != len(e.due) || holes != len(e.holes) || e.keys.count != len(e.all)-holes {
		return fmt.Errorf("shown %d counted %d, in heap %d of %d, holes %d of %d, keys %d of %d", e.shown, shown,
			heaped, len(e.due), holes, len(e.holes), e.keys.count, len(e.all)-holes)
	}
	return nil
}
