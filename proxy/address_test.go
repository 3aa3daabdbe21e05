package proxy_test

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/proxy"
)

// A fault of one shard leaves the others alone, also those that nobody has connected to yet.
func TestOneAddress(t *testing.T) {
	w := overTCP(t)
	other := overTCP(t).echo.address
	w.set(proxy.Refuse{}, other)
	w.works(w.connect(), "here")
	if _, err := w.proxy.Dial(t.Context(), "tcp", other); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
	w.set(proxy.Hang{}, w.echo.address)
	w.ends(w.connect(), os.ErrDeadlineExceeded, brevity)
	if _, err := w.proxy.Dial(t.Context(), "tcp", other); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error("what was set for another address has gone:", err)
	}
	w.set(proxy.Pass{})
	c, err := w.proxy.Dial(t.Context(), "tcp", other)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w.works(c, "there")
}

// An application of another process finds the listener where it was, before and after it was refused there.
func TestThePortStays(t *testing.T) {
	w := overTCP(t)
	at, err := w.proxy.Addr(w.echo.address)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		w.works(c, "hello")
		w.set(proxy.Refuse{})
		w.ends(c, io.EOF, patience)
		_ = c.Close()
		if c, err := net.Dial("tcp", at); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%v, %v", c, err)
		}
		w.set(proxy.Pass{})
		if again, err := w.proxy.Addr(w.echo.address); err != nil || again != at {
			t.Errorf("now at %s, before at %s, %v", again, at, err)
		}
	}
}

// When the port was taken by somebody else meanwhile, a new one serves.
func TestAPortThatIsTaken(t *testing.T) {
	w := overTCP(t)
	at, err := w.proxy.Addr(w.echo.address)
	if err != nil {
		t.Fatal(err)
	}
	w.set(proxy.Refuse{})
	taken, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := w.dial(); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("somebody else was taken for the region: %v", err)
	}
	w.set(proxy.Pass{})
	w.works(w.connect(), "hello")
}
