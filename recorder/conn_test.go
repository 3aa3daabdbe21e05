package recorder_test

import (
	"hash/maphash"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
)

var seed = maphash.MakeSeed()

const node = "10.0.0.1:6379"

var conversations = []struct {
	name  string
	steps []step
	want  []string
}{
	{"one command", []step{req("SET", "k", "v"), answers("+OK\r\n")}, []string{"SET k v = OK"}},
	{"a command that is never answered", []step{req("SET", "k", "v")}, []string{"SET k v =  (abandoned)"}},
	{"a reply that comes in part", []step{req("GET", "k"), answers("$5\r\nhel")}, []string{"GET k =  (abandoned)"}},
	{"a pipeline, answered in order", []step{
		req("SET", "a", "1"), req("INCR", "a"), req("GET", "b"), answers("+OK\r\n:2\r\n$-1\r\n"),
	}, []string{"SET a 1 = OK", "INCR a = 2", "GET b = null"}},
	{"inline commands, empty lines and quotes", []step{
		sends("\r\nSET a 1\r\n\r\n  get  a \nECHO \"a b\\x41\\n\" 'c d'\r\n*0\r\n"), answers("+OK\r\n$1\r\n1\r\n-ERR no\r\n"),
	}, []string{"SET a 1 = OK", "get a = 1", "ECHO a bA\n c d = -ERR no"}},
	{"quotes that do not end", []step{sends("SET a \"b\r\n"), answers("-ERR Protocol error: unbalanced quotes\r\n")}, []string{"not understood"}},
	{"a request that is none", []step{req("GET", "a"), sends("*2\r\n:1\r\n"), answers("$1\r\nx\r\n-ERR Protocol error\r\n")},
		[]string{"GET a =  (abandoned)", "not understood"}},
	{"a reply that is none", []step{req("SET", "a", "1"), req("SET", "b", "2"), answers("+OK\r\nHTTP/1.1 400 Bad Request\r\n")},
		[]string{"SET a 1 = OK", "SET b 2 =  (abandoned)", "not understood"}},
	{"a reply to no request", []step{answers("+OK\r\n"), req("GET", "a")}, []string{"not understood"}},
	{"an error to no request, as of a server that has enough clients", []step{answers("-ERR max number of clients reached\r\n")},
		[]string{" = -ERR max number of clients reached"}},
	{"passwords are not kept", []step{
		req("AUTH", "secret"), req("HELLO", "3", "AUTH", "me", "secret"), req("config", "SET", "requirepass", "secret"),
		req("ACL", "SETUSER", "me", ">secret"), sends("auth me 'secret'\r\n"), answers("+OK\r\n%0\r\n+OK\r\n+OK\r\n+OK\r\n"),
	}, []string{
		"AUTH <6 hidden, 0> = OK", "HELLO <1 hidden, 0> <4 hidden, 0> <2 hidden, 0> <6 hidden, 0> = []",
		"config SET <11 hidden, 0> <6 hidden, 0> = OK", "ACL SETUSER <2 hidden, 0> <7 hidden, 0> = OK", "auth <2 hidden, 0> <6 hidden, 0> = OK",
	}},
	{"values of RESP3", []step{
		req("HGETALL", "h"), req("SMEMBERS", "s"), req("ZSCORE", "z", "m"), req("SISMEMBER", "s", "m"), req("GET", "k"), req("X"), req("Y"),
		answers("%1\r\n$1\r\nf\r\n$1\r\nv\r\n~2\r\n+a\r\n:1\r\n,1.5\r\n#t\r\n_\r\n(123456789012345678901234567890\r\n!5\r\nERR x\r\n"),
	}, []string{
		"HGETALL h = [f v]", "SMEMBERS s = [a 1]", "ZSCORE z m = 1.5", "SISMEMBER s m = 1", "GET k = null",
		"X = 123456789012345678901234567890", "Y = -ERR x",
	}},
	{"elements of the first level only", []step{
		req("XRANGE", "s", "-", "+"), answers("*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n"), req("PING"), answers("+PONG\r\n"),
	}, []string{"XRANGE s - + = [[]]", "PING = PONG"}},
	{"attributes are no value", []step{
		req("GET", "a"), req("MGET", "a", "b"),
		answers("|1\r\n+ttl\r\n*2\r\n:5\r\n|1\r\n+a\r\n+b\r\n:6\r\n$1\r\nx\r\n*2\r\n|1\r\n+ttl\r\n:5\r\n$1\r\nx\r\n|0\r\n$1\r\ny\r\n"),
	}, []string{"GET a = x", "MGET a b = [x y]"}},
	{"pushes between the replies of a pipeline", []step{
		req("GET", "a"), req("GET", "b"), answers(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n$1\r\n1\r\n>2\r\n$10\r\ninvalidate\r\n_\r\n$1\r\n2\r\n>1\r\n+x\r\n"),
	}, []string{"GET a = 1", "GET b = 2"}},
	{"subscriptions of RESP2, answered once for each channel, and what comes unasked", []step{
		req("SUBSCRIBE", "a", "b"), answers("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"),
		req("PING"), answers("*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n"),
		req("PSUBSCRIBE", "x*"), answers("*3\r\n$10\r\npsubscribe\r\n$2\r\nx*\r\n:3\r\n*4\r\n$8\r\npmessage\r\n$2\r\nx*\r\n$1\r\nx\r\n$2\r\nhi\r\n"),
		req("UNSUBSCRIBE"), answers("*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:2\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:1\r\n"),
		req("PUNSUBSCRIBE", "x*"), req("LRANGE", "l", "0", "-1"),
		answers("*3\r\n$12\r\npunsubscribe\r\n$2\r\nx*\r\n:0\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"),
	}, []string{
		"SUBSCRIBE a b = [subscribe b 2]", "PING = [pong ]", "PSUBSCRIBE x* = [psubscribe x* 3]", "UNSUBSCRIBE = [unsubscribe a 2]",
		"PUNSUBSCRIBE x* = [punsubscribe x* 0]", "LRANGE l 0 -1 = [message a hi]",
	}},
	{"subscriptions of RESP3, between other commands", []step{
		req("SUBSCRIBE", "a"), req("GET", "k"), answers(">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n$1\r\nv\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"),
		req("LRANGE", "l", "0", "-1"), answers("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"),
		req("UNSUBSCRIBE"), req("GET", "k"),
		answers(">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n>3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:0\r\n$1\r\nv\r\n"),
	}, []string{
		"SUBSCRIBE a = [subscribe a 1]", "GET k = v", "LRANGE l 0 -1 = [message a hi]", "UNSUBSCRIBE = [unsubscribe a 0]", "GET k = v",
	}},
	{"a subscription that is refused", []step{req("SSUBSCRIBE", "a", "b"), req("PING"), answers("-CROSSSLOT no\r\n+PONG\r\n")},
		[]string{"SSUBSCRIBE a b = -CROSSSLOT no", "PING = PONG"}},
	{"a shard's subscription that the server ends", []step{
		req("SSUBSCRIBE", "a"), answers("*3\r\n$10\r\nssubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$12\r\nsunsubscribe\r\n$1\r\na\r\n:0\r\n"),
		req("GET", "k"), answers("$1\r\nv\r\n"),
	}, []string{"SSUBSCRIBE a = [ssubscribe a 1]", "GET k = v"}},
	{"what MONITOR sees", []step{
		req("MONITOR"), answers("+OK\r\n+1339518083.107412 [0 127.0.0.1:60866] \"keys\" \"*\"\r\n"), req("PING"),
		answers("+1339518083.207412 [0 lua] \"ping\"\r\n+PONG\r\n"),
	}, []string{"MONITOR = OK", "PING = PONG"}},
	{"a transaction ends as EXEC does", []step{
		req("WATCH", "a"), req("MULTI"), req("SET", "a", "1"), req("HGETALL", "h"), req("LPUSH", "a", "x"), req("EXEC"), req("GET", "a"),
		answers("+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n-WRONGTYPE no\r\n$1\r\n1\r\n"),
	}, []string{"WATCH a = OK", "MULTI = OK", "SET a 1 = OK", "HGETALL h = [f v]", "LPUSH a x = -WRONGTYPE no", "EXEC = […]", "GET a = 1"}},
	{"two transactions in one pipeline", []step{
		req("MULTI"), req("SET", "a", "1"), req("EXEC"), req("MULTI"), req("SET", "a", "2"), req("INCR", "a"), req("EXEC"),
		answers("+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:3\r\n"),
	}, []string{"MULTI = OK", "SET a 1 = OK", "EXEC = […]", "MULTI = OK", "SET a 2 = OK", "INCR a = 3", "EXEC = […]"}},
	{"an empty transaction", []step{req("MULTI"), req("EXEC"), req("PING"), answers("+OK\r\n*0\r\n+PONG\r\n")},
		[]string{"MULTI = OK", "EXEC = []", "PING = PONG"}},
	{"a transaction that a watched key ends", []step{req("MULTI"), req("SET", "a", "1"), req("EXEC"), req("PING"), answers("+OK\r\n+QUEUED\r\n*-1\r\n+PONG\r\n")},
		[]string{"MULTI = OK", "SET a 1 = refused", "EXEC = null", "PING = PONG"}},
	{"a transaction that an error ends", []step{
		req("MULTI"), req("SET", "a", "1"), req("SET", "a"), req("EXEC"), answers("+OK\r\n+QUEUED\r\n-ERR arguments\r\n-EXECABORT no\r\n"),
	}, []string{"MULTI = OK", "SET a 1 = -EXECABORT no", "SET a = -ERR arguments", "EXEC = -EXECABORT no"}},
	{"a transaction that is discarded", []step{
		req("MULTI"), req("SET", "a", "1"), req("DISCARD"), req("GET", "a"), answers("+OK\r\n+QUEUED\r\n+OK\r\n$-1\r\n"),
	}, []string{"MULTI = OK", "SET a 1 = refused", "DISCARD = OK", "GET a = null"}},
	{"a transaction that a reset ends", []step{req("MULTI"), req("SET", "a", "1"), req("RESET"), req("PING"), answers("+OK\r\n+QUEUED\r\n+RESET\r\n+PONG\r\n")},
		[]string{"MULTI = OK", "SET a 1 = refused", "RESET = RESET", "PING = PONG"}},
	{"a transaction of which the end is not heard", []step{req("MULTI"), req("SET", "a", "1"), req("EXEC"), answers("+OK\r\n+QUEUED\r\n*1\r\n+OK")},
		[]string{"MULTI = OK", "SET a 1 =  (abandoned)", "EXEC =  (abandoned)"}},
	{"EXEC that gathers another number", []step{req("MULTI"), req("SET", "a", "1"), req("EXEC"), answers("+OK\r\n+QUEUED\r\n*2\r\n+OK\r\n+OK\r\n")},
		[]string{"MULTI = OK", "SET a 1 =  (abandoned)", "EXEC =  (abandoned)", "not understood"}},
	{"a string that says QUEUED", []step{req("GET", "a"), req("GET", "b"), answers("$6\r\nQUEUED\r\n$1\r\nx\r\n")}, []string{"GET a = QUEUED", "GET b = x"}},
	{"no replies asked for", []step{
		req("CLIENT", "REPLY", "OFF"), req("SET", "a", "1"), req("SET", "a", "2"), req("CLIENT", "REPLY", "ON"), req("GET", "a"), answers("+OK\r\n$1\r\n2\r\n"),
	}, []string{
		"CLIENT REPLY OFF =  (abandoned)", "SET a 1 =  (abandoned)", "SET a 2 =  (abandoned)", "CLIENT REPLY ON = OK", "GET a = 2",
	}},
	{"one reply not asked for", []step{
		req("client", "reply", "skip"), req("SET", "a", "1"), req("GET", "a"), req("CLIENT", "REPLY", "SKIP"), req("CLIENT", "REPLY", "ON"), req("PING"),
		answers("$1\r\n1\r\n+OK\r\n+PONG\r\n"),
	}, []string{
		"client reply skip =  (abandoned)", "SET a 1 =  (abandoned)", "GET a = 1", "CLIENT REPLY SKIP =  (abandoned)", "CLIENT REPLY ON = OK", "PING = PONG",
	}},
	{"a server that will not be silent", []step{req("CLIENT", "REPLY", "OFF"), req("SET", "a", "1"), answers("-NOPERM no\r\n+OK\r\n")},
		[]string{"CLIENT REPLY OFF =  (abandoned)", "SET a 1 =  (abandoned)", "not understood"}},
	{"an error behind silence", []step{req("CLIENT", "REPLY", "SKIP"), req("SET", "a", "1"), req("INCR", "b"), answers("-WRONGTYPE no\r\n")},
		[]string{"CLIENT REPLY SKIP =  (abandoned)", "SET a 1 =  (abandoned)", "INCR b = -WRONGTYPE no"}},
	{"an error to no request behind silence", []step{req("CLIENT", "REPLY", "SKIP"), answers("-BUSY no\r\n"), req("PING"), req("PING"), answers("+PONG\r\n")},
		[]string{"CLIENT REPLY SKIP =  (abandoned)", " = -BUSY no", "PING =  (abandoned)", "PING = PONG"}},
	{"silence asked for in a transaction", []step{req("MULTI"), req("CLIENT", "REPLY", "OFF"), answers("+OK\r\n")},
		[]string{"MULTI =  (abandoned)", "CLIENT REPLY OFF =  (abandoned)", "not understood"}},
	{"a subscription in a transaction, which EXEC answers twice", []step{
		req("MULTI"), req("SUBSCRIBE", "a", "b"), req("EXEC"), req("GET", "k"),
		answers("+OK\r\n+QUEUED\r\n*1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n$1\r\nv\r\n"),
	}, []string{"MULTI = OK", "SUBSCRIBE a b =  (abandoned)", "EXEC =  (abandoned)", "GET k =  (abandoned)", "not understood"}},
	{"a subscription without an answer", []step{req("CLIENT", "REPLY", "OFF"), req("UNSUBSCRIBE"), answers("*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n")},
		[]string{"CLIENT REPLY OFF =  (abandoned)", "UNSUBSCRIBE =  (abandoned)", "not understood"}},
	{"replication", []step{req("PING"), answers("+PONG\r\n"), req("PSYNC", "?", "-1"), answers("+FULLRESYNC x 0\r\n$EOF:abc\r\nREDIS0010")},
		[]string{"PING = PONG", "PSYNC ? -1 =  (abandoned)", "not understood"}},
}

func TestConversations(t *testing.T) {
	for _, test := range conversations {
		t.Run(test.name, func(t *testing.T) {
			for _, size := range []int{math.MaxInt, 1, 7} {
				rec, _ := newRecorder(t, recorder.Region{})
				e := &entries{t: t}
				tap := rec.Conn(0, node, e)
				got := converse(tap, test.steps, size)
				got += finish(tap)
				want := ""
				for _, s := range test.steps {
					if !s.sent {
						want += s.bytes
					}
				}
				if got != want {
					t.Errorf("in pieces of %d: what went out is\n%q, not\n%q", size, got, want)
				}
				if diff := cmp.Diff(test.want, e.lines()); diff != "" {
					t.Errorf("in pieces of %d:\n%s", size, diff)
				}
				if left := e.unfinished(); len(left) > 0 || !e.ended || rec.Lent() != 0 {
					t.Errorf("in pieces of %d: unfinished %q, ended %v, %d bytes lent", size, left, e.ended, rec.Lent())
				}
			}
		})
	}
}

// A write is acknowledged when the last byte of its reply has gone out, not when the region has sent it.
func TestDeliveredWithTheLastByte(t *testing.T) {
	rec, _ := newRecorder(t, recorder.Region{})
	e := &entries{t: t}
	tap := rec.Conn(0, node, e)
	at := func(seconds int) time.Time { return time.Time{}.Add(time.Duration(seconds) * time.Second) }
	tap.Reached(at(0))
	tap.Sent([]byte(req("SET", "a", "1").bytes+req("SET", "b", "2").bytes+req("SET", "c", "3").bytes), at(1))
	tap.Answered(nil, []byte("+OK\r\n+OK\r\n+O"), at(2))
	tap.Delivered(4, at(3))
	tap.Delivered(1, at(4))
	tap.Delivered(4, at(5))
	tap.Ended(proxy.End{By: proxy.ByRegion}, at(6))
	want := []string{"SET a 1 = OK", "SET b 2 = OK (abandoned)", "SET c 3 =  (abandoned)"}
	if diff := cmp.Diff(want, e.lines()); diff != "" {
		t.Error(diff)
	}
	if a, b := e.operations[0], e.operations[1]; a.sent != time.Second || a.at != 4*time.Second || b.at != 6*time.Second {
		t.Errorf("the first was sent at %v and delivered at %v, the second abandoned at %v", a.sent, a.at, b.at)
	}
}

// What is queued is delivered with EXEC.
func TestATransactionIsDeliveredAsAWhole(t *testing.T) {
	rec, _ := newRecorder(t, recorder.Region{})
	e := &entries{t: t}
	tap := rec.Conn(0, node, e)
	tap.Sent([]byte(req("MULTI").bytes+req("SET", "a", "1").bytes+req("SET", "b", "2").bytes+req("EXEC").bytes), time.Time{})
	out := tap.Answered(nil, []byte("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n+OK\r\n"), time.Time{})
	tap.Delivered(len(out)-1, time.Time{})
	if diff := cmp.Diff([]string{"SET a 1", "SET b 2", "EXEC"}, e.unfinished()); diff != "" {
		t.Error(diff)
	}
	tap.Delivered(1, time.Time{})
	if left := e.unfinished(); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestLongArgumentsAreHashedAsTheyPass(t *testing.T) {
	long, other := strings.Repeat("x", 10_000), strings.Repeat("y", 5_000)
	steps := []step{req("SET", long, other), req("GET", long), answers("+OK\r\n" + string(resp.AppendBulk(nil, other)))}
	var lines [][]string
	for _, size := range []int{math.MaxInt, 1, 1000} {
		rec, _ := newRecorder(t, recorder.Region{})
		e := &entries{t: t}
		converse(rec.Conn(0, node, e), steps, size)
		lines = append(lines, e.lines())
	}
	if diff := cmp.Diff(lines[0], lines[1]); diff != "" || !cmp.Equal(lines[0], lines[2]) {
		t.Errorf("pieces make a difference: %s\n%q", diff, lines[2])
	}
	if set := lines[0][0]; !strings.HasPrefix(set, "SET <xxx… of 10000, 4096 kept, ") || !strings.Contains(set, "<yyy… of 5000, 4096 kept, ") {
		t.Error(set)
	}
	if get := lines[0][1]; !strings.Contains(get, "… of 5000, ") {
		t.Error(get)
	}
}
