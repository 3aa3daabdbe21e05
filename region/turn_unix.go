//go:build unix

package region

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// turn sends over a TCP connection and waits for what comes back.
//
// A goroutine that is to wait until a socket can be read has to say so to the runtime
// before that can happen, or it would miss it; net.Conn.Read therefore says so, looks for
// what may be there already, and only then waits. Here what is to be answered is sent
// between, and there is nothing to look for.
type turn struct {
	conn net.Conn
	raw  syscall.RawConn
	step func(fd uintptr) bool // that RawConn.Read calls, made once

	out  []byte // what is to be sent
	sent int    // how many bytes of it were
	done bool   // it was tried
	err  error  // of that
}

// newTurn returns nil if the connection is not plain TCP.
func newTurn(c net.Conn) *turn {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	t := &turn{conn: c, raw: raw}
	t.step = t.write
	return t
}

// send is Write of the connection that waits for the answer.
func (t *turn) send(b []byte) (int, error) {
	t.out, t.sent, t.done, t.err = b, 0, false, nil
	_ = t.raw.Read(t.step) // that it could not wait is told by whoever reads then
	t.out = nil
	if t.err != nil || t.done && t.sent == len(b) {
		return t.sent, t.err
	}
	n, err := t.conn.Write(b[t.sent:]) // there was no room for all of it, or it is closed
	return t.sent + n, err
}

// write sends when it is called first, and then has its caller wait unless it was not
// all. When it is called again, something can be read.
func (t *turn) write(fd uintptr) bool {
	if t.done {
		return true
	}
	t.done = true
	n, err := syscall.Write(int(fd), t.out)
	for errors.Is(err, syscall.EINTR) {
		n, err = syscall.Write(int(fd), t.out)
	}
	if err != nil && !errors.Is(err, syscall.EAGAIN) {
		t.err = &net.OpError{Op: "write", Net: "tcp", Source: t.conn.LocalAddr(), Addr: t.conn.RemoteAddr(), Err: os.NewSyscallError("write", err)}
	}
	t.sent = max(n, 0)
	return t.sent < len(t.out)
}
