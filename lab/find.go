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

// answerWithin is how long a listed lab has to answer. It is on this machine.
const answerWithin = 2 * time.Second

// Find returns a client for every running lab of this user, the one that was started last first. Labs are listed by
// small files in $XDG_RUNTIME_DIR/aafailover, else in the user's cache folder, else in the one for temporary files. A file
// behind which nobody listens any more is removed, with what else was kept there for its lab: it was killed. The error is
// ErrNoLab when there is none.
func Find(ctx context.Context) ([]*Client, error) { return FindIn(ctx, "") }

// FindIn is Find in a folder of the caller's choice, that of ControlConfig.Dir.
func FindIn(ctx context.Context, dir string) ([]*Client, error) {
	dir, err := labsDir(dir)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "lab-*"+listingSuffix))
	if err != nil {
		return nil, fmt.Errorf("find the lab: %w", err)
	}
	var found []listing
	paths := make(map[string]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		var is listing
		if err != nil || json.Unmarshal(text, &is) != nil || !loopback(is.Control) {
			continue
		}
		found = append(found, is)
		paths[is.Control] = file
	}
	slices.SortFunc(found, func(a, b listing) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.Control, a.Control))
	})
	var running []*Client
	for _, is := range found {
		c, err := Connect(is.Control)
		if err != nil {
			continue
		}
		err = c.reach(ctx)
		switch {
		case err == nil:
			running = append(running, c)
		case ctx.Err() != nil:
			return nil, fmt.Errorf("find the lab: %w", ctx.Err())
		case errors.Is(err, syscall.ECONNREFUSED):
			_ = os.Remove(paths[is.Control])
			_ = os.Remove(strings.TrimSuffix(paths[is.Control], listingSuffix) + configSuffix)
		}
	}
	if len(running) == 0 {
		return nil, ErrNoLab
	}
	return running, nil
}

// reach asks whether a lab is there.
func (c *Client) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	_, err := c.Status(ctx)
	return err
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
