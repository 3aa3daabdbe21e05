package region

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
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
)

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
		{"a connection lost at the handshake", func(f *fake) {
			f.instead(func(args []string) (string, bool) {
				if args[0] == "PING" {
					go f.resetAll()
				}
				return "", args[0] == "PING"
			})
		}, unsent, probe.Reset},
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

// A pool that answers from memory after many failures, as those of some client
// libraries do, would see the recovery late.
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
