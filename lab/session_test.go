package lab_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/slots"
)

// Each row is a conversation on a connection of its own, in the wording of redis-server 7.0.15.
func TestConversations(t *testing.T) {
	for _, row := range []struct {
		why string
		say [][2]string // request, words separated by blanks, and reply
	}{
		{"a ping is answered, with or without a message", [][2]string{{"PING", "PONG"}, {"ping hello", "hello"},
			{"PING a b", "ERR wrong number of arguments for 'ping' command"}, {"ECHO x", "x"}}},
		{"the connection can switch protocols", [][2]string{{"HELLO 3", `["server" "redis" "version" "7.0.15" "proto" 3 "id" 1 "mode" "cluster" "role" "master" "modules" []]`},
			{"GET nothing", "null"}, {"HELLO 2 SETNAME me", `["server" "redis" "version" "7.0.15" "proto" 2 "id" 1 "mode" "cluster" "role" "master" "modules" []]`}, {"CLIENT GETNAME", "me"}}},
		{"bad greetings are refused", [][2]string{{"HELLO 4", "NOPROTO unsupported protocol version"}, {"HELLO x", "ERR Protocol version is not an integer or out of range"},
			{"HELLO 3 AUTH", "ERR Syntax error in HELLO option 'AUTH'"}, {"HELLO 3 AUTH joe x", "WRONGPASS invalid username-password pair or user is disabled."}}},
		{"there are no passwords", [][2]string{{"AUTH x", "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"},
			{"AUTH default x", "OK"}, {"AUTH joe x", "WRONGPASS invalid username-password pair or user is disabled."}}},
		{"there is one database", [][2]string{{"SELECT 0", "OK"}, {"SELECT 1", "ERR SELECT is not allowed in cluster mode"}, {"SELECT x", "ERR value is not an integer or out of range"}}},
		{"clients introduce themselves", [][2]string{{"CLIENT ID", "1"}, {"CLIENT GETNAME", "null"}, {"CLIENT SETNAME me", "OK"}, {"CLIENT GETNAME", "me"},
			{"CLIENT SETINFO LIB-NAME go", "OK"}, {"CLIENT SETINFO LIB-VER 1", "OK"}, {"CLIENT SETINFO LIB-FOO 1", "ERR Unrecognized option 'lib-foo'"},
			{"CLIENT MAINT_NOTIFICATIONS ON", "ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP."}, {"CLIENT ID 3", "ERR wrong number of arguments for 'client|id' command"},
			{"CLIENT TRACKING OFF", "OK"}, {"CLIENT NO-EVICT ON", "OK"}}},
		{"the settings that clients ask for are there", [][2]string{{"CONFIG GET maxmem*", `["maxmemory" "0" "maxmemory-policy" "noeviction"]`}, {"CONFIG GET save", `["save" ""]`},
			{"CONFIG GET nothing", "[]"}, {"FUNCTION LIST WITHCODE", "[]"},
			{"FUNCTION LOAD x", "ERR FUNCTION LOAD is not one of the lab's own engine; it is behind --engine redis-server"}, {"CONFIG FOO", "ERR unknown subcommand 'FOO'. Try CONFIG HELP."}}},
		{"it is a primary without replicas", [][2]string{{"ROLE", `["master" 0 []]`}, {"WAIT 1 100", "0"}, {"WAIT x 1", "ERR value is not an integer or out of range"}}},
		{"commands describe themselves", [][2]string{{"COMMAND INFO get nothing", `[["get" 2 ["readonly"] 1 1 1 [] [] [] []] null]`}, {"COMMAND DOCS get", "[]"},
			{"COMMAND INFO publish", `[["publish" 3 ["pubsub"] 0 0 0 [] [] [] []]]`}}},
		{"what is not there leads to the other engine", [][2]string{
			{"HSET h f v", "ERR unknown command 'HSET': the lab's own engine has strings, counters and expiry; all of Redis is behind --engine redis-server"}}},
		{"keys of one request share a slot", [][2]string{{"MSET {a}1 x {a}2 y", "OK"}, {"MGET {a}1 {a}2 {a}3", `["x" "y" null]`}, {"MGET a b", "CROSSSLOT Keys in request don't hash to the same slot"}}},
		{"slots are the same as everywhere", [][2]string{{"CLUSTER KEYSLOT 123456789", "12739"}, {"CLUSTER KEYSLOT {foo}x", "12182"}, {"SET foo 1", "OK"}, {"CLUSTER COUNTKEYSINSLOT 12182", "1"},
			{"CLUSTER GETKEYSINSLOT 12182 10", `["foo"]`}, {"CLUSTER GETKEYSINSLOT 12182 0", "[]"}, {"CLUSTER COUNTKEYSINSLOT 16384", "ERR Invalid slot"}}},
		{"a transaction runs at once", [][2]string{{"MULTI", "OK"}, {"SET foo 1", "QUEUED"}, {"INCR foo", "QUEUED"}, {"PING", "QUEUED"}, {"PUBLISH foo x", "QUEUED"}, {"EXEC", `["OK" 2 "PONG" 0]`}, {"GET foo", "2"}}},
		{"a transaction can be given up", [][2]string{{"MULTI", "OK"}, {"SET foo 1", "QUEUED"}, {"DISCARD", "OK"}, {"GET foo", "null"}, {"DISCARD", "ERR DISCARD without MULTI"}, {"EXEC", "ERR EXEC without MULTI"}}},
		{"a mistake spoils a transaction", [][2]string{{"MULTI", "OK"}, {"SET foo", "ERR wrong number of arguments for 'set' command"}, {"SET foo 1", "QUEUED"},
			{"EXEC", "EXECABORT Transaction discarded because of previous errors."}, {"GET foo", "null"}}},
		{"transactions do not nest", [][2]string{{"MULTI", "OK"}, {"MULTI", "ERR MULTI calls can not be nested"}, {"WATCH x", "ERR WATCH inside MULTI is not allowed"}, {"EXEC", "[]"}}},
		{"a transaction has one slot", [][2]string{{"MULTI", "OK"}, {"SET a 1", "QUEUED"}, {"SET b 1", "QUEUED"}, {"EXEC", "CROSSSLOT Keys in request don't hash to the same slot"}}},
		{"an error in a transaction does not stop it", [][2]string{{"MULTI", "OK"}, {"SET foo x", "QUEUED"}, {"INCR foo", "QUEUED"}, {"STRLEN foo", "QUEUED"},
			{"EXEC", `["OK" "ERR value is not an integer or out of range" 1]`}}},
		{"a watched key that expires or changes stops the transaction", [][2]string{{"SET foo 1", "OK"}, {"WATCH foo", "OK"}, {"SET foo 2", "OK"}, {"MULTI", "OK"}, {"SET foo 3", "QUEUED"}, {"EXEC", "null"}, {"GET foo", "2"}}},
		{"unwatched, it does not", [][2]string{{"WATCH foo", "OK"}, {"SET foo 2", "OK"}, {"UNWATCH", "OK"}, {"MULTI", "OK"}, {"SET foo 3", "QUEUED"}, {"EXEC", `["OK"]`}}},
		{"subscriptions are counted, shard channels apart", [][2]string{{"SUBSCRIBE a", `["subscribe" "a" 1]`}, {"PSUBSCRIBE b*", `["psubscribe" "b*" 2]`}, {"SSUBSCRIBE a", `["ssubscribe" "a" 1]`},
			{"SUBSCRIBE a", `["subscribe" "a" 2]`}, {"UNSUBSCRIBE", `["unsubscribe" "a" 1]`}, {"UNSUBSCRIBE", `["unsubscribe" null 1]`}, {"PUNSUBSCRIBE b*", `["punsubscribe" "b*" 0]`},
			{"SUNSUBSCRIBE", `["sunsubscribe" "a" 0]`}, {"SET foo 1", "OK"}}},
		{"a subscriber in RESP2 can do little else", [][2]string{{"SUBSCRIBE a", `["subscribe" "a" 1]`}, {"PING", `["pong" ""]`}, {"PING x", `["pong" "x"]`},
			{"GET foo", "ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"}, {"RESET", "RESET"}, {"GET foo", "null"}}},
		{"the region's subscriptions can be looked at", [][2]string{{"HELLO 3", ""}, {"SUBSCRIBE a", `["subscribe" "a" 1]`}, {"PSUBSCRIBE p*", `["psubscribe" "p*" 2]`}, {"PUBSUB CHANNELS", `["a"]`},
			{"PUBSUB CHANNELS b*", "[]"}, {"PUBSUB NUMSUB a b", `["a" 1 "b" 0]`}, {"PUBSUB NUMPAT", "1"}, {"PUBSUB SHARDNUMSUB a", `["a" 0]`}}},
		{"cluster clients prepare in vain", [][2]string{{"READONLY", "OK"}, {"READWRITE", "OK"}, {"ASKING", "OK"}}},
		{"it says good-bye", [][2]string{{"QUIT", "OK"}}},
	} {
		t.Run(row.why, func(t *testing.T) {
			simulate(t, regions(1, "us"), func(w *world) {
				c := w.dial("us", 0)
				for _, turn := range row.say {
					got := c.do(strings.Fields(turn[0])...)
					if turn[1] != "" && got != turn[1] {
						t.Errorf("%s: got %s, want %s", turn[0], got, turn[1])
					}
				}
			})
		})
	}
}

