package hosts

import (
	"context"
	"net"
	"sync"

	"github.com/aafailover/aafailover/proxy"
)

// way is the way from a host to a front: a proxy with the one address that the front has, whose listener is a door.
type way struct {
	front *Front
	from  int  // index of the host; the number of hosts for those who are on none
	cut   bool // under the lock of the network
	door  *door
	proxy *proxy.Proxy
}

func newWay(f *Front, from int) (*way, error) {
	w := &way{front: f, from: from, door: &door{at: f.addr, arrived: make(chan net.Conn), closed: make(chan struct{})}}
	w.proxy = proxy.New(proxy.Options{
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return f.reach(ctx, from) },
		Listen: func(context.Context, string, string) (net.Listener, error) {
			return w.door, nil
		},
		Join: func(context.Context, string, string) (net.Conn, error) {
			return nil, net.ErrClosed // nobody connects by way of the proxy: all come through the door
		},
	})
	if _, err := w.proxy.Addr(f.addr); err != nil { // opens the door
		w.close()
		return nil, err
	}
	return w, nil
}

// source names who is at the other end.
func (w *way) source() string {
	if names := w.front.network.names; w.from < len(names) {
		return names[w.from]
	}
	return "others"
}

// condition lets bytes move as the network has it now. When it returns, none moves that must not.
func (w *way) condition() error {
	n := w.front.network
	var c proxy.Condition = proxy.Pass{}
	w.cut = false
	if w.from < len(n.names) {
		if delay := n.delays[between(w.from, w.front.host)]; delay > 0 {
			c = proxy.Slow{Delay: delay}
		}
		if w.cut = n.group[w.from] != n.group[w.front.host]; w.cut {
			c = proxy.Hang{}
		}
	}
	return w.proxy.Set(c)
}

func (w *way) close() {
	w.door.Close() //nolint:errcheck // a door has no errors
	_ = w.proxy.Close()
}

// door is the listener of a proxy: what comes to the sockets of the front from one host.
type door struct {
	at      string
	arrived chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

// enter hands a connection over, and waits as long as the proxy has as many as it may.
func (d *door) enter(c net.Conn) {
	select {
	case d.arrived <- c:
	case <-d.closed:
		_ = c.Close()
	}
}

// Accept implements net.Listener.
func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.arrived:
		return c, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (d *door) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

// Addr implements net.Listener.
func (d *door) Addr() net.Addr { return place(d.at) }

// place is a net.Addr.
type place string

func (place) Network() string  { return "tcp" }
func (p place) String() string { return string(p) }
