//go:build unix

package region

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// keysOf are so many keys of one slot under the prefix.
func keysOf(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s:%d", k, i)
	}
	return keys
}

// With exactly the access that its manners need an application works on a real
// server, each write tells what became of it, and nothing else is sent.
func TestRealApplications(t *testing.T) {
	primary := redistest.Start(t)
	redistest.Replica(t, primary)
	wait := drill.Manners{Replicas: 1, ReplicaWait: time.Second}
	for _, test := range []struct {
		name    string
		manners drill.Manners
		first   error // of every first write; nil: acknowledged
		again   error // of writing the same keys once more
	}{
		{"plain", drill.Manners{}, nil, nil},
		{"fenced by NX", drill.Manners{Fencing: drill.FencingNX}, nil, drill.ErrExists},
		{"fenced by WATCH", drill.Manners{Fencing: drill.FencingWatch}, nil, drill.ErrExists},
		{"waiting for the replica that there is", wait, nil, nil},
		{"waiting for more replicas than there are", drill.Manners{Replicas: 2, ReplicaWait: 10 * time.Millisecond}, drill.ErrFewReplicas, drill.ErrFewReplicas},
		{"fenced by NX, waiting", drill.Manners{Fencing: drill.FencingNX, Replicas: 1, ReplicaWait: time.Second}, nil, drill.ErrExists},
		{"fenced by WATCH, waiting", drill.Manners{Fencing: drill.FencingWatch, Replicas: 1, ReplicaWait: time.Second}, nil, drill.ErrExists},
		{"fenced by WATCH, waiting for too many", drill.Manners{Fencing: drill.FencingWatch, Replicas: 3, ReplicaWait: 10 * time.Millisecond}, drill.ErrFewReplicas, drill.ErrExists},
	} {
		t.Run(test.name, func(t *testing.T) {
			access := AccessFor(ToProbe|UsesFor(test.manners), DefaultPrefix)
			c := NewApplication(grant(t, primary, "app", access.Rules...), one(primary.Addr), Options{}, test.manners)
			defer c.Close()
			stop := primary.Monitor(t)
			keys := keysOf(20)
			if test.manners.Fencing == drill.FencingWatch {
				keys = keys[:1] // it takes one at a time
			}
			for _, want := range []error{test.first, test.again} {
				for i, err := range c.WriteAll(t.Context(), keys, []byte("v"), time.Minute) {
					if !errors.Is(err, want) {
						t.Errorf("key %d: %v, want %v", i, err, want)
					}
				}
				if err := c.Write(t.Context(), keys[0], []byte("v"), time.Minute); !errors.Is(err, test.again) {
					t.Errorf("%v, want %v", err, test.again)
				}
			}
			found, err := c.Read(t.Context(), keys)
			if err != nil || slices.Contains(found, false) {
				t.Errorf("%v, %v", found, err)
			}
			if v := primary.Do(t, "PTTL", keys[0]); v.Int < 1000 {
				t.Errorf("a key that stays for %d ms", v.Int)
			}
			if err := c.Delete(t.Context(), keys); err != nil {
				t.Error(err)
			}
			sent := stop()
			sentOnly(t, slices.DeleteFunc(sent, func(s redistest.Sent) bool {
				return strings.EqualFold(s.Args[0], "PTTL") || strings.EqualFold(s.Args[0], "REPLCONF")
			}), access.Rules)
		})
	}
}

// What a pipeline sends is its writes, one after the other.
func TestAPipelineIsItsWrites(t *testing.T) {
	for _, test := range []struct {
		name    string
		fencing drill.Fencing
		expiry  time.Duration
		after   []string // the value
	}{
		{"whole seconds", drill.NoFencing, time.Hour, []string{"EX", "3600"}},
		{"a part of a second", drill.NoFencing, 1500 * time.Millisecond, []string{"PX", "1500"}},
		{"fenced", drill.FencingNX, time.Minute, []string{"EX", "60", "NX"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := NewApplication(us, one(at), Options{}, drill.Manners{Fencing: test.fencing})
			keys := []string{k, k + ":a key that is longer", k + ":b"}
			want := []byte("before")
			for _, key := range keys {
				want = resp.AppendCommand(want, append([]string{"SET", key, "the value"}, test.after...)...)
			}
			if got := c.appendSets([]byte("before"), keys, []byte("the value"), test.expiry); string(got) != string(want) {
				t.Errorf("%q\nwant %q", got, want)
			}
		})
	}
}

