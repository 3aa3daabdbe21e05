package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab/engine"
)

// benchmarkExecute runs one command on 100,000 keys in turn; the word KEY stands for the key.
func benchmarkExecute(b *testing.B, words ...string) {
	const keys = 100_000
	e := engine.New(1, time.Now)
	e.Emit = func(engine.Effect) {}
	c, _ := engine.Lookup([]byte(words[0]))
	lines := make([][][]byte, keys)
	for i := range lines {
		for _, w := range words {
			if w == "KEY" {
				w = fmt.Sprintf("key:%012d", i)
			}
			lines[i] = append(lines[i], []byte(w))
		}
	}
	set, _ := engine.Lookup([]byte("set"))
	for _, args := range lines {
		e.Execute(nil, set, [][]byte{nil, args[1], []byte("1")}, false)
	}
	out := make([]byte, 0, 1024)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		out = e.Execute(out[:0], c, lines[i%keys], false)
	}
}

func BenchmarkGet(b *testing.B) { benchmarkExecute(b, "GET", "KEY") }
func BenchmarkSet(b *testing.B) { benchmarkExecute(b, "SET", "KEY", "0123456789abcdef") }
func BenchmarkSetExpire(b *testing.B) {
	benchmarkExecute(b, "SET", "KEY", "0123456789abcdef", "EX", "3600")
}
func BenchmarkIncr(b *testing.B)   { benchmarkExecute(b, "INCR", "KEY") }
func BenchmarkExpire(b *testing.B) { benchmarkExecute(b, "EXPIRE", "KEY", "3600") }

// BenchmarkSetNew writes keys that are not there, as a drill does.
func BenchmarkSetNew(b *testing.B) {
	e := engine.New(1, time.Now)
	set, _ := engine.Lookup([]byte("set"))
	key := make([]byte, 0, 32)
	out := make([]byte, 0, 64)
	value, ex, seconds := []byte("0123456789abcdef"), []byte("EX"), []byte("3600")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		key = fmt.Appendf(key[:0], "key:%012d", i)
		out = e.Execute(out[:0], set, [][]byte{nil, key, value, ex, seconds}, false)
	}
}

func BenchmarkApply(b *testing.B) {
	const keys = 100_000
	from, to := engine.New(1, time.Now), engine.New(2, time.Now)
	var x engine.Effect
	from.Emit = func(y engine.Effect) { x = y }
	set, _ := engine.Lookup([]byte("set"))
	lines := make([][][]byte, keys)
	for i := range lines {
		lines[i] = [][]byte{nil, fmt.Appendf(nil, "key:%012d", i), []byte("0123456789abcdef")}
	}
	out := make([]byte, 0, 64)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		out = from.Execute(out[:0], set, lines[i%keys], false)
		to.Apply(x)
	}
}
