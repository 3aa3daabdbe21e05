package region

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
)

func TestWhatAnInspectorMaySend(t *testing.T) {
	for _, test := range []struct {
		name, command string
		want          bool
	}{
		{"asking for the memory", "INFO memory", true},
		{"in capitals, as some write it", "info MEMORY", true},
		{"asking for everything, clients included", "INFO", false},
		{"asking for another section", "INFO commandstats", false},
		{"asking for two", "INFO memory keyspace", false},
		{"writing with an expiry", "SET " + k + " v PX 1000", true},
		{"writing for ever", "SET " + k + " v", false},
		{"writing elsewhere", "SET lock v PX 1000", false},
		{"deleting what is ours", "DEL " + k, true},
		{"deleting elsewhere", "DEL lock", false},
		{"publishing, which a probe does", "PUBLISH " + k + " m", false},
		{"a script", "EVAL return 0", false},
		{"changing the limit of the memory", "CONFIG SET maxmemory 0", false},
		{"freeing memory", "MEMORY PURGE", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			under := &sinkConn{}
			wire := resp.AppendCommand(nil, strings.Fields(test.command)...)
			_, err := newGuard(under, inspecting(DefaultPrefix)).Write(wire)
			if sent := bytes.Equal(under.got.Bytes(), wire); sent != test.want || (err == nil) != test.want || !test.want && !errors.Is(err, errForbidden) {
				t.Errorf("sent %v, %v", sent, err)
			}
		})
	}
}

func TestWhatAServerTellsOfItsMemory(t *testing.T) {
	for _, test := range []struct {
		name, info string
		want       drill.Memory
	}{
		{"what Redis says", "# Memory\r\nused_memory:1000\r\nused_memory_human:1K\r\ntotal_system_memory:9000\r\nmaxmemory:2000\r\nmaxmemory_policy:allkeys-lru\r\n",
			drill.Memory{Used: 1000, Limit: 2000, System: 9000, Policy: "allkeys-lru"}},
		{"without a limit", "used_memory:1000\nmaxmemory:0\nmaxmemory_policy:noeviction\n", drill.Memory{Used: 1000, Policy: "noeviction"}},
		{"nothing", "", drill.Memory{}},
		{"numbers that are none", "used_memory:many\r\nmaxmemory:-1\r\n", drill.Memory{}},
		{"a policy that would control a terminal", "maxmemory_policy:\x1b[2J\r\n", drill.Memory{Policy: "?[2J"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, parseMemory(test.info)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever a server says of its memory, it does not become a limit that it did not
// name.
func FuzzParseMemory(f *testing.F) {
	f.Add("used_memory:1000\r\nmaxmemory:2000\r\nmaxmemory_policy:allkeys-lru\r\n")
	f.Add("maxmemory:18446744073709551615\nmaxmemory")
	f.Fuzz(func(t *testing.T, info string) {
		m := parseMemory(info)
		if m.Limit > 1<<63-1 || m.Limit > 0 && !strings.Contains(info, "maxmemory:") || len(m.Policy) > mostText+3 {
			t.Errorf("%q: %+v", info, m)
		}
	})
}
