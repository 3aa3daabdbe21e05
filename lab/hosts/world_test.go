package hosts_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab/hosts"
)

// patience bounds what has to happen, brevity what must not.
const (
	patience = 30 * time.Second
	brevity  = 300 * time.Millisecond
)

// world is hosts a, b and c, and an echo server on each behind a front.
type world struct {
	*testing.T
	network *hosts.Network
	fronts  map[string]*hosts.Front
	servers map[string]net.Listener
}

func newWorld(t *testing.T, open func(names ...string) (*hosts.Network, error)) *world {
	t.Helper()
	n, err := open("a", "b", "c")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	w := &world{t, n, make(map[string]*hosts.Front), make(map[string]net.Listener)}
	for _, name := range n.Names() {
		f, err := n.Open(name, 6379)
		if err != nil {
			t.Fatal(err)
		}
		w.fronts[name] = f
		w.start(name)
	}
	return w
}

// start runs the server of a host.
func (w *world) start(host string) {
	w.Helper()
	l, err := net.Listen("tcp4", net.JoinHostPort(w.network.IP(host), "0"))
	if err != nil {
		w.Fatal(err)
	}
	done := make(chan struct{})
	w.Cleanup(func() {
		_ = w.network.Close() // ends the connections
		_ = l.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	w.servers[host] = l
	w.fronts[host].Lead(l.Addr().String())
	if err := w.fronts[host].Up(); err != nil {
		w.Fatal(err)
	}
}

// dial connects from one host to the front of another; from "": from none.
func (w *world) dial(from, to string, within time.Duration) (net.Conn, error) {
	w.Helper()
	dial := new(net.Dialer).DialContext
	if from != "" {
		var err error
		if dial, err = w.network.Dialer(from); err != nil {
			w.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(w.Context(), within)
	defer cancel()
	c, err := dial(ctx, "tcp", w.fronts[to].Addr())
	if err == nil {
		w.Cleanup(func() { _ = c.Close() })
	}
	return c, err
}

func (w *world) connect(from, to string) net.Conn {
	w.Helper()
	c, err := w.dial(from, to, patience)
	if err != nil {
		w.Fatalf("%s to %s: %v", from, to, err)
	}
	return c
}

// hears says something and tells whether it came back.
func hears(c net.Conn, text string, within time.Duration) error {
	if _, err := c.Write([]byte(text)); err != nil {
		return err
	}
	return gets(c, text, within)
}

func gets(c net.Conn, text string, within time.Duration) error {
	_ = c.SetReadDeadline(time.Now().Add(within))
	_, err := io.ReadFull(c, make([]byte, len(text)))
	return err
}

func (w *world) do(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}
