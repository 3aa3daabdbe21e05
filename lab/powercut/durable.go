package powercut

import (
	"maps"
	"time"
)

// durable is what a power cut would leave, as the witnessed calls have made it. It is pure: what the disk looks like is told to
// it. Two models of names are followed at once, so that the choice can be made afterwards.
type durable struct {
	root    inode
	now     tree   // the names of this moment
	looks   uint64 // how often now has changed
	ordered tree   // the names that survive, by model
	strict  tree
	// The look that each of them is from: of two syncs at a time, the one that began later may end first.
	orderedAt uint64
	strictAt  map[inode]uint64
	marks     map[inode]int64 // bytes that survive; a file without one has none
	pending   map[*pending]bool
	syncs     Syncs
}

// pending is a call that has begun.
type pending struct {
	sizes map[inode]int64 // of the files it is about, when it began
	dirs  []inode         // the folders it is about
	names tree
	look  uint64
	fresh bool // it has something new to make durable
}

// newDurable begins with all that is there as durable. sizes are bytes, of every file.
func newDurable(root inode, now tree, sizes map[inode]int64) *durable {
	return &durable{
		root: root, now: now, ordered: now, strict: maps.Clone(now),
		strictAt: map[inode]uint64{}, marks: maps.Clone(sizes), pending: map[*pending]bool{},
	}
}

// look takes note of the names of this moment.
func (d *durable) look(now tree) { d.now, d.looks = now, d.looks+1 }

// begin is a call that is about to be made for some files, with their sizes, and some folders.
func (d *durable) begin(sizes map[inode]int64, dirs ...inode) *pending {
	p := &pending{sizes: sizes, dirs: dirs, names: d.now, look: d.looks}
	for file, size := range sizes {
		mark, marked := d.marks[file]
		p.fresh = p.fresh || !marked || size > mark
		if marked && size < mark {
			d.marks[file] = size // it was made shorter by other means than ftruncate
		}
	}
	for _, dir := range dirs {
		before, known := d.ordered[dir]
		p.fresh = p.fresh || !known || !maps.Equal(d.now[dir], before)
	}
	d.pending[p] = true
	return p
}

// end is the return of that call, of which the server has been told, with how long it took. It tells whether the names that survive have changed.
func (d *durable) end(p *pending, failed bool, at time.Time, took time.Duration) (renamed bool) {
	delete(d.pending, p)
	if failed {
		d.syncs.Failed++
		return false
	}
	d.syncs.Count++
	d.syncs.Last = at
	d.syncs.Took += took
	d.syncs.Longest = max(d.syncs.Longest, took)
	for file, size := range p.sizes {
		d.marks[file] = max(d.marks[file], size)
	}
	for _, dir := range p.dirs {
		if at, known := d.strictAt[dir]; !known || p.look > at {
			d.strict[dir], d.strictAt[dir], renamed = p.names[dir], p.look, true
		}
	}
	if p.fresh && p.look > d.orderedAt {
		d.ordered, d.orderedAt, renamed = p.names, p.look, true
	}
	return renamed
}

// drop forgets a call of which the server was never told.
func (d *durable) drop(p *pending) { delete(d.pending, p) }

// shrink is a file about to be made as short as size, which is durable at once: at worst, less of it survives.
func (d *durable) shrink(file inode, size int64) {
	if mark, marked := d.marks[file]; marked {
		d.marks[file] = min(mark, size)
	}
	for p := range d.pending {
		if was, about := p.sizes[file]; about {
			p.sizes[file] = min(was, size)
		}
	}
}

// forget drops what no name leads to any more, neither now nor after a power cut, and returns what some name does.
func (d *durable) forget() (needed map[inode]bool) {
	needed = map[inode]bool{d.root: true}
	for _, t := range []tree{d.now, d.ordered, d.strict} {
		maps.Copy(needed, t.inodes())
	}
	for p := range d.pending {
		maps.Copy(needed, p.names.inodes())
	}
	gone := func(i inode) bool { return !needed[i] }
	maps.DeleteFunc(d.marks, func(i inode, _ int64) bool { return gone(i) })
	maps.DeleteFunc(d.strict, func(i inode, _ names) bool { return gone(i) })
	maps.DeleteFunc(d.strictAt, func(i inode, _ uint64) bool { return gone(i) })
	return needed
}

// survivors are the names after a power cut.
func (d *durable) survivors(n Names) tree {
	if n == Strict {
		return d.strict
	}
	return d.ordered
}
