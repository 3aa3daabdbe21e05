package proxy_test

import (
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/proxy"
)

// What was sent while it hung is not lost, arrives in order, and does not arrive before.
func TestHangHoldsWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t, proxy.Options{})
		c := w.connect()
		w.works(c, "one ")
		w.set(proxy.Hang{})
		if _, err := io.WriteString(c, "two "); err != nil {
			t.Fatal(err)
		}
		fresh := w.connect()
		if _, err := io.WriteString(fresh, "three "); err != nil {
			t.Fatal(err)
		}
		_ = fresh.Close() // its client has given up
		time.Sleep(time.Hour)
		if got := w.echo.text(); got != "one " {
			t.Errorf("the region got %q while nothing moves", got)
		}
		w.set(proxy.Pass{})
		w.hears(c, "two ")
		synctest.Wait()
		if got := w.echo.text(); got != "one two three " && got != "one three two " {
			t.Errorf("the region got %q", got)
		}
	})
}

// A sender of more than the buffers hold waits while it hangs, and a Set does not wait for it; nothing is lost.
func TestHangStopsAWriteUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server, p := joined(t, proxy.Options{})
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

// pattern is bytes of which no two stretches are alike within the first megabytes.
func pattern(size int) []byte {
	b := make([]byte, 0, size+8)
	for i := uint32(0); len(b) < size; i++ {
		b = append(b, byte(i>>24), byte(i>>16), byte(i>>8), byte(i))
	}
	return b[:size]
}
