package proxy_test

import (
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/proxy"
)

// Each byte takes the delay, whatever else is under way: a pipeline is not slowed down by its length.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t, proxy.Options{})
		w.set(proxy.Slow{Delay: 100 * time.Millisecond})
		began := time.Now()
		c := w.connect()
		if took := time.Since(began); took != 200*time.Millisecond {
			t.Errorf("the handshake took %v", took)
		}
		began = time.Now()
		var said sync.WaitGroup
		said.Go(func() {
			for range 10 {
				_, _ = io.WriteString(c, "x")
				<-time.After(10 * time.Millisecond)
			}
		})
		for i := range 10 {
			w.hears(c, "x")
			if took, want := time.Since(began), 200*time.Millisecond+time.Duration(i)*10*time.Millisecond; took != want {
				t.Errorf("byte %d came back after %v, want %v", i, took, want)
			}
		}
		said.Wait()
		// What is sent after the way got shorter does not overtake.
		began = time.Now()
		if _, err := io.WriteString(c, "a"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.set(proxy.Pass{})
		if _, err := io.WriteString(c, "b"); err != nil {
			t.Fatal(err)
		}
		w.hears(c, "ab")
		if took := time.Since(began); took != 100*time.Millisecond {
			t.Errorf("they came back after %v", took)
		}
	})
}

// A narrow way carries so many bytes a second, however many are sent at once, and holds up the sender.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t, proxy.Options{})
		c := w.connect()
		w.works(c, "hello")
		w.set(proxy.Slow{Rate: 1 << 20})
		const size = 8 << 20
		began := time.Now()
		var said sync.WaitGroup
		said.Go(func() {
			_, _ = c.Write(pattern(size))
			if took := time.Since(began); took < 6*time.Second {
				t.Errorf("the sender was through after %v", took)
			}
		})
		_ = c.SetReadDeadline(time.Time{})
		got := make([]byte, size)
		if _, err := io.ReadFull(c, got); err != nil || string(got) != string(pattern(size)) {
			t.Errorf("%v, or it is not what was sent", err)
		}
		if took := time.Since(began); took < 8*time.Second || took > 8*time.Second+100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		said.Wait()
	})
}
