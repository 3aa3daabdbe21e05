package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aafailover/aafailover/internal/filelock"
)

// lookAgain is the time between two looks whether a watchdog is gone.
const lookAgain = 100 * time.Millisecond

// AwaitWatchdog waits until the watchdog of a drill that was killed is gone, which is known by its log, and tells whether it
// has left nothing in force: whoever heals before that would run the heal command beside it. busy is called once if there is
// something to wait for. Where there is no log, nobody watched, and nothing is healed.
func AwaitWatchdog(ctx context.Context, log string, busy func()) (healed bool, err error) {
	f, err := os.OpenFile(log, os.O_RDWR, 0)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for the watchdog: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	for said := false; ; said = true {
		free, err := filelock.Try(f)
		if err != nil {
			return false, fmt.Errorf("look for the watchdog: %w", err)
		}
		if free {
			return endsHealed(f)
		}
		if !said {
			busy()
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("the watchdog of the drill is still at work: %w", ctx.Err())
		case <-time.After(lookAgain):
		}
	}
}

// endsHealed tells whether the last line of a log is one after which nothing is in force.
func endsHealed(log *os.File) (bool, error) {
	text, err := io.ReadAll(log)
	if err != nil {
		return false, fmt.Errorf("read the log of the watchdog: %w", err)
	}
	text = bytes.TrimSpace(text)
	last := text[bytes.LastIndexByte(text, '\n')+1:]
	return bytes.HasSuffix(last, []byte(": "+saidHealed)) || bytes.HasSuffix(last, []byte(saidNothing)), nil
}