func TestKeysOfOtherShardsAreMoved(t *testing.T) {
	simulate(t, regions(3, "us"), func(w *world) {
		at := w.region("us").Shards[2].Address
		c, key := w.dial("us", 0), slots.Key(16383)
		moved := "MOVED 16383 " + at
		c.want(moved, "GET", key)
		c.want(moved, "SSUBSCRIBE", key)
		c.want(moved, "SPUBLISH", key, "m")
		c.want(moved, "WATCH", key)
		c.want("OK", "MULTI")
		c.want(moved, "SET", key, "1")
		c.want("EXECABORT Transaction discarded because of previous errors.", "EXEC")
		c.want("0", "PUBLISH", key, "m")
		c.want("[]", "COMMAND", "DOCS")
	})
}

func TestAMessageReachesSubscribersAtAnyFrontOfAnyRegion(t *testing.T) {
	simulate(t, regions(3, "us", "eu"), func(w *world) {
		var all []*client
		for _, region := range []string{"us", "eu"} {
			for shard := range 3 {
				c := w.dial(region, shard)
				c.do("SUBSCRIBE", "c")
				all = append(all, c)
			}
		}
		for shard := range 3 {
			w.dial("us", shard).want("3", "PUBLISH", "c", fmt.Sprint(shard))
			for _, c := range all {
				if got, want := c.read().String(), fmt.Sprintf(`["message" "c" "%d"]`, shard); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		}
	})
}

func TestMessagesArePushedInRESP3(t *testing.T) {
	simulate(t, regions(1, "us"), func(w *world) {
		c := w.dial("us", 0)
		c.do("HELLO", "3")
		c.send("SSUBSCRIBE", "c")
		confirmed := c.read()
		c.send("SPUBLISH", "c", "m")
		m := c.read() // before the reply, as in Redis 7.0
		if got := text(c.read()); got != "1" {
			t.Errorf("SPUBLISH: got %s", got)
		}
		if confirmed.Kind != resp.Push || m.Kind != resp.Push || m.String() != `["smessage" "c" "m"]` {
			t.Errorf("got %v, %v", confirmed, m)
		}
	})
}

func TestAPipelineIsAnsweredInOrderWhileMessagesArrive(t *testing.T) {
	simulate(t, regions(1, "us"), func(w *world) {
		c, publisher := w.dial("us", 0), w.dial("us", 0)
		c.do("HELLO", "3")
		c.do("SUBSCRIBE", "c")
		var pipeline []byte
		const n = 1000
		for i := range n {
			pipeline = resp.AppendCommand(pipeline, "ECHO", fmt.Sprint(i))
		}
		if _, err := c.conn.Write(pipeline); err != nil {
			t.Fatal(err)
		}
		for range n {
			publisher.want("1", "PUBLISH", "c", "m")
		}
		echoes, messages := 0, 0
		for echoes < n || messages < n {
			v := c.read()
			if v.Kind == resp.Push {
				messages++
			} else if v.Str != fmt.Sprint(echoes) {
				t.Fatalf("reply %d is %v", echoes, v)
			} else {
				echoes++
			}
		}
	})
}

func TestInfoSaysWhoItIs(t *testing.T) {
	simulate(t, regions(2, "us"), func(w *world) {
		sh := w.region("us").Shards[1]
		c := w.dial("us", 1)
		whole := c.do("INFO")
		for _, line := range []string{"redis_mode:cluster", "run_id:" + sh.ID, "role:master", "aafailover_region:us", "aafailover_stale:false",
			"maxmemory:0", "# Modules"} {
			if !strings.Contains(whole, line+"\r\n") {
				t.Errorf("no line %s in %s", line, whole)
			}
		}
		if part := c.do("INFO", "replication"); !strings.HasPrefix(part, "# Replication\r\n") || strings.Contains(part, "run_id") {
			t.Errorf("one section: %s", part)
		}
		c.want(sh.ID, "CLUSTER", "MYID")
		if nodes := c.do("CLUSTER", "NODES"); !strings.Contains(nodes, sh.ID+" "+sh.Address) || !strings.Contains(nodes, "myself,master - 0 0 2 connected 8192-16383") {
			t.Errorf("CLUSTER NODES: %s", nodes)
		}
	})
}

func TestBytesThatAreNoRequestEndTheConnection(t *testing.T) {
	simulate(t, regions(1, "us"), func(w *world) {
		c := w.dial("us", 0)
		if _, err := c.conn.Write([]byte("*1\r\n:5\r\n")); err != nil {
			t.Fatal(err)
		}
		if got := text(c.read()); got != "ERR Protocol error" {
			t.Errorf("got %s", got)
		}
		if _, err := c.reader.ReadValue(); !errors.Is(err, io.EOF) {
			t.Errorf("then %v", err)
		}
	})
}

// FuzzSession sends any bytes to a front, which must neither panic nor hang, and serve the next client.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{"PING\r\n", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "MULTI\r\nSET k 1\r\nEXEC\r\nQUIT\r\n", "SUBSCRIBE a\r\nPSUBSCRIBE [\r\nPUBLISH a b\r\nRESET\r\n",
		"HELLO 3\r\nCLIENT LIST\r\nCLUSTER SLOTS\r\nCLUSTER SHARDS\r\nCOMMAND\r\nINFO\r\n", "*-1\r\n*0\r\n$\r\n", "*1\r\n$999999999999\r\n", "GET / HTTP/1.1\r\n\r\n"} {
		f.Add([]byte(seed))
	}
	network := &memnet.Network{}
	c := regions(2, "us", "eu")
	c.Listen = network.Listen
	l, err := lab.Start(f.Context(), c)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = l.Close() })
	st, err := l.Status(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	address := st.Regions[0].Shards[0].Address
	f.Fuzz(func(t *testing.T, sent []byte) {
		converse(t, network, address, sent, 10*time.Millisecond)
		if got := converse(t, network, address, []byte("PING\r\n"), patience); got != "+PONG\r\n" {
			t.Errorf("the next client got %q", got)
		}
	})
}

// converse sends bytes, says that there are no more by a QUIT, and returns what is answered, without the answer to QUIT.
func converse(t *testing.T, network *memnet.Network, address string, sent []byte, within time.Duration) string {
	t.Helper()
	conn, err := network.Dial(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(within))
	var writing sync.WaitGroup
	writing.Go(func() { _, _ = conn.Write(append(bytes.Clone(sent), "QUIT\r\n"...)) })
	got, _ := io.ReadAll(conn)
	_ = conn.Close()
	writing.Wait()
	return strings.TrimSuffix(string(got), "+OK\r\n")
}
