package recorder_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/recorder"
)

// fronts leads to nodes: what a region calls 10.0.0.1:6379 is found at 127.0.0.1:9001, and so on. There is none for 10.0.0.9.
func fronts(address string) (string, error) {
	at, ok := map[string]string{
		"10.0.0.1:6379": "127.0.0.1:9001", "10.0.0.2:6379": "127.0.0.1:9002", "10.0.0.2:6380": "127.0.0.1:9102",
		"two.example:6379": "127.0.0.1:9002", "[fd00::2]:6379": "127.0.0.1:9002", "10.0.0.6:6379": "[::1]:9006",
	}[address]
	if !ok {
		return "", errors.New("no front for " + address)
	}
	return at, nil
}

// wire is a value as a server sends it: words are strings, numbers integers.
func wire(values ...any) string {
	var b []byte
	for _, v := range values {
		switch v := v.(type) {
		case string:
			b = resp.AppendBulk(b, v)
		case int:
			b = resp.AppendInt(b, int64(v))
		case nil:
			b = append(b, "$-1\r\n"...)
		case []any:
			b = resp.AppendArrayLen(b, len(v))
			b = append(b, wire(v...)...)
		case fields:
			b = resp.AppendMapLen(b, len(v)/2, true)
			b = append(b, wire(v...)...)
		}
	}
	return string(b)
}

type fields []any

const lines = "bebc 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-5460\n" +
	"46fd 10.0.0.2:6379@16379,two.example,tls-port=6380,shard-id=a1b2 slave bebc 0 1795290309508 3 connected\n" +
	"ee56 :0@0,, master,noaddr - 0 0 2 disconnected 5461 [5462->-46fd]\n\n"

const linesOfFronts = "bebc 127.0.0.1:9001@16379 myself,master - 0 0 1 connected 0-5460\n" +
	"46fd 127.0.0.1:9002@16379,127.0.0.1,tls-port=9002,shard-id=a1b2 slave bebc 0 1795290309508 3 connected\n" +
	"ee56 :0@0,, master,noaddr - 0 0 2 disconnected 5461 [5462->-46fd]\n\n"

type counts = recorder.Rewriting

