package host

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Synchronised tells whether the clock of this machine follows a time service, as its
// kernel says: see adjtimex(2), whose STA_UNSYNC is set until a daemon such as chronyd or
// ntpd steers the clock, and again when its estimated error has grown to 16 s.
//
// Errors: the kernel does not tell, as in some containers.
func Synchronised() (bool, error) {
	var t unix.Timex // nothing is to be changed
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return false, fmt.Errorf("ask this machine for the state of its clock: %w", err)
	}
	return follows(state, t.Status), nil
}

func follows(state int, status int32) bool {
	return state != unix.TIME_ERROR && status&unix.STA_UNSYNC == 0
}
