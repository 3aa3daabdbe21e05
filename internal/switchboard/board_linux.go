package switchboard

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// atOnce is how many connections are asked for at a time.
	atOnce = 128
	// room is how much is read of one connection before it is the next one's turn, in bytes.
	room = 64 << 10
)

// Board reads connections. The zero value is ready, and has nothing to close before a connection was moved to it.
type Board struct {
	mu    sync.Mutex
	epoll *os.File        // nil before the first connection
	full  bool            // the system takes no more connections: see Listen
	conns map[int32]*Conn // that are listened to, by their descriptors
	ended sync.WaitGroup  // the goroutine
}

// Move takes over a connection that nobody reads or writes meanwhile. It returns the one to use from now on, and c must be used no
// more, not even to be closed. It returns nil, and c is as it was, when it is no TCP connection, or the system refuses.
func (b *Board) Move(c net.Conn) *Conn {
	tcp, ok := c.(*net.TCPConn)
	if !ok || !b.open() {
		return nil
	}
	fd, err := duplicate(tcp)
	if err != nil {
		return nil
	}
	moved := &Conn{board: b, local: tcp.LocalAddr(), remote: tcp.RemoteAddr(), fd: fd}
	_ = tcp.Close() // of one of two descriptors: the connection stays
	return moved
}

// duplicate returns another descriptor of a connection, one that the runtime does not know.
func duplicate(c *net.TCPConn) (fd int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Control(func(original uintptr) {
		n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, original, syscall.F_DUPFD_CLOEXEC, 0)
		if fd = int(n); errno != 0 {
			err = errno
		}
	})
	return fd, errors.Join(failed, err)
}

// open makes the Board ready for connections, and tells whether it is.
func (b *Board) open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.epoll != nil || b.full {
		return !b.full
	}
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return false
	}
	// Not blocking, so that the runtime waits for it as for a socket.
	if err := syscall.SetNonblock(fd, true); err != nil {
		_ = syscall.Close(fd)
		return false
	}
	b.epoll, b.conns = os.NewFile(uintptr(fd), "epoll"), make(map[int32]*Conn)
	raw, err := b.epoll.SyscallConn()
	if err != nil {
		_ = b.epoll.Close()
		b.epoll = nil
		return false
	}
	b.ended.Go(func() { b.read(raw) })
	return true
}

// Close ends the goroutine of the Board, and returns when it has ended. All connections must have been lost by then, and none be
// moved to it from then on.
func (b *Board) Close() {
	b.mu.Lock()
	epoll := b.epoll
	b.mu.Unlock()
	if epoll != nil {
		_ = epoll.Close()
	}
	b.ended.Wait()
}

// add has a connection be read. When the system does not allow that, others are not moved any more.
func (b *Board) add(c *Conn) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	fd := int32(c.fd)
	b.conns[fd] = c
	err := b.control(syscall.EPOLL_CTL_ADD, c.fd, &syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP, Fd: fd})
	if err != nil {
		delete(b.conns, fd)
		b.full = true
	}
	return err
}

// remove has a connection be read no more. Its descriptor can be another's as soon as it is closed, which must come later.
func (b *Board) remove(fd int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, int32(fd))
	_ = b.control(syscall.EPOLL_CTL_DEL, fd, nil)
}

func (b *Board) control(operation, fd int, event *syscall.EpollEvent) error {
	raw, err := b.epoll.SyscallConn()
	if err != nil {
		return err
	}
	failed := raw.Control(func(epoll uintptr) { err = syscall.EpollCtl(int(epoll), operation, fd, event) })
	return errors.Join(failed, os.NewSyscallError("epoll_ctl", err))
}

func (b *Board) conn(fd int32) *Conn {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.conns[fd]
}

// read takes in what arrives until the Board is closed.
func (b *Board) read(epoll syscall.RawConn) {
	events, buffer := make([]syscall.EpollEvent, atOnce), make([]byte, room)
	n := 0
	some := func(fd uintptr) bool {
		var err error
		n, err = syscall.EpollWait(int(fd), events, 0)
		return n > 0 || err != nil // else the runtime says when there are some
	}
	for {
		if err := epoll.Read(some); err != nil {
			return
		}
		for _, e := range events[:max(n, 0)] {
			if c := b.conn(e.Fd); c != nil {
				c.readOnce(buffer)
			}
		}
	}
}

// readOnce takes in what has arrived, as far as it fits into the buffer: when there is more, epoll says so again.
func (c *Conn) readOnce(buffer []byte) {
	n, err := c.readSome(buffer)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
		return
	}
	if err == nil {
		err = c.received(buffer[:n], time.Now())
	}
	if err != nil {
		c.lose(err)
	}
}

// readSome returns the plain error of the system where it only means that there is nothing at present.
func (c *Conn) readSome(buffer []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending != nil {
		return 0, c.failed("read", c.ending)
	}
	n, err := syscall.Read(c.fd, buffer)
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return 0, err
	case err != nil:
		return 0, c.failed("read", os.NewSyscallError("read", err))
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}