var rewritings = []struct {
	name        string
	secure      bool
	words       string
	reply, want string
	counts      counts
}{
	{
		name: "slots, of a node and of its replica", words: "CLUSTER SLOTS",
		reply:  wire([]any{[]any{0, 5460, []any{"10.0.0.1", 6379, "bebc", []any{}}, []any{"10.0.0.2", 6379, "46fd", []any{}}}}),
		want:   wire([]any{[]any{0, 5460, []any{"127.0.0.1", 9001, "bebc", []any{}}, []any{"127.0.0.1", 9002, "46fd", []any{}}}}),
		counts: counts{Rewritten: 1},
	},
	{
		name: "slots as Redis 3 says them", words: "cluster slots",
		reply: wire([]any{[]any{0, 5460, []any{"10.0.0.1", 6379}}}), want: wire([]any{[]any{0, 5460, []any{"127.0.0.1", 9001}}}),
		counts: counts{Rewritten: 1},
	},
	{
		name: "slots with names", words: "CLUSTER SLOTS",
		reply:  wire([]any{[]any{0, 1, []any{"two.example", 6379, "a", []any{"ip", "10.0.0.2"}}, []any{"10.0.0.2", 6379, "a", fields{"hostname", "two.example"}}}}),
		want:   wire([]any{[]any{0, 1, []any{"127.0.0.1", 9002, "a", []any{"ip", "127.0.0.1"}}, []any{"127.0.0.1", 9002, "a", fields{"hostname", "127.0.0.1"}}}}),
		counts: counts{Rewritten: 1},
	},
	{
		name: "slots of nodes that do not know what others call them", words: "CLUSTER SLOTS",
		reply:  wire([]any{[]any{0, 1, []any{nil, 6379, "a"}, []any{"", 6379, "a"}, []any{"?", 6379, "a"}}}),
		want:   wire([]any{[]any{0, 1, []any{"127.0.0.1", 9001, "a"}, []any{"127.0.0.1", 9001, "a"}, []any{"127.0.0.1", 9001, "a"}}}),
		counts: counts{Rewritten: 1},
	},
	{
		name: "slots of IPv6, and a front on IPv6", words: "CLUSTER SLOTS",
		reply: wire([]any{[]any{0, 1, []any{"fd00::2", 6379, "a"}, []any{"10.0.0.6", 6379, "b"}}}),
		want:  wire([]any{[]any{0, 1, []any{"127.0.0.1", 9002, "a"}, []any{"::1", 9006, "b"}}}), counts: counts{Rewritten: 1},
	},
	{
		name: "slots of a node for which there is no front", words: "CLUSTER SLOTS",
		reply: wire([]any{[]any{0, 1, []any{"10.0.0.9", 6379, "a"}, []any{"10.0.0.1", 6379, "b"}}}),
		want:  wire([]any{[]any{0, 1, []any{"10.0.0.9", 6379, "a"}, []any{"127.0.0.1", 9001, "b"}}}), counts: counts{Rewritten: 1, Unreachable: 1},
	},
	{
		name: "slots of another form", words: "CLUSTER SLOTS",
		reply: wire([]any{[]any{0, 1, "10.0.0.1:6379"}}), want: wire([]any{[]any{0, 1, "10.0.0.1:6379"}}), counts: counts{Unreadable: 1},
	},
	{name: "no slots", words: "CLUSTER SLOTS", reply: "*0\r\n", want: "*0\r\n"},
	{name: "no cluster", words: "CLUSTER SLOTS", reply: "-ERR This instance has cluster support disabled\r\n", want: "-ERR This instance has cluster support disabled\r\n"},
	{
		name: "shards", words: "CLUSTER SHARDS",
		reply: wire([]any{[]any{"slots", []any{0, 5460}, "nodes", []any{[]any{
			"id", "a", "port", 6379, "ip", "10.0.0.2", "endpoint", "two.example", "hostname", "two.example", "role", "master"}}}}),
		want: wire([]any{[]any{"slots", []any{0, 5460}, "nodes", []any{[]any{
			"id", "a", "port", 9002, "ip", "127.0.0.1", "endpoint", "127.0.0.1", "hostname", "127.0.0.1", "role", "master"}}}}),
		counts: counts{Rewritten: 1},
	},
	{
		name: "shards in RESP3, of a node that has TLS too", words: "CLUSTER SHARDS", secure: true,
		reply:  wire([]any{fields{"slots", []any{}, "nodes", []any{fields{"port", 6379, "tls-port", 6380, "ip", "10.0.0.2", "endpoint", "10.0.0.2"}}}}),
		want:   wire([]any{fields{"slots", []any{}, "nodes", []any{fields{"port", 9102, "tls-port", 9102, "ip", "127.0.0.1", "endpoint", "127.0.0.1"}}}}),
		counts: counts{Rewritten: 1},
	},
	{
		name: "shards of a node that has TLS only, asked for in the clear", words: "CLUSTER SHARDS",
		reply:  wire([]any{fields{"slots", []any{}, "nodes", []any{fields{"tls-port", 6380, "ip", "10.0.0.2", "endpoint", "10.0.0.2"}}}}),
		want:   wire([]any{fields{"slots", []any{}, "nodes", []any{fields{"tls-port", 9102, "ip", "127.0.0.1", "endpoint", "127.0.0.1"}}}}),
		counts: counts{Rewritten: 1},
	},
	{name: "nodes", words: "CLUSTER NODES", reply: wire(lines), want: wire(linesOfFronts), counts: counts{Rewritten: 1}},
	{
		name: "nodes in RESP3", words: "cluster nodes",
		reply: strings.Replace(wire("txt:"+lines), "$", "=", 1), want: strings.Replace(wire("txt:"+linesOfFronts), "$", "=", 1), counts: counts{Rewritten: 1},
	},
	{
		name: "replicas", words: "CLUSTER REPLICAS bebc",
		reply: wire([]any{"46fd 10.0.0.2:6379@16379 slave bebc 0 1 3 connected"}), want: wire([]any{"46fd 127.0.0.1:9002@16379 slave bebc 0 1 3 connected"}),
		counts: counts{Rewritten: 1},
	},
	{name: "nodes of another form", words: "CLUSTER NODES", reply: wire("a b c d\n"), want: wire("a b c d\n"), counts: counts{Unreadable: 1}},
	{name: "a key that has moved", words: "GET k", reply: "-MOVED 3999 10.0.0.2:6379\r\n", want: "-MOVED 3999 127.0.0.1:9002\r\n", counts: counts{Rewritten: 1}},
	{name: "a key that is moving", words: "GET k", reply: "-ASK 3999 two.example:6379\r\n", want: "-ASK 3999 127.0.0.1:9002\r\n", counts: counts{Rewritten: 1}},
	{name: "a key that has moved to the host that was asked", words: "GET k", reply: "-MOVED 3999 :6379\r\n", want: "-MOVED 3999 127.0.0.1:9001\r\n", counts: counts{Rewritten: 1}},
	{name: "a key that has moved to IPv6", words: "GET k", reply: "-MOVED 3999 fd00::2:6379\r\n", want: "-MOVED 3999 127.0.0.1:9002\r\n", counts: counts{Rewritten: 1}},
	{name: "a primary that hands over", words: "GET k", reply: "-REDIRECT 10.0.0.2:6379\r\n", want: "-REDIRECT 127.0.0.1:9002\r\n", counts: counts{Rewritten: 1}},
	{name: "a key that has moved to where there is no front", words: "GET k", reply: "-MOVED 1 10.0.0.9:1\r\n", want: "-MOVED 1 10.0.0.9:1\r\n", counts: counts{Unreachable: 1}},
	{name: "a key that has moved, in another form", words: "GET k", reply: "-MOVED 1 there\r\n", want: "-MOVED 1 there\r\n", counts: counts{Unreadable: 1}},
	{name: "an error that begins alike", words: "GET k", reply: "-MOVEDISH 1 10.0.0.2:6379\r\n", want: "-MOVEDISH 1 10.0.0.2:6379\r\n"},
	{
		name: "a long error that begins alike", words: "GET k",
		reply: "-MOVED 1 " + strings.Repeat("x", 600) + ":1\r\n", want: "-MOVED 1 " + strings.Repeat("x", 600) + ":1\r\n",
	},
	{name: "slots that have moved", words: "CLUSTER SLOTS", reply: "-MOVED 1 10.0.0.2:6379\r\n", want: "-MOVED 1 127.0.0.1:9002\r\n", counts: counts{Rewritten: 1}},
	{name: "an error within a reply", words: "EVAL s 0", reply: "*2\r\n:1\r\n-MOVED 1 10.0.0.2:6379\r\n", want: "*2\r\n:1\r\n-MOVED 1 127.0.0.1:9002\r\n", counts: counts{Rewritten: 1}},
	{name: "a value that reads like an error", words: "GET k", reply: wire("-MOVED 1 10.0.0.2:6379"), want: wire("-MOVED 1 10.0.0.2:6379")},
	{name: "where a sentinel says the primary is", words: "SENTINEL get-master-addr-by-name m", reply: wire([]any{"10.0.0.2", "6379"}), want: wire([]any{"127.0.0.1", "9002"}), counts: counts{Rewritten: 1}},
	{name: "a sentinel that does not know", words: "SENTINEL get-master-addr-by-name m", reply: "*-1\r\n", want: "*-1\r\n"},
	{
		name: "the replicas that a sentinel knows", words: "SENTINEL replicas m",
		reply:  wire([]any{[]any{"name", "x", "ip", "10.0.0.2", "port", "6379", "master-host", "10.0.0.1", "master-port", "6379"}, []any{"ip", "10.0.0.1", "port", "6379", "master-host", "?", "master-port", "0"}}),
		want:   wire([]any{[]any{"name", "x", "ip", "127.0.0.1", "port", "9002", "master-host", "127.0.0.1", "master-port", "9001"}, []any{"ip", "127.0.0.1", "port", "9001", "master-host", "?", "master-port", "0"}}),
		counts: counts{Rewritten: 1},
	},
}

