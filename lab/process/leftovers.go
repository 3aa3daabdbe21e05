package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// clearLeftovers removes what killed programs of this user have left in a parent folder, and tells by log what it removed
// and what it could not. It touches no folder of another user, none that a program holds, none without the marker, and no
// process but those that are listed there and still are the same.
func clearLeftovers(parent string, log func(string)) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // making a folder there will fail, and say so
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), folderPrefix) {
			continue
		}
		path := filepath.Join(parent, entry.Name())
		f := leftover(path)
		if f == nil {
			continue
		}
		if err := f.clear(); err != nil {
			log(fmt.Sprintf("the folder of a lab that was killed cannot be removed: %v", err))
		} else {
			log("removed the folder of a lab that was killed: " + path)
		}
	}
}

// leftover takes a folder if it is one of ours that nobody holds; otherwise it returns nil.
func leftover(path string) *folder {
	at, err := os.Lstat(path)
	if err != nil || !at.IsDir() || at.Mode().Perm() != 0o700 || !ours(at) {
		return nil
	}
	f, err := hold(path, os.O_RDWR)
	if err != nil {
		return nil
	}
	if same, err := f.root.Stat("."); err != nil || !os.SameFile(at, same) {
		f.letGo()
		return nil
	}
	if text, err := f.root.ReadFile(markerName); err != nil || string(text) != markerText {
		f.letGo()
		return nil
	}
	return f
}

// clear kills the processes of a leftover and removes it.
func (f *folder) clear() error {
	listed, err := f.listed()
	if err == nil {
		err = f.killListed(listed)
	}
	if err != nil {
		f.letGo()
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return f.remove()
}

// killListed kills the servers that are listed, and their children, which are of the group of a server that may be gone.
func (f *folder) killListed(listed []member) error {
	var failed error
	for _, server := range listed {
		family, err := members(server.pid)
		if err != nil {
			return err
		}
		family = slices.DeleteFunc(family, func(m member) bool { return !f.began(server, m) })
		for _, m := range family {
			failed = errors.Join(failed, signalOne(m.pid, killed))
		}
		if len(family) > 0 && failed == nil {
			failed = awaitAll(server.pid, "dead", func(m member) bool { return m.dead || !f.began(server, m) })
		}
	}
	return failed
}

// began tells whether a process of the group of what was listed is that, or a child of it. A number that the system has given
// to another since is told by when that began, and by where it works.
func (f *folder) began(listed, m member) bool {
	if m.dead || (m.folder != "" && !f.holds(m.folder)) {
		return false
	}
	if m.pid == listed.pid {
		return m.start == listed.start
	}
	return m.folder != "" && m.start >= listed.start
}
