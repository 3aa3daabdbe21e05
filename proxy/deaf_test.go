package proxy_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/aafailover/aafailover/proxy"
)

// A client that has given up, and closed, is told nothing any more, although its kernel still takes the bytes: a write that a
// region answers after a hang was not acknowledged.
func TestNothingIsDeliveredToAnApplicationThatHasClosed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() { // answers when all has been said
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.Copy(io.Discard, c)
		_, _ = io.WriteString(c, "late")
	}()
	seen := &notes{t: t}
	p := proxy.New(proxy.Options{Tap: seen.tap})
	defer p.Close()
	c, err := p.Dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, "write"); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); string(got) != "late" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	n := seen.last()
	if string(n.returned) != "late" || n.delivered != 0 {
		t.Errorf("answered %q, and %d bytes of that were delivered", n.returned, n.delivered)
	}
	if len(n.ended) != 1 || n.ended[0].By != proxy.ByApplication {
		t.Errorf("it ended: %v", n.ended)
	}
}
