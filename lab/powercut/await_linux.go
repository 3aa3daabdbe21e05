package powercut

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/aafailover/aafailover/internal/filelock"
)

const (
	pause = 2 * time.Millisecond // between two looks at whether the witness has ended
	// unasked is how long it may take to end by itself: a moment, unless killed children are left that nobody waits for.
	unasked = time.Second
)

// askedToEnd is the signal for that. It is none of those by which the program ends itself.
const askedToEnd = syscall.SIGUSR1

// await waits for the end of the witness that has a record, if there is one, and takes its place: as long as the file is open,
// nobody writes to the record. The file is nil when there never was a record.
func await(ctx context.Context, record string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(record, lockFile), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ask := time.NewTicker(unasked)
	defer ask.Stop()
	again := time.NewTicker(pause)
	defer again.Stop()
	for {
		free, err := filelock.Try(lock)
		if err == nil && free {
			return lock, nil
		}
		if err == nil {
			select {
			case <-ask.C:
				err = askToEnd(lock)
			case <-again.C:
			case <-ctx.Done():
				err = fmt.Errorf("wait for the end of the server and its children: %w", ctx.Err())
			}
		}
		if err != nil {
			return nil, errors.Join(err, lock.Close())
		}
	}
}

// askToEnd sends a signal to the process that has the lock, and so lives. It ends if its server has.
func askToEnd(lock *os.File) error {
	text := make([]byte, 20)
	n, _ := lock.ReadAt(text, 0)
	pid, _ := strconv.Atoi(string(text[:n]))
	if pid <= 1 {
		return nil // it has not written it yet
	}
	if err := syscall.Kill(pid, askedToEnd); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end the witness: %w", err)
	}
	return nil
}
