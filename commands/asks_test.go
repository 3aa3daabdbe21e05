package commands_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
)

// What a reply is said to tell of items is what a look at each of them finds.
func TestFoundIsWhatIsThere(t *testing.T) {
	table, server := realTable(t)
	for _, version := range []string{"2", "3"} {
		t.Run("RESP"+version, func(t *testing.T) {
			number := rand.Uint64()
			t.Logf("seed %d", number)
			random := rand.New(rand.NewPCG(number, 0))
			s := speak(t, server.Addr)
			s.do("HELLO", version)
			missing := make(map[string]bool) // the commands whose replies have told nothing yet
			for _, template := range redistest.Reads {
				if name, _, _ := strings.Cut(strings.ToLower(template), " "); name != "getrange" && name != "hgetall" {
					missing[name] = true
				}
			}
			for n := 0; n < 20_000/racetest.Slowdown || len(missing) > 0; n++ {
				if n == 1_000_000 {
					t.Fatalf("the replies to %v tell nothing", missing)
				}
				s.do(redistest.Fill(random, redistest.Writes[random.IntN(len(redistest.Writes))])...)
				words := redistest.Fill(random, redistest.Reads[random.IntN(len(redistest.Reads))])
				switch told := s.tells(table, words); {
				case told == 0:
				case words[0] == "GETRANGE", words[0] == "HGETALL":
					t.Fatalf("%q tells the state of %d items", words, told)
				default:
					delete(missing, strings.ToLower(words[0]))
				}
			}
		})
	}
}

// tells compares what the reply to a request tells with what is there, and returns of how many items it told.
func (s *spoken) tells(table *commands.Table, words []string) (told int) {
	s.t.Helper()
	args := request(words...)
	c, _ := table.Lookup(args)
	items := c.Asks(nil, args)
	var there []commands.State
	for _, item := range items {
		state, _ := s.look(item)
		there = append(there, state)
	}
	reply := s.do(words...)
	for i, item := range items {
		found := c.Found(i, item.Kind, reply, seed)
		if found.Kind == commands.Unknown {
			continue
		}
		told++
		// MGET answers null for what is no string.
		null := c.Name == "mget" && there[i].Kind == commands.Present && found.Kind == commands.Absent
		if !null && !there[i].Agrees(found) {
			s.t.Errorf("%q: tells that %s/%s is %v, and it is %v", words, item.Key, item.Part, found, there[i])
		}
	}
	return told
}

func TestStateOfTellsWhatIsKnown(t *testing.T) {
	bulk := func(text string) resp.Value { return resp.Value{Kind: resp.Bulk, Str: text} }
	wrong := resp.Value{Kind: resp.Error, Str: "WRONGTYPE Operation against a key holding the wrong kind of value"}
	entry := func(fields ...string) resp.Value {
		list := resp.Value{Kind: resp.Array}
		for _, f := range fields {
			list.Elems = append(list.Elems, bulk(f))
		}
		return resp.Value{Kind: resp.Array, Elems: []resp.Value{{Kind: resp.Array, Elems: []resp.Value{bulk("1-1"), list}}}}
	}
	for _, test := range []struct {
		what  string
		kind  commands.ItemKind
		reply resp.Value
		want  commands.StateKind
	}{
		{"a string", commands.String, bulk("v"), commands.Is},
		{"an empty string", commands.String, bulk(""), commands.Is},
		{"no string", commands.String, resp.Value{Kind: resp.Null}, commands.Absent},
		{"something else than a string", commands.String, wrong, commands.Present},
		{"something else than a hash has no fields", commands.Field, wrong, commands.Absent},
		{"an error of the server", commands.String, resp.Value{Kind: resp.Error, Str: "LOADING"}, commands.Unknown},
		{"an error in a list", commands.Member, resp.Value{Kind: resp.BulkError, Str: "ERR"}, commands.Unknown},
		{"a number where a string should be", commands.String, resp.Value{Kind: resp.Integer, Int: 1}, commands.Unknown},
		{"a key that is there", commands.WholeKey, resp.Value{Kind: resp.Integer, Int: 1}, commands.Present},
		{"a key that is not", commands.WholeKey, resp.Value{Kind: resp.Integer}, commands.Absent},
		{"a member, as a boolean", commands.Member, resp.Value{Kind: resp.Bool, Int: 1}, commands.Present},
		{"a string where a number should be", commands.Member, bulk("1"), commands.Unknown},
		{"a score", commands.Score, bulk("0.1"), commands.Is},
		{"a score of RESP3", commands.Score, resp.Value{Kind: resp.Double, Str: "0.1"}, commands.Is},
		{"what is no score", commands.Score, bulk("x"), commands.Unknown},
		{"what is not even a number", commands.Score, bulk("nan"), commands.Unknown},
		{"an entry", commands.Entry, entry("f", "v"), commands.Is},
		{"no entry", commands.Entry, resp.Value{Kind: resp.Array}, commands.Absent},
		{"several entries for one id", commands.Entry, resp.Value{Kind: resp.Array, Elems: make([]resp.Value, 2)}, commands.Unknown},
		{"an entry without fields", commands.Entry, resp.Value{Kind: resp.Array, Elems: []resp.Value{bulk("1-1")}}, commands.Present},
	} {
		if got := commands.StateOf(test.kind, commands.ReplyOf(test.reply), seed); got.Kind != test.want {
			t.Errorf("%s: %v, want %v", test.what, got.Kind, test.want)
		}
	}
	for what, pair := range map[string][2]resp.Value{
		"fields in another order":              {entry("a", "1", "b", "2"), entry("b", "2", "a", "1")},
		"what stands in one field or in three": {entry("a", "b", "c", "d"), entry("a", "d", "c", "b")},
	} {
		a := commands.StateOf(commands.Entry, commands.ReplyOf(pair[0]), seed)
		if b := commands.StateOf(commands.Entry, commands.ReplyOf(pair[1]), seed); a.Agrees(b) {
			t.Errorf("%s: the same state", what)
		}
	}
}

