package powercut

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// cut is one power cut, on the disk.
type cut struct {
	folder string
	device uint64
	kept   string            // the folder of hard links
	before map[string]status // what was there, by path below the folder
	after  map[string]entry  // what is to be there
	marks  map[inode]int64
	links  map[inode]uint64 // names of a file that are in the folder, and the kept one
}

// perform changes the folder into what a power cut would have left, and tells what that took. It touches nothing outside of
// the folder: it follows no symbolic link, and a file that has a name elsewhere is not shortened but copied.
func perform(folder, kept string, d *durable, n Names) (Loss, error) {
	root, err := lstat(folder)
	if err != nil {
		return Loss{}, err
	}
	if root.Inode != d.root {
		return Loss{}, fmt.Errorf("%s is not the folder that was witnessed", folder)
	}
	c := &cut{folder: folder, device: root.device, kept: kept, marks: d.marks, after: map[string]entry{}}
	for _, l := range d.survivors(n).walk(d.root) {
		c.after[l.path] = l.entry
	}
	if err := c.survey(); err != nil {
		return Loss{}, err
	}
	if err := c.remove(); err != nil {
		return Loss{}, err
	}
	files, err := c.restore()
	if err != nil {
		return Loss{}, err
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return Loss{Names: n, Files: files, Syncs: d.syncs}, nil
}

// survey looks at what is there.
func (c *cut) survey() error {
	c.before, c.links = map[string]status{}, map[inode]uint64{}
	return filepath.WalkDir(c.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == c.folder {
			return err
		}
		s, err := lstat(path)
		if err != nil {
			return err
		}
		if s.device != c.device { // something else is mounted there
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if s.Dir || s.regular {
			below, err := filepath.Rel(c.folder, path)
			if err != nil {
				return err
			}
			c.before[filepath.ToSlash(below)] = s
			if s.regular {
				c.links[s.Inode]++
			}
		}
		return nil
	})
}

// stays tells whether what is at a path is what is to be there.
func (c *cut) stays(path string) bool {
	was, there := c.before[path]
	e, wanted := c.after[path]
	return there && wanted && was.Dir == e.Dir && (e.Dir || was.Inode == e.Inode)
}

// remove removes what is not to be there, the deepest first.
func (c *cut) remove() error {
	paths := slices.Sorted(maps.Keys(c.before))
	slices.Reverse(paths)
	for _, path := range paths {
		if c.stays(path) {
			continue
		}
		at := filepath.Join(c.folder, path)
		if was := c.before[path]; was.regular {
			if err := os.Remove(at); err != nil {
				return err
			}
			c.links[was.Inode]--
		} else if err := os.RemoveAll(at); err != nil { // what is left in it are no files of the server: a socket
			return err
		}
	}
	return nil
}

// restore brings back what is to be there, shortens it, and tells what became of every file.
func (c *cut) restore() ([]File, error) {
	var files []File
	for _, path := range slices.Sorted(maps.Keys(c.before)) {
		if was := c.before[path]; was.regular {
			if e, wanted := c.after[path]; !wanted || e.Dir {
				files = append(files, File{Name: path, Had: was.size, Fate: Removed})
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(c.after)) {
		e, at := c.after[path], filepath.Join(c.folder, path)
		switch {
		case e.Dir && !c.stays(path):
			if err := os.Mkdir(at, e.Mode); err != nil {
				return nil, err
			}
		case !e.Dir:
			f := File{Name: path, Fate: Untouched}
			if was := c.before[path]; was.regular {
				f.Had = was.size
			}
			if !c.stays(path) {
				if err := os.Link((&kept{folder: c.kept}).path(e.Inode), at); err != nil {
					return nil, err
				}
				c.links[e.Inode]++
				f.Fate = Restored
			}
			size, err := c.shorten(at, c.marks[e.Inode])
			if err != nil {
				return nil, err
			}
			if f.Kept = size; f.Fate == Untouched && f.Kept < f.Had {
				f.Fate = Shortened
			}
			files = append(files, f)
		}
	}
	return files, nil
}

// shorten leaves at most so many bytes of a file, and returns how many there are.
func (c *cut) shorten(path string, size int64) (int64, error) {
	s, err := lstat(path)
	if err != nil || s.size <= size {
		return s.size, err
	}
	if s.links == c.links[s.Inode]+1 {
		return size, os.Truncate(path, size)
	}
	return size, c.copyStart(path, size, s.Mode)
}

// copyStart puts a copy of the first bytes of a file in its place.
func (c *cut) copyStart(path string, size int64, mode fs.FileMode) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // it was read
	to, err := os.CreateTemp(filepath.Dir(path), "powercut-")
	if err != nil {
		return err
	}
	_, err = io.CopyN(to, from, size)
	if err = errors.Join(err, to.Chmod(mode), to.Close()); err != nil {
		return errors.Join(err, os.Remove(to.Name()))
	}
	return os.Rename(to.Name(), path)
}
