package powercut

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// call is struct seccomp_notif of linux/seccomp.h: a system call that waits for an answer.
type call struct {
	id     uint64
	thread uint32
	_      uint32 // flags
	number int32
	_      uint32 // architecture: the filter has looked at it
	_      uint64 // instruction pointer
	args   [6]uint64
}

// answer is struct seccomp_notif_resp.
type answer struct {
	id    uint64
	value int64
	errno int32 // negative
	flags uint32
}

// The numbers of linux/seccomp.h that golang.org/x/sys does not have.
const (
	ioctlIsValid  = 0x40082102 // SECCOMP_IOCTL_NOTIF_ID_VALID, with the direction that it has since Linux 5.8
	ioctlSetFlags = 0x40082104 // SECCOMP_IOCTL_NOTIF_SET_FLAGS, Linux 6.6
)

// listener is where the calls of the server are received.
type listener int

// prefer asks the kernel to run the witness on the processor of the thread that waits for it, which is faster. Kernels
// before 6.6 cannot.
func (l listener) prefer() {
	_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(l), ioctlSetFlags, unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP)
}

// receive waits for a call. The error is ENOENT when the thread was killed meanwhile.
func (l listener) receive() (call, error) {
	for {
		var c call
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&c)))
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return call{}, errno
		}
		return c, nil
	}
}

// isWaiting tells whether the thread of a call still waits: if so, what was read of it under its id was its own.
func (l listener) isWaiting(c call) bool {
	id := c.id
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l), ioctlIsValid, uintptr(unsafe.Pointer(&id)))
	return errno == 0
}

// reply is the result of a call that the witness has made. It tells whether the thread was still there to be told.
func (l listener) reply(c call, result error) (told bool, err error) {
	a := answer{id: c.id}
	var errno unix.Errno
	if errors.As(result, &errno) {
		a.errno = -int32(errno)
	} else if result != nil {
		a.errno = -int32(unix.EIO)
	}
	return l.send(a)
}

// goOn lets the kernel make the call.
func (l listener) goOn(c call) error {
	_, err := l.send(answer{id: c.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE})
	return err
}

func (l listener) send(a answer) (told bool, err error) {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&a)))
		switch errno {
		case 0:
			return true, nil
		case unix.EINTR:
		case unix.ENOENT:
			return false, nil
		default:
			return false, errno
		}
	}
}

// untilUnused waits until no process has the filter any more.
func (l listener) untilUnused() error {
	for {
		unused, err := l.hungUp(-1)
		if unused || err != nil {
			return err
		}
	}
}

// isUnused tells whether no process has the filter any more.
func (l listener) isUnused() bool {
	unused, err := l.hungUp(0)
	return unused || err != nil
}

// hungUp waits so many milliseconds, or without an end when there are -1, for the end of the last process with the filter.
func (l listener) hungUp(wait int) (bool, error) {
	fds := []unix.PollFd{{Fd: int32(l)}}
	n, err := unix.Poll(fds, wait)
	if errors.Is(err, unix.EINTR) {
		return false, nil
	}
	return n > 0, err
}
