package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/aafailover/aafailover/internal/filelock"
)

const (
	folderPrefix = "aafailover-lab-"
	// markerName is a file of every folder of ours: who may remove it holds its lock. It is the last that is removed.
	markerName = "aafailover-lab"
	markerText = "The servers of a lab of aafailover. Whoever finds this unlocked may remove the folder.\n"
	// processesName lists what was started: see leftovers.
	processesName = "processes"
)

// folder is one that nobody else has access to, and that this program holds.
type folder struct {
	path string
	root *os.Root // of the folder: no link leads out of it
	lock *os.File // of its marker
}

// makeFolder makes one in a parent folder.
func makeFolder(parent string) (*folder, error) {
	for range 10 {
		path, err := os.MkdirTemp(parent, folderPrefix) // with mode 0700
		if err != nil {
			return nil, err
		}
		f, err := hold(path, os.O_CREATE|os.O_EXCL|os.O_RDWR)
		if err != nil {
			_ = os.RemoveAll(path)
			if errors.Is(err, errHeld) {
				continue // somebody who looks for leftovers has it for a moment, and sees that it is none
			}
			return nil, err
		}
		_, err = f.lock.WriteString(markerText)
		if err == nil {
			err = f.root.WriteFile(processesName, nil, 0o600)
		}
		if err != nil {
			return nil, errors.Join(err, f.remove())
		}
		return f, nil
	}
	return nil, errHeld
}

// errHeld says that another program holds a folder.
var errHeld = errors.New("the folder is held by another program")

// hold takes a folder: its marker is opened with these flags, and locked.
func hold(path string, flags int) (_ *folder, err error) {
	f := &folder{path: path}
	defer func() {
		if err != nil {
			f.letGo()
		}
	}()
	if f.root, err = os.OpenRoot(path); err != nil {
		return nil, err
	}
	if f.lock, err = f.root.OpenFile(markerName, flags, 0o600); err != nil {
		return nil, err
	}
	free, err := filelock.Try(f.lock)
	if err != nil {
		return nil, err
	}
	if !free {
		return nil, errHeld
	}
	return f, nil
}

func (f *folder) letGo() {
	if f.lock != nil {
		_ = f.lock.Close()
	}
	if f.root != nil {
		_ = f.root.Close()
	}
}

// remove removes the folder with all that it holds, and lets go of it. The marker goes last, so that what could not be removed
// now can be by the next.
func (f *folder) remove() error {
	defer f.letGo()
	names, err := f.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if name != markerName {
			if err := f.removeAll(name); err != nil {
				return err
			}
		}
	}
	if err := f.root.Remove(markerName); err != nil {
		return err
	}
	return os.Remove(f.path) // of an empty folder, or it fails
}

// writing is how long somebody who is not listed may still write to the folder: what witnesses a server notes at its end what
// it has seen.
const writing = 30 * time.Second

// removeAll removes what has a name, also while files are added to it.
func (f *folder) removeAll(name string) error {
	for deadline := time.Now().Add(writing); ; time.Sleep(pause) {
		err := f.root.RemoveAll(name)
		if !errors.Is(err, syscall.ENOTEMPTY) || time.Now().After(deadline) {
			return err
		}
	}
}

func (f *folder) names() ([]string, error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close() //nolint:errcheck // it was only read
	return dir.Readdirnames(-1)
}

// list notes a process that was started for a server, before anybody relies on it, and when it began; 0 where that is not known,
// and the process will not be taken for the one that is listed.
func (f *folder) list(pid int, start int64) error {
	list, err := f.root.OpenFile(processesName, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(list, "%d %d\n", pid, start)
	return errors.Join(err, list.Close())
}

// listed returns what was started. A line that was not written to its end is left out.
func (f *folder) listed() ([]member, error) {
	text, err := f.root.ReadFile(processesName)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []member
	for line := range strings.Lines(string(text)) {
		var m member
		if _, err := fmt.Sscanf(line, "%d %d\n", &m.pid, &m.start); err == nil && m.pid > 1 && strings.HasSuffix(line, "\n") {
			all = append(all, m)
		}
	}
	return all, nil
}

// holds tells whether a path is the folder or lies in it.
func (f *folder) holds(path string) bool {
	rest, ok := strings.CutPrefix(path, f.path)
	return ok && (rest == "" || rest[0] == filepath.Separator)
}
