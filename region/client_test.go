package region

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

func newClient(t *testing.T, n *memnet.Network, r config.Region) *Client {
	t.Helper()
	c := NewClient(r, one(at), Options{Dial: n.Dial})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestClientWritesReadsAndDeletes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		c := newClient(t, &n, us)
		ctx := t.Context()
		if err := c.Connect(ctx); err != nil {
			t.Fatal(err)
		}
		if err := c.Write(ctx, k, []byte("v"), time.Minute); err != nil {
			t.Fatal(err)
		}
		found, err := c.Read(ctx, []string{k, k + "x"})
		if err != nil || !slices.Equal(found, []bool{true, false}) {
			t.Fatalf("%v, %v", found, err)
		}
		if err := c.Delete(ctx, []string{k, k + "x"}); err != nil {
			t.Fatal(err)
		}
		if found, err := c.Read(ctx, []string{k}); err != nil || found[0] {
			t.Fatalf("after Delete: %v, %v", found, err)
		}
		for _, unexpected := range []string{"CLIENT", "COMMAND", "INFO", "CLUSTER", "SELECT"} {
			if f.received(unexpected) > 0 {
				t.Errorf("the client sent %s by itself", unexpected)
			}
		}
		if f.received("SET") != 1 || f.received("DEL") != 2 {
			t.Errorf("%q", f.log)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.Write(ctx, k, []byte("v"), time.Minute); err != nil { // it connects again
			t.Fatal(err)
		}
	})
}

// The outcome of a write is what a drill counts: a wrong one is a wrong report.
func TestOutcomeOfAWrite(t *testing.T) {
	const (
		acknowledged  = "acknowledged"
		rejected      = "rejected"
		unsent        = "unsent"
		indeterminate = "indeterminate"
	)
	says := func(reply string) func(*fake) { return func(f *fake) { f.says("SET", reply) } }
	for _, test := range []struct {
		name   string
		server func(*fake)
		want   string
		cause  probe.Cause
	}{
		{"OK", func(*fake) {}, acknowledged, probe.NoCause},
		{"refused connection", (*fake).stop, unsent, probe.Refused},
		{"silence at the handshake", func(f *fake) { f.says("PING", "") }, unsent, probe.Timeout},
		{"a handshake that is not Redis", func(f *fake) { f.says("PING", "SSH-2.0-x\r\n") }, unsent, probe.Protocol},
		{"a wrong password", func(f *fake) { f.says("PING", "-NOAUTH Authentication required.\r\n") }, unsent, probe.Authentication},
		{"no connection left", func(f *fake) { f.says("PING", "-ERR max number of clients reached\r\n") }, unsent, probe.MaxClients},
		{"silence after HELLO, before the write", func(f *fake) { f.says("HELLO", "") }, unsent, probe.Timeout},
		{"silence after the write", says(""), indeterminate, probe.Timeout},
		{"a connection lost after the write", func(f *fake) {
			f.instead(func(args []string) (string, bool) {
				if args[0] == "SET" {
					go f.resetAll()
				}
				return "", args[0] == "SET"
			})
		}, indeterminate, probe.Reset},
		{"the slot moved", says("-MOVED 1 h:1\r\n"), rejected, probe.Moved},
		{"the slot is moving", says("-ASK 1 h:1\r\n"), rejected, probe.Moved},
		{"try again", says("-TRYAGAIN Multiple keys request during rehashing of slot\r\n"), rejected, probe.ServerRefused},
		{"the cluster is down", says("-CLUSTERDOWN Hash slot not served\r\n"), rejected, probe.ClusterDown},
		{"loading", says("-LOADING Redis is loading the dataset in memory\r\n"), rejected, probe.Loading},
		{"read-only", says("-READONLY You can't write against a read only replica.\r\n"), rejected, probe.ReadOnly},
		{"out of memory", says("-OOM command not allowed when used memory > 'maxmemory'.\r\n"), rejected, probe.OutOfMemory},
		{"too few replicas", says("-NOREPLICAS Not enough good replicas to write.\r\n"), rejected, probe.NoReplicas},
		{"the primary is down", says("-MASTERDOWN Link with MASTER is down\r\n"), rejected, probe.MasterDown},
		{"snapshots fail", says("-MISCONF Redis is configured to save RDB snapshots\r\n"), rejected, probe.ServerRefused},
		{"no permission", says("-NOPERM this user has no permissions\r\n"), rejected, probe.Permission},
		{"logged out", says("-NOAUTH Authentication required.\r\n"), rejected, probe.Authentication},
		{"busy", says("-BUSY Redis is busy running a script.\r\n"), rejected, probe.ServerRefused},
		{"an error that a proxy gives for a time-out", says("-ERR request timed out\r\n"), indeterminate, probe.ServerRefused},
		{"an error nobody knows", says("-STRANGE thing\r\n"), indeterminate, probe.ServerRefused},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				test.server(f)
				c := newClient(t, &n, us)
				began := time.Now()
				err := c.Write(t.Context(), k, []byte("v"), time.Minute)
				got := indeterminate
				switch {
				case err == nil:
					got = acknowledged
				case errors.Is(err, drill.ErrRejected):
					got = rejected
				case errors.Is(err, drill.ErrUnsent):
					got = unsent
				}
				if got != test.want || CauseOf(err) != test.cause {
					t.Errorf("%s because of %q, want %s because of %q: %v", got, CauseOf(err), test.want, test.cause, err)
				}
				if err != nil && !strings.Contains(err.Error(), "us (us.example:6379): ") {
					t.Errorf("the error does not name the region: %v", err)
				}
				if sets := f.received("SET"); sets > 1 || sets == 1 && got == unsent || sets == 0 && (got == rejected || got == indeterminate) {
					t.Errorf("%s, but the server received %d SET", got, sets)
				}
				if took := time.Since(began); took > DefaultTimeout {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

func TestACancelledWriteIsBrokenOffAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		f.says("SET", "")
		c := newClient(t, &n, us)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		began := time.Now()
		err := c.Write(ctx, k, []byte("v"), time.Minute)
		if err == nil || errors.Is(err, drill.ErrUnsent) || errors.Is(err, drill.ErrRejected) || time.Since(began) != 100*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Write(cancelled, k, []byte("v"), time.Minute); !errors.Is(err, drill.ErrUnsent) {
			t.Errorf("with a context that had ended before: %v", err)
		}
	})
}

