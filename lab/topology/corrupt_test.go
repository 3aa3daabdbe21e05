package topology_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/topology"
)

// aof is an append only file of n commands, and where each begins.
func aof(n int) (text []byte, heads []int) {
	for range n {
		heads = append(heads, len(text))
		text = resp.AppendCommand(text, "SET", "key", strings.Repeat("v", 30))
	}
	return text, heads
}

func TestWhereAnAOFIsDamaged(t *testing.T) {
	for _, n := range []int{1, 2, 3, 50} {
		text, heads := aof(n)
		at, bytes := topology.AOFDamage(text, topology.Truncated)
		if last := heads[n-1]; at <= last || at >= len(text) || at+bytes != len(text) {
			t.Errorf("of %d commands the last, at %d of %d, is to be halved, not cut at %d by %d", n, last, len(text), at, bytes)
		}
		at, bytes = topology.AOFDamage(text, topology.Flipped)
		if text[at] != '*' || bytes < 1 || at+bytes > len(text) {
			t.Errorf("of %d commands the head of one is to be flipped, not %d of %d bytes from %d on", n, bytes, len(text), at)
		}
		if n > 2 && at < len(text)/2 {
			t.Errorf("of %d commands one after the middle is to be flipped, not that at %d of %d", n, at, len(text))
		}
	}
}

func TestWhereAnRDBIsDamaged(t *testing.T) {
	for _, size := range []int{32, 33, 100, 100_000} {
		text := make([]byte, size)
		at, bytes := topology.RDBDamage(text, topology.Truncated)
		if at <= 0 || bytes < 9 || at+bytes != size {
			t.Errorf("of %d bytes those from %d on, %d, are cut off, which does not take the checksum", size, at, bytes)
		}
		at, bytes = topology.RDBDamage(text, topology.Flipped)
		if bytes < 1 || at <= 0 || at > size/2 || at+bytes < size/2 || at+bytes >= size-8 {
			t.Errorf("of %d bytes %d from %d on are flipped, which is not around the middle", size, bytes, at)
		}
	}
}

// Of several increments the one with the greatest number is written, in numbers, not in letters.
func TestWhichAOFIsNewest(t *testing.T) {
	for _, row := range []struct {
		name, want string
		files      []string
	}{
		{"since 7.0", "appendonlydir/appendonly.aof.10.incr.aof", []string{"appendonlydir/appendonly.aof.10.incr.aof",
			"appendonlydir/appendonly.aof.9.incr.aof", "appendonlydir/appendonly.aof.11.base.rdb", "appendonlydir/appendonly.aof.manifest"}},
		{"without increments", "", []string{"appendonlydir/appendonly.aof.2.base.aof"}},
		{"before", "appendonly.aof", []string{"appendonly.aof", "dump.rdb"}},
		{"nothing", "", nil},
	} {
		dir := t.TempDir()
		for _, name := range row.files {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := topology.NewestAOF(dir)
		switch {
		case row.want == "" && !errors.Is(err, topology.ErrNoFile):
			t.Errorf("%s: %s, %v", row.name, got, err)
		case row.want != "" && got != filepath.Join(dir, row.want):
			t.Errorf("%s: %s, %v", row.name, got, err)
		}
	}
}
