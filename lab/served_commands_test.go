package lab_test

import (
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab"
)

func TestWhatIsTheLabsIsNotTheServers(t *testing.T) {
	w := onServers(t, regions(2, "us"))
	c := w.dial("us", 0)
	at := w.region("us").Shards[0].Address
	for _, row := range []struct {
		says string
		do   []string
		has  string // what the reply has in it
	}{
		{"slots are the front's", []string{"GET", "foo"}, "MOVED 12182"},
		{"as are those of keys that only the server finds", []string{"EVAL", "return 1", "1", "foo"}, "MOVED 12182"},
		{"other databases do not exist", []string{"SELECT", "1"}, "not allowed in cluster mode"},
		{"nor does a way into them", []string{"MOVE", "bar", "1"}, "not allowed in cluster mode"},
		{"or a way of copying there", []string{"COPY", "bar", "{bar}", "DB", "1"}, "not allowed in cluster mode"},
		{"or of swapping them", []string{"SWAPDB", "0", "1"}, "not allowed in cluster mode"},
		{"a server is not ended by a client", []string{"SHUTDOWN"}, "not possible in the lab"},
		{"nor made a replica", []string{"REPLICAOF", "NO", "ONE"}, "not possible in the lab"},
		{"nor put to sleep", []string{"DEBUG", "SLEEP", "1"}, "not possible in the lab"},
		{"nor given users", []string{"ACL", "WHOAMI"}, "not possible in the lab"},
		{"nor moved", []string{"CONFIG", "SET", "port", "1"}, "it is the lab's own"},
		{"nor made to notify", []string{"CONFIG", "SET", "notify-keyspace-events", "KEA"}, "it is the lab's own"},
		{"nor closed to the clients of the front", []string{"CONFIG", "SET", "maxclients", "1"}, "it is the lab's own"},
		{"which says how many it takes", []string{"CONFIG", "GET", "maxclients"}, `"10000"`},
		{"and does not track keys for them", []string{"CLIENT", "TRACKING", "ON"}, "CLIENT TRACKING is not possible in the lab"},
		{"nor are its settings kept", []string{"CONFIG", "REWRITE"}, "not possible in the lab"},
		{"what it may set it may", []string{"CONFIG", "SET", "maxmemory-samples", "7"}, "OK"},
		{"and it is set", []string{"CONFIG", "GET", "maxmemory-samples"}, "7"},
		{"where it is the front says", []string{"CONFIG", "GET", "port"}, at[strings.IndexByte(at, ':')+1:]},
		{"a script publishes nothing that would be lost", []string{"EVAL", "return redis.call('PUBLISH', 'c', 'm')", "1", "bar"}, "can't run this command"},
		{"a script does not flush what is the lab's", []string{"EVAL", "return redis.call('FLUSHALL')", "1", "bar"}, "can't run this command"},
		{"a script writes to no other shard", []string{"EVAL", "return redis.call('SET', 'foo', 'v')", "1", "bar"}, "non local key"},
		{"and what it wrote there is gone", []string{"DBSIZE"}, "0"},
		{"what nobody knows is unknown", []string{"WHAT"}, "ERR unknown command 'WHAT'"},
		{"what is incomplete is", []string{"XGROUP", "CREATE", "bar"}, "wrong number of arguments for 'xgroup|create' command"},
		{"WAIT knows no replicas", []string{"WAIT", "1", "1"}, "0"},
		{"TIME is the server's", []string{"TIME"}, `"`},
		{"COMMAND is", []string{"COMMAND", "COUNT"}, ""},
		{"OBJECT is", []string{"OBJECT", "ENCODING", "bar"}, ""},
		{"SLOWLOG is", []string{"SLOWLOG", "LEN"}, "0"},
		{"LATENCY is", []string{"LATENCY", "LATEST"}, "[]"},
		{"MEMORY is", []string{"MEMORY", "USAGE", "bar"}, "null"},
		{"functions are", []string{"FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function(keys) return redis.call('INCR', keys[1]) end)"}, "l"},
		{"and run", []string{"FCALL", "f", "1", "bar"}, "1"},
		{"a full role", []string{"ROLE"}, "master"},
	} {
		if got := c.do(row.do...); !strings.Contains(got, row.has) {
			t.Errorf("%s: %v: got %s", row.says, row.do, got)
		}
	}
}