func TestRewriting(t *testing.T) {
	for _, test := range rewritings {
		t.Run(test.name, func(t *testing.T) {
			for _, size := range []int{math.MaxInt, 1, 7} {
				rec, _ := newRecorder(t, recorder.Region{Address: fronts, TLS: test.secure})
				e := &entries{t: t}
				tap := rec.Conn(0, node, e)
				got := converse(tap, []step{req("PING"), req(strings.Fields(test.words)...), req("PING"), answers("+PONG\r\n" + test.reply + "+PONG\r\n")}, size)
				if want := "+PONG\r\n" + test.want + "+PONG\r\n"; got != want {
					t.Errorf("in pieces of %d: %q\nwant %q", size, got, want)
				}
				if left := e.unfinished(); len(left) > 0 || e.lost || rec.Lent() != 0 {
					t.Errorf("in pieces of %d: unfinished %q, not understood %v, %d bytes lent", size, left, e.lost, rec.Lent())
				}
				if got := rec.Rewriting(); got != test.counts {
					t.Errorf("in pieces of %d: %+v, want %+v", size, got, test.counts)
				}
			}
		})
	}
}

// A push between the request and its reply is not held back, nor taken for the reply.
func TestAPushBeforeARewrittenReply(t *testing.T) {
	rec, _ := newRecorder(t, recorder.Region{Address: fronts})
	got := converse(rec.Conn(0, node, &entries{t: t}), []step{
		req("CLUSTER", "SLOTS"), answers(">1\r\n+x\r\n*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$8\r\n10.0.0.1\r\n:6379\r\n"),
	}, 3)
	if want := ">1\r\n+x\r\n*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$9\r\n127.0.0.1\r\n:9001\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What is longer than can be held back goes on as it is, and what follows is rewritten again.
func TestAReplyThatIsTooLargeToBeRewritten(t *testing.T) {
	rec, _ := newRecorder(t, recorder.Region{Address: fronts})
	e := &entries{t: t}
	large := wire("x 10.0.0.1:6379@1 " + strings.Repeat("x", 5<<20))
	got := converse(rec.Conn(0, node, e), []step{
		req("CLUSTER", "NODES"), req("CLUSTER", "NODES"), answers(large), answers(wire("x 10.0.0.1:6379@1 master\n")),
	}, 16<<10)
	if want := large + wire("x 127.0.0.1:9001@1 master\n"); got != want {
		t.Errorf("%d bytes, ends with %q", len(got), got[len(got)-60:])
	}
	if got, want := rec.Rewriting(), (counts{Rewritten: 1, Unreadable: 1}); got != want || rec.Lent() != 0 {
		t.Errorf("%+v, %d bytes lent", got, rec.Lent())
	}
}

// What is held back when a request makes that the connection is not understood any more goes out all the same.
func TestWhatIsHeldBackIsNotLostWithTheConnection(t *testing.T) {
	rec, _ := newRecorder(t, recorder.Region{Address: fronts})
	e := &entries{t: t}
	got := converse(rec.Conn(0, node, e), []step{
		req("CLUSTER", "SLOTS"), answers("*1\r\n*3\r\n:0\r\n:1\r\n"), {sent: true, bytes: "*1\r\n:1\r\n"}, answers("*2\r\n$8\r\n10.0.0.1\r\n:6379\r\n"),
	}, 16<<10)
	if want := "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$8\r\n10.0.0.1\r\n:6379\r\n"; got != want || !e.lost {
		t.Errorf("%q, want %q", got, want)
	}
}
