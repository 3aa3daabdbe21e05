package redistest_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
)

// twoServers are two servers and a copier between them.
func twoServers(t *testing.T, args ...string) (a, b *redistest.Server, c *redistest.Copier) {
	t.Helper()
	a, b = redistest.Start(t, args...), redistest.Start(t, args...)
	return a, b, redistest.NewCopier(t, a, b)
}

// reads waits until a server answers a GET so; "" is for no key.
func reads(t *testing.T, s *redistest.Server, key, want string) {
	t.Helper()
	redistest.Await(t, fmt.Sprintf("%s is %q", key, want), func() bool { return s.Do(t, "GET", key).Str == want })
}

// onRecord waits until what was applied is on record.
func onRecord(t *testing.T, c *redistest.Copier) {
	t.Helper()
	redistest.Await(t, "nothing is held", func() bool { return c.Held() == 0 })
}

func TestCopierCarriesEffectsBothWays(t *testing.T) {
	a, b, c := twoServers(t)
	listener := subscribe(t, b)
	a.Do(t, "SET", "from a", "1")
	b.Do(t, "SET", "from b", "2")
	a.Do(t, "SET", "fleeting", "x", "PX", "100000")
	a.Do(t, "EVAL", "redis.call('set', 'x', '1') return redis.call('incr', 'x')", "0")
	a.Do(t, "PUBLISH", "news", "first")
	reads(t, b, "from a", "1")
	reads(t, a, "from b", "2")
	reads(t, b, "x", "2")
	if got := listener.next(t); got != "first" {
		t.Errorf("the message is %q", got)
	}
	if left := b.Do(t, "PTTL", "fleeting").Int; left <= 0 || left > 100_000 {
		t.Errorf("the copy expires in %d ms", left)
	}
	if at, copied := a.Do(t, "PEXPIRETIME", "fleeting").Int, b.Do(t, "PEXPIRETIME", "fleeting").Int; at != copied {
		t.Errorf("the key expires at %d, its copy at %d", at, copied)
	}
	a.Do(t, "DEL", "from b")
	reads(t, b, "from b", "")
	onRecord(t, c)

	for _, e := range c.To(b).Applied() {
		if e.Refused != "" || e.Sent.Before(e.Read) || e.Applied.Before(e.Sent) {
			t.Errorf("on record: %+v", e)
		}
	}
	if applied := len(c.To(b).Applied()); applied != 5 { // three writes, a message and the delete; both of the script at once
		t.Errorf("%d effects went to b, not 5: %v", applied, c.To(b).Applied())
	}
}

func TestCopierEchoesNothing(t *testing.T) {
	a, b, c := twoServers(t)
	listener := subscribe(t, a)
	a.Do(t, "PUBLISH", "news", "once")
	b.Do(t, "SET", "k", "from b")
	reads(t, a, "k", "from b")
	b.Do(t, "PUBLISH", "news", "the end")
	if got := []string{listener.next(t), listener.next(t)}; !slices.Equal(got, []string{"once", "the end"}) {
		t.Errorf("received %q", got)
	}
	a.Do(t, "SET", "k", "the end")
	reads(t, b, "k", "the end")
	onRecord(t, c)
	if back := c.To(b).Applied(); len(back) != 2 || back[0].Commands[0][0] != "PUBLISH" {
		t.Errorf("came back to b: %v", back)
	}
}

// Whatever holds a direction up, what was written meanwhile arrives afterwards, in order, and the other direction goes on.
func TestCopierHeldUp(t *testing.T) {
	for _, row := range []struct {
		says string
		hold func(*redistest.Stream)
		// held tells whether the effects wait in the copier, or at the source.
		held bool
	}{
		{"a stalled direction holds what comes", (*redistest.Stream).Stall, true},
		{"a cut direction leaves it in the backlog of the source", (*redistest.Stream).Cut, false},
	} {
		t.Run(row.says, func(t *testing.T) {
			a, b, c := twoServers(t)
			listener := subscribe(t, b)
			a.Do(t, "SET", "before", "1")
			reads(t, b, "before", "1")
			row.hold(c.To(b))
			for i := range 10 {
				a.Do(t, "SET", "k", strconv.Itoa(i))
				a.Do(t, "PUBLISH", "news", strconv.Itoa(i))
			}
			b.Do(t, "SET", "other way", "1")
			reads(t, a, "other way", "1")
			if row.held {
				redistest.Await(t, "all is held", func() bool { return c.To(b).Held() == 20 })
			}
			if got := b.Do(t, "GET", "k"); !got.IsNull() {
				t.Fatalf("arrived: %v", got)
			}
			healed := time.Now()
			c.Heal()
			reads(t, b, "k", "9")
			for i := range 10 {
				if got := listener.next(t); got != strconv.Itoa(i) {
					t.Fatalf("message %d is %q", i, got)
				}
			}
			onRecord(t, c)
			for i, e := range c.To(b).Applied()[1:] {
				if e.Sent.Before(healed) || e.Copied {
					t.Errorf("effect %d: %+v", i, e)
				}
			}
		})
	}
}

func TestCopierDelaysInOrder(t *testing.T) {
	a, b, c := twoServers(t)
	const delay = 150 * time.Millisecond
	c.To(b).Delay(delay)
	for i := range 20 {
		a.Do(t, "SET", "k", strconv.Itoa(i))
	}
	reads(t, b, "k", "19")
	onRecord(t, c)
	for i, e := range c.To(b).Applied() {
		if took := e.Applied.Sub(e.Read); took < delay || e.Commands[0][2] != strconv.Itoa(i) {
			t.Errorf("effect %d, %q, took %v", i, e.Commands, took)
		}
	}
}