func TestInfoIsTheServersButForWhereItIs(t *testing.T) {
	w := onServers(t, lab.Config{Regions: []lab.RegionConfig{{Name: "us"}, {Name: "eu"}}})
	c := w.dial("us", 0)
	c.want("OK", "SET", "k", "v")
	info := c.do("INFO")
	for _, line := range []string{"redis_mode:cluster", "cluster_enabled:1", "tcp_port:" + c.conn.RemoteAddr().String()[len("127.0.0.1:"):],
		"connected_clients:1", "aafailover_lab:1", "aafailover_region:us", "aafailover_stale:false", "aof_enabled:1", "role:master",
		"db0:keys=1,expires=0,avg_ttl=0"} {
		if !strings.Contains(info, "\n"+line+"\r\n") {
			t.Errorf("INFO has no line %s", line)
		}
	}
	if strings.Contains(info, "\ndb1:") {
		t.Error("INFO shows a database of the lab's own")
	}
	if !strings.Contains(info, "\nused_memory:") || !strings.Contains(info, "\naof_current_size:") {
		t.Error("INFO is not that of a server")
	}
}

// What a client asks for in one version of the protocol it gets in that.
func TestRepliesAreInTheProtocolOfTheClient(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	two, three, eu := w.dial("us", 0), w.dial("us", 0), w.dial("eu", 0)
	if v := three.doValue("HELLO", "3"); v.Kind != resp.Map || v.Elems[3].Str != realServers(t).Binary.Version {
		t.Fatalf("HELLO 3: %v", v)
	}
	three.want("1", "HSET", "h", "f", "v")
	if a, b := two.doValue("HGETALL", "h"), three.doValue("HGETALL", "h"); a.Kind != resp.Array || b.Kind != resp.Map {
		t.Errorf("RESP2: %c, RESP3: %c", a.Kind, b.Kind)
	}
	three.want("OK", "MULTI")
	three.want("QUEUED", "HSET", "h", "g", "w")
	three.want("QUEUED", "HGETALL", "h")
	three.want("QUEUED", "GET", "{h}nothing")
	if v := three.doValue("EXEC"); len(v.Elems) != 3 || v.Elems[1].Kind != resp.Map || len(v.Elems[1].Elems) != 4 || !v.Elems[2].IsNull() {
		t.Errorf("EXEC: %v", v)
	}
	eu.becomes(`["f" "v" "g" "w"]`, "HGETALL", "h")
	three.want("OK", "FLUSHALL")
	three.want("0", "DBSIZE")
	eu.becomes("0", "DBSIZE")
	three.want("1", "SADD", "s", "a") // and the answers are in step still
	eu.becomes("set", "TYPE", "s")
}

func TestCountersOfServersAddUp(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	us, eu := w.dial("us", 0), w.dial("eu", 0)
	us.want("OK", "SET", "n", "10")
	eu.becomes("10", "GET", "n")
	w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu"})
	us.want("11", "INCR", "n")
	us.want("OK", "MULTI")
	us.want("QUEUED", "INCRBY", "n", "4")
	us.want("QUEUED", "PEXPIREAT", "n", "4000000000000")
	us.want("[15 1]", "EXEC")
	eu.want("12", "INCRBY", "n", "2")
	eu.want("1", "INCR", "fresh")
	us.want("3", "INCRBY", "fresh", "3")
	w.inject(lab.Fault{Kind: lab.Heal})
	for _, c := range []*client{us, eu} {
		c.becomes("17", "GET", "n")
		c.becomes("4000000000000", "PEXPIRETIME", "n")
		c.becomes("4", "GET", "fresh")
	}
}

// A command that changes nothing must not count as a write that wins over what another region has written meanwhile; one that
// writes what was there must.
func TestOnlyWhatWritesWins(t *testing.T) {
	for _, row := range []struct {
		says    string
		us      []string
		in, out string // what eu has written meanwhile, and what is everywhere in the end
	}{
		{"a SET NX of a key that is there", []string{"SET", "k", "other", "NX"}, "eu", "eu"},
		{"a SETNX", []string{"SETNX", "k", "other"}, "eu", "eu"},
		{"a command of another type", []string{"LPUSH", "k", "x"}, "eu", "eu"},
		{"an expiry, which goes with the value of the other", []string{"PEXPIREAT", "k", "4000000000000"}, "eu", "eu"},
		{"the same value", []string{"SET", "k", "v"}, "eu", "v"},
		{"a script that writes the same value", []string{"EVAL", "redis.call('SET', KEYS[1], 'v')", "1", "k"}, "eu", "v"},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			w := onServers(t, regions(1, "us", "eu"))
			us, eu := w.dial("us", 0), w.dial("eu", 0)
			us.want("OK", "SET", "k", "v")
			eu.becomes("v", "GET", "k")
			w.inject(lab.Fault{Kind: lab.Stall, From: "us", To: "eu"})
			eu.want("OK", "SET", "k", row.in)
			us.doValue(row.us...)
			us.want("OK", "SET", "fence", "1")
			eu.want("OK", "SET", "fence2", "1")
			w.inject(lab.Fault{Kind: lab.Heal})
			eu.becomes("1", "GET", "fence")
			us.becomes("1", "GET", "fence2")
			us.want(row.out, "GET", "k")
			eu.want(row.out, "GET", "k")
		})
	}
}
