package proxy_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/proxy"
)

// seals are the certificates of a world in which TLS ends at the proxy, and begins anew towards the region.
type seals struct {
	region, own         *tls.Config // of servers
	ofRegion, ofProxies *tls.Config // of clients
}

func newSeals(t *testing.T) seals {
	trusting := func(name string) (server, client *tls.Config) {
		ca := certtest.Authority(t)
		roots := x509.NewCertPool()
		roots.AddCert(ca.X509)
		issued := ca.Issue(t, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{name}, nil })
		return issued.Server(), &tls.Config{RootCAs: roots, ServerName: name}
	}
	var s seals
	s.region, s.ofRegion = trusting("region.example.com")
	s.own, s.ofProxies = trusting("proxy.example.com")
	return s
}

// options are those of a proxy that ends TLS and begins it anew.
func (s seals) options(o proxy.Options) proxy.Options {
	o.Serve = func(c net.Conn) net.Conn { return tls.Server(c, s.own) }
	o.Secure = func(ctx context.Context, c net.Conn, _ string) (net.Conn, error) {
		secure := tls.Client(c, s.ofRegion)
		return secure, secure.HandshakeContext(ctx)
	}
	return o
}

// sealedInMemory is a world in simulated time with TLS on both sides of the proxy.
func sealedInMemory(t *testing.T, o proxy.Options) (*world, seals) {
	s := newSeals(t)
	memory := new(memnet.Network)
	o.Dial, o.Join, o.Listen = memory.Dial, memory.Dial, memory.Listen
	listener, err := memory.Listen(t.Context(), "tcp", "region:6379")
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, s.options(o), tls.NewListener(listener, s.region)), s
}

// greet shakes hands with the proxy as an application does.
func (s seals) greet(w *world) *tls.Conn {
	w.t.Helper()
	c := tls.Client(w.connect(), s.ofProxies)
	_ = c.SetDeadline(time.Now().Add(patience))
	if err := c.HandshakeContext(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// A tap reads what the application and the region say to each other, over TLS on both sides; the end of either direction is
// passed on while the other still carries.
func TestTLSEndsAndBeginsAnew(t *testing.T) {
	s, seen := newSeals(t), &notes{t: t}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", s.region)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, s.options(proxy.Options{Tap: seen.tap}), listener)
	c := s.greet(w)
	w.works(c, "hello ")
	if _, err := io.WriteString(c, "last words"); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); string(got) != "last words" || err != nil {
		t.Errorf("heard %q, %v", got, err)
	}
	_ = c.Close()
	_ = w.proxy.Close()
	n := seen.last()
	// The last words were answered before it was known that the application sends no more, or after that.
	first, said := len("hello "), "hello last words"
	if string(n.sent) != said || string(n.returned) != said || n.delivered != first && n.delivered != len(said) || w.echo.text() != said {
		t.Errorf("sent %q, answered %q, delivered %d, the region got %q", n.sent, n.returned, n.delivered, w.echo.text())
	}
	if len(n.ended) != 1 || n.ended[0] != (proxy.End{By: proxy.ByApplication}) {
		t.Errorf("it ended: %v", n.ended)
	}
}

// Whoever closes a connection without the farewell of TLS, as many clients do, has closed it.
func TestTLSWithoutAFarewell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &notes{t: t}
		w, s := sealedInMemory(t, proxy.Options{Tap: seen.tap})
		c := s.greet(w)
		w.works(c, "hello")
		_ = c.NetConn().Close()
		synctest.Wait()
		if n := seen.last(); len(n.ended) != 1 || n.ended[0] != (proxy.End{By: proxy.ByApplication}) {
			t.Errorf("it ended: %v", n.ended)
		}
	})
}

// What the proxy finds wrong with a region is what a dial through it fails with.
func TestTLSWithARegionThatCannotBeTrusted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &notes{t: t}
		w, s := sealedInMemory(t, proxy.Options{Tap: seen.tap})
		s.ofRegion.ServerName = "other.example.com"
		if _, err := w.dial(); err == nil || !strings.Contains(err.Error(), "valid for region.example.com, not other.example.com") {
			t.Errorf("%v", err)
		}
		synctest.Wait()
		if n := seen.last(); len(n.ended) != 1 || n.ended[0].By != proxy.ByRegion || n.reached {
			t.Errorf("%v, reached: %v", n.ended, n.reached)
		}
	})
}