// The pool of go-redis counts failed dials, and after as many as it has places
// answers from memory and looks once a second: the recovery would be seen late.
func TestRecoveryIsSeenAtOnceAfterThousandsOfFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		c := newClient(t, &n, us)
		for range 3000 {
			if err := c.Write(t.Context(), k, nil, time.Minute); !errors.Is(err, drill.ErrUnsent) {
				t.Fatal(err)
			}
		}
		inMemory(t, &n, at)
		if err := c.Write(t.Context(), k, nil, time.Minute); err != nil {
			t.Error(err)
		}
	})
}

func TestConcurrentWritesWhileConnectionsBreak(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 2))
		var n memnet.Network
		f := inMemory(t, &n, at)
		c := newClient(t, &n, us)
		var mu sync.Mutex
		outcome := make(map[string]error)
		var writers sync.WaitGroup
		for w := range 20 {
			writers.Go(func() {
				for i := range 200 {
					key := fmt.Sprintf("aafailover:{1}:run:%d-%d", w, i)
					err := c.Write(t.Context(), key, []byte("v"), time.Minute)
					mu.Lock()
					outcome[key] = err
					mu.Unlock()
					time.Sleep(time.Millisecond)
				}
			})
		}
		for range 20 {
			time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
			f.resetAll()
		}
		writers.Wait()
		counts := make(map[string]int)
		f.mu.Lock()
		defer f.mu.Unlock()
		for key, err := range outcome {
			_, applied := f.keys[key]
			switch {
			case err == nil && !applied:
				t.Errorf("%s was acknowledged and not applied", key)
			case errors.Is(err, drill.ErrUnsent) && applied:
				t.Errorf("%s was applied but called unsent: %v", key, err)
			case errors.Is(err, drill.ErrUnsent):
				counts["unsent"]++
			case err == nil:
				counts["acknowledged"]++
			default:
				counts["open"]++
			}
		}
		t.Logf("%v", counts)
		if counts["acknowledged"] < 2000 || counts["open"]+counts["unsent"] == 0 {
			t.Errorf("%v: nothing was tested", counts)
		}
	})
}

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

func TestKeysGoToTheShardThatOwnsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		m := slots.Map{Region: "us", Source: slots.ClusterSlots}
		var servers []*fake
		for i, ranges := range slots.Even(3) {
			address := fmt.Sprintf("shard%d:1", i)
			servers = append(servers, inMemory(t, &n, address))
			m.Shards = append(m.Shards, slots.Shard{ID: address, Address: address, Slots: ranges})
		}
		m.Shards[2].Slots[0].Last-- // nobody owns the last slot
		c := NewClient(us, m, Options{Dial: n.Dial})
		defer c.Close()
		var keys []string
		for slot := range slots.Count {
			if slot%100 != 0 && slot != slots.Count-1 {
				continue
			}
			key := slots.Channel("aafailover", slot, "run:1")
			err := c.Write(t.Context(), key, nil, time.Minute)
			if slot == slots.Count-1 {
				if !errors.Is(err, drill.ErrUnsent) || !strings.Contains(err.Error(), "no shard owns slot 16383") {
					t.Errorf("a slot that nobody owns: %v", err)
				}
				continue
			}
			keys = append(keys, key)
			i, _ := m.ShardOf(slot)
			if _, there := servers[i].keys[key]; err != nil || !there {
				t.Fatalf("slot %d is not on shard %d: %v", slot, i, err)
			}
		}
		if err := c.Delete(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
		for i, s := range servers {
			if len(s.keys) > 0 {
				t.Errorf("shard %d keeps %d keys", i, len(s.keys))
			}
		}
	})
}

// What the client must never send, it does not send even if it is asked to.
func TestClientIsGuarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		c := newClient(t, &n, us)
		pubsub := c.use().shards[0].Subscribe(t.Context())
		defer pubsub.Close()
		for _, err := range []error{
			c.Write(t.Context(), "foo", nil, time.Minute),
			c.Write(t.Context(), k, nil, 0),
			c.Delete(t.Context(), []string{"foo"}),
			c.use().shards[0].FlushAll(t.Context()).Err(),
			pubsub.Subscribe(t.Context(), "foo"),
		} {
			if !errors.Is(err, errForbidden) {
				t.Errorf("%v", err)
			}
		}
		for _, command := range []string{"SET", "DEL", "FLUSHALL", "SUBSCRIBE"} {
			if f.received(command) > 0 {
				t.Errorf("%s was sent", command)
			}
		}
	})
}

func TestConnect(t *testing.T) {
	for _, test := range []struct {
		name   string
		server func(*fake)
		cause  probe.Cause
	}{
		{"a server that answers", func(*fake) {}, probe.NoCause},
		{"a server that loads, over a connection that is ready", func(f *fake) { f.says("PING", "-LOADING x\r\n") }, probe.NoCause},
		{"nothing there", (*fake).stop, probe.Refused},
		{"silence", func(f *fake) { f.says("PING", "") }, probe.Timeout},
		{"a database that does not exist", func(f *fake) { f.says("SELECT", "-ERR DB index is out of range\r\n") }, probe.ServerRefused},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				if test.cause != probe.ServerRefused {
					f.says("SELECT", "+OK\r\n")
				}
				test.server(f)
				r := us
				if test.cause == probe.ServerRefused {
					r.Database = 99
				}
				err := newClient(t, &n, r).Connect(t.Context())
				if CauseOf(err) != test.cause {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// Closing ends dials that nobody waits for any more.
func TestCloseEndsDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blocked := func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		c := NewClient(us, one(at), Options{Dial: blocked, Timeout: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Write(ctx, k, nil, time.Minute); !errors.Is(err, drill.ErrUnsent) {
			t.Error(err)
		}
		began := time.Now()
		if err := c.Close(); err != nil || time.Since(began) > 0 {
			t.Errorf("closing took %v: %v", time.Since(began), err)
		}
	})
}

// The time a write may take is bounded by its context, too.
func TestAWriteEndsAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		f.says("SET", "")
		c := newClient(t, &n, us)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		began := time.Now()
		err := c.Write(ctx, k, nil, time.Minute)
		if CauseOf(err) != probe.Timeout || errors.Is(err, drill.ErrUnsent) || time.Since(began) != 300*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func BenchmarkClientWrite(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := resp.NewReader(c)
				for {
					args, err := r.ReadCommand()
					if err != nil {
						return
					}
					reply := "+OK\r\n"
					switch string(args[0]) {
					case "PING":
						reply = "+PONG\r\n"
					case "hello":
						reply = "-ERR unknown command\r\n"
					}
					if _, err := c.Write([]byte(reply)); err != nil {
						return
					}
				}
			}()
		}
	}()
	defer l.Close()
	address := l.Addr().String()
	c := NewClient(config.Region{Name: "us", Address: address}, one(address), Options{})
	defer c.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Write(b.Context(), k, []byte("v"), time.Minute); err != nil {
			b.Fatal(err)
		}
	}
}
