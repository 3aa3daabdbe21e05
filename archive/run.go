package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/filelock"
	"github.com/aafailover/aafailover/probe"
)

// Run is a run that this process works on. Nobody else can until it is closed. Its methods may be called by several
// goroutines.
type Run struct {
	// Trail is what the journal told when the run was opened: nil for one that begins.
	Trail *drill.Trail
	// Begin is who ran it, with what, on what.
	Begin Begin
	// Ended says that the run that was opened has a result: it came to its end, or was resumed.
	Ended bool

	folder string
	lock   *os.File

	mu      sync.Mutex
	journal *os.File
	err     error // the first of the journal
}

// Begin makes the folder of a new run and notes who runs it, with what, on what. Of earlier runs it leaves the newest
// ones, so that there are at most keep with this one, and beside them as many that were killed and neither resumed nor
// cleaned up after: without its ledger nobody can.
func (a Archive) Begin(b Begin, keep int) (*Run, error) {
	if !runID.Get().MatchString(b.Run) {
		return nil, fmt.Errorf("keep the run: %q cannot be the name of one", b.Run)
	}
	r := &Run{Begin: b, folder: filepath.Join(a.folder, b.Run)}
	err := os.MkdirAll(a.folder, 0o700)
	if err == nil {
		err = os.Mkdir(r.folder, 0o700)
	}
	if err == nil {
		err = r.hold(os.O_CREATE | os.O_EXCL)
	}
	if err == nil {
		err = r.write(line{At: b.At, Kind: kindBegin, Begin: &b})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keep the run: %w", err), r.Close())
	}
	a.prune(keep)
	return r, nil
}

// Open opens a run that ended, or was killed, to finish it or to clean up after it. Errors: ErrNoRun, ErrRunning, or
// that its files cannot be used.
func (a Archive) Open(run string) (*Run, error) {
	folder, err := a.path(run)
	if err != nil {
		return nil, err
	}
	r := &Run{folder: folder}
	if err := r.hold(0); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", run, err), r.Close())
	}
	j, err := readJournal(r.file(journalFile))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", run, err), r.Close())
	}
	if j.torn { // what is appended must begin a line
		_, err = r.journal.Write([]byte{'\n'})
	}
	r.Begin, r.Trail, r.Ended = *j.begin, &j.trail, j.end != nil
	return r, err
}

// hold takes the lock and opens the journal.
func (r *Run) hold(flags int) (err error) {
	if r.lock, err = os.OpenFile(r.file(lockFile), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := lockPatiently(r.lock); err != nil {
		return err
	}
	r.journal, err = os.OpenFile(r.file(journalFile), os.O_WRONLY|os.O_APPEND|flags, 0o600)
	return err
}

// patience is how long a lock is tried for: who only looks whether a run is at work holds it for an instant.
const patience = 200 * time.Millisecond

func lockPatiently(f *os.File) error {
	for until := time.Now().Add(patience); ; time.Sleep(patience / 20) {
		switch ok, err := filelock.Try(f); {
		case ok || err != nil:
			return err
		case time.Now().After(until):
			return ErrRunning
		}
	}
}

func (r *Run) file(name string) string { return filepath.Join(r.folder, name) }

// Ledger returns the path of the ledger.
func (r *Run) Ledger() string { return r.file(ledgerFile) }

// Watchdog returns the path of the log of the watchdog, which is there when one watches over the run.
func (r *Run) Watchdog() string { return r.file(watchdogFile) }

// Folder returns the folder of the run.
func (r *Run) Folder() string { return r.folder }

// Note notes an event.
func (r *Run) Note(e probe.Event) {
	noted := event(e)
	r.keep(line{At: e.At, Kind: kindEvent, Event: &noted})
}

// Checkpoint notes how far the drill is.
func (r *Run) Checkpoint(c drill.Checkpoint) {
	r.keep(line{At: time.Now(), Kind: kindState, State: &c})
}

// End keeps the record, and notes the result. It may be called again, with that of a run that was resumed.
func (r *Run) End(deployment string, record *drill.Record) error {
	err := WriteRecordFile(r.file(recordFile), Record{Deployment: deployment, Begin: r.Begin, Record: record})
	result := resultOf(record)
	r.keep(line{At: time.Now(), Kind: kindEnd, End: &result})
	return errors.Join(err, r.Err())
}

// Cleaned notes that nothing is left of what the run wrote. The error is that of Err.
func (r *Run) Cleaned() error {
	r.keep(line{At: time.Now(), Kind: kindClean})
	return r.Err()
}

// keep writes a line, unless one could not be written before: a journal without gaps is to end where the disk did.
func (r *Run) keep(l line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = r.write(l)
	}
}

// Err returns why the journal is not whole.
func (r *Run) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return fmt.Errorf("keep the journal: %w", r.err)
	}
	return nil
}

// Close lets others work on the run.
func (r *Run) Close() error {
	var errs []error
	for _, f := range []*os.File{r.journal, r.lock} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	r.journal, r.lock = nil, nil
	return errors.Join(errs...)
}
