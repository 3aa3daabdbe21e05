package region

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/probe"
)

func TestReadFindsExactlyWhatIsThere(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 3))
		var n memnet.Network
		f := inMemory(t, &n, at)
		c := newClient(t, &n, us)
		for range 60 {
			var keys []string
			var want []bool
			density := random.Float64()
			f.mu.Lock()
			clear(f.keys)
			for i := range random.IntN(2*keysAtOnce + 50) {
				keys = append(keys, fmt.Sprintf("aafailover:{1}:run:%d", i))
				want = append(want, random.Float64() < density)
				if want[i] {
					f.keys[keys[i]] = ""
				}
			}
			f.mu.Unlock()
			got, err := c.Read(t.Context(), keys)
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("%v, %v, want %v", got, err, want)
			}
		}
	})
}

// distant delays whatever is read over connections by a round trip after the last
// thing that was written.
type distant struct {
	net.Conn
	trip time.Duration

	mu   sync.Mutex
	sent time.Time
}

func (c *distant) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.sent = time.Now()
	c.mu.Unlock()
	return c.Conn.Write(b)
}

func (c *distant) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	wait := time.Until(c.sent.Add(c.trip))
	c.mu.Unlock()
	time.Sleep(wait)
	return n, err
}

// What is missing at the cut-over must be read at the cut-over, however far the
// region is and however mixed the keys are.
func TestAReadTakesTwoRoundTripsAtMost(t *testing.T) {
	const trip = 300 * time.Millisecond
	keys := make([]string, keysAtOnce)
	for i := range keys {
		keys[i] = fmt.Sprintf("aafailover:{1}:run:%d", i)
	}
	for _, test := range []struct {
		name     string
		there    func(i int) bool
		trips    time.Duration
		commands int
	}{
		{"none is there", func(int) bool { return false }, 1, 1},
		{"all are there", func(int) bool { return true }, 1, 1},
		{"every second one is there", func(i int) bool { return i%2 == 0 }, 2, 1 + keysAtOnce},
		{"one in the middle is missing", func(i int) bool { return i != 50 }, 2, 1 + keysAtOnce},
		{"the last one alone is there", func(i int) bool { return i == keysAtOnce-1 }, 2, 1 + keysAtOnce},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				want := make([]bool, len(keys))
				for i, key := range keys {
					if want[i] = test.there(i); want[i] {
						f.keys[key] = ""
					}
				}
				c := NewClient(us, one(at), Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := n.Dial(ctx, network, address)
					return &distant{Conn: conn, trip: trip}, err
				}})
				defer c.Close()
				if err := c.Connect(t.Context()); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				found, err := c.Read(t.Context(), keys)
				if err != nil || !slices.Equal(found, want) {
					t.Fatalf("%v, %v", found, err)
				}
				if took := time.Since(began); took != test.trips*trip || f.received("EXISTS") != test.commands {
					t.Errorf("it took %v and %d EXISTS, want %v and %d", took, f.received("EXISTS"), test.trips*trip, test.commands)
				}
			})
		})
	}
}

func TestReadsThatCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		c := newClient(t, &n, us)
		if _, err := c.Read(t.Context(), []string{"aafailover:{1}:a", "aafailover:{2}:a"}); err == nil || !strings.Contains(err.Error(), "not of one slot") {
			t.Errorf("keys of two slots: %v", err)
		}
		f.says("EXISTS", ":7\r\n")
		if _, err := c.Read(t.Context(), []string{k}); CauseOf(err) != probe.Protocol {
			t.Errorf("7 of 1 keys: %v", err)
		}
		f.instead(func(args []string) (string, bool) {
			switch {
			case args[0] != "EXISTS":
				return "", false
			case len(args) > 2:
				return ":1\r\n", true
			case args[1] == k:
				return ":0\r\n", true
			}
			return "-LOADING x\r\n", true
		})
		if found, err := c.Read(t.Context(), []string{k, k + "x"}); CauseOf(err) != probe.Loading || found != nil {
			t.Errorf("loading when it is looked closer: %v, %v", found, err)
		}
		f.says("EXISTS", "-LOADING x\r\n")
		if _, err := c.Read(t.Context(), []string{k}); CauseOf(err) != probe.Loading {
			t.Errorf("loading: %v", err)
		}
	})
}
