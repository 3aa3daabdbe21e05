package resp_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/resp"
)

// text is one string value of a kind.
func text(kind resp.Kind, s string) resp.Value { return resp.Value{Kind: kind, Str: s} }

func bulk(s string) resp.Value { return text(resp.Bulk, s) }

func number(n int64) resp.Value { return resp.Value{Kind: resp.Integer, Int: n} }

func list(kind resp.Kind, elems ...resp.Value) resp.Value {
	if elems == nil {
		elems = []resp.Value{}
	}
	return resp.Value{Kind: kind, Elems: elems}
}

var null = resp.Value{Kind: resp.Null}

func TestReadValue(t *testing.T) {
	for _, test := range []struct {
		name, wire string
		want       resp.Value
	}{
		{"a simple string", "+OK\r\n", text(resp.SimpleString, "OK")},
		{"an empty simple string", "+\r\n", text(resp.SimpleString, "")},
		{"an error is a value", "-ERR no\r\n", text(resp.Error, "ERR no")},
		{"an integer", ":42\r\n", number(42)},
		{"a negative integer", ":-1\r\n", number(-1)},
		{"the smallest integer", ":-9223372036854775808\r\n", number(math.MinInt64)},
		{"the largest integer", ":9223372036854775807\r\n", number(math.MaxInt64)},
		{"a bulk string", "$5\r\nhello\r\n", bulk("hello")},
		{"a bulk string with line ends and zeros", "$6\r\na\r\n\x00\r\n\r\n", bulk("a\r\n\x00\r\n")},
		{"an empty bulk string", "$0\r\n\r\n", bulk("")},
		{"the null bulk string of RESP2", "$-1\r\n", null},
		{"the null array of RESP2", "*-1\r\n", null},
		{"the null of RESP3", "_\r\n", null},
		{"an empty array", "*0\r\n", list(resp.Array)},
		{"an array that nests", "*2\r\n*1\r\n:1\r\n$1\r\nx\r\n", list(resp.Array, list(resp.Array, number(1)), bulk("x"))},
		{"a map", "%1\r\n+k\r\n:1\r\n", list(resp.Map, text(resp.SimpleString, "k"), number(1))},
		{"a set", "~1\r\n:1\r\n", list(resp.Set, number(1))},
		{"a push", ">1\r\n+x\r\n", list(resp.Push, text(resp.SimpleString, "x"))},
		{"true", "#t\r\n", resp.Value{Kind: resp.Bool, Int: 1}},
		{"false", "#f\r\n", resp.Value{Kind: resp.Bool}},
		{"a double", ",1.5\r\n", text(resp.Double, "1.5")},
		{"a big number", "(123456789012345678901234567890\r\n", text(resp.BigNumber, "123456789012345678901234567890")},
		{"a bulk error", "!5\r\nERR x\r\n", text(resp.BulkError, "ERR x")},
		{"a verbatim string, without its format", "=7\r\ntxt:abc\r\n", text(resp.Verbatim, "abc")},
		{"an attribute is skipped", "|1\r\n+ttl\r\n:5\r\n+OK\r\n", text(resp.SimpleString, "OK")},
		{"a line end without a carriage return, as some servers send", "+OK\n", text(resp.SimpleString, "OK")},
	} {
		t.Run(test.name, func(t *testing.T) {
			for what, r := range map[string]io.Reader{
				"at once": strings.NewReader(test.wire), "byte by byte": iotest.OneByteReader(strings.NewReader(test.wire)),
			} {
				rd := resp.NewReaderLimits(r, resp.Limits{Buffer: 16})
				got, err := rd.ReadValue()
				if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
					t.Errorf("%s: %v\n%s", what, err, diff)
				}
				if _, err := rd.ReadValue(); !errors.Is(err, io.EOF) {
					t.Errorf("%s: at the end: %v", what, err)
				}
			}
		})
	}
}

