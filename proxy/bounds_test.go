package proxy_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/proxy"
)

// held is how much a sender gets rid of that nobody takes from it: what the network of the tests and the proxy hold.
const held = 1 << 20

// An application that does not read its replies, and a region that does not read its commands, hold up the other side: nobody
// keeps for them more than the bound.
func TestWhoDoesNotReadHoldsUpTheOther(t *testing.T) {
	for _, c := range []proxy.Condition{proxy.Pass{}, proxy.Hang{}, proxy.Slow{Delay: time.Second}} {
		for _, fromRegion := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, from the region: %v", c, fromRegion), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					application, region, p := joined(t, proxy.Options{Tap: (&notes{t: t}).tap})
					if err := p.Set(c); err != nil {
						t.Fatal(err)
					}
					from, to := application, region
					if fromRegion {
						from, to = region, application
					}
					_ = from.SetWriteDeadline(time.Now().Add(time.Hour))
					n, err := from.Write(pattern(4 << 20))
					if !errors.Is(err, os.ErrDeadlineExceeded) || n > held {
						t.Errorf("%d bytes, %v", n, err)
					}
					if err := p.Set(proxy.Pass{}); err != nil {
						t.Fatal(err)
					}
					got := make([]byte, n)
					if _, err := io.ReadFull(to, got); err != nil || string(got) != string(pattern(n)) {
						t.Errorf("%v, or it is not what was sent", err)
					}
				})
			})
		}
	}
}

// joined is both ends of a connection through a proxy; serve, if it is given, makes of that of the region what it returns.
func joined(t *testing.T, o proxy.Options, serve ...func(net.Conn) net.Conn) (application, region net.Conn, p *proxy.Proxy) {
	t.Helper()
	memory := new(memnet.Network)
	o.Dial, o.Join, o.Listen = memory.Dial, memory.Dial, memory.Listen
	listener, err := memory.Listen(t.Context(), "tcp", "region:6379")
	if err != nil {
		t.Fatal(err)
	}
	var accepted sync.WaitGroup
	accepted.Go(func() {
		if region, err = listener.Accept(); err == nil {
			for _, f := range serve {
				region = f(region)
			}
		}
	})
	p = proxy.New(o)
	application, wrong := p.Dial(t.Context(), "tcp", "region:6379")
	if wrong != nil {
		_ = listener.Close()
	}
	accepted.Wait()
	if err := errors.Join(wrong, err); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _, _ = application.Close(), region.Close(), listener.Close()
		_ = p.Close()
	})
	return application, region, p
}

// finder is a tap that asks for the address of another node with each reply, as one that rewrites them does.
type finder struct {
	*note
	proxy *proxy.Proxy
	asked int
}

func (f *finder) Answered(dst, b []byte, at time.Time) []byte {
	f.asked++
	if _, err := f.proxy.Addr(fmt.Sprintf("10.0.0.%d:6379", f.asked)); err != nil && !errors.Is(err, proxy.ErrClosed) {
		f.t.Error(err)
	}
	return f.note.Answered(dst, b, at)
}

// A tap may ask for addresses whatever becomes of the way meanwhile: nobody waits for the other for ever.
func TestATapThatAsksForAddresses(t *testing.T) {
	seen := &notes{t: t}
	var finding finder
	w := overTCPWith(t, proxy.Options{Tap: func(one proxy.Connection) proxy.Tap {
		finding.note = seen.tap(one).(*note)
		return &finding
	}})
	finding.proxy = w.proxy
	c := w.connect()
	var switching sync.WaitGroup
	switching.Go(func() {
		for range 200 {
			if err := errors.Join(w.proxy.Set(proxy.Hang{}), w.proxy.Set(proxy.Pass{})); err != nil {
				t.Error(err)
			}
		}
	})
	for range 200 {
		w.works(c, "hello")
	}
	switching.Wait()
	_ = w.proxy.Close()
	if finding.asked < 200 {
		t.Errorf("asked %d times", finding.asked)
	}
}
