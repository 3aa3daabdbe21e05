package region

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
)

// sinkConn takes what a guard lets through.
type sinkConn struct {
	net.Conn
	got    bytes.Buffer
	closed bool
}

func (c *sinkConn) Write(b []byte) (int, error) { return c.got.Write(b) }
func (c *sinkConn) Close() error                { c.closed = true; return nil }

const k = "aafailover:{1}:us" // a channel, or key, under the prefix

// writing is what heartbeats and the application of a drill may send, unless the
// application has manners that need more.
func writing(prefix string) *list { return newList(prefix, rulesFor(ToProbe|ToBeat|ToDrill)) }

func TestWhatMayBeSent(t *testing.T) {
	for _, test := range []struct {
		name             string
		command          string
		observing, drill bool
	}{
		{"a password", "AUTH p", true, true},
		{"a user and a password", "AUTH u p", true, true},
		{"AUTH with nothing", "AUTH", false, false},
		{"the greeting of go-redis", "hello 2", true, true},
		{"PING", "PING", true, true},
		{"PING in small letters, for case does not matter to a server", "ping", true, true},
		{"QUIT, which nothing here sends", "QUIT", false, false},
		{"asking a Sentinel", "SENTINEL get-master-addr-by-name db", false, false},
		{"publishing under the prefix", "PUBLISH " + k + " m", true, true},
		{"publishing elsewhere", "PUBLISH news m", false, false},
		{"publishing under a longer prefix that begins alike", "PUBLISH aafailover2:{1}:us m", false, false},
		{"publishing without a hash tag", "PUBLISH aafailover:us m", false, false},
		{"publishing to the bare prefix", "PUBLISH aafailover:{ m", false, false},
		{"publishing with one argument too many", "PUBLISH " + k + " m n", false, false},
		{"sharded publishing", "SPUBLISH " + k + " m", true, true},
		{"subscribing", "SUBSCRIBE " + k + " aafailover:{2}:us", true, true},
		{"subscribing to nothing", "SUBSCRIBE", false, false},
		{"subscribing to one channel elsewhere among ours", "SUBSCRIBE " + k + " news", false, false},
		{"sharded subscribing", "SSUBSCRIBE " + k, true, true},
		{"unsubscribing from all", "UNSUBSCRIBE", true, true},
		{"unsubscribing", "SUNSUBSCRIBE " + k, true, true},
		{"subscribing to a pattern", "PSUBSCRIBE aafailover:{*", false, false},
		{"reading the slots", "CLUSTER SLOTS", true, true},
		{"reading the shards", "cluster shards", true, true},
		{"asking for the slot of one of our channels", "CLUSTER KEYSLOT " + k, true, true},
		{"asking for the slot of another key", "CLUSTER KEYSLOT foo", false, false},
		{"changing the cluster", "CLUSTER FAILOVER", false, false},
		{"resetting the cluster", "CLUSTER RESET HARD", false, false},
		{"CLUSTER alone", "CLUSTER", false, false},
		{"writing with an expiry", "SET " + k + " v PX 1000", false, true},
		{"writing with an expiry in seconds, once", "SET " + k + " v NX EX 10", false, true},
		{"writing for ever", "SET " + k + " v", false, false},
		{"writing for ever, once", "SET " + k + " v NX", false, false},
		{"writing elsewhere", "SET foo v PX 1000", false, false},
		{"an expiry of nothing", "SET " + k + " v PX 0", false, false},
		{"a negative expiry", "SET " + k + " v EX -1", false, false},
		{"an expiry with a sign", "SET " + k + " v EX +1", false, false},
		{"an expiry with a leading zero", "SET " + k + " v EX 01", false, false},
		{"an expiry that no server can count", "SET " + k + " v EX 9999999999999999999", false, false},
		{"the longest expiry that is taken", "SET " + k + " v PX 999999999999999999", false, true},
		{"two expiries", "SET " + k + " v EX 1 PX 1", false, false},
		{"an expiry without a number", "SET " + k + " v EX", false, false},
		{"keeping the expiry, which may be none", "SET " + k + " v KEEPTTL", false, false},
		{"overwriting only", "SET " + k + " v XX PX 5", false, false},
		{"reading", "GET " + k, false, true},
		{"reading elsewhere", "GET foo", false, false},
		{"reading several", "GET " + k + " " + k, false, false},
		{"looking for several, one elsewhere", "EXISTS " + k + " foo", false, false},
		{"looking", "EXISTS " + k, false, true},
		{"deleting", "DEL " + k, false, true},
		{"deleting elsewhere", "DEL " + k + " foo", false, false},
		{"another database", "SELECT 1", false, true},
		{"FLUSHALL", "FLUSHALL", false, false},
		{"CONFIG", "CONFIG SET maxmemory 1", false, false},
		{"a script", "EVAL return 0", false, false},
		{"a transaction", "MULTI", false, false},
		{"a name longer than any", "AVERYLONGCOMMANDNAMETHATDOESNOTEXIST x", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, list := range []struct {
				name string
				list *list
				want bool
			}{{"observing", observing("aafailover"), test.observing}, {"drill", writing("aafailover"), test.drill}} {
				under := &sinkConn{}
				g := newGuard(under, list.list)
				wire := resp.AppendCommand(nil, strings.Fields(test.command)...)
				_, err := g.Write(wire)
				if list.want {
					if err != nil || !bytes.Equal(under.got.Bytes(), wire) {
						t.Errorf("%s: %v, sent %q", list.name, err, under.got.Bytes())
					}
					continue
				}
				if !errors.Is(err, errForbidden) || under.got.Len() > 0 || !under.closed {
					t.Errorf("%s: error %v, sent %q, closed %v", list.name, err, under.got.Bytes(), under.closed)
				}
				if _, again := g.Write(resp.AppendCommand(nil, "PING")); !errors.Is(again, errForbidden) || under.got.Len() > 0 {
					t.Errorf("%s: afterwards PING: error %v, sent %q", list.name, again, under.got.Bytes())
				}
			}
		})
	}
}