func TestWhatIsNotRESP(t *testing.T) {
	for _, test := range []struct{ name, wire, err string }{
		{"HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "not the Redis protocol: this looks like HTTP"},
		{"a web page", "<html>\n", "not the Redis protocol: this looks like HTTP"},
		{"a TLS alert, which has no line end", "\x15\x03\x01\x00\x02\x02\x46", "not the Redis protocol: this looks like TLS"},
		{"a TLS handshake", "\x16\x03\x01\x02\x00\x01\n", "not the Redis protocol: this looks like TLS"},
		{"SSH", "SSH-2.0-OpenSSH_9.2\r\n", "not the Redis protocol: this looks like SSH"},
		{"mail", "220 mail.example ESMTP\r\n", "not the Redis protocol: this looks like SMTP or FTP"},
		{"a later line that looks like HTTP is only RESP gone wrong", "+OK\r\nHTTP/1.1 400\r\n", `unexpected bytes "HTTP/1.1 400"`},
		{"random bytes", "\x00\x01\x02\n", "unexpected bytes"},
		{"bytes that are letters elsewhere", "\xc3\xa9\xe4\xb8\x96\n", `unexpected bytes "\u00e9\u4e16"`},
		{"random bytes without a line end", "\x00\x01\x02", "unexpected bytes"},
		{"an endless line", strings.Repeat("x", 100_000), "… (81920 bytes)"},
		{"an empty line", "\r\n", "an empty line"},
		{"a length that is no number", "$x\r\n", `length "x"`},
		{"a length below null", "$-2\r\n", `length "-2"`},
		{"an absurd length", "$99999999999\r\n", "over the limit of 536870912"},
		{"an absurd number of elements", "*2000000\r\n", "over the limit of 1048576"},
		{"a length with 20 digits", "$99999999999999999999\r\n", "length"},
		{"an integer that overflows", ":9223372036854775808\r\n", "integer"},
		{"a negative integer that overflows", ":-9223372036854775809\r\n", "integer"},
		{"an integer without digits", ":-\r\n", "integer"},
		{"neither true nor false", "#x\r\n", "boolean"},
		{"a string longer than its length", "$1\r\nab\r\n", "longer than its length"},
		{"too deep", strings.Repeat("*1\r\n", 40), "nested deeper than 32"},
		{"the end in the middle of a line", "+O", "unexpected EOF"},
		{"the end in the middle of a string", "$5\r\nhe", "unexpected EOF"},
		{"the end in the middle of a line end", "$2\r\nhe\r", "unexpected EOF"},
		{"the end in the middle of an array", "*2\r\n:1\r\n", "unexpected EOF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := resp.NewReader(strings.NewReader(test.wire))
			var err error
			for err == nil {
				_, err = r.ReadValue()
			}
			if !strings.Contains(err.Error(), test.err) {
				t.Errorf("%v, want %q", err, test.err)
			}
			var p *resp.ProtocolError
			if !errors.As(err, &p) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%T", err)
			}
		})
	}
}

// An alert often arrives without the end of the connection: what it is must not
// be lost in the time-out.
func TestTLSIsRecognizedAtATimeout(t *testing.T) {
	r := resp.NewReader(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("\x15\x03\x01"))))
	if _, err := r.ReadValue(); err == nil || errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	r = resp.NewReader(io.MultiReader(strings.NewReader("\x15\x03\x01"), iotest.ErrReader(iotest.ErrTimeout)))
	var p *resp.ProtocolError
	if _, err := r.ReadValue(); !errors.As(err, &p) || p.Looks != "TLS" {
		t.Errorf("%v", err)
	}
}

