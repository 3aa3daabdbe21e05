package powercut

import (
	"io/fs"
	"maps"
	"path"
	"slices"
)

// inode is the number of a file in its filesystem.
type inode uint64

// entry is what a name leads to.
type entry struct {
	Inode inode       `json:"inode"`
	Dir   bool        `json:"dir,omitempty"`
	Mode  fs.FileMode `json:"mode"` // permission bits, to make a folder again
}

// names are those in one folder. They are never altered, only replaced.
type names map[string]entry

// tree is the names in a folder and the folders below it, by the inode of each folder.
type tree map[inode]names

// located is an entry with its path.
type located struct {
	path string // below the root, with slashes
	entry
}

// walk lists what the names lead to from a root, every folder before what is in it. A folder that the names lead back to is not
// entered again.
func (t tree) walk(root inode) []located {
	var found []located
	entered := map[inode]bool{}
	var enter func(at inode, below string)
	enter = func(at inode, below string) {
		if entered[at] {
			return
		}
		entered[at] = true
		for _, name := range slices.Sorted(maps.Keys(t[at])) {
			e := t[at][name]
			found = append(found, located{path.Join(below, name), e})
			if e.Dir {
				enter(e.Inode, path.Join(below, name))
			}
		}
	}
	enter(root, "")
	return found
}

// inodes are those that names lead to.
func (t tree) inodes() map[inode]bool {
	all := map[inode]bool{}
	for _, n := range t {
		for _, e := range n {
			all[e.Inode] = true
		}
	}
	return all
}
