package process_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/aafailover/aafailover/lab/process"
)

func TestParseStat(t *testing.T) {
	const rest = " 1 77 77 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 4 0 123456 1 2 3"
	for _, row := range []struct {
		name, text string
		dead       bool
	}{
		{"a process", "42 (redis-server) S" + rest, false},
		{"one that nobody has waited for", "42 (redis-server) Z" + rest, true},
		{"a name made to mislead", "42 (a) Z 9 9) S" + rest, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			group, start, dead, err := process.ParseStat([]byte(row.text))
			if err != nil || group != 77 || start != 123456 || dead != row.dead {
				t.Errorf("group %d, start %d, dead %v, %v", group, start, dead, err)
			}
		})
	}
	for _, text := range []string{"", "42", "42 (a", "42 (a) S 1 2", "42 (a) S x x x x x x x x x x x x x x x x x x x x x x"} {
		if _, _, _, err := process.ParseStat([]byte(text)); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	own, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", os.Getpid()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own)
	f.Add([]byte(")("))
	f.Fuzz(func(_ *testing.T, text []byte) { _, _, _, _ = process.ParseStat(text) })
}