// Servers print a score in several ways, and services in more.
func TestScoresAreComparedAsNumbers(t *testing.T) {
	zadd, _ := commands.Default().Lookup(request("ZADD", "k"))
	for _, test := range []struct {
		sent, printed string
		same          bool
	}{
		{"0.1", "0.10000000000000001", true},
		{"1e3", "1000", true},
		{"+7", "7", true},
		{"-0", "0", true},
		{"inf", "+Inf", true},
		{"3", "3.0000000000000004", false},
		{"-1", "1", false},
	} {
		effects, _ := zadd.Effects(nil, request("ZADD", "k", test.sent, "m"), seed)
		found := commands.StateOf(commands.Score, commands.Reply{Kind: resp.Bulk, Text: []byte(test.printed), Length: len(test.printed)}, seed)
		if effects[0].State.Agrees(found) != test.same {
			t.Errorf("%s and %s are the same: want %v", test.sent, test.printed, test.same)
		}
	}
}

func TestTimesToLiveThatAreTooLong(t *testing.T) {
	c, _ := commands.Default().Lookup(request("SET"))
	effects, _ := c.Effects(nil, request("SET", "k", "v", "EX", "9223372036854775807"), seed)
	if effects[0].State.Expires != 0 {
		t.Errorf("expires in %v", effects[0].State.Expires)
	}
	effects, _ = c.Effects(nil, request("SET", "k", "v", "PX", "1500"), seed)
	if effects[0].State.Expires != 1500*time.Millisecond {
		t.Errorf("expires in %v", effects[0].State.Expires)
	}
}

// What is longer than MostText is not followed as a key, and as a value goes by its digest.
func TestLongArguments(t *testing.T) {
	cut := commands.Argument{Text: make([]byte, commands.MostText), Length: commands.MostText + 1, Digest: 7}
	short := request("SET", "k", "v")
	c, _ := commands.Default().Lookup(short)
	if effects, long := c.Effects(nil, []commands.Argument{short[0], cut, short[2]}, seed); len(effects) != 0 || long != 1 {
		t.Errorf("a long key: %v, %d are too long", effects, long)
	}
	if effects, long := c.Effects(nil, []commands.Argument{short[0], short[1], cut}, seed); len(effects) != 1 || long != 0 || effects[0].State.Digest != 7 {
		t.Errorf("a long value: %v, %d are too long", effects, long)
	}
	get, _ := commands.Default().Lookup(request("GET"))
	if items := get.Asks(nil, []commands.Argument{short[0], cut}); len(items) != 1 || items[0].Key != nil {
		t.Errorf("a long key that is asked for: %v", items)
	}
	found := get.Found(0, commands.String, commands.Reply{Kind: resp.Bulk, Text: cut.Text, Length: cut.Length, Digest: 7}, seed)
	if found.Kind != commands.Is || found.Digest != 7 {
		t.Errorf("a long value that was found: %v", found)
	}
}

func TestEffectsTakeNoMemory(t *testing.T) {
	var room [4]commands.Effect
	for _, words := range [][]string{
		{"SET", "k", "v", "EX", "10"}, {"INCR", "k"}, {"HSET", "k", "f", "v"}, {"ZADD", "k", "1.5", "m"}, {"XADD", "k", "*", "f", "v"}, {"LPUSH", "k", "v"},
	} {
		args := request(words...)
		c, _ := commands.Default().Lookup(args)
		reply := commands.Reply{Kind: resp.Integer, Int: 1234567}
		if n := testing.AllocsPerRun(100, func() {
			effects, _ := c.Effects(room[:0], args, seed)
			if len(effects) != 1 || effects[0].State.Settle(reply, seed).Kind == commands.Absent {
				t.Fatal("it has one effect")
			}
		}); n != 0 {
			t.Errorf("%q: %v allocations", words, n)
		}
	}
}