// Each write of a pipeline is judged by what was said of it, also when the rest was
// never answered.
func TestOutcomesInAPipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		keys := keysOf(6)
		replies := []string{"+OK\r\n", "-OOM no\r\n", "$-1\r\n", "-ERR request timed out\r\n", "", ""}
		f.instead(func(args []string) (string, bool) {
			if args[0] != "set" && args[0] != "SET" {
				return "", false
			}
			return replies[slices.Index(keys, args[1])], true
		})
		c := NewApplication(us, one(at), Options{Dial: n.Dial}, drill.Manners{Fencing: drill.FencingNX})
		defer c.Close()
		errs := c.WriteAll(t.Context(), keys, []byte("v"), time.Minute)
		for i, want := range []error{nil, drill.ErrRejected, drill.ErrExists} {
			if !errors.Is(errs[i], want) {
				t.Errorf("%q is taken for %v", replies[i], errs[i])
			}
		}
		for i, err := range errs[3:] {
			if err == nil || errors.Is(err, drill.ErrRejected) || errors.Is(err, drill.ErrUnsent) || errors.Is(err, drill.ErrExists) {
				t.Errorf("%q, which leaves the write open, is taken for %v", replies[3+i], err)
			}
		}
	})
}

func TestAPipelineThatWasNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		f.stop()
		c := NewApplication(us, one(at), Options{Dial: n.Dial}, drill.Manners{Replicas: 1, ReplicaWait: time.Second})
		defer c.Close()
		for i, err := range c.WriteAll(t.Context(), keysOf(3), []byte("v"), time.Minute) {
			if !errors.Is(err, drill.ErrUnsent) {
				t.Errorf("key %d: %v", i, err)
			}
		}
		c = NewApplication(us, slots.Map{Region: "us"}, Options{Dial: n.Dial}, drill.Manners{})
		for i, err := range c.WriteAll(t.Context(), keysOf(3), []byte("v"), time.Minute) {
			if !errors.Is(err, drill.ErrUnsent) {
				t.Errorf("key %d of a slot that nobody owns: %v", i, err)
			}
		}
	})
}

// A pipeline that is broken off ends at once, and all that was sent is open.
func TestAPipelineThatIsBrokenOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		f.says("SET", "")
		c := NewApplication(us, one(at), Options{Dial: n.Dial, Timeout: time.Minute}, drill.Manners{})
		defer c.Close()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		for i, err := range c.WriteAll(ctx, keysOf(3), []byte("v"), time.Minute) {
			if err == nil || errors.Is(err, drill.ErrUnsent) || errors.Is(err, drill.ErrRejected) {
				t.Errorf("key %d: %v", i, err)
			}
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// What a fenced write was told decides; what the server dropped was not applied.
func TestOutcomesOfAWatchedWrite(t *testing.T) {
	for _, test := range []struct {
		name string
		says map[string]string // instead of what the server would say
		want string
		sets int
	}{
		{"a transaction that is dropped every time", map[string]string{"exec": "*-1\r\n"}, "rejected", watchAttempts},
		{"a transaction with an error in it", map[string]string{"set": "-READONLY no\r\n", "exec": "-EXECABORT no\r\n"}, "rejected", 1},
		{"a write that fails when it is executed", map[string]string{"exec": "*1\r\n-OOM no\r\n"}, "rejected", 1},
		{"a transaction without an answer", map[string]string{"exec": ""}, "open", 1},
		{"WATCH without an answer", map[string]string{"watch": ""}, "unsent", 0},
		{"WATCH that is refused", map[string]string{"watch": "-NOPERM no\r\n"}, "unsent", 0},
		{"a look that is refused", map[string]string{"exists": "-LOADING no\r\n"}, "unsent", 0},
		{"a key that is there", map[string]string{"exists": ":1\r\n"}, "exists", 0},
		{"a transaction that is executed", nil, "acknowledged", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				usual := map[string]string{"watch": "+OK\r\n", "unwatch": "+OK\r\n", "multi": "+OK\r\n", "set": "+QUEUED\r\n", "exec": "*1\r\n+OK\r\n"}
				f.instead(func(args []string) (string, bool) {
					name := strings.ToLower(args[0])
					if reply, ok := test.says[name]; ok {
						return reply, true
					}
					reply, ok := usual[name]
					return reply, ok
				})
				c := NewApplication(us, one(at), Options{Dial: n.Dial}, drill.Manners{Fencing: drill.FencingWatch})
				defer c.Close()
				err := c.Write(t.Context(), k, []byte("v"), time.Minute)
				got := "open"
				switch {
				case err == nil:
					got = "acknowledged"
				case errors.Is(err, drill.ErrRejected):
					got = "rejected"
				case errors.Is(err, drill.ErrUnsent):
					got = "unsent"
				case errors.Is(err, drill.ErrExists):
					got = "exists"
				}
				if got != test.want || f.received("SET")+f.received("set") != test.sets {
					t.Errorf("%s after %d SET: %v, want %s after %d", got, f.received("SET")+f.received("set"), err, test.want, test.sets)
				}
			})
		})
	}
}
