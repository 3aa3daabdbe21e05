package lab

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrNoLab says that no lab of this user is running.
var ErrNoLab = errors.New("no lab is running")

// listing is the file that a running lab keeps in its user's folder of labs.
type listing struct {
	Control string    `json:"control"` // host:port
	Process int       `json:"process"`
	Started time.Time `json:"started"`
}

// listingSuffix ends the names of listings: lab-PORT.json. A port is one lab's only, and free again after it.
const listingSuffix = ".json"

// answerWithin is how long a listed lab has to answer. It is on this machine, which may be a slow and busy one.
const answerWithin = 10 * time.Second

// Find returns a client for every running lab of this user, the one that was started last first. Labs are listed by
// small files in $XDG_RUNTIME_DIR/aafailover, else in the user's cache folder, else in the one for temporary files. A file
// behind which nobody listens any more is removed, with what else was kept there for its lab: it was killed. The error is
// ErrNoLab when there is none. It is a SilentError when a lab is there and does not answer; the clients are those that do.
func Find(ctx context.Context) ([]*Client, error) { return FindIn(ctx, "") }

// FindIn is Find in a folder of the caller's choice, that of ControlConfig.Dir.
func FindIn(ctx context.Context, dir string) ([]*Client, error) {
	return findIn(ctx, dir, answerWithin)
}

func findIn(ctx context.Context, dir string, patience time.Duration) ([]*Client, error) {
	dir, err := labsDir(dir)
	if err != nil {
		return nil, err
	}
	found, err := listed(dir)
	if err != nil {
		return nil, fmt.Errorf("find the lab: %w", err)
	}
	answers := make([]error, len(found))
	var asking sync.WaitGroup
	for i := range found {
		asking.Go(func() { answers[i] = found[i].reach(ctx, patience) })
	}
	asking.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("find the lab: %w", err)
	}
	var running []*Client
	var silent error // about the newest of them
	for i, is := range found {
		switch err := answers[i]; {
		case err == nil:
			running = append(running, is.client)
		case errors.Is(err, ErrGone):
			_ = os.Remove(is.path)
			_ = os.Remove(strings.TrimSuffix(is.path, listingSuffix) + configSuffix)
		case is.there():
			silent = cmp.Or[error](silent, &SilentError{Control: is.Control, Process: is.Process, cause: err})
		}
	}
	if len(running) == 0 && silent == nil {
		return nil, ErrNoLab
	}
	return running, silent
}

// SilentError is about a lab whose process is there, and which did not say how it is: it is stopped, or too busy.
type SilentError struct {
	Control string // host:port
	Process int    // its number

	cause error
}

// Error names the lab, and what was heard of it in place of an answer.
func (e *SilentError) Error() string {
	return fmt.Sprintf("the lab at %s (process %d) is there and does not answer: %v", e.Control, e.Process, e.cause)
}

// Unwrap is what was heard in place of an answer.
func (e *SilentError) Unwrap() error { return e.cause }

// entry is a lab that is listed.
type entry struct {
	listing
	path   string // of the listing
	client *Client
}

// listed are the labs that are listed in a folder, the one that was started last first.
func listed(dir string) ([]entry, error) {
	files, err := filepath.Glob(filepath.Join(dir, "lab-*"+listingSuffix))
	if err != nil {
		return nil, err
	}
	var found []entry
	for _, path := range files {
		one := entry{path: path}
		text, err := os.ReadFile(path)
		if err != nil || json.Unmarshal(text, &one.listing) != nil {
			continue
		}
		if one.client, err = Connect(one.Control); err == nil {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b entry) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.Control, a.Control))
	})
	return found, nil
}

// reach asks whether a lab is there.
func (e entry) reach(ctx context.Context, patience time.Duration) error {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := e.client.Status(within)
	if err != nil && within.Err() != nil {
		return fmt.Errorf("nothing within %v", patience)
	}
	return err
}

// there tells whether a lab that did not answer is there all the same. One that ended meanwhile took itself off the list; of one
// that was killed the process is gone, and somebody else has its port.
func (e entry) there() bool {
	if _, err := os.Stat(e.path); err != nil || e.Process <= 0 {
		return false
	}
	process, err := os.FindProcess(e.Process)
	if err != nil {
		return false // so Windows says that there is none
	}
	defer func() { _ = process.Release() }()
	err = process.Signal(syscall.Signal(0)) // to which Windows knows no answer: FindProcess gave it
	return !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH)
}

// announce lists a control and returns what takes it off the list again.
func announce(dir, address string) (retract func(), err error) {
	dir, err = labsDir(dir)
	if err != nil {
		return nil, err
	}
	path, err := pathOf(dir, address, listingSuffix)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(listing{Control: address, Process: os.Getpid(), Started: time.Now()})
	if err != nil {
		return nil, err
	}
	if err := writeWhole(path, text); err != nil {
		return nil, err
	}
	return func() { _ = os.Remove(path) }, nil
}

// writeWhole writes a file, readable by its owner only, so that nobody ever sees a part of it.
func writeWhole(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".lab-*") // creates with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// labsDir returns the folder in which labs are listed, and makes it if need be. Nobody else may have access to it: whoever
// lists a lab there gets the faults that are meant for this user's.
func labsDir(dir string) (string, error) {
	if dir == "" {
		dir = os.Getenv("XDG_RUNTIME_DIR")
		if dir == "" {
			dir, _ = os.UserCacheDir()
		}
		if dir == "" {
			dir = filepath.Join(os.TempDir(), fmt.Sprint("aafailover-", os.Getuid()))
		} else {
			dir = filepath.Join(dir, "aafailover")
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("folder of running labs: %w", err)
	}
	at, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("folder of running labs: %w", err)
	}
	if !at.IsDir() || at.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("folder of running labs %s: must be a folder that nobody else has access to (mode 0700)", dir)
	}
	return dir, nil
}
