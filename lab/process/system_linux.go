package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes puts a process into a group of its own, and has the system kill it when the thread that forked it ends: the
// thread, not the program (prctl(2), PR_SET_PDEATHSIG), for which see forker.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// await waits for a process to end, and calls ended while its number, which is that of its group, is still its own: after
// that the system may give it to another.
func await(cmd *exec.Cmd, ended func()) error {
	for {
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	ended()
	return cmd.Wait()
}

// look returns what there is to know of a process. It is not ok when there is none, or none that this user may look at.
func look(pid int) (member, bool) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	text, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return member{}, false
	}
	m, err := parseStat(text)
	if err != nil {
		return member{}, false
	}
	owner, err := os.Stat(dir)
	if err != nil || !ours(owner) {
		return member{}, false
	}
	m.pid = pid
	m.folder, _ = os.Readlink(filepath.Join(dir, "cwd")) // none of a process that is dead
	return m, true
}

// parseStat reads /proc/PID/stat: proc_pid_stat(5). The name of the program stands in parentheses, and may hold any.
func parseStat(text []byte) (member, error) {
	_, rest, ok := bytes.Cut(text, []byte("("))
	end := bytes.LastIndexByte(rest, ')')
	if !ok || end < 0 {
		return member{}, fmt.Errorf("no name in %q", text)
	}
	fields := bytes.Fields(rest[end+1:]) // from the third of that page on
	const state, group, start = 0, 2, 19
	if len(fields) <= start {
		return member{}, fmt.Errorf("%d fields in %q", len(fields), text)
	}
	m := member{dead: bytes.ContainsAny(fields[state], "ZX"), stopped: bytes.ContainsAny(fields[state], "Tt")}
	var errGroup, errStart error
	m.group, errGroup = strconv.Atoi(string(fields[group]))
	m.start, errStart = strconv.ParseInt(string(fields[start]), 10, 64)
	return m, errors.Join(errGroup, errStart)
}

// members returns the processes of a group.
func members(group int) ([]member, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer proc.Close() //nolint:errcheck // it was only read
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var found []member
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || !inGroup(pid, group) {
			continue
		}
		if m, ok := look(pid); ok && m.group == group {
			found = append(found, m)
		}
	}
	return found, nil
}
