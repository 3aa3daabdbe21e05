package hosts

import (
	"context"
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// netOffset is where a filter reads the network header from: SKF_NET_OFF of linux/filter.h, -0x100000.
const netOffset = 0xfff00000

// sourceAt is where the source address stands in an IPv4 header, in bytes.
const sourceAt = 12

// listenFiltered opens hosts+1 sockets at one address. The kernel leads connections from the address base+i to the socket i, and those
// from elsewhere to the last. The numbers are of the order in which the sockets begin to listen, so all of them are opened together.
func listenFiltered(at string, base uint32, hosts int) ([]*net.TCPListener, error) {
	share := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return control(c, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
	}}
	share.SetMultipathTCP(false) // its sockets take no filter
	var sockets []*net.TCPListener
	fail := func(err error) ([]*net.TCPListener, error) {
		for _, l := range sockets {
			_ = l.Close()
		}
		return nil, err
	}
	for range hosts + 1 {
		l, err := share.Listen(context.Background(), "tcp4", at)
		if err != nil {
			return fail(err)
		}
		sockets = append(sockets, l.(*net.TCPListener))
	}
	if err := choose(sockets[0], base, uint32(hosts)); err != nil {
		return fail(err)
	}
	for _, l := range sockets {
		if err := setQueue(l, queueLength); err != nil {
			return fail(err)
		}
	}
	return sockets, nil
}

// choose attaches the filter to the sockets that share the address of l:
//
//	A = source address - base
//	if A >= hosts (without sign, so also if it is below base): return hosts
//	return A
func choose(l *net.TCPListener, base, hosts uint32) error {
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: netOffset + sourceAt},
		{Code: unix.BPF_ALU | unix.BPF_SUB | unix.BPF_K, K: base},
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: hosts, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_A},
		{Code: unix.BPF_RET | unix.BPF_K, K: hosts},
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	return control(raw, func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF,
			&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	})
}

// setQueue sets how many connections may wait at a socket. The kernel takes one more than it says.
func setQueue(l *net.TCPListener, length int) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	return control(raw, func(fd int) error { return unix.Listen(fd, length) })
}

func control(c syscall.RawConn, do func(fd int) error) error {
	var inner error
	outer := c.Control(func(fd uintptr) { inner = do(int(fd)) })
	return errors.Join(outer, inner)
}

// canFilter tries whether the kernel has such filters.
func canFilter(s subnet) bool {
	sockets, err := listenFiltered(net.JoinHostPort(s.ip(0), "0"), s.base(), 0)
	for _, l := range sockets {
		_ = l.Close()
	}
	return err == nil
}
