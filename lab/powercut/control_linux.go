package powercut

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// ready is what the witness says when it is; anything else that it says is why it is not.
const ready = "ready"

// control is an end of the socket at which a server that is about to start and its witness meet. Neither waits without an end: the
// other answers, or ends, and with it the socket.
type control struct{ file *os.File }

// newControl returns both ends.
func newControl() (here, there control, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return control{}, control{}, os.NewSyscallError("socketpair", err)
	}
	return control{os.NewFile(uintptr(fds[0]), "control")}, control{os.NewFile(uintptr(fds[1]), "control")}, nil
}

// send says something, with a descriptor unless that is 0.
func (c control) send(text string, fd int) error {
	var rights []byte
	if fd != 0 {
		rights = unix.UnixRights(fd)
	}
	return os.NewSyscallError("sendmsg", unix.Sendmsg(int(c.file.Fd()), []byte(text), rights, nil, unix.MSG_NOSIGNAL))
}

// receive waits for what the other end says, and the descriptor that comes with it, or 0.
func (c control) receive() (text string, fd int, err error) {
	buffer, rights := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	n, rightsLen, _, _, err := unix.Recvmsg(int(c.file.Fd()), buffer, rights, unix.MSG_CMSG_CLOEXEC)
	for errors.Is(err, unix.EINTR) {
		n, rightsLen, _, _, err = unix.Recvmsg(int(c.file.Fd()), buffer, rights, unix.MSG_CMSG_CLOEXEC)
	}
	if err != nil {
		return "", 0, os.NewSyscallError("recvmsg", err)
	}
	if n == 0 {
		return "", 0, io.ErrUnexpectedEOF
	}
	messages, err := unix.ParseSocketControlMessage(rights[:rightsLen])
	if err != nil || len(messages) == 0 {
		return string(buffer[:n]), 0, err
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return "", 0, errors.Join(err, errors.New("no descriptor came"))
	}
	return string(buffer[:n]), fds[0], nil
}
