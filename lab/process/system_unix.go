//go:build linux || darwin

package process

import (
	"errors"
	"os"
	"syscall"
)

// supported tells whether servers can be run here.
const supported = true

// The signals of a group of processes.
const (
	killed  = syscall.SIGKILL
	stopped = syscall.SIGSTOP
	goesOn  = syscall.SIGCONT
	asked   = syscall.SIGTERM
)

// signal sends one to all processes of a group. A group without any is no error.
func signal(group int, s syscall.Signal) error { return noneIsFine(syscall.Kill(-group, s)) }

// signalOne sends one to a process. None is no error.
func signalOne(pid int, s syscall.Signal) error { return noneIsFine(syscall.Kill(pid, s)) }

func noneIsFine(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// inGroup tells whether a process is of a group. Whoever is forked is of the group of who forked it.
func inGroup(pid, group int) bool {
	got, err := syscall.Getpgid(pid)
	return err == nil && got == group
}

// ours tells whether a file belongs to this user.
func ours(file os.FileInfo) bool {
	stat, ok := file.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