func TestCopierLosesWhatItHolds(t *testing.T) {
	a, b, c := twoServers(t)
	c.To(b).Stall()
	a.Do(t, "SET", "gone", "1")
	redistest.Await(t, "held", func() bool { return c.To(b).Held() == 1 })
	c.To(b).Lose()
	c.Heal()
	a.Do(t, "SET", "later", "1")
	reads(t, b, "later", "1")
	if got := b.Do(t, "GET", "gone"); !got.IsNull() {
		t.Errorf("what was lost is there: %v", got)
	}
	if lost := c.To(b).Lost(); len(lost) != 1 || !slices.Equal(lost[0].Commands[0], []string{"SET", "gone", "1"}) {
		t.Errorf("lost: %v", lost)
	}
}

// A server that was killed while a direction was cut has forgotten its backlog: what it kept is copied.
func TestCopierServerComesBack(t *testing.T) {
	for _, row := range []struct {
		says string
		args []string
		kept bool
	}{
		{"with all that it had", []string{"--appendonly", "yes", "--appendfsync", "always"}, true},
		{"empty", nil, false},
	} {
		t.Run(row.says, func(t *testing.T) {
			a, b, c := twoServers(t, row.args...)
			a.Do(t, "SET", "old", "1")
			reads(t, b, "old", "1")
			c.To(b).Cut()
			a.Do(t, "SET", "unseen", "1", "EX", "1000")
			a.Kill()
			b.Do(t, "SET", "meanwhile", "1")
			if err := a.Restart(); err != nil {
				t.Fatal(err)
			}
			reads(t, a, "meanwhile", "1")
			reads(t, a, "old", "1") // its own, or what the other side had of it
			c.Heal()
			a.Do(t, "SET", "new", "1")
			reads(t, b, "new", "1")
			if !row.kept {
				if got := b.Do(t, "GET", "unseen"); !got.IsNull() {
					t.Errorf("what nobody kept is there: %v", got)
				}
				return
			}
			reads(t, b, "unseen", "1")
			if left := b.Do(t, "TTL", "unseen").Int; left <= 0 || left > 1000 {
				t.Errorf("the copy expires in %d s", left)
			}
		})
	}
}

// Two servers that are written to at random, while the copier is held up at random, have the same keys in the end, and each
// message arrives on the other side once.
func TestCopierConverges(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	a, b, c := twoServers(t)
	heardA, heardB := subscribe(t, a), subscribe(t, b)
	hold := []func(*redistest.Stream){
		(*redistest.Stream).Cut, (*redistest.Stream).Stall, (*redistest.Stream).Heal,
		func(s *redistest.Stream) { s.Delay(time.Duration(random.IntN(5)) * time.Millisecond) },
	}
	const steps = 300
	for i := range steps {
		side := []*redistest.Server{a, b}[i%2]
		side.Do(t, "SET", fmt.Sprint("k", i), "v", "EX", "1000")
		side.Do(t, "PUBLISH", "news", strconv.Itoa(i))
		if i >= 2 && random.IntN(4) == 0 {
			side.Do(t, "DEL", fmt.Sprint("k", i-2))
		}
		if random.IntN(8) == 0 {
			hold[random.IntN(len(hold))](c.To(side))
		}
	}
	c.Heal()
	for _, heard := range []*subscription{heardA, heardB} {
		var even, odd []int // by the side that published
		for range steps {
			n, err := strconv.Atoi(heard.next(t))
			if err != nil {
				t.Fatal(err)
			}
			if n%2 == 0 {
				even = append(even, n)
			} else {
				odd = append(odd, n)
			}
		}
		if len(slices.Compact(even)) != steps/2 || !slices.IsSorted(even) || !slices.IsSorted(odd) {
			t.Errorf("messages: %v and %v", even, odd)
		}
	}
	onRecord(t, c)
	if here, there := keysOf(t, a), keysOf(t, b); !slices.Equal(here, there) {
		t.Errorf("a has %d keys, b %d:\n%v\n%v", len(here), len(there), here, there)
	}
}

func keysOf(t *testing.T, s *redistest.Server) []string {
	t.Helper()
	var keys []string
	for _, k := range s.Do(t, "KEYS", "*").Elems {
		keys = append(keys, k.Str)
	}
	slices.Sort(keys)
	return keys
}

// subscription is a connection that has subscribed to the channel news.
type subscription struct {
	conn net.Conn
	in   *resp.Reader
}

func subscribe(t *testing.T, s *redistest.Server) *subscription {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write(resp.AppendCommand(nil, "SUBSCRIBE", "news")); err != nil {
		t.Fatal(err)
	}
	heard := &subscription{conn, resp.NewReader(conn)}
	if _, err := heard.in.ReadValue(); err != nil {
		t.Fatal(err)
	}
	return heard
}

// next is the text of the next message.
func (s *subscription) next(t *testing.T) string {
	t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	v, err := s.in.ReadValue()
	if err != nil || len(v.Elems) != 3 || !strings.EqualFold(v.Elems[0].Str, "message") {
		t.Fatalf("no message: %v, %v", v, err)
	}
	return v.Elems[2].Str
}
