package canary

import "slices"

// openList is the acknowledged writes that are not known to be readable in a
// region. What becomes readable is taken out at the next look.
type openList struct {
	ns     []int
	loose  bool // not in order, or with doubles
	cursor int  // where the next look for old ones begins

	again Moment // when is looked again for what is missing elsewhere
	next  int    // the first of them
}

func (o *openList) add(n int) {
	o.loose = o.loose || len(o.ns) > 0 && o.ns[len(o.ns)-1] >= n
	o.ns = append(o.ns, n)
}

// stillOpen returns the writes that are not known to be readable in a region,
// ascending. They are valid until the next change of the book.
func (b *book) stillOpen(region int) []int {
	o := &b.open[region]
	o.ns = slices.DeleteFunc(o.ns, func(n int) bool {
		w := b.at(n)
		return w == nil || w.seen&bit(region) != 0 || b.lost[n]
	})
	if o.loose {
		slices.Sort(o.ns)
		o.ns, o.loose = slices.Compact(o.ns), false
	}
	return o.ns
}
