package powercut

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The inodes of these tests.
const (
	root inode = iota + 1
	fileA
	fileB
)

func file(i inode) entry { return entry{Inode: i} }

// folder is a tree of one folder.
func folder(n names) tree { return tree{root: n} }

// Calls of several threads overlap, which no test of a process can arrange.
func TestCallsThatOverlap(t *testing.T) {
	one, two := names{"a": file(fileA)}, names{"a": file(fileA), "b": file(fileB)}
	for _, row := range []struct {
		says            string
		do              func(d *durable)
		marks           map[inode]int64
		ordered, strict names
	}{
		{
			says: "a call that has not returned has made nothing durable",
			do: func(d *durable) {
				d.look(folder(two))
				d.begin(map[inode]int64{fileA: 9})
			},
			marks: map[inode]int64{fileA: 5}, ordered: one, strict: one,
		}, {
			says: "neither has one that failed",
			do: func(d *durable) {
				d.look(folder(two))
				d.end(d.begin(map[inode]int64{fileA: 9}), true, time.Time{}, 0)
			},
			marks: map[inode]int64{fileA: 5}, ordered: one, strict: one,
		}, {
			says: "nor one whose thread was killed",
			do: func(d *durable) {
				d.look(folder(two))
				d.drop(d.begin(map[inode]int64{fileA: 9}))
			},
			marks: map[inode]int64{fileA: 5}, ordered: one, strict: one,
		}, {
			says: "what has changed since a call began is not durable with it",
			do: func(d *durable) {
				p := d.begin(map[inode]int64{fileA: 9})
				d.look(folder(two))
				d.end(p, false, time.Time{}, 0)
			},
			marks: map[inode]int64{fileA: 9}, ordered: one, strict: one,
		}, {
			says: "of two calls, the one that began first takes nothing back when it ends last",
			do: func(d *durable) {
				early, earlyDir := d.begin(map[inode]int64{fileA: 7}), d.begin(nil, root)
				d.look(folder(two))
				late, lateDir := d.begin(map[inode]int64{fileA: 9}), d.begin(nil, root)
				for _, p := range []*pending{late, lateDir, early, earlyDir} {
					d.end(p, false, time.Time{}, 0)
				}
			},
			marks: map[inode]int64{fileA: 9}, ordered: two, strict: two,
		}, {
			says: "what is cut off while an fsync is under way is not durable by it",
			do: func(d *durable) {
				p := d.begin(map[inode]int64{fileA: 9})
				d.shrink(fileA, 3)
				d.end(p, false, time.Time{}, 0)
			},
			marks: map[inode]int64{fileA: 3}, ordered: one, strict: one,
		}, {
			says:  "ftruncate to more bytes makes none durable",
			do:    func(d *durable) { d.shrink(fileA, 100); d.shrink(fileB, 100) },
			marks: map[inode]int64{fileA: 5}, ordered: one, strict: one,
		}, {
			says:  "a file that is found shorter was cut by something unseen, before the call",
			do:    func(d *durable) { d.begin(map[inode]int64{fileA: 2}) },
			marks: map[inode]int64{fileA: 2}, ordered: one, strict: one,
		},
	} {
		t.Run(row.says, func(t *testing.T) {
			d := newDurable(root, folder(one), map[inode]int64{fileA: 5})
			row.do(d)
			if diff := cmp.Diff(row.marks, d.marks); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]tree{folder(row.ordered), folder(row.strict)}, []tree{d.survivors(Ordered), d.survivors(Strict)}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatNoNameLeadsToIsForgotten(t *testing.T) {
	d := newDurable(root, folder(names{"a": file(fileA)}), map[inode]int64{fileA: 5})
	d.look(folder(names{"b": file(fileB)}))
	p := d.begin(map[inode]int64{fileB: 1})
	if needed := d.forget(); !maps.Equal(needed, map[inode]bool{root: true, fileA: true, fileB: true}) {
		t.Errorf("before the removal is durable, %v is needed", needed)
	}
	d.end(p, false, time.Time{}, 0)
	d.end(d.begin(nil, root), false, time.Time{}, 0)
	if needed := d.forget(); !maps.Equal(needed, map[inode]bool{root: true, fileB: true}) {
		t.Errorf("afterwards %v is needed", needed)
	}
	if diff := cmp.Diff(map[inode]int64{fileB: 1}, d.marks); diff != "" {
		t.Error(diff)
	}
}
