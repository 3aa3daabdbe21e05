package commands_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
)

// requests are some of every command that has keys, and of such that have none, as a server takes them.
var requests = strings.Split(strings.TrimSpace(`
APPEND k v
BITCOUNT k
BITFIELD k GET u4 0
BITFIELD_RO k GET u4 0
BITOP AND d a b c
BITPOS k 1
BLMOVE a b LEFT RIGHT 1
BLMPOP 1 2 a b LEFT
BLPOP a b c 1
BRPOP a 1
BRPOPLPUSH a b 1
BZMPOP 1 2 a b MIN
BZPOPMAX a b 1
BZPOPMIN a 1
COPY a b REPLACE
DECR k
DECRBY k 2
DEL a
DEL a b c
DUMP k
EVAL s 2 a b x
EVAL s 0 x
EVALSHA s 1 a
EVAL_RO s 1 a
EVALSHA_RO s 1 a
EXISTS a b
EXPIRE k 1
EXPIREAT k 1
EXPIRETIME k
FCALL f 2 a b x
FCALL_RO f 1 a
GEOADD k 1 2 m
GEODIST k a b
GEOHASH k a
GEOPOS k a
GEORADIUS k 1 1 1 m
GEORADIUS k 1 1 1 m STORE d
GEORADIUS k 1 1 1 m STOREDIST d
GEORADIUSBYMEMBER k m 1 m STORE d
GEORADIUS_RO k 1 1 1 m
GEOSEARCH k FROMMEMBER m BYRADIUS 1 m
GEOSEARCHSTORE d k FROMMEMBER m BYRADIUS 1 m
GET k
GETBIT k 1
GETDEL k
GETEX k EX 1
GETRANGE k 0 1
GETSET k v
HDEL k f
HEXISTS k f
HGET k f
HGETALL k
HINCRBY k f 1
HINCRBYFLOAT k f 1
HKEYS k
HLEN k
HMGET k f g
HMSET k f v
HRANDFIELD k
HSCAN k 0
HSET k f v g w
HSETNX k f v
HSTRLEN k f
HVALS k
INCR k
INCRBY k 1
INCRBYFLOAT k 1
LCS a b
LINDEX k 0
LINSERT k BEFORE a b
LLEN k
LMOVE a b LEFT LEFT
LMPOP 2 a b LEFT COUNT 3
LPOP k
LPOS k a
LPUSH k a
LPUSHX k a
LRANGE k 0 1
LREM k 0 a
LSET k 0 a
LTRIM k 0 1
MEMORY USAGE k
MGET a b c
MIGRATE h 1 k 0 1
MIGRATE h 1  0 1 KEYS a b
MIGRATE h 1  0 1 COPY REPLACE AUTH KEYS KEYS a
MOVE k 1
MSET a 1 b 2
MSETNX a 1 b 2
OBJECT ENCODING k
OBJECT FREQ k
PERSIST k
PEXPIRE k 1
PEXPIREAT k 1
PEXPIRETIME k
PFADD k a
PFCOUNT a b
PFMERGE d a b
PSETEX k 1 v
PTTL k
RENAME a b
RENAMENX a b
RESTORE k 0 v
RPOP k
RPOPLPUSH a b
RPUSH k v
RPUSHX k v
SADD k m
SCARD k
SDIFF a b
SDIFFSTORE d a b
SET k v
set k v ex 10 nx
SETBIT k 1 1
SETEX k 1 v
SETNX k v
SETRANGE k 1 v
SINTER a b
SINTERCARD 2 a b LIMIT 1
SINTERSTORE d a b
SISMEMBER k m
SMEMBERS k
SMISMEMBER k m n
SMOVE a b m
SORT k
SORT k STORE d
SORT k LIMIT 0 1 DESC STORE c STORE d
SORT k BY STORE GET STORE STORE d
SORT_RO k
SPOP k
SRANDMEMBER k
SREM k m
SSCAN k 0
STRLEN k
SUBSTR k 0 1
SUNION a b
SUNIONSTORE d a b
TOUCH a b
TTL k
TYPE k
UNLINK a b
WATCH a b
XACK k g 1-1
XADD k * f v
XADD k NOMKSTREAM MAXLEN ~ 10 LIMIT 5 * f v
XAUTOCLAIM k g c 1 0
XCLAIM k g c 1 1-1
XDEL k 1-1
XGROUP CREATE k g $
XGROUP DESTROY k g
xgroup setid k g 0
XINFO STREAM k
XLEN k
XPENDING k g
XRANGE k - +
XREAD COUNT 1 STREAMS a b 0 0
XREAD STREAMS a 0
XREADGROUP GROUP g c COUNT 1 STREAMS a b > >
XREADGROUP GROUP STREAMS c STREAMS a >
XREVRANGE k + -
XSETID k 1-1
XTRIM k MAXLEN 1
ZADD k 1 m
ZCARD k
ZCOUNT k 0 1
ZDIFF 2 a b
ZDIFFSTORE d 2 a b
ZINCRBY k 1 m
ZINTER 2 a b
ZINTERCARD 2 a b
ZINTERSTORE d 2 a b WEIGHTS 1 2
ZLEXCOUNT k - +
ZMPOP 2 a b MIN
ZMSCORE k m
ZPOPMAX k
ZPOPMIN k
ZRANDMEMBER k
ZRANGE k 0 1
ZRANGEBYLEX k - +
ZRANGEBYSCORE k 0 1
ZRANGESTORE d k 0 1
ZRANK k m
ZREM k m
ZREMRANGEBYLEX k - +
ZREMRANGEBYRANK k 0 1
ZREMRANGEBYSCORE k 0 1
ZREVRANGE k 0 1
ZREVRANGEBYLEX k + -
ZREVRANGEBYSCORE k 1 0
ZREVRANK k m
ZSCAN k 0
ZSCORE k m
ZUNION 2 a b
ZUNIONSTORE d 3 a b c
PING
INFO
PUBLISH c m
SPUBLISH c m
SUBSCRIBE c
MULTI
EXEC
FLUSHALL
CLIENT ID
CONFIG GET x
SELECT 1
DBSIZE
WAIT 0 0
`), "\n")

