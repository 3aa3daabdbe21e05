package proxy_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/proxy"
)

// conditionOf makes a condition of a byte.
func conditionOf(b byte) proxy.Condition {
	switch b % 6 {
	case 0:
		return proxy.Refuse{}
	case 1:
		return proxy.Hang{}
	case 2:
		return proxy.Reset{}
	case 3:
		return proxy.Slow{Delay: time.Duration(b) * time.Millisecond}
	case 4:
		return proxy.Slow{Delay: time.Duration(b) * time.Millisecond / 8, Rate: 1000 + 100*int(b)}
	}
	return proxy.Pass{}
}

// talker sends a pattern without end over one connection, and checks that what comes back is its beginning.
type talker struct {
	conn  net.Conn
	owned sync.WaitGroup
	mu    sync.Mutex
	heard int
	wrong error
}

func talk(conn net.Conn, size, chunk int) *talker {
	k := &talker{conn: conn}
	said := pattern(size)
	k.owned.Go(func() {
		for rest := said; len(rest) > 0; {
			n, err := conn.Write(rest[:min(chunk, len(rest))])
			if err != nil {
				return
			}
			rest = rest[n:]
			<-time.After(time.Millisecond)
		}
	})
	k.owned.Go(func() {
		for b := make([]byte, 4096); ; {
			n, err := conn.Read(b)
			k.mu.Lock()
			if k.heard+n > len(said) || !bytes.Equal(b[:n], said[k.heard:k.heard+n]) {
				k.wrong = fmt.Errorf("after %d bytes came others than were sent", k.heard)
			}
			k.heard += n
			k.mu.Unlock()
			if err != nil {
				return
			}
		}
	})
	return k
}

func (k *talker) end() (heard int, wrong error) {
	_ = k.conn.Close()
	k.owned.Wait()
	return k.heard, k.wrong
}

// course puts the way through the conditions that the bytes stand for, for a while each, with connections that talk all the
// time. Whatever happens to a connection, what arrives over it is the beginning of what was sent; and when everything passes
// again, new connections carry all of it.
func course(t *testing.T, bytes []byte) {
	w := inMemory(t, proxy.Options{Connections: 64})
	var talkers []*talker
	for _, b := range bytes[:min(len(bytes), 40)] {
		if c, err := w.dial(); err == nil {
			talkers = append(talkers, talk(c, 64<<10, 1+int(b)*16))
		}
		w.set(conditionOf(b))
		time.Sleep(time.Duration(b) * time.Millisecond)
	}
	w.set(proxy.Pass{})
	last := w.connect()
	const size = 300 << 10 // more than is under way at a time
	var said sync.WaitGroup
	said.Go(func() { _, _ = last.Write(pattern(size)) })
	got := make([]byte, size)
	if _, err := io.ReadFull(last, got); err != nil || string(got) != string(pattern(size)) {
		t.Errorf("everything passes, but: %v, or it is not what was sent", err)
	}
	said.Wait()
	for i, k := range talkers {
		if _, wrong := k.end(); wrong != nil {
			t.Errorf("connection %d: %v", i, wrong)
		}
	}
}

func TestWhatArrivesIsWhatWasSent(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 100 {
		bytes := make([]byte, random.IntN(30))
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		synctest.Test(t, func(t *testing.T) { course(t, bytes) })
		if t.Failed() {
			t.Fatalf("with %v", bytes)
		}
	}
}

// Connections that nothing happens to carry everything.
func TestAConnectionThatIsOnlyHeldUpLosesNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			w := inMemory(t, proxy.Options{})
			const size = 200 << 10
			k := talk(w.connect(), size, 1+random.IntN(4096))
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

func FuzzConditions(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{1, 5, 1, 5})
	f.Add([]byte{255, 254, 253, 252, 251, 250})
	f.Add([]byte{9, 13, 7, 3, 200, 6, 12, 18, 2, 1, 4})
	f.Fuzz(func(t *testing.T, bytes []byte) {
		synctest.Test(t, func(t *testing.T) { course(t, bytes) })
	})
}
