package commands_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/internal/resp"
)

// templates are requests with blanks: K a key, F a part of one, V a value, N a number, S a score, I the id of an entry, T a time to
// live, A a time, each drawn anew.
var templates = strings.Split(strings.TrimSpace(`
SET K V
SET K V NX
SET K V XX
SET K V GET
SET K V NX GET
SET K V XX GET
SET K V EX T
set K V px T000 nx
SET K V EXAT A KEEPTTL
SET K V EXAT A
SET K V PXAT A000 XX
SET K V KEEPTTL
SET K N
SETEX K T V
PSETEX K T000 V
SETNX K V
GETSET K V
GETDEL K
GETEX K
GETEX K EX T
GETEX K PERSIST
GETEX K EXAT A
MSET K V K V
MSETNX K V K V
INCR K
DECR K
INCRBY K N
DECRBY K N
INCRBYFLOAT K S
APPEND K V
SETRANGE K 1 V
DEL K
DEL K K K
UNLINK K K
EXPIRE K T
EXPIRE K T NX
EXPIRE K T GT
EXPIRE K T LT
PEXPIRE K T000 XX
EXPIRE K 0
EXPIRE K -5
EXPIREAT K A
EXPIREAT K 0
PEXPIREAT K A000
PEXPIREAT K -1
PERSIST K
RENAME K K
RENAMENX K K
COPY K K REPLACE
HSET K F V
HSET K F V F V
HMSET K F V F V
HSETNX K F V
HSET K F N
HDEL K F
HDEL K F F
HINCRBY K F N
HINCRBYFLOAT K F S
SADD K F
SADD K F F F
SREM K F
SREM K F F
SMOVE K K F
SPOP K
SINTERSTORE K K K
ZADD K S F
ZADD K S F S F
ZADD K NX S F
ZADD K XX S F
ZADD K NX S F S F
ZADD K XX S F S F
ZADD K GT S F
ZADD K LT CH S F
ZADD K GT S F S F
ZADD K XX GT CH S F
ZADD K CH S F
ZADD K XX CH S F
ZADD K NX CH S F
ZADD K INCR S F
ZADD K NX INCR S F
ZADD K XX INCR S F
ZADD K GT INCR S F
ZINCRBY K S F
ZREM K F F
ZPOPMIN K
ZUNIONSTORE K 2 K K
XADD K * F V
XADD K I F V F V
XADD K 5-* F V
XADD K 7 F V
XADD K NOMKSTREAM * F V
XADD K MAXLEN 3 * F V
XADD K MAXLEN ~ 3 LIMIT 10 * F V
XADD K NOMKSTREAM MINID = 5 I F V
XDEL K I
XDEL K I I
XTRIM K MAXLEN 2
LPUSH K V
RPUSHX K V
LPOP K
RPOPLPUSH K K
SORT K ALPHA STORE K
EVAL return(redis.call('set',KEYS[1],ARGV[1])) 1 K V
PFADD K V
GEOADD K 1 2 F
GET K
HGET K F
FLUSHALL
`), "\n")

// filled draws what the blanks of a template stand for.
func filled(random *rand.Rand, template string) []string {
	words := strings.Split(template, " ")
	for i, w := range words {
		blank, digits := w, ""
		if strings.HasSuffix(w, "000") && len(w) == 4 {
			blank, digits = w[:1], w[1:]
		}
		switch blank {
		case "K":
			words[i] = fmt.Sprintf("k%d", random.IntN(6))
		case "F":
			words[i] = fmt.Sprintf("f%d", random.IntN(3))
		case "V":
			words[i] = fmt.Sprintf("v%d", random.IntN(4))
		case "N":
			words[i] = strconv.Itoa(random.IntN(7) - 3)
		case "S":
			words[i] = []string{"1", "1.50", "0.1", "-0", "0", "3e2", "-2.5", "inf", "+7", "0.30000000000000004"}[random.IntN(10)]
		case "I":
			words[i] = fmt.Sprintf("%d-%d", random.IntN(4), 1+random.IntN(3))
		case "T":
			words[i] = strconv.Itoa(10_000 + random.IntN(10_000)) // long enough for no machine to be slower
		case "A":
			words[i] = strconv.FormatInt(time.Now().Unix()+10_000+random.Int64N(10_000), 10)
		}
		words[i] += digits
	}
	return words
}

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
			judged := make(map[string]int)
			for range 60_000 / racetest.Slowdown {
				words := filled(random, templates[random.IntN(len(templates))])
				judged[strings.ToLower(words[0])] += s.compare(table, words)
			}
			for _, name := range []string{"set", "setex", "psetex", "setnx", "getset", "getdel", "getex", "mset", "msetnx", "incr", "decr",
				"incrby", "decrby", "incrbyfloat", "del", "unlink", "expire", "pexpire", "expireat", "pexpireat", "persist", "rename",
				"hset", "hmset", "hsetnx", "hdel", "hincrby", "hincrbyfloat", "sadd", "srem", "smove", "zadd", "zincrby", "zrem", "xadd", "xdel"} {
				if judged[name] == 0 {
					t.Errorf("nothing was said of what %s leaves behind", name)
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
