package heldport

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// Port is a port that is bound, and at which nobody listens. A nil one holds nothing.
type Port struct{ socket *os.File }

// open returns a second handle of a listener's socket, or nil for one that has no socket.
func open(ln net.Listener) *Port {
	of, ok := ln.(interface{ File() (*os.File, error) })
	if !ok {
		return nil
	}
	socket, err := of.File()
	if err != nil {
		return nil
	}
	return &Port{socket}
}

// silence ends the listening and keeps the port. Linux leaves a socket bound that is shut down while it listens, if the port
// was asked for by its number: tcp_set_state in net/ipv4/tcp.c. An error says that the port was not kept.
func (h *Port) silence() error {
	return h.do(func(fd int) error {
		if err := errors.Join(reuse(fd, 0), syscall.Shutdown(fd, syscall.SHUT_RDWR)); err != nil {
			return err
		}
		at, err := syscall.Getsockname(fd)
		switch at := at.(type) {
		case *syscall.SockaddrInet4:
			if at.Port != 0 {
				return nil
			}
		case *syscall.SockaddrInet6:
			if at.Port != 0 {
				return nil
			}
		}
		return errors.Join(err, errors.New("the port is free"))
	})
}

// Lend lets another socket listen at the port: two that may share an address, as every listener of Go may, can both be bound
// to it as long as not more than one listens. Any process could now, so this is for a moment.
func (h *Port) Lend() { h.share(1) }

// TakeBack ends that.
func (h *Port) TakeBack() { h.share(0) }

func (h *Port) share(allowed int) {
	if h != nil {
		_ = h.do(func(fd int) error { return reuse(fd, allowed) }) // if it fails, listening does, and says so
	}
}

// Release gives the port back, unless somebody listens there by now.
func (h *Port) Release() {
	if h != nil {
		_ = h.socket.Close()
	}
}

func (h *Port) do(with func(fd int) error) error {
	raw, err := h.socket.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = with(int(fd)) })
	return errors.Join(err, failed)
}

// reuse says whether a socket may share its address.
func reuse(fd, allowed int) error {
	return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, allowed)
}
