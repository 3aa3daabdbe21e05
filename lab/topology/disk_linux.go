package topology

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// diskLimit is what cannot be had of a full disk here.
const diskLimit = ""

// diskWrap is put before the command line of every server. Where a process may write no more, the kernel sends it SIGXFSZ, which ends
// it; ignored, which it stays over exec, the write fails instead.
var diskWrap = []string{"sh", "-c", `trap "" XFSZ; exec "$@"`, "server"}

// fill lets a process, and the children that it makes from now on, extend no file.
func fill(pid int) (undo func() error, err error) {
	var before unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &before); err != nil {
		return nil, fmt.Errorf("read the limits of process %d: %w", pid, err)
	}
	set := func(soft uint64) error {
		if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: soft, Max: before.Max}, nil); err != nil {
			return fmt.Errorf("limit the files of process %d: %w", pid, err)
		}
		return nil
	}
	return func() error { return set(before.Cur) }, set(0)
}