// What an application's manners need is on the list of that application, and of no other.
func TestWhatMannersMaySend(t *testing.T) {
	for _, test := range []struct {
		name, command string
		manners       drill.Manners
		want          bool
	}{
		{"WATCH, to fence by it", "WATCH " + k, drill.Manners{Fencing: drill.FencingWatch}, true},
		{"WATCH of a key elsewhere", "WATCH foo", drill.Manners{Fencing: drill.FencingWatch}, false},
		{"WATCH of nothing", "WATCH", drill.Manners{Fencing: drill.FencingWatch}, false},
		{"UNWATCH", "UNWATCH", drill.Manners{Fencing: drill.FencingWatch}, true},
		{"a transaction", "MULTI", drill.Manners{Fencing: drill.FencingWatch}, true},
		{"its end", "EXEC", drill.Manners{Fencing: drill.FencingWatch}, true},
		{"a write for ever in it", "SET " + k + " v", drill.Manners{Fencing: drill.FencingWatch}, false},
		{"a transaction, to fence by NX", "MULTI", drill.Manners{Fencing: drill.FencingNX}, false},
		{"a write by NX", "SET " + k + " v PX 5 NX", drill.Manners{Fencing: drill.FencingNX}, true},
		{"WATCH of a plain application", "WATCH " + k, drill.Manners{}, false},
		{"WAIT of a plain application", "WAIT 1 100", drill.Manners{}, false},
		{"WAIT for replicas", "WAIT 1 100", drill.Manners{Replicas: 1}, true},
		{"WAIT without an end", "WAIT 1 0", drill.Manners{Replicas: 1}, false},
		{"WAIT for no replica", "WAIT 0 100", drill.Manners{Replicas: 1}, false},
		{"WAIT for less than none", "WAIT -1 100", drill.Manners{Replicas: 1}, false},
		{"WAIT for something", "WAIT x 100", drill.Manners{Replicas: 1}, false},
		{"WAIT without a time", "WAIT 1", drill.Manners{Replicas: 1}, false},
		{"a script, whatever the manners", "EVAL return 0", drill.Manners{Replicas: 1, Fencing: drill.FencingWatch}, false},
	} {
		var args [][]byte
		for _, arg := range strings.Fields(test.command) {
			args = append(args, []byte(arg))
		}
		if err := NewApplication(at2("us", "h:1"), one("h:1"), Options{}, test.manners).may.check(args); (err == nil) != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestWhatIsNoCommand(t *testing.T) {
	for _, test := range []struct{ name, wire string }{
		{"an inline command", "PING\r\n"},
		{"an empty array", "*0\r\n"},
		{"a null array", "*-1\r\n"},
		{"a null argument", "*1\r\n$-1\r\n"},
		{"an argument that is no string", "*1\r\n:4\r\n"},
		{"a length with a leading zero, which servers read in different ways", "*01\r\n$4\r\nPING\r\n"},
		{"such a length of an argument", "*1\r\n$04\r\nPING\r\n"},
		{"such a length of three digits", "*1\r\n$004\r\nPING\r\n"},
		{"a length of two digits of which one is none", "*1\r\n$1:\r\nPING\r\n"},
		{"a length of two digits without a carriage return", "*1\r\n$10\n\rPINGPINGPI\r\n"},
		{"a length with a sign", "*+1\r\n$4\r\nPING\r\n"},
		{"no length", "*\r\n$4\r\nPING\r\n"},
		{"a line without a carriage return", "*1\n$4\nPING\n"},
		{"an argument longer than it says", "*1\r\n$3\r\nPING\r\n"},
		{"an absurd number of arguments", "*99999999\r\n"},
		{"an absurd length", "*1\r\n$9999999\r\n"},
		{"more than a command may have", "*2\r\n$4\r\nPING\r\n$1048577\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			under := &sinkConn{}
			if _, err := newGuard(under, writing("aafailover")).Write([]byte(test.wire)); !errors.Is(err, errForbidden) || under.got.Len() > 0 {
				t.Errorf("error %v, sent %q", err, under.got.Bytes())
			}
		})
	}
}

func TestWhatIsHeldBackIsBounded(t *testing.T) {
	under := &sinkConn{}
	g := newGuard(under, writing("aafailover"))
	var err error
	written := 0
	for chunk := []byte("*500000\r\n"); err == nil && written < 3*maxCommand; chunk = bytes.Repeat([]byte("$1\r\nx\r\n"), 1000) {
		_, err = g.Write(chunk)
		written += len(chunk)
	}
	if !errors.Is(err, errForbidden) || written > maxCommand+10_000 || under.got.Len() > 0 {
		t.Errorf("after %d bytes: %v, sent %d", written, err, under.got.Len())
	}
}

// A command is judged by its own name and arguments, whatever was allowed before it.
func TestWhatFollowsAnAllowedCommandIsJudgedByItself(t *testing.T) {
	good := resp.AppendCommand(nil, "SET", k, "v", "PX", "5")
	for _, test := range []struct {
		name, after string
		want        bool
	}{
		{"the same again", "SET " + k + " v PX 5", true},
		{"the same in small letters", "set " + k + " v PX 5", true},
		{"the same name elsewhere", "SET foo v PX 5", false},
		{"the same name without an expiry", "SET " + k + " v", false},
		{"another name that is allowed", "PUBLISH " + k + " m", true},
		{"another name with arguments that the first might have", "GETSET " + k + " v PX 5", false},
		{"a longer name that begins alike", "SETEX " + k + " 5 v", false},
		{"a shorter name", "SE " + k + " v PX 5", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			under := &sinkConn{}
			g := newGuard(under, writing("aafailover"))
			stream := resp.AppendCommand(slices.Clone(good), strings.Fields(test.after)...)
			if _, err := g.Write(stream); (err == nil) != test.want || test.want != (under.got.Len() == len(stream)) {
				t.Errorf("%v, %q", err, under.got.Bytes())
			}
		})
	}
}

