package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/proxy"
)

// What each condition does to a connection that there is, to a dial, and to a fresh connection; and what has become of the
// first when everything passes again.
func TestConditions(t *testing.T) {
	silence := os.ErrDeadlineExceeded
	for _, row := range []struct {
		name               string
		condition          proxy.Condition
		there, dial, fresh error // nil: it works
		over               bool  // the one that was there never works again
	}{
		{"everything passes", proxy.Pass{}, nil, nil, nil, false},
		{"a process that was killed", proxy.Refuse{}, io.EOF, syscall.ECONNREFUSED, nil, true},
		{"a process that was stopped goes on later", proxy.Hang{}, silence, nil, silence, false},
		{"a middlebox without memory", proxy.Reset{}, syscall.ECONNRESET, nil, syscall.ECONNRESET, true},
		{"a long way is a way", proxy.Slow{Delay: 10 * time.Millisecond}, nil, nil, nil, false},
		{"so is a narrow one", proxy.Slow{Rate: 1 << 20}, nil, nil, nil, false},
	} {
		check := func(w *world, brief time.Duration) {
			expect := func(c net.Conn, want error) {
				w.t.Helper()
				if want == nil {
					w.works(c, "still")
				} else {
					w.ends(c, want, brief)
				}
			}
			there := w.connect()
			w.works(there, "before")
			w.set(row.condition)
			expect(there, row.there)
			c, err := w.dial()
			// The kernel tells a dial of a reset that comes at once.
			if !errors.Is(err, row.dial) && (row.fresh == nil || !errors.Is(err, row.fresh)) {
				w.t.Errorf("dialling: %v, want %v", err, row.dial)
			}
			if err == nil {
				expect(c, row.fresh)
				defer c.Close()
			}
			w.set(proxy.Pass{})
			if !row.over {
				w.works(there, "again")
			} else if _, err := there.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				w.t.Errorf("the one that was there lives: %v", err)
			}
			w.works(w.connect(), "afterwards")
		}
		t.Run(row.name+", in memory", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { check(inMemory(t, proxy.Options{}), time.Hour) })
		})
		t.Run(row.name+", over TCP", func(t *testing.T) {
			brief := brevity
			if row.there != silence { //nolint:errorlint // the row itself
				brief = patience
			}
			check(overTCP(t), brief)
		})
	}
}

// A dial fails as one to the region itself does: with its reason, and its address.
func TestDialTellsWhatTheRegionSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t, proxy.Options{})
		w.echo.stop()
		_, err := w.dial()
		if !errors.Is(err, syscall.ECONNREFUSED) || err.Error() != "dial tcp region:6379: connection refused" {
			t.Errorf("%v", err)
		}
		w.set(proxy.Refuse{})
		if _, err = w.dial(); err == nil || err.Error() != "dial tcp region:6379: connection refused" {
			t.Errorf("refused: %v", err)
		}
		// What hangs accepts whatever stands behind it, and finds out when it goes on.
		w.set(proxy.Hang{})
		c := w.connect()
		w.set(proxy.Pass{})
		w.ends(c, syscall.ECONNRESET, patience)
	})
}

// A dial whose region does not answer ends with its own limit, and one that the proxy gives up on with the proxy's.
func TestDialIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(memnet.Network)
		silent := func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		p := proxy.New(proxy.Options{Dial: silent, Join: memory.Dial, Listen: memory.Listen})
		defer p.Close()
		for _, limit := range []time.Duration{time.Second, time.Hour} {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			began := time.Now()
			_, err := p.Dial(ctx, "tcp", "nowhere:1")
			if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != min(limit, proxy.DefaultDialTimeout) {
				t.Errorf("limit %v: %v after %v", limit, err, took)
			}
			cancel()
		}
		go func() {
			<-time.After(time.Second)
			_ = p.Set(proxy.Refuse{})
		}()
		if _, err := p.Dial(t.Context(), "tcp", "nowhere:1"); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("the region died under it: %v", err)
		}
	})
}

// There are no more connections than the limit, those above it wait, and they are served when others end.
func TestConnectionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t, proxy.Options{Connections: 2})
		first, second := w.connect(), w.connect()
		w.works(first, "1")
		w.works(second, "2")
		time.AfterFunc(10*time.Second, func() { _ = first.Close() })
		began := time.Now()
		w.works(w.connect(), "3")
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("the third was served after %v", took)
		}
	})
}

// The end of one direction is passed on while the other still carries.
func TestHalfClose(t *testing.T) {
	w := overTCP(t)
	c := w.connect()
	if _, err := io.WriteString(c, "last words"); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	if got, err := bufio.NewReader(c).ReadString(0); got != "last words" || !errors.Is(err, io.EOF) {
		t.Errorf("%q, %v", got, err)
	}
}

// Close ends what hangs, and refuses everything afterwards.
func TestClose(t *testing.T) {
	w := overTCP(t)
	c := w.connect()
	w.works(c, "hello")
	w.set(proxy.Hang{})
	fresh := w.connect()
	for range 2 {
		if err := w.proxy.Close(); err != nil {
			t.Error(err)
		}
	}
	w.ends(c, io.EOF, patience)
	w.ends(fresh, io.EOF, patience)
	if _, err := w.dial(); !errors.Is(err, proxy.ErrClosed) {
		t.Error(err)
	}
	if err := w.proxy.Set(proxy.Pass{}); !errors.Is(err, proxy.ErrClosed) {
		t.Error(err)
	}
}
