package proxy_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/aafailover/aafailover/proxy"
)

// counter is a tap that changes nothing.
type counter struct{ sent, delivered int }

func (*counter) Reached(time.Time)            {}
func (c *counter) Sent(b []byte, _ time.Time) { c.sent += len(b) }
func (*counter) Answered(dst, b []byte, _ time.Time) []byte {
	return append(dst, b...)
}
func (c *counter) Delivered(n int, _ time.Time) { c.delivered += n }
func (*counter) Ended(proxy.End, time.Time)     {}

// trip sends bytes through a proxy and reads them back.
func trip(tb testing.TB, c net.Conn, out, in []byte) {
	if _, err := c.Write(out); err != nil {
		tb.Fatal(err)
	}
	if _, err := io.ReadFull(c, in); err != nil {
		tb.Fatal(err)
	}
}

// What nothing holds up costs no memory, after a hang as before it.
func TestWhatPassesIsNotAllocated(t *testing.T) {
	for _, row := range []struct {
		name string
		tap  func(proxy.Connection) proxy.Tap
	}{
		{"without a tap", nil},
		{"with one", func(proxy.Connection) proxy.Tap { return new(counter) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := overTCPWith(t, proxy.Options{Tap: row.tap})
			c := w.connect()
			out, in := pattern(64), make([]byte, 64)
			_ = c.SetDeadline(time.Now().Add(patience))
			for _, when := range []string{"before a hang", "after it"} {
				trip(t, c, out, in)
				// The echo keeps what it got, in memory that doubles now and then.
				if allocated := testing.AllocsPerRun(1000, func() { trip(t, c, out, in) }); allocated >= 1 {
					t.Errorf("%s: %.1f allocations each", when, allocated)
				}
				w.set(proxy.Hang{})
				w.set(proxy.Pass{})
			}
		})
	}
}

// BenchmarkTrip is a message of 64 bytes to an echo and back, over TCP.
func BenchmarkTrip(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, struct{ io.Reader }{c}) }()
		}
	}()
	p := proxy.New(proxy.Options{Tap: func(proxy.Connection) proxy.Tap { return new(counter) }})
	defer p.Close()
	for _, row := range []struct {
		name string
		dial proxy.Dial
	}{{"directly", new(net.Dialer).DialContext}, {"through a proxy", p.Dial}} {
		b.Run(row.name, func(b *testing.B) {
			c, err := row.dial(b.Context(), "tcp", listener.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			out, in := pattern(64), make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				trip(b, c, out, in)
			}
		})
	}
}