// realTable is the table of a real server, and that server.
func realTable(t *testing.T) (*commands.Table, *redistest.Server) {
	t.Helper()
	server := redistest.Start(t)
	table, err := commands.Parse(server.Do(t, "COMMAND"))
	if err != nil {
		t.Fatal(err)
	}
	return table, server
}

func TestKeysAreThoseThatTheServerFinds(t *testing.T) {
	table, server := realTable(t)
	// As an older server tells them: no specifications.
	bare := value(t, unpacked(t, "redis-7.0.15.gz"))
	for i := range bare.Elems {
		bare.Elems[i].Elems = bare.Elems[i].Elems[:7]
	}
	old, err := commands.Parse(bare)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range requests {
		words := strings.Split(line, " ")
		want := keysBy(server.Do(t, append([]string{"COMMAND", "GETKEYS"}, words...)...))
		if got := keysOf(t, table, words); !slices.Equal(got, want) {
			t.Errorf("%s: keys %q, and the server finds %q", line, got, want)
		}
		if got := keysOf(t, commands.Default(), words); !slices.Equal(got, want) {
			t.Errorf("%s: by the table that is built in, keys %q, and the server finds %q", line, got, want)
		}
		switch strings.ToUpper(words[0]) {
		case "XGROUP", "XINFO", "OBJECT", "MEMORY": // whose keys are those of their subcommands
		default:
			if got := keysOf(t, old, words); !slices.Equal(got, want) {
				t.Errorf("%s: without specifications, keys %q, and the server finds %q", line, got, want)
			}
		}
	}
}

// keysBy reads a reply to COMMAND GETKEYS, in the order of the alphabet: an error says that there are none.
func keysBy(v resp.Value) []string {
	var found []string
	for _, e := range v.Elems {
		found = append(found, e.Str)
	}
	slices.Sort(found)
	return found
}

func keysOf(t *testing.T, table *commands.Table, words []string) []string {
	args := request(words...)
	c, ok := table.Lookup(args)
	if !ok {
		t.Errorf("%q is in no table", words)
	}
	var found []string
	list, _ := c.Keys(nil, args)
	for _, k := range list {
		found = append(found, words[k.Index])
	}
	slices.Sort(found)
	return found
}

func TestTablesOfBothProtocolsAreTheSame(t *testing.T) {
	var tables [2]*commands.Table
	for i, file := range []string{"redis-7.0.15.gz", "testdata/redis-7.0.15.resp3.gz"} {
		table, err := commands.Parse(value(t, unpacked(t, file)))
		if err != nil {
			t.Fatal(err)
		}
		tables[i] = table
	}
	for _, line := range requests {
		args := request(strings.Split(line, " ")...)
		var told [2]string
		for i, table := range tables {
			c, ok := table.Lookup(args)
			found, complete := c.Keys(nil, args)
			told[i] = fmt.Sprint(ok, c.Name, c.Writes, c.Script, c.Everything, found, complete)
		}
		if told[0] != told[1] {
			t.Errorf("%s: %s by RESP2, and %s by RESP3", line, told[0], told[1])
		}
	}
}

