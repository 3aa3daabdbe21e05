package engine

// deadlines is a binary heap of the keys that are shown and expire, the first to do so on top. Every entry knows its
// place, so that moving and removing one is O(log n) too; keys that come with ever later deadlines cost O(1).
type deadlines []deadline

type deadline struct {
	at int64 // unix milliseconds; here and not only in the entry, so that comparing touches no other memory
	n  *entry
}

// set puts the entry into the heap, moves it, or takes it out when at is Never.
func (d *deadlines) set(n *entry, at int64) {
	switch {
	case at == Never && n.heap < 0:
	case at == Never:
		d.remove(n)
	case n.heap < 0:
		n.heap = len(*d)
		*d = append(*d, deadline{at, n})
		d.up(n.heap)
	case (*d)[n.heap].at != at:
		(*d)[n.heap].at = at
		d.fix(n.heap)
	}
}

func (d *deadlines) remove(n *entry) {
	h, i, last := *d, n.heap, len(*d)-1
	h[i] = h[last]
	h[i].n.heap = i
	h[last] = deadline{} // lets go of the entry
	*d = h[:last]
	n.heap = -1
	if i < last {
		d.fix(i)
	}
}

func (d *deadlines) fix(i int) {
	if !d.down(i) {
		d.up(i)
	}
}

func (d *deadlines) up(i int) {
	h := *d
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].at <= h[i].at {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

// down tells whether the element moved.
func (d *deadlines) down(i int) bool {
	h, start := *d, i
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].at < h[child].at {
			child++
		}
		if h[i].at <= h[child].at {
			break
		}
		h.swap(i, child)
		i = child
	}
	return i > start
}

func (d deadlines) swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].n.heap, d[j].n.heap = i, j
}