// through writes a stream to a guard in pieces of the given sizes, repeated, and
// returns what it let through and whether it refused.
func through(stream []byte, sizes func() int) (string, bool) {
	under := &sinkConn{}
	g := newGuard(under, writing("aafailover"))
	for len(stream) > 0 {
		n := min(max(sizes(), 1), len(stream))
		if _, err := g.Write(stream[:n]); err != nil {
			return under.got.String(), true
		}
		stream = stream[n:]
	}
	return under.got.String(), false
}

func TestHowAStreamIsCutDoesNotMatter(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	commands := [][]string{{"PING"}, {"PUBLISH", k, "some\r\nbytes*1\r\n"}, {"SET", k, "v", "PX", "5"}, {"SUBSCRIBE", k, k, k}, {"AUTH", ""}, {"DEL", "foo"}, {"FLUSHALL"}, {"SET", "foo", "v", "PX", "5"}}
	for range 2000 {
		var stream []byte
		for range random.IntN(8) {
			// The last three are forbidden, and rarer.
			i := random.IntN(len(commands) - 3)
			if random.IntN(10) == 0 {
				i = random.IntN(len(commands))
			}
			stream = resp.AppendCommand(stream, commands[i]...)
		}
		if random.IntN(4) == 0 && len(stream) > 0 {
			stream[random.IntN(len(stream))] = byte(random.IntN(256))
		}
		whole, refused := through(stream, func() int { return len(stream) })
		pieces, refusedPieces := through(stream, func() int { return 1 + random.IntN(7) })
		if whole != pieces || refused != refusedPieces {
			t.Fatalf("%q\nwhole:  %q %v\npieces: %q %v", stream, whole, refused, pieces, refusedPieces)
		}
	}
}

