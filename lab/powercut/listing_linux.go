package powercut

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"
)

const (
	// tick is more than the kernel's clock for files stands still (10 ms at 100 Hz): a folder that was changed less than
	// this before it was read may have changed again without its time showing it.
	tick = 20 * time.Millisecond
	// unsettled is how often names are read again because they change meanwhile, before it is given up.
	unsettled = 1000
)

// listing reads the names in a folder and those below it, and reads again only what may have changed, because it is asked
// before every fsync.
type listing struct {
	root   string
	device uint64
	kept   *kept
	dirs   map[string]listed // by path
	tree   tree
}

// listed is a folder as it was read.
type listed struct {
	inode   inode
	changed time.Time
	settled bool // it had not been changed for a tick
}

func newListing(root string, k *kept) (*listing, error) {
	s, err := lstat(root)
	if err != nil {
		return nil, err
	}
	if !s.Dir {
		return nil, fmt.Errorf("%s is not a folder", root)
	}
	l := &listing{root: root, device: s.device, kept: k}
	_, err = l.refresh()
	return l, err
}

// refresh tells whether the names have changed since it was called last. Reading a folder is not atomic: a file that is being
// renamed may be missed under both names. So what has changed is read until two readings agree.
func (l *listing) refresh() (changed bool, err error) {
	if l.isCurrent() {
		return false, nil
	}
	var last tree
	for range unsettled {
		dirs, t, err := l.read()
		switch {
		case errors.Is(err, errMoved):
			last = nil
			continue
		case err != nil:
			return false, err
		}
		before := l.tree
		if last == nil {
			last = before
		}
		if !equal(last, t) {
			last = t
			continue
		}
		l.dirs = dirs
		if equal(before, t) {
			return false, nil
		}
		l.tree = t
		return true, nil
	}
	return false, fmt.Errorf("the files in %s change too fast to be listed", l.root)
}

// isInside tells whether a file or folder is of interest: its name is in the folder, or may be again after a power cut.
func (l *listing) isInside(i inode) bool { return l.kept.has[i] || l.tree[i] != nil }

func equal(a, b tree) bool {
	return a != nil && maps.EqualFunc(a, b, maps.Equal[names])
}

// isCurrent tells whether every folder is as it was read.
func (l *listing) isCurrent() bool {
	for path, d := range l.dirs {
		s, err := lstat(path)
		if err != nil || s.Inode != d.inode || !s.changed.Equal(d.changed) || !d.settled {
			return false
		}
	}
	return l.dirs != nil
}

// read reads all names, and keeps every file. The error is errMoved when something was not there any more.
func (l *listing) read() (map[string]listed, tree, error) {
	dirs, t := map[string]listed{}, tree{}
	queue := []string{l.root}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		began := time.Now()
		s, err := lstat(path)
		if err != nil {
			return nil, nil, moved(err)
		}
		read, err := l.readFolder(path)
		if err != nil {
			return nil, nil, moved(err)
		}
		t[s.Inode] = read
		dirs[path] = listed{inode: s.Inode, changed: s.changed, settled: began.Sub(s.changed) > tick}
		for name, e := range read {
			if e.Dir {
				queue = append(queue, filepath.Join(path, name))
			}
		}
	}
	return dirs, t, nil
}

// readFolder returns the files and folders with a name in a folder. Symbolic links, sockets, pipes and what is mounted
// there are left out: no power cut is simulated for them.
func (l *listing) readFolder(path string) (names, error) {
	folder, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer folder.Close() //nolint:errcheck // it was read
	all, err := folder.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	found := names{}
	for _, name := range all {
		at := filepath.Join(path, name)
		s, err := lstat(at)
		if err != nil {
			return nil, err
		}
		if s.device != l.device || !s.Dir && !s.regular {
			continue
		}
		if s.regular {
			if err := l.kept.hold(at, s.Inode); err != nil {
				return nil, err
			}
		}
		found[name] = s.entry
	}
	return found, nil
}

// moved is errMoved for an error by which something is not there any more.
func moved(err error) error {
	if isGone(err) {
		return errMoved
	}
	return err
}
