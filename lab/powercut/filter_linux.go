package powercut

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/aafailover/aafailover/internal/hint"
)

// witnessed are the system calls that the witness makes or notes for the server.
var witnessed = []uint32{unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_SYNCFS, unix.SYS_SYNC, unix.SYS_FTRUNCATE}

// Offsets in struct seccomp_data, in bytes.
const (
	offsetCall = 0
	offsetArch = 4
)

// x32 is the bit of the calls of the x32 convention, which amd64 knows as the same architecture.
const x32 = 0x40000000

// filter is the seccomp program: what is witnessed asks, all else goes on. A program of another architecture is ended, because its
// calls have other numbers and would pass unseen.
func filter() []unix.SockFilter {
	const (
		load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equals  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		atLeast = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		answer  = unix.BPF_RET | unix.BPF_K
	)
	absent := uint32(unix.SECCOMP_RET_ERRNO | int(unix.ENOSYS))
	program := []unix.SockFilter{
		{Code: load, K: offsetArch},
		{Code: equals, K: auditArch, Jt: 1},
		{Code: answer, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: load, K: offsetCall},
		{Code: atLeast, K: x32, Jf: 1},
		{Code: answer, K: absent},
		{Code: equals, K: unix.SYS_IO_URING_SETUP, Jf: 1},
		{Code: answer, K: absent},
	}
	for _, call := range witnessed {
		program = append(program,
			unix.SockFilter{Code: equals, K: call, Jf: 1},
			unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_USER_NOTIF})
	}
	return append(program, unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ALLOW})
}

// install puts the filter on the calling thread, which has to be locked, and on all that it will execute. It returns the
// descriptor at which the calls are received.
func install() (int, error) {
	if auditArch == 0 {
		return 0, fmt.Errorf("install a seccomp filter: not written for %s", runtime.GOARCH)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("give up new privileges: %w", err)
	}
	program := filter()
	p := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	// Without SPEC_ALLOW, kernels before 5.16 slow a filtered process down. With WAIT_KILLABLE_RECV (5.19), a call that is being
	// made cannot be interrupted by a signal, as an fsync cannot.
	const wanted = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	var failed unix.Errno
	for _, flags := range []uintptr{wanted | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, wanted} {
		fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&p)))
		runtime.KeepAlive(program)
		if errno == 0 {
			return int(fd), nil
		}
		if failed = errno; errno != unix.EINVAL {
			break
		}
	}
	return 0, hint.Wrap(fmt.Errorf("install a seccomp filter: %w", failed), advice(failed))
}

// advice is what to do about a filter that is refused.
func advice(errno unix.Errno) string {
	switch errno {
	case unix.EBUSY:
		return "the sandbox around this process (LXD, systemd-nspawn) takes system calls itself; run it outside of that"
	case unix.EINVAL, unix.ENOSYS:
		return "it needs Linux 5.9 or later with CONFIG_SECCOMP_FILTER"
	default:
		return "a container needs a seccomp profile that allows seccomp(2): docker run --security-opt seccomp=unconfined"
	}
}
