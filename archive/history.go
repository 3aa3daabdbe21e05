package archive

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/filelock"
)

// Entry is one run of the history.
type Entry struct {
	Run   string
	State State
	Begin Begin
	End   *Result // nil unless State is Ended
	Clean bool    // it was cleaned up after, and nothing of it is left
}

// State is how far a run has come. Its texts are part of the JSON contract.
type State string

// The states of a run.
const (
	Running State = "running" // a process is at work on it
	Ended   State = "ended"   // it has a result
	Killed  State = "killed"  // nobody is at work on it, and it has none: resume it
)

// Result is the result of a run in a few numbers. Those that were not measured are nil.
type Result struct {
	Verdict   drill.Verdict  `json:"verdict"`
	Reason    string         `json:"reason"`
	From      string         `json:"from"`
	To        string         `json:"to,omitempty"`
	RTO       *time.Duration `json:"rto_ns"`
	RPOMissed *time.Duration `json:"rpo_missed_ns"`
	RPOLost   *time.Duration `json:"rpo_lost_ns"`
	// Missed and Lost count writes; nil without a cut-over, when nobody looked.
	Missed *int `json:"missed"`
	Lost   *int `json:"lost"`
}

// resultOf sums up a record.
func resultOf(r *drill.Record) Result {
	name := func(region int) string {
		if region < 0 || region >= len(r.Maps) {
			return ""
		}
		return r.Maps[region].Region
	}
	result := Result{Verdict: r.Verdict, Reason: r.Reason, From: name(r.From), To: name(r.To), RPOMissed: r.RPO.Missed, RPOLost: r.RPO.Lost}
	if rto, ok := r.RTO(); ok {
		result.RTO = &rto.Total
	}
	if r.CutOverAt != nil {
		missed, lost := r.AtFailover(), r.Count(drill.Lost)
		result.Missed, result.Lost = &missed, &lost
	}
	return result
}

// History returns the runs that are kept, the newest first. Folders that hold no run are left out. An archive that
// does not exist is empty.
func (a Archive) History() ([]Entry, error) {
	folders, err := os.ReadDir(a.folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the history: %w", err)
	}
	var all []Entry
	for _, folder := range folders {
		if e, ok := a.entry(folder.Name()); ok {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(x, y Entry) int {
		return cmp.Or(y.Begin.At.Compare(x.Begin.At), cmp.Compare(x.Run, y.Run))
	})
	return all, nil
}

// Look returns the entry of one run. Errors: ErrNoRun.
func (a Archive) Look(run string) (Entry, error) {
	if _, err := a.path(run); err != nil {
		return Entry{}, err
	}
	e, ok := a.entry(run)
	if !ok {
		return Entry{}, fmt.Errorf("%w: %s", ErrNoRun, run)
	}
	return e, nil
}

func (a Archive) entry(run string) (Entry, bool) {
	folder, err := a.path(run)
	if err != nil {
		return Entry{}, false
	}
	j, err := readJournal(filepath.Join(folder, journalFile))
	if err != nil {
		return Entry{}, false
	}
	e := Entry{Run: run, Begin: *j.begin, End: j.end, Clean: j.clean, State: Killed}
	switch {
	case isHeld(filepath.Join(folder, lockFile)):
		e.State, e.End = Running, nil
	case j.end != nil:
		e.State = Ended
	}
	return e, true
}

// isHeld says whether a process holds a lock.
func isHeld(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // gives the lock back
	free, err := filelock.Try(f)
	return err == nil && !free
}

// prune removes the oldest runs, so that keep are left, and beside them as many to which somebody has still to see; never one
// that a process is at work on. What cannot be removed stays.
func (a Archive) prune(keep int) {
	all, err := a.History()
	if err != nil || len(all) <= keep {
		return
	}
	seenTo, open := 0, 0
	for _, e := range all {
		kept := &seenTo
		if e.State == Killed && !e.Clean {
			kept = &open
		}
		if *kept++; *kept > max(keep, 1) && e.State != Running {
			_ = os.RemoveAll(filepath.Join(a.folder, e.Run))
		}
	}
}
