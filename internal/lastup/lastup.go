// Package lastup remembers between runs when each link was last seen up, so that a probe that is started in the middle of
// an outage can say since when: it sees only that nothing is delivered.
//
// There is one small file for each deployment, in the user's state folder, named after a hash of the regions: their names
// and addresses. It holds the names of the regions and a time for each link; no address, no user and no password. A file
// that nobody has written for [forgotten] is removed by the next run of any deployment.
package lastup

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/probe"
)

// forgotten is how long a memory is kept that nobody refreshes.
const forgotten = 90 * 24 * time.Hour

// largest bounds the file of a memory in bytes: 10 regions have 90 links, of some 100 bytes each.
const largest = 64 << 10

const suffix = ".json"

// Memory is the memory of one deployment. The zero Memory remembers nothing, and Save does nothing.
type Memory struct {
	path string
}

// Folder returns the user's state folder of this program: under XDG_STATE_HOME or ~/.local/state, on Windows under
// %LocalAppData%. The error is that of a user without a home.
func Folder() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "aafailover"), nil
	}
	if runtime.GOOS == "windows" {
		dir, err := os.UserCacheDir()
		return filepath.Join(dir, "aafailover", "state"), err
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "state", "aafailover"), err
}

// Of returns the memory of the deployment that has these regions, in whatever order, and this prefix.
func Of(folder string, regions []config.Region, prefix string) Memory {
	parts := []string{prefix}
	for _, r := range regions {
		parts = append(parts, r.Name+"="+r.Address)
	}
	slices.Sort(parts[1:])
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return Memory{path: filepath.Join(folder, "last-up", hex.EncodeToString(sum[:8])+suffix)}
}

// document is the file.
type document struct {
	Schema string    `json:"schema"`
	Links  []linkRow `json:"links"`
}

type linkRow struct {
	From   string    `json:"from"`
	To     string    `json:"to"`
	LastUp time.Time `json:"last_up"`
}

const schema = "aafailover.last-up/v1"

// Load returns when each link was last seen up, nothing when there was no run before. Times in the future, of a clock that
// was wrong, are left out. Errors: the file cannot be read, or is not one of ours.
func (m Memory) Load(now time.Time) (map[probe.Pair]time.Time, error) {
	if m.path == "" {
		return nil, nil
	}
	text, err := readBounded(m.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read when links were last up: %w", err)
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil || d.Schema != schema {
		return nil, fmt.Errorf("read when links were last up: %s: %w", m.path, cmp.Or(err, errors.New("not a file of "+schema)))
	}
	up := make(map[probe.Pair]time.Time, len(d.Links))
	for _, l := range d.Links {
		if !l.LastUp.After(now) {
			up[probe.Pair{From: l.From, To: l.To}] = l.LastUp
		}
	}
	return up, nil
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > largest {
		return nil, fmt.Errorf("%s: not a file of at most %d bytes", path, largest)
	}
	return os.ReadFile(path)
}

// Save remembers when the links of a snapshot were last seen up; those that never were keep what an earlier run has seen,
// which the snapshot has from Load. The file is replaced in one step, and readable by its owner only.
func (m Memory) Save(s *probe.Snapshot) error {
	if m.path == "" || s == nil {
		return nil
	}
	d := document{Schema: schema}
	for i := range s.Links {
		if l := &s.Links[i]; !l.Loop() && !l.LastUp.IsZero() {
			d.Links = append(d.Links, linkRow{l.From, l.To, l.LastUp.UTC()})
		}
	}
	if len(d.Links) == 0 {
		return nil
	}
	text, err := json.Marshal(d)
	if err == nil {
		err = replace(m.path, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("remember when links were up: %w", err)
	}
	m.prune(s.At)
	return nil
}

// replace writes a file beside the one that it takes the place of.
func replace(path string, text []byte) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, "new-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = cmp.Or(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// prune removes what is forgotten, and what a killed run has left half written. What cannot be removed stays.
func (m Memory) prune(now time.Time) {
	folder := filepath.Dir(m.path)
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue
		}
		age := now.Sub(info.ModTime())
		if ours := strings.HasSuffix(e.Name(), suffix); ours && age > forgotten || strings.HasPrefix(e.Name(), "new-") && age > time.Hour {
			_ = os.Remove(filepath.Join(folder, e.Name()))
		}
	}
}
