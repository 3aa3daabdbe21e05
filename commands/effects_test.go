package commands_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
)

// spoken is a connection to a real server.
type spoken struct {
	t *testing.T
	c net.Conn
	r *resp.Reader
}

func speak(t *testing.T, addr string) *spoken {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &spoken{t: t, c: c, r: resp.NewReader(c)}
}

func (s *spoken) do(words ...string) commands.Reply {
	s.t.Helper()
	if _, err := s.c.Write(resp.AppendCommand(nil, words...)); err != nil {
		s.t.Fatal(err)
	}
	v, err := s.r.ReadValue()
	if err != nil {
		s.t.Fatal(err)
	}
	return commands.ReplyOf(v)
}

// look is the state of an item, and the milliseconds after which its key expires; -1: never, -2: it is not there.
func (s *spoken) look(i commands.Item) (commands.State, int64) {
	return commands.StateOf(i.Kind, s.do(commands.Look(i.Kind, string(i.Key), string(i.Part))...), seed),
		s.do("PTTL", string(i.Key)).Int
}

// judgedCommands are those of which it is known what they leave behind.
var judgedCommands = []string{"set", "setex", "psetex", "setnx", "getset", "getdel", "getex", "mset", "msetnx", "incr", "decr",
	"incrby", "decrby", "incrbyfloat", "del", "unlink", "expire", "pexpire", "expireat", "pexpireat", "persist", "rename",
	"hset", "hmset", "hsetnx", "hdel", "hincrby", "hincrbyfloat", "sadd", "srem", "smove", "zadd", "zincrby", "zrem", "xadd", "xdel"}

// A real server carries out random commands on few keys, of all types at once. Whatever is said of their effects is so.
func TestEffectsAreThoseOfTheServer(t *testing.T) {
	table, server := realTable(t)
	for _, version := range []string{"2", "3"} {
		t.Run("RESP"+version, func(t *testing.T) {
			number := rand.Uint64()
			t.Logf("seed %d", number)
			random := rand.New(rand.NewPCG(number, 0))
			s := speak(t, server.Addr)
			if r := s.do("HELLO", version); r.Failed() {
				t.Fatalf("HELLO: %s", r.Text)
			}
			missing := make(map[string]bool) // the commands of which nothing has been compared yet
			for _, name := range judgedCommands {
				missing[name] = true
			}
			for n := 0; n < 60_000/racetest.Slowdown || len(missing) > 0; n++ {
				if n == 1_000_000 {
					t.Fatalf("nothing was said of what %v leave behind", missing)
				}
				words := redistest.Fill(random, redistest.Writes[random.IntN(len(redistest.Writes))])
				if s.compare(table, words) > 0 {
					delete(missing, strings.ToLower(words[0]))
				}
			}
		})
	}
}

// compare lets the server carry out a request, and compares what is said of the effects with what is there. It returns how many
// could be compared.
func (s *spoken) compare(table *commands.Table, words []string) (compared int) {
	s.t.Helper()
	args := request(words...)
	c, ok := table.Lookup(args)
	if !ok {
		s.t.Fatalf("%q is in no table", words)
	}
	effects, long := c.Effects(nil, args, seed)
	if long != 0 {
		s.t.Fatalf("%q: %d are too long", words, long)
	}
	type before struct {
		state commands.State
		ttl   int64
	}
	befores := make([]before, len(effects))
	for i, e := range effects {
		befores[i].state, befores[i].ttl = s.look(e.Item)
	}
	reply := s.do(words...)
	if reply.Failed() {
		return 0
	}
	for i, e := range effects {
		said := e.State.Settle(reply, seed)
		if said.Kind != commands.Unchanged && e.State.NamesPart() {
			e.Part = reply.Text
		}
		if later(effects[i+1:], e.Item) {
			continue
		}
		found, ttl := s.look(e.Item)
		switch said.Kind {
		case commands.Unknown:
			continue
		case commands.Unchanged:
			if e.Kind != commands.WholeKey && e.State.NamesPart() {
				continue // the id that there is none of
			}
			if found != befores[i].state {
				s.t.Errorf("%q: %s/%s should be as before, %v, and is %v", words, e.Key, e.Part, befores[i].state, found)
			}
		default:
			if !said.Agrees(found) || said.Kind == commands.Is && found.Kind != commands.Is {
				s.t.Errorf("%q answered %d %q: %s/%s should be %v, and is %v", words, reply.Int, reply.Text, e.Key, e.Part, said, found)
			}
		}
		compared++
		if said.Kind == commands.Absent {
			continue // what else is in the key may expire
		}
		if problem := expiry(said, befores[i].ttl, ttl); problem != "" {
			s.t.Errorf("%q answered %d %q: key %s: %s; it was to expire in %d ms, and is in %d ms", words, reply.Int, reply.Text, e.Key, problem, befores[i].ttl, ttl)
		}
	}
	return compared
}

// later tells whether one of the effects that follow is on the same item, or on the whole of its key.
func later(effects []commands.Effect, item commands.Item) bool {
	for _, e := range effects {
		if string(e.Key) == string(item.Key) && (string(e.Part) == string(item.Part) || e.Part == nil || item.Part == nil) {
			return true
		}
	}
	return false
}

// slow is how long a machine may take between two requests, in ms.
const slow = 1_000_000

// expiry compares what is said of the expiry of a key with the milliseconds that it had before and has now.
func expiry(said commands.State, before, now int64) string {
	want := int64(-1)
	switch {
	case now == -2:
		return ""
	case said.Keeps && before == -2: // made anew
	case said.Keeps:
		want = before
	case said.Expires > 0:
		want = said.Expires.Milliseconds()
	case said.Until > 0:
		want = said.Until - time.Now().UnixMilli()
	}
	if (want == -1) != (now == -1) || want >= 0 && (now > want+slow || now < want-slow) {
		return fmt.Sprintf("it should expire in %d ms (%+v)", want, said)
	}
	return ""
}
