package process

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes puts a process into a group of its own. There is no way to have it killed when this program is.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// await waits for a process to end, and calls ended at once after that.
func await(cmd *exec.Cmd, ended func()) error {
	err := cmd.Wait()
	ended()
	return err
}

// look returns what there is to know of a process; in which folder it works is not. It is not ok when there is none, or it
// is another user's.
func look(pid int) (member, bool) {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(k.Proc.P_pid) != pid {
		return member{}, false
	}
	return ofKernel(k)
}

func ofKernel(k *unix.KinfoProc) (member, bool) {
	const suspended, zombie = 4, 5 // SSTOP and SZOMB of sys/proc.h
	return member{
		pid:     int(k.Proc.P_pid),
		group:   int(k.Eproc.Pgid),
		start:   k.Proc.P_starttime.Nano(),
		dead:    k.Proc.P_stat == zombie,
		stopped: k.Proc.P_stat == suspended,
	}, int(k.Eproc.Pcred.P_ruid) == os.Getuid()
}

// members returns the processes of a group.
func members(group int) ([]member, error) {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.pgrp", group)
	if err != nil {
		return nil, err
	}
	var found []member
	for i := range all {
		if m, ok := ofKernel(&all[i]); ok {
			found = append(found, m)
		}
	}
	return found, nil
}