func TestCommandsAreKnownByWhatTheyDo(t *testing.T) {
	for _, test := range []struct {
		what, request                               string
		name                                        string
		writes, script, everything, doubtful, whole bool
	}{
		{what: "a read", request: "GET k", name: "get", whole: true},
		{what: "a write that may be repeated", request: "SeT k v", name: "set", writes: true, whole: true},
		{what: "a write that counts", request: "incr k", name: "incr", writes: true, doubtful: true, whole: true},
		{what: "a write to a list", request: "LPUSH k v", name: "lpush", writes: true, doubtful: true, whole: true},
		{what: "scores that are given", request: "ZADD k 1 incr", name: "zadd", writes: true, whole: true},
		{what: "scores that are added", request: "ZADD k XX INCR 1 m", name: "zadd", writes: true, doubtful: true, whole: true},
		{what: "an entry whose id the server chooses", request: "XADD k * f v", name: "xadd", writes: true, doubtful: true, whole: true},
		{what: "an entry whose id the server completes", request: "XADD k 5 f v", name: "xadd", writes: true, doubtful: true, whole: true},
		{what: "an entry whose id is given: the second one is refused", request: "XADD k MAXLEN 5 5-1 f v", name: "xadd", writes: true, whole: true},
		{what: "a script", request: "EVAL s 1 k", name: "eval", writes: true, script: true, doubtful: true, whole: true},
		{what: "a script that only reads", request: "EVAL_RO s 1 k", name: "eval_ro", script: true, whole: true},
		{what: "a subcommand that writes", request: "XGROUP create k g $", name: "xgroup|create", writes: true, whole: true},
		{what: "a subcommand that has no key", request: "config GET save", name: "config|get", whole: true},
		{what: "a subcommand that is not there: the command itself", request: "CONFIG NONE", name: "config", whole: true},
		{what: "a write to everything", request: "FLUSHALL", name: "flushall", writes: true, everything: true, whole: true},
		{what: "keys that a pattern makes up", request: "SORT k BY w_*", name: "sort", writes: true, whole: false},
		{what: "a sorted list that is stored", request: "SORT k STORE d", name: "sort", writes: true, whole: true},
	} {
		args := request(strings.Split(test.request, " ")...)
		c, ok := commands.Default().Lookup(args)
		_, whole := c.Keys(nil, args)
		if !ok || c.Name != test.name || c.Writes != test.writes || c.Script != test.script || c.Everything != test.everything ||
			c.Doubtful(args) != test.doubtful || whole != test.whole {
			t.Errorf("%s: %s is %q: writes %v, script %v, everything %v, doubtful %v, all its keys are known %v",
				test.what, test.request, c.Name, c.Writes, c.Script, c.Everything, c.Doubtful(args), whole)
		}
	}
}

func TestWhatIsInNoTableIsNotKnown(t *testing.T) {
	for _, words := range [][]string{nil, {""}, {"NOSUCH"}, {"CONFIG|GET", "x"}, {strings.Repeat("x", 1<<10)}, {"NOSUCH", strings.Repeat("x", 1<<10)}} {
		args := request(words...)
		c, ok := commands.Default().Lookup(args)
		if words != nil && words[0] == "CONFIG|GET" {
			continue // no server has a command of that name; whoever sends it is answered with an error
		}
		if ok || c.Name != "" {
			t.Errorf("%.40q: %q", words, c.Name)
		}
		if found, complete := c.Keys(nil, args); len(found) > 0 || complete {
			t.Errorf("%.40q: keys %v", words, found)
		}
	}
}

func TestLookupTakesNoMemory(t *testing.T) {
	table := commands.Default()
	args := request("xgroup", "CREATE", "k", "g", "$")
	var keys [4]commands.Key
	if n := testing.AllocsPerRun(100, func() {
		c, ok := table.Lookup(args)
		if found, _ := c.Keys(keys[:0], args); !ok || len(found) != 1 {
			t.Fatal("not found")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestParseRefusesWhatIsNoTable(t *testing.T) {
	for what, bytes := range map[string]string{
		"an error":                       "-NOPERM this user has no permissions to run the 'command' command\r\n",
		"a string":                       "+OK\r\n",
		"a list of strings":              "*1\r\n$3\r\nget\r\n",
		"a command without its keys":     "*1\r\n*3\r\n$3\r\nget\r\n:2\r\n*0\r\n",
		"subcommands of subcommands":     "*1\r\n" + nested("a", nested("a|b", nested("a|b|c", ""))),
		"more than any server would say": "*9000\r\n" + many(9000),
	} {
		if _, err := commands.Parse(value(t, []byte(bytes))); err == nil || !strings.HasPrefix(err.Error(), "read the commands of the server: ") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := commands.Parse(value(t, []byte("*2\r\n*-1\r\n"+nested("get", "")))); err != nil {
		t.Errorf("a name that the server does not know is left out: %v", err)
	}
}

func nested(name, sub string) string {
	b := resp.AppendBulk([]byte("*10\r\n"), name)
	b = append(b, ":1\r\n*0\r\n:0\r\n:0\r\n:0\r\n*0\r\n*0\r\n*0\r\n"...)
	if sub == "" {
		return string(b) + "*0\r\n"
	}
	return string(b) + "*1\r\n" + sub
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(nested(fmt.Sprintf("c%d", i), ""))
	}
	return b.String()
}
