package commands_test

import (
	"bytes"
	"testing"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
)

// Whatever answers to COMMAND, a table comes of it or an error, and a request finds keys only among its arguments.
func FuzzParse(f *testing.F) {
	f.Add([]byte(nested("get", "")), []byte("GET k"))
	whole := unpacked(f, "redis-7.0.15.gz")
	list := value(f, whole)
	for _, i := range []int{3, 30, 100} {
		one := list
		one.Elems = one.Elems[i : i+1]
		f.Add(appendValue(nil, one), []byte("EVAL s 2 a b"))
	}
	f.Add([]byte("*1\r\n*9\r\n$1\r\nx\r\n:1\r\n*0\r\n:-5\r\n:9223372036854775807\r\n:-9223372036854775808\r\n*0\r\n*0\r\n*0\r\n"), []byte("x a b c"))
	f.Fuzz(func(t *testing.T, reply, line []byte) {
		v, err := resp.NewReaderLimits(bytes.NewReader(reply), resp.Limits{Bulk: 1 << 16, Elems: 1 << 12, Depth: 12}).ReadValue()
		if err != nil {
			return
		}
		table, err := commands.Parse(v)
		if err != nil {
			return
		}
		args := words(line)
		c, _ := table.Lookup(args)
		found, _ := c.Keys(nil, args)
		for _, k := range found {
			if k.Index <= 0 || k.Index >= len(args) {
				t.Fatalf("%q: key %d", line, k.Index)
			}
		}
	})
}

// Whatever a service sends and is answered, effects are on what it named.
func FuzzEffects(f *testing.F) {
	for _, template := range redistest.Writes {
		f.Add([]byte(template), []byte(":1\r\n"))
	}
	f.Add([]byte("XADD k MAXLEN ~"), []byte("*-1\r\n"))
	f.Add([]byte("MIGRATE h 1  0 KEYS"), []byte("_\r\n"))
	f.Add([]byte("EVAL s 9999999999999 k"), []byte(",nan\r\n"))
	f.Add([]byte("MGET a b c"), []byte("*1\r\n$1\r\nx\r\n"))
	f.Fuzz(func(t *testing.T, line, reply []byte) {
		args := words(line)
		c, ok := commands.Default().Lookup(args)
		if !ok {
			return
		}
		effects, _ := c.Effects(nil, args, seed)
		if len(effects) > len(args) {
			t.Fatalf("%q: %d effects", line, len(effects))
		}
		c.Doubtful(args)
		v, err := resp.NewReaderLimits(bytes.NewReader(reply), resp.Limits{Bulk: 1 << 16, Elems: 1 << 12, Depth: 12}).ReadValue()
		if err != nil {
			return
		}
		r := commands.ReplyOf(v)
		for _, e := range effects {
			if e.Key == nil || (e.Part == nil) != (e.Kind == commands.WholeKey || e.Kind == commands.String || e.State.NamesPart()) {
				t.Fatalf("%q: %+v", line, e)
			}
			if s := e.State.Settle(r, seed); s != s.Settle(r, seed) {
				t.Fatalf("%q: settled twice, it is another: %v, %v", line, s, s.Settle(r, seed))
			}
		}
		for i, item := range c.Asks(nil, args) {
			c.Found(i, item.Kind, r, seed)
		}
	})
}

// words are the words of a line.
func words(line []byte) []commands.Argument {
	var args []commands.Argument
	for _, w := range bytes.Split(line, []byte(" ")) {
		args = append(args, commands.Argument{Text: w, Length: len(w)})
	}
	return args
}

// appendValue appends a value as it stood on the wire, if it is of RESP2.
func appendValue(dst []byte, v resp.Value) []byte {
	switch v.Kind {
	case resp.Integer:
		return resp.AppendInt(dst, v.Int)
	case resp.Array:
		dst = resp.AppendArrayLen(dst, len(v.Elems))
		for _, e := range v.Elems {
			dst = appendValue(dst, e)
		}
		return dst
	}
	return resp.AppendBulk(dst, v.Str)
}
