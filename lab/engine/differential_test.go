package engine_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/engine"
)

// redisServer is a connection to a redis-server of its own.
type redisServer struct {
	conn   net.Conn
	reader *resp.Reader
	raw    *bytes.Buffer // what the reader took from the connection
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	conn, err := net.Dial("tcp", redistest.Start(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	raw := new(bytes.Buffer)
	return &redisServer{conn, resp.NewReader(io.TeeReader(conn, raw)), raw}
}

// do returns the raw reply.
func (s *redisServer) do(t *testing.T, words []string) string {
	t.Helper()
	s.raw.Reset()
	_ = s.conn.SetDeadline(time.Now().Add(2 * time.Minute))
	if _, err := s.conn.Write(resp.AppendCommand(nil, words...)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.reader.ReadValue(); err != nil {
		t.Fatalf("%q: %v", words, err)
	}
	return s.raw.String()
}

// lines makes random command lines.
type lines struct {
	*rand.Rand
	base int64 // unix seconds, a good while ahead
}

func (r lines) one(of ...string) string { return of[r.IntN(len(of))] }
func (r lines) key() string             { return r.one("a", "b", "c", "d", "e", "{t}f", "", "*") }
func (r lines) value() string {
	return r.one("", "0", "1", "-1", "-0", "+1", "007", "42", " 1", "1 ", "abc", "hello world", "\x00\r\n\xff",
		"1.5", "-2.25", "1e3", ".5", "5.", "1e", "0x10", "0x1.8p-1", "0x", "nan", "inf", "-Inf", "+3.0", "+-1", "1_0",
		"1e4931", "1e4933", "1e-4960", "1e-960107628", "1e960107628", "0e-960107628", "0x1p-9999999999", "0x0p9999999999", "3.14159265358979323846", "9007199254740993",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "99999999999999999999",
		strconv.FormatInt(r.Int64()>>r.IntN(64), 10), strconv.FormatInt(-r.Int64()>>r.IntN(64), 10))
}
func (r lines) position() string {
	return r.one("0", "1", "3", "-1", "-2", "-100", "100", "x", "", "-9223372036854775808", "9223372036854775807",
		"536870912", strconv.Itoa(r.IntN(20)-10))
}

// The moments that relative and absolute expiries name lie apart, so that it does not matter which server is asked a
// millisecond later.
func (r lines) relative(unit int) string {
	return r.one("0", "-1", "x", "9223372036854775807", "-9223372036854775808", "9223372036854775", "9223372036854774000",
		"", strconv.Itoa((1000+1000*r.IntN(8))*unit), strconv.Itoa((1000+1000*r.IntN(8))*unit))
}
func (r lines) absolute(unit int64) string {
	future := strconv.FormatInt((r.base+int64(r.IntN(4)))*unit, 10)
	return r.one("0", "-1", "1", "x", "9223372036854775807", "9223372036854775", future, future, future, future)
}

func (r lines) expiry() []string {
	switch r.IntN(4) {
	case 0:
		return []string{r.one("EX", "ex"), r.relative(1)}
	case 1:
		return []string{"PX", r.relative(1000)}
	case 2:
		return []string{"EXAT", r.absolute(1)}
	}
	return []string{r.one("PXAT", "pxAt"), r.absolute(1000)}
}

func (r lines) some(what func() []string, upTo int) (words []string) {
	for range r.IntN(upTo + 1) {
		words = append(words, what()...)
	}
	return words
}

func (r lines) line() []string {
	k, v := r.key(), r.value()
	aKey := func() []string { return []string{r.key()} }
	aPair := func() []string { return []string{r.key(), r.value()} }
	with := func(more []string, words ...string) []string { return append(words, more...) }
	var words []string
	switch r.IntN(34) {
	case 0, 1:
		words = []string{"SET", k, v}
	case 2, 3:
		words = with(r.some(func() []string {
			return [][]string{{"NX"}, {"XX"}, {"GET"}, {"KEEPTTL"}, r.expiry(), r.expiry(), {"PERSIST"}, {"WHAT"}}[r.IntN(8)]
		}, 3), "SET", k, v)
	case 4:
		words = with(r.some(func() []string {
			return [][]string{{"PERSIST"}, r.expiry(), r.expiry(), r.expiry(), {"KEEPTTL"}, {"NX"}}[r.IntN(6)]
		}, 2), "GETEX", k)
	case 5:
		words = []string{r.one("GET", "STRLEN", "GETDEL", "TYPE", "get", "Persist"), k}
	case 6:
		words = []string{r.one("SETNX", "GETSET", "APPEND"), k, v}
	case 7:
		words = []string{"SETEX", k, r.relative(1), v}
	case 8:
		words = []string{"PSETEX", k, r.relative(1000), v}
	case 9:
		words = with(r.some(aKey, 3), r.one("MGET", "EXISTS", "DEL", "UNLINK", "TOUCH"), k)
	case 10:
		words = with(r.some(aPair, 3), r.one("MSET", "MSETNX"), k, v)
	case 11, 12:
		words = []string{r.one("GETRANGE", "SUBSTR"), k, r.position(), r.position()}
	case 13, 14:
		words = []string{"SETRANGE", k, r.position(), r.value()}
	case 15, 16, 17:
		words = []string{r.one("INCR", "DECR"), k}
	case 18, 19, 20:
		words = []string{r.one("INCRBY", "DECRBY"), k, v}
	case 21, 22:
		words = []string{"INCRBYFLOAT", k, v}
	case 23, 24, 25, 26:
		form := r.IntN(4)
		flags := r.some(func() []string {
			if form < 2 { // of two equal relative expiries the server that is slower has the later one
				return []string{r.one("NX", "XX", "no\r\n\x00pe\r")}
			}
			return []string{r.one("NX", "XX", "GT", "lt", "GT", "LT")}
		}, 2)
		words = with(flags, [][]string{
			{"EXPIRE", k, r.relative(1)}, {"PEXPIRE", k, r.relative(1000)},
			{"EXPIREAT", k, r.absolute(1)}, {"PEXPIREAT", k, r.absolute(1000)},
		}[form]...)
	case 27, 28:
		words = []string{r.one("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"), k}
	case 29:
		pattern := ""
		for range r.IntN(6) {
			pattern += r.one("a", "b", "*", "?", "[", "]", "^", "-", "\\", "{", "t")
		}
		if strings.Trim(pattern, "*") == "" {
			pattern = "*" // the one thing where Redis is not followed: the empty key does not match **
		}
		words = []string{"KEYS", pattern}
	case 30:
		words = with(r.some(func() []string {
			return [][]string{
				{"MATCH", r.one("*", "a*", "[a-c]")}, {"COUNT", r.one("1000", "1000", "0", "x", "-1")},
				{"TYPE", r.one("string", "STRING", "list")}, {"WHAT", "1"}, {"COUNT"},
			}[r.IntN(5)]
		}, 2), "SCAN", r.one("0", "0", "0", "x", "", "1x", "99999999999999999999"), "COUNT", "1000")
	case 31:
		words = []string{"RANDOMKEY"}
	case 32:
		words = []string{"DBSIZE"}
	case 33:
		if r.IntN(10) > 0 {
			return []string{"MGET", "a", "b", "c"}
		}
		mode := r.some(func() []string { return []string{r.one("ASYNC", "sync", "what")} }, 2)
		words = with(mode, r.one("FLUSHALL", "FLUSHDB"))
	}
	switch r.IntN(40) { // wrong numbers of arguments
	case 0:
		words = words[:len(words)-r.IntN(len(words))]
	case 1:
		if words[0] != "SCAN" { // where cursors are of the server's own making
			words = append(words, v)
		}
	}
	return words
}

// TestAnswersAsRedisDoes runs random commands on a redis-server and on an engine and compares the raw replies.
func TestAnswersAsRedisDoes(t *testing.T) {
	for _, resp3 := range []bool{false, true} {
		t.Run(fmt.Sprintf("RESP3 %t", resp3), func(t *testing.T) {
			t.Parallel()
			server, e := startRedis(t), engine.New(1, time.Now)
			if resp3 {
				server.do(t, []string{"HELLO", "3"})
			}
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			r := lines{rand.New(rand.NewPCG(seed, 0)), time.Now().Unix() + 100_000}
			history := []string{}
			for range 30_000 {
				words := r.line()
				if len(words) == 1 && (words[0] == "DBSIZE" || words[0] == "RANDOMKEY") {
					// Redis counts keys that have expired until it looks at them.
					server.do(t, []string{"EXISTS", "a", "b", "c", "d", "e", "{t}f", "", "*"})
				}
				want, got := server.do(t, words), string(execute(t, e, resp3, words))
				history = append(history, fmt.Sprintf("%q -> %q", words, want))
				if !sameReply(t, words, got, want) {
					t.Fatalf("%q: got %q, redis-server says %q, after\n%s", words, got, want,
						strings.Join(history[max(0, len(history)-25):], "\n"))
				}
				if err := e.Check(); err != nil {
					t.Fatalf("%q: %v", words, err)
				}
			}
		})
	}
}

// sameReply compares byte by byte, but for what depends on chance or on the time: then it compares what does not.
func sameReply(t *testing.T, words []string, got, want string) bool {
	t.Helper()
	if got == want {
		return true
	}
	read := func(raw string) resp.Value {
		v, err := resp.NewReader(strings.NewReader(raw)).ReadValue()
		if err != nil {
			t.Fatalf("%q: reply %q: %v", words, raw, err)
		}
		return v
	}
	g, w := read(got), read(want)
	if g.Kind != w.Kind {
		return false
	}
	switch strings.ToUpper(words[0]) {
	case "KEYS":
		return slices.Equal(sorted(g), sorted(w))
	case "SCAN":
		return g.Kind == resp.Array && g.Elems[0].Str == w.Elems[0].Str && slices.Equal(sorted(g.Elems[1]), sorted(w.Elems[1]))
	case "RANDOMKEY":
		return g.Kind == resp.Bulk
	case "PTTL", "PEXPIRETIME":
		return g.Kind == resp.Integer && min(g.Int, w.Int) > 0 && max(g.Int-w.Int, w.Int-g.Int) < 3000
	case "TTL", "EXPIRETIME":
		return g.Kind == resp.Integer && min(g.Int, w.Int) > 0 && max(g.Int-w.Int, w.Int-g.Int) < 3
	}
	return false
}

func sorted(v resp.Value) (keys []string) {
	for _, x := range v.Elems {
		keys = append(keys, x.Str)
	}
	slices.Sort(keys)
	return keys
}
