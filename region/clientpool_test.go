//go:build unix

package region

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/probe"
)

// A region to which connecting takes longer than a write may is written to all the
// same, once a connection is there: a dial goes on for those who come later.
func TestADialOutlivesTheWriteThatBeganIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		inMemory(t, &n, at)
		dials := 0
		c := NewClient(us, one(at), Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dials++
			time.Sleep(1500 * time.Millisecond)
			return n.Dial(ctx, network, address)
		}})
		defer c.Close()
		var errs []error
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			errs = append(errs, c.Write(ctx, k, nil, time.Minute))
			cancel()
		}
		if !errors.Is(errs[0], drill.ErrUnsent) || CauseOf(errs[0]) != probe.Timeout || errs[1] != nil || dials != 1 {
			t.Errorf("%v after %d dials", errs, dials)
		}
	})
}

// A write is broken off at its own deadline, whatever those before it on the same
// connection had.
func TestEveryCallHasItsOwnDeadline(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, limit time.Duration
	}{
		{"a shorter one", 1900 * time.Millisecond, 100 * time.Millisecond},
		{"a longer one", 100 * time.Millisecond, 1900 * time.Millisecond},
		{"the same", time.Second, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				c := newClient(t, &n, us)
				load := func(limit, lasting time.Duration) *drill.Ledger {
					l, _ := drill.Load(t.Context(), drill.Config{Prefix: DefaultPrefix, Run: "run", Cover: []int{0}, Stores: []drill.Store{c},
						Rate: 100, Connections: 1, WriteTimeout: limit, Expiry: time.Minute}, 0, lasting)
					return l
				}
				if tally := load(test.before, 50*time.Millisecond).Tally(); tally.Acknowledged == 0 || tally.Acknowledged != tally.Attempted {
					t.Fatalf("%+v", tally)
				}
				f.says("SET", "")
				first := load(test.limit, time.Second).Entry(0)
				if took := first.Ended - first.Sent; first.Outcome != drill.Indeterminate || took != test.limit {
					t.Errorf("%v after %v", first.Outcome, took)
				}
			})
		})
	}
}

// A connection that was used in a session which has ended is good for the next one, and
// is broken off with that one alone.
func TestAConnectionServesOneSessionAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		c := newClient(t, &n, us)
		config := drill.Config{Prefix: DefaultPrefix, Run: "run", Cover: []int{0}, Stores: []drill.Store{c},
			Rate: 100, Connections: 1, WriteTimeout: time.Second, Expiry: time.Minute, Manners: drill.Manners{Arrival: drill.Constant}}
		for range 2 {
			l, _ := drill.Load(t.Context(), config, 0, 10*time.Second)
			if tally := l.Tally(); tally.Acknowledged < 990 || tally.Acknowledged != l.Len() {
				t.Errorf("%+v", tally)
			}
		}
		if f.accepted != 1 {
			t.Errorf("%d connections", f.accepted)
		}
		f.says("SET", "")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, cancel)
		began := time.Now()
		l, _ := drill.Load(ctx, config, 0, time.Minute)
		if tally := l.Tally(); time.Since(began) != 300*time.Millisecond || tally.Indeterminate != 1 || tally.Acknowledged+tally.Unsent > 0 {
			t.Errorf("broken off after %v: %+v", time.Since(began), tally)
		}
	})
}

// Of a pipeline that the network takes a part of, what came behind that part is known
// not to have been sent.
func TestAPipelineThatIsTakenInPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		taken := 0
		c := NewClient(us, one(at), Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := n.Dial(ctx, network, address)
			return &greedless{Conn: conn, taken: &taken}, err
		}})
		defer c.Close()
		if err := c.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		keys := keysOf(4)
		one := len(c.appendSets(nil, keys[:1], []byte("v"), time.Minute))
		taken = one + one/2
		errs := c.WriteAll(t.Context(), keys, []byte("v"), time.Minute)
		for i, err := range errs {
			if unsent := errors.Is(err, drill.ErrUnsent); err == nil || unsent != (i >= 2) {
				t.Errorf("write %d, of which %d bytes were taken: %v", i, max(0, min(one, one+one/2-i*one)), err)
			}
		}
		synctest.Wait()
		if sets := f.received("SET"); sets != 1 {
			t.Errorf("%d SET arrived", sets)
		}
	})
}

// greedless is a connection that takes so many bytes at the most once that is set, and
// then fails.
type greedless struct {
	net.Conn
	taken *int
}

func (c *greedless) Write(b []byte) (int, error) {
	if *c.taken == 0 {
		return c.Conn.Write(b)
	}
	n, _ := c.Conn.Write(b[:*c.taken])
	return n, net.ErrClosed
}
