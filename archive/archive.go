// Package archive keeps the runs of drills on disk, so that a run can be looked at later, compared with another, and,
// when it was killed, finished and cleaned up after.
//
//	STATE/drills/RUN/
//	  ledger          every write, as the run goes: see [drill.CreateLedger]
//	  journal.ndjson  who ran it, with what and on what; then what happens, a line each, written at once
//	  record.json     the record, once there is one: every report can be made from it alone
//	  lock            held by the process that works on the run
//	  watchdog.log    of the process that heals what commands have broken, and held by it; only where there is one
//
//	drill.Run ── checkpoints, events ─> Run.Note ─> journal ─> Open ─> drill.Trail ─> drill.Resume
//	          └─ record ──────────────> Run.End ──> record ──> ReadRecord ─> report
//
// It holds no password: regions are written without theirs, the commands that make and heal a fault not at all, and what else
// it is given is written as it is. It never opens a
// connection, and judges nothing. Its files are readable by their owner only.
package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aafailover/aafailover/internal/lazy"
)

// Archive is the folder in which runs are kept.
type Archive struct{ folder string }

// New returns the archive in a state folder of this program. It need not exist yet.
func New(state string) Archive { return Archive{folder: filepath.Join(state, "drills")} }

// Folder is where the folders of the runs are.
func (a Archive) Folder() string { return a.folder }

var (
	// ErrNoRun says that the archive has no run of that name.
	ErrNoRun = errors.New("no such run")
	// ErrRunning says that a process is at work on the run: its own, or one that resumes it or cleans up after it.
	ErrRunning = errors.New("the run is still at work")
)

// The files of a run.
const (
	ledgerFile  = "ledger"
	journalFile = "journal.ndjson"
	recordFile  = "record.json"
	lockFile    = "lock"

	watchdogFile = "watchdog.log"
)

// runID is what a run can be called: its name is that of a folder, and part of every key.
var runID = lazy.Regexp{Text: `^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`}

// path returns the folder of a run that exists. Errors: ErrNoRun, or that the folder cannot be looked at.
func (a Archive) path(run string) (string, error) {
	if !runID.Get().MatchString(run) {
		return "", fmt.Errorf("%w: %q", ErrNoRun, run)
	}
	path := filepath.Join(a.folder, run)
	switch _, err := os.Stat(filepath.Join(path, journalFile)); {
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("%w: %s", ErrNoRun, run)
	case err != nil:
		return "", err
	}
	return path, nil
}

// ReadWatchdog returns the last megabyte of the log of the process that watched over a run. Errors: ErrNoRun, one that is
// fs.ErrNotExist where none did, or that it cannot be read.
func (a Archive) ReadWatchdog(run string) ([]byte, error) {
	folder, err := a.path(run)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(folder, watchdogFile))
	if err != nil {
		return nil, fmt.Errorf("read the log of the watchdog: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	const most = 1 << 20
	if info, err := f.Stat(); err == nil && info.Size() > most {
		if _, err := f.Seek(-most, io.SeekEnd); err != nil {
			return nil, fmt.Errorf("read the log of the watchdog: %w", err)
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return nil, fmt.Errorf("read the log of the watchdog: %w", err)
	}
	return text, nil
}