// Whatever holds up a connection over TLS, it carries everything afterwards.
func TestTLSThatIsOnlyHeldUpLosesNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			w, s := sealedInMemory(t, proxy.Options{})
			const size = 100 << 10
			k := talk(s.greet(w), size, 1+random.IntN(4096))
			_ = k.conn.SetDeadline(time.Time{})
			for range random.IntN(40) {
				w.set(heldUp(random))
				time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
			}
			w.set(proxy.Pass{})
			time.Sleep(time.Hour)
			if heard, wrong := k.end(); heard != size || wrong != nil {
				t.Errorf("%d of %d bytes came back; %v", heard, size, wrong)
			}
		})
		if t.Failed() {
			return
		}
	}
}

// A hang stops a record that is under way, which goes on when it is over.
func TestAHangStopsARecordUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSeals(t)
		raw, server, p := joined(t, s.options(proxy.Options{}), func(c net.Conn) net.Conn {
			secure := tls.Server(c, s.region)
			_ = secure.HandshakeContext(t.Context()) // the proxy's dial tells what goes wrong
			return secure
		})
		c := tls.Client(raw, s.ofProxies)
		defer c.Close()
		const size = 4 << 20
		var sent sync.WaitGroup
		sent.Go(func() { _, _ = c.Write(pattern(size)) })
		synctest.Wait() // all buffers are full: the server does not read
		if err := p.Set(proxy.Hang{}); err != nil {
			t.Fatal(err)
		}
		_ = server.SetReadDeadline(time.Now().Add(time.Hour))
		first, err := io.ReadAll(server)
		if !errors.Is(err, os.ErrDeadlineExceeded) || len(first) == 0 || len(first) > 1<<20 {
			t.Errorf("%d bytes in the network, and %v", len(first), err)
		}
		if err := p.Set(proxy.Pass{}); err != nil {
			t.Fatal(err)
		}
		_ = server.SetReadDeadline(time.Time{})
		rest := make([]byte, size-len(first))
		if _, err := io.ReadFull(server, rest); err != nil {
			t.Fatal(err)
		}
		sent.Wait()
		if string(append(first, rest...)) != string(pattern(size)) {
			t.Error("it is not what was sent")
		}
	})
}

// An application that says nothing is not waited for longer than a handshake may take, and the time of a hang is not its own.
func TestAHandshakeIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &notes{t: t}
		w, s := sealedInMemory(t, proxy.Options{Tap: seen.tap})
		c := w.connect()
		begun := time.Now()
		_ = c.SetDeadline(time.Now().Add(time.Hour))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) || time.Since(begun) != proxy.DefaultDialTimeout {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		synctest.Wait()
		if n := seen.last(); len(n.ended) != 1 || n.ended[0].By != proxy.ByApplication || !errors.Is(n.ended[0].Err, context.DeadlineExceeded) {
			t.Errorf("it ended: %v", n.ended)
		}

		slow := tls.Client(w.connect(), s.ofProxies)
		synctest.Wait()
		w.set(proxy.Hang{})
		var shaken error
		var shaking sync.WaitGroup
		shaking.Go(func() { shaken = slow.HandshakeContext(t.Context()) })
		time.Sleep(time.Hour / 2) // the certificate is good for an hour
		w.set(proxy.Pass{})
		shaking.Wait()
		if shaken != nil {
			t.Fatal(shaken)
		}
		w.works(slow, "hello")
	})
}

// The handshake of TLS takes a round trip more over a long way.
func TestTLSOverALongWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := sealedInMemory(t, proxy.Options{})
		w.set(proxy.Slow{Delay: 100 * time.Millisecond})
		begun := time.Now()
		c := s.greet(w)
		if took := time.Since(begun); took != 400*time.Millisecond {
			t.Errorf("both handshakes took %v", took)
		}
		w.works(c, "hello")
		if took := time.Since(begun); took != 600*time.Millisecond {
			t.Errorf("it answered after %v", took)
		}
	})
}
