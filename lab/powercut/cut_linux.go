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
	other  map[string]bool  // paths of what is neither a file nor a folder
	links  map[inode]uint64 // names of a file that are in the folder
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

// survey looks at what is there. What is mounted in the folder is left out.
func (c *cut) survey() error {
	c.before, c.other, c.links = map[string]status{}, map[string]bool{}, map[inode]uint64{}
	return filepath.WalkDir(c.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == c.folder {
			return err
		}
		s, err := lstat(path)
		if err != nil {
			return err
		}
		if s.device != c.device {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		below, err := filepath.Rel(c.folder, path)
		switch {
		case err != nil:
			return err
		case s.Dir || s.regular:
			c.before[below] = s
		default:
			c.other[below] = true
		}
		if s.regular {
			c.links[s.Inode]++
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

// remove removes what is not to be there, the deepest first. Names that are none of files or folders go with their folder.
func (c *cut) remove() error {
	goes := func(path string) bool {
		_, known := c.before[path]
		return known && !c.stays(path)
	}
	var paths []string
	for path := range c.before {
		if goes(path) {
			paths = append(paths, path)
		}
	}
	for path := range c.other {
		if goes(filepath.Dir(path)) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	for _, path := range slices.Backward(paths) {
		if err := os.Remove(filepath.Join(c.folder, path)); err != nil {
			return err
		}
		if was := c.before[path]; was.regular {
			c.links[was.Inode]--
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
		if c.other[path] { // a symbolic link took the name of what is to be back
			if err := os.Remove(at); err != nil {
				return nil, err
			}
		}
		switch {
		case e.Dir && !c.stays(path):
			if err := os.Mkdir(at, e.Mode); err != nil {
				return nil, err
			}
		case !e.Dir:
			f, err := c.restoreFile(path, e.Inode)
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
	}
	return files, nil
}

// restoreFile makes a file what it is to be.
func (c *cut) restoreFile(path string, is inode) (File, error) {
	f, at := File{Name: path, Fate: Untouched}, filepath.Join(c.folder, path)
	if was := c.before[path]; was.regular {
		f.Had = was.size
	}
	if !c.stays(path) {
		f.Fate = Restored
		if err := os.Link((&kept{folder: c.kept}).path(is), at); err != nil {
			return f, err
		}
		c.links[is]++
	}
	var err error
	if f.Kept, err = c.shorten(at, c.marks[is]); f.Fate == Untouched && f.Kept < f.Had {
		f.Fate = Shortened
	}
	return f, err
}

// shorten leaves at most so many bytes of a file, and returns how many there are.
func (c *cut) shorten(path string, size int64) (int64, error) {
	s, err := lstat(path)
	if err != nil || s.size <= size {
		return s.size, err
	}
	if s.links == c.links[s.Inode]+1 { // the kept one
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