func TestReadCommand(t *testing.T) {
	for _, test := range []struct {
		name, wire string
		want       [][]string
		err        string
	}{
		{"an array of strings", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", [][]string{{"GET", "k"}}, "EOF"},
		{"an empty argument", "*2\r\n$3\r\nGET\r\n$0\r\n\r\n", [][]string{{"GET", ""}}, "EOF"},
		{"several", "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n", [][]string{{"PING"}, {"QUIT"}}, "EOF"},
		{"inline", "PING\r\n set  k\tv \r\n", [][]string{{"PING"}, {"set", "k", "v"}}, "EOF"},
		{"empty lines and arrays are skipped", "\r\n  \r\n*0\r\n*-1\r\nPING\r\n", [][]string{{"PING"}}, "EOF"},
		{"an argument that is no string", "*1\r\n:1\r\n", nil, "expected '$'"},
		{"a null argument", "*1\r\n$-1\r\n", nil, "null"},
		{"an argument longer than its length", "*1\r\n$1\r\nab\r\n", nil, "longer"},
		{"the end in the middle", "*2\r\n$3\r\nGET\r\n", nil, "unexpected EOF"},
		{"an absurd number", "*99999999\r\n", nil, "over the limit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := resp.NewReader(strings.NewReader(test.wire))
			var got [][]string
			for {
				args, err := r.ReadCommand()
				if err != nil {
					if !strings.Contains(err.Error(), test.err) {
						t.Errorf("%v, want %q", err, test.err)
					}
					break
				}
				var words []string
				for _, a := range args {
					words = append(words, string(a))
				}
				got = append(got, words)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadFlat(t *testing.T) {
	type flat struct {
		Kind  resp.Kind
		Parts []string // "null" for a null
	}
	for _, test := range []struct {
		name, wire string
		want       flat
		err        string
	}{
		{"a published message", "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n", flat{resp.Array, []string{"message", "c", "hi"}}, ""},
		{"a confirmation", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n", flat{resp.Array, []string{"subscribe", "c", "1"}}, ""},
		{"a push of RESP3", ">1\r\n+x\r\n", flat{resp.Push, []string{"x"}}, ""},
		{"an integer", ":-7\r\n", flat{resp.Integer, []string{"-7"}}, ""},
		{"a simple string", "+PONG\r\n", flat{resp.SimpleString, []string{"PONG"}}, ""},
		{"an error", "-ERR x\r\n", flat{resp.Error, []string{"ERR x"}}, ""},
		{"a bulk string", "$1\r\nx\r\n", flat{resp.Bulk, []string{"x"}}, ""},
		{"a null", "$-1\r\n", flat{resp.Null, []string{"null"}}, ""},
		{"a null array", "*-1\r\n", flat{resp.Null, []string{"null"}}, ""},
		{"a null between strings", "*3\r\n$1\r\na\r\n$-1\r\n$1\r\nb\r\n", flat{resp.Array, []string{"a", "null", "b"}}, ""},
		{"an empty array", "*0\r\n", flat{resp.Array, nil}, ""},
		{"an array that nests", "*1\r\n*1\r\n:1\r\n", flat{}, "nested"},
		{"a map", "%1\r\n+k\r\n:1\r\n", flat{}, "nested"},
		{"an integer that is none", ":x\r\n", flat{}, "integer"},
		{"neither true nor false", "#0\r\n", flat{}, "boolean"},
		{"HTTP", "HTTP/1.1 200 OK\r\n", flat{}, "looks like HTTP"},
		{"the end in the middle", "*2\r\n:1\r\n", flat{}, "unexpected EOF"},
		{"an empty line", "\r\n", flat{}, "empty line"},
		{"an empty line in an array", "*1\r\n\r\n", flat{}, "empty line"},
		{"an absurd number", "*99999999\r\n", flat{}, "over the limit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			kind, parts, err := resp.NewReaderLimits(strings.NewReader(test.wire), resp.Limits{Buffer: 16}).ReadFlat()
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("%v, want %q", err, test.err)
				}
				return
			}
			got := flat{Kind: kind}
			for _, p := range parts {
				if p == nil {
					got.Parts = append(got.Parts, "null")
					continue
				}
				got.Parts = append(got.Parts, string(p))
			}
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestReadOKs(t *testing.T) {
	const ok = "+OK\r\n"
	for _, test := range []struct {
		name   string
		pieces []string // as they arrive
		most   int
		want   int
		next   string // what ReadFlat reads then
	}{
		{"one", []string{ok}, 1, 1, ""},
		{"several that arrive together", []string{ok + ok + ok}, 5, 3, ""},
		{"no more than asked for", []string{ok + ok + ok}, 2, 2, "OK"},
		{"what has not arrived is not waited for", []string{ok, ok}, 2, 1, "OK"},
		{"one of which a part has arrived", []string{ok + "+O", "K\r\n"}, 5, 1, "OK"},
		{"the first of which a part has arrived", []string{"+O", "K\r\n"}, 5, 0, "OK"},
		{"an error behind it", []string{ok + "-OOM no\r\n" + ok}, 5, 1, "OOM no"},
		{"an error before it", []string{"-OOM no\r\n" + ok}, 5, 0, "OOM no"},
		{"a null", []string{"$-1\r\n"}, 5, 0, "null"},
		{"another simple string", []string{"+OKAY\r\n"}, 1, 0, "OKAY"},
		{"a line that ends as none should", []string{"+OK\n\r"}, 1, 0, "OK"},
		{"nothing", nil, 1, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var pieces []io.Reader
			for _, piece := range test.pieces {
				pieces = append(pieces, strings.NewReader(piece))
			}
			r := resp.NewReaderLimits(io.MultiReader(pieces...), resp.Limits{Buffer: 64})
			n, err := r.ReadOKs(test.most)
			if n != test.want || err != nil && len(pieces) > 0 || len(pieces) == 0 && !errors.Is(err, io.EOF) {
				t.Errorf("%d, %v", n, err)
			}
			next := ""
			if kind, parts, err := r.ReadFlat(); err == nil {
				if next = "null"; kind != resp.Null {
					next = string(parts[0])
				}
			}
			if next != test.next {
				t.Errorf("then comes %q", next)
			}
		})
	}
}

// The parts of a value point into one piece of memory: appending to one must not
// reach the next.
func TestPartsDoNotOverlap(t *testing.T) {
	_, parts, err := resp.NewReader(strings.NewReader("*2\r\n$1\r\na\r\n$1\r\nb\r\n")).ReadFlat()
	if err != nil {
		t.Fatal(err)
	}
	_ = append(parts[0], 'x')
	if string(parts[1]) != "b" {
		t.Errorf("%q", parts)
	}
}

// encode writes v as RESP3.
func encode(dst []byte, v resp.Value) []byte {
	switch v.Kind {
	case resp.SimpleString:
		return resp.AppendSimple(dst, v.Str)
	case resp.Error:
		return resp.AppendError(dst, v.Str)
	case resp.Integer:
		return resp.AppendInt(dst, v.Int)
	case resp.Bulk:
		return resp.AppendBulk(dst, v.Str)
	case resp.Null:
		return resp.AppendNull(dst, true)
	case resp.Array:
		dst = resp.AppendArrayLen(dst, len(v.Elems))
	case resp.Push:
		dst = resp.AppendPushLen(dst, len(v.Elems))
	case resp.Map:
		dst = resp.AppendMapLen(dst, len(v.Elems)/2, true)
	}
	for _, e := range v.Elems {
		dst = encode(dst, e)
	}
	return dst
}

func randomValue(r *rand.Rand, depth int) resp.Value {
	random := func(n int) string {
		b := make([]byte, r.IntN(n))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		return string(b)
	}
	kinds := []resp.Kind{resp.SimpleString, resp.Error, resp.Integer, resp.Bulk, resp.Null, resp.Array, resp.Push, resp.Map}
	if depth == 0 {
		kinds = kinds[:5]
	}
	v := resp.Value{Kind: kinds[r.IntN(len(kinds))]}
	switch v.Kind {
	case resp.SimpleString, resp.Error:
		v.Str = strings.Map(func(c rune) rune { return 'a' + c%26 }, random(20))
	case resp.Integer:
		v.Int = int64(r.Uint64())
	case resp.Bulk:
		v.Str = random(300)
	case resp.Array, resp.Push, resp.Map:
		v.Elems = []resp.Value{}
		for range 2 * r.IntN(4) {
			v.Elems = append(v.Elems, randomValue(r, depth-1))
		}
	}
	return v
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var wire []byte
	var want []resp.Value
	for range 2000 {
		v := randomValue(random, 3)
		want = append(want, v)
		wire = encode(wire, v)
	}
	r := resp.NewReaderLimits(iotest.HalfReader(bytes.NewReader(wire)), resp.Limits{Buffer: 64})
	for i, w := range want {
		got, err := r.ReadValue()
		if diff := cmp.Diff(w, got); err != nil || diff != "" {
			t.Fatalf("value %d: %v\n%s", i, err, diff)
		}
	}
}

func TestAppend(t *testing.T) {
	for _, test := range []struct {
		name string
		got  []byte
		want string
	}{
		{"a command of strings", resp.AppendCommand(nil, "GET", "k"), "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"},
		{"a command of bytes", resp.AppendCommand(nil, []byte("PING")), "*1\r\n$4\r\nPING\r\n"},
		{"the null of RESP2", resp.AppendNull(nil, false), "$-1\r\n"},
		{"the null array of RESP2", resp.AppendNullArray(nil, false), "*-1\r\n"},
		{"the null array of RESP3", resp.AppendNullArray(nil, true), "_\r\n"},
		{"a map in RESP2", resp.AppendMapLen(nil, 2, false), "*4\r\n"},
		{"a map in RESP3", resp.AppendMapLen(nil, 2, true), "%2\r\n"},
		{"what was there stays", resp.AppendInt([]byte("x"), -5), "x:-5\r\n"},
	} {
		if string(test.got) != test.want {
			t.Errorf("%s: %q, want %q", test.name, test.got, test.want)
		}
	}
}

func TestValue(t *testing.T) {
	m := list(resp.Array, bulk("a"), number(1), bulk("b"), number(2), bulk("odd"))
	if v, ok := m.Field("b"); !ok || v.Int != 2 {
		t.Errorf("b is %v", v)
	}
	for _, missing := range []string{"c", "odd", ""} {
		if v, ok := m.Field(missing); ok {
			t.Errorf("%q is %v", missing, v)
		}
	}
	if err := bulk("ERR x").Err(); err != nil {
		t.Error(err)
	}
	var server resp.ServerError
	if err := text(resp.BulkError, "NOPERM x").Err(); !errors.As(err, &server) || server.Code() != "NOPERM" {
		t.Error(err)
	}
	for reply, code := range map[string]string{"ERR x": "ERR", "MOVED 1 h:1": "MOVED", "": "ERR", "wrong number": "ERR", "OOM": "OOM"} {
		if got := resp.ServerError(reply).Code(); got != code {
			t.Errorf("%q has code %q, want %q", reply, got, code)
		}
	}
	if got := list(resp.Array, number(1), null, bulk("x\n"), resp.Value{Kind: resp.Bool, Int: 1}).String(); got != `[1 null "x\n" true]` {
		t.Error(got)
	}
}

func seeds(f *testing.F) {
	for _, wire := range []string{
		"+OK\r\n", "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n", "%1\r\n+k\r\n:1\r\n", "$-1\r\n", "|1\r\n+a\r\n:1\r\n+x\r\n", "=7\r\ntxt:abc\r\n", "#0\r\n",
		"HTTP/1.1 400 Bad Request\r\n", "\x16\x03\x01\x02\x00", "SSH-2.0-x\r\n", "$536870912\r\n", "*1048576\r\n*1048576\r\n*1048576\r\n", "PING\r\n",
		"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "", "\n", strings.Repeat("*1\r\n", 33),
	} {
		f.Add([]byte(wire))
	}
}

// mostMemory bounds what reading a few bytes may allocate: lengths alone must
// not take memory. The first allocations of arrays that nest 32 deep add up.
const mostMemory = 16 << 20

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func FuzzReadValue(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, wire []byte) {
		n := allocated(func() {
			r := resp.NewReader(bytes.NewReader(wire))
			for {
				v, err := r.ReadValue()
				if err != nil {
					return
				}
				_ = v.String()
			}
		})
		if n > mostMemory+64*uint64(len(wire)) {
			t.Errorf("%d bytes for %d", n, len(wire))
		}
	})
}

// AppendRaw reads what ReadValue reads, and what it returns is the same value again.
func FuzzAppendRaw(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, wire []byte) {
		raw, whole := resp.NewReader(bytes.NewReader(wire)), resp.NewReader(bytes.NewReader(wire))
		for {
			got, err := raw.AppendRaw(nil)
			v, wholeErr := whole.ReadValue()
			if err != nil || wholeErr != nil {
				return // integers and the like are passed on unread
			}
			again, err := resp.NewReader(bytes.NewReader(got)).ReadValue()
			if err != nil || !cmp.Equal(v, again) {
				t.Fatalf("%q: raw %q is %v, %v; value %v", wire, got, again, err, v)
			}
		}
	})
}

// ReadFlat reads what ReadValue reads, or says that it nests.
func FuzzReadFlat(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, wire []byte) {
		flat, whole := resp.NewReader(bytes.NewReader(wire)), resp.NewReader(bytes.NewReader(wire))
		for {
			kind, parts, err := flat.ReadFlat()
			v, wholeErr := whole.ReadValue()
			if err != nil {
				if wholeErr == nil && !strings.Contains(err.Error(), "nested") {
					t.Fatalf("%q: flat %v, value %v", wire, err, v)
				}
				return
			}
			if wholeErr != nil || kind != v.Kind {
				t.Fatalf("%q: flat %c %q, value %v %v", wire, kind, parts, v, wholeErr)
			}
			if v.Elems != nil && len(parts) != len(v.Elems) {
				t.Fatalf("%q: %d parts of %v", wire, len(parts), v)
			}
		}
	})
}

func FuzzReadCommand(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, wire []byte) {
		n := allocated(func() {
			r := resp.NewReader(bytes.NewReader(wire))
			for {
				args, err := r.ReadCommand()
				if err != nil {
					return
				}
				if len(args) == 0 {
					t.Fatal("a command without a name")
				}
				// What was read is written and read again, and is the same.
				again, err := resp.NewReader(bytes.NewReader(resp.AppendCommand(nil, args...))).ReadCommand()
				if err != nil || !cmp.Equal(args, again) {
					t.Fatalf("%q, %q, %v", args, again, err)
				}
			}
		})
		if n > mostMemory+64*uint64(len(wire))*64 {
			t.Errorf("%d bytes for %d", n, len(wire))
		}
	})
}

func TestReadFlatDoesNotAllocate(t *testing.T) {
	wire := resp.AppendCommand(nil, "message", "channel", strings.Repeat("x", 100))
	src := bytes.NewReader(bytes.Repeat(wire, 10_000))
	r := resp.NewReader(bufio.NewReader(src))
	if n := testing.AllocsPerRun(5000, func() {
		if _, _, err := r.ReadFlat(); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a message", n)
	}
}