// Whatever is written and however it is cut, what comes through is a sequence of
// complete commands that are on the list, and a prefix of what was written.
func FuzzGuard(f *testing.F) {
	f.Add([]byte("*1\r\n$4\r\nPING\r\n"), byte(1))
	f.Add(resp.AppendCommand(resp.AppendCommand(nil, "PUBLISH", k, "m"), "FLUSHALL"), byte(3))
	f.Add([]byte("*1\r\n$4\r\nPING\r\nFLUSHALL\r\n"), byte(9))
	f.Fuzz(func(t *testing.T, stream []byte, size byte) {
		got, refused := through(stream, func() int { return int(size) })
		whole, refusedWhole := through(stream, func() int { return len(stream) })
		if got != whole || refused != refusedWhole {
			t.Fatalf("in pieces %q %v, whole %q %v", got, refused, whole, refusedWhole)
		}
		if !bytes.HasPrefix(stream, []byte(got)) {
			t.Fatalf("%q came through, which nobody wrote", got)
		}
		l, r := writing("aafailover"), resp.NewReader(strings.NewReader(got))
		for {
			args, err := r.ReadCommand()
			if err != nil {
				if err.Error() != "EOF" {
					t.Fatalf("%q: %v", got, err)
				}
				return
			}
			if err := l.check(args); err != nil {
				t.Fatalf("%q came through", args)
			}
		}
	})
}

func BenchmarkGuardPublish(b *testing.B) {
	g := newGuard(discard{}, observing("aafailover"))
	wire := resp.AppendCommand(nil, "PUBLISH", k, strings.Repeat("x", 64))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Write(wire); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGuardWrites is a pipeline of a drill's writes; the time is that of one.
func BenchmarkGuardWrites(b *testing.B) {
	const pipeline = 100
	g := newGuard(discard{}, writing("aafailover"))
	var wire []byte
	for range pipeline {
		wire = resp.AppendCommand(wire, "SET", k, strings.Repeat("x", 64), "EX", "3600")
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Write(wire); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/pipeline, "ns/write")
}

type discard struct{ net.Conn }

func (discard) Write(b []byte) (int, error) { return len(b), nil }
