package process

import (
	"fmt"
	"slices"
	"time"
)

// member is a process, as the system knows it.
type member struct {
	pid, group    int
	start         int64  // when it began, in a unit of the system: with the pid it names a process once and for all, until the system boots
	dead, stopped bool   // ended, if not yet known to its parent; stopped by a signal
	folder        string // in which it works, where that can be known
}

const (
	// pause is the time between two looks at processes.
	pause = 5 * time.Millisecond
	// patience is how long processes may take to obey a signal that they cannot refuse: those that wait for a disk do so first.
	patience = time.Minute
)

// awaitAll waits until all processes of a group are such. The error says which are not after all patience.
func awaitAll(group int, what string, such func(member) bool) error {
	deadline := time.Now().Add(patience)
	for {
		all, err := members(group)
		if err != nil {
			return fmt.Errorf("look at the processes: %w", err)
		}
		all = slices.DeleteFunc(all, such)
		if len(all) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d is not %s after %v", all[0].pid, what, patience)
		}
		time.Sleep(pause)
	}
}

func isDead(m member) bool    { return m.dead }
func isStopped(m member) bool { return m.stopped || m.dead }
