package region

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// Node IDs of the two clusters that the samples were taken from.
const (
	redisA, redisB, redisC    = "cc82bba69714acaba960faf8ec96568c20754e31", "10bac49f8f86ba9bb12583731b9652bdea1f13b9", "a4aaf991acb3f3e377b96f4a65756aad5f0ba214"
	redisB2                   = "ee5691769ff83f52099450b4ec61ec47ad993998" // the replica of redisB
	valkeyA, valkeyB, valkeyC = "58d690dc1cf50bb6ed0b995c4c86498fb16d8974", "c3ad736d23262abc8b4a1b8160e84b6556a2fa2a", "452c9922320f77509fbe54ef3c97e127a787c03b"
)

func shard(id, address string, ends ...int) slots.Shard {
	s := slots.Shard{ID: id, Address: address}
	for i := 0; i < len(ends); i += 2 {
		s.Slots = append(s.Slots, slots.Range{First: ends[i], Last: ends[i+1]})
	}
	return s
}

func three(a, b, c slots.Shard) []slots.Shard { return []slots.Shard{a, b, c} }

func TestEverySampleParsesToWhatItMeans(t *testing.T) {
	even := three(
		shard(redisA, "127.0.0.1:17501", 0, 5460),
		shard(redisB, "127.0.0.1:17502", 5461, 10922),
		shard(redisC, "127.0.0.1:17503", 10923, 16383))
	split := three(
		shard(redisC, "127.0.0.1:17503", 0, 1, 5000, 5000, 10923, 16383),
		shard(redisA, "127.0.0.1:17501", 2, 4999, 5001, 5460),
		shard(redisB, "127.0.0.1:17502", 5461, 10922))
	failedOver := three(split[0], split[1], shard(redisB2, "127.0.0.1:17504", 5461, 10922))
	valkey := func(format string) []slots.Shard {
		address := func(i int) string {
			if strings.Contains(format, "%d") {
				return fmt.Sprintf(format, i) + fmt.Sprintf(":1740%d", i)
			}
			return format + fmt.Sprintf(":1740%d", i)
		}
		return three(shard(valkeyA, address(1), 0, 5460), shard(valkeyB, address(2), 5461, 10922), shard(valkeyC, address(3), 10923, 16383))
	}
	disabled := "ERR This instance has cluster support disabled"
	want := map[string]struct {
		means string
		shard []slots.Shard
		err   string
	}{
		"redis7015-with-replicas":      {means: "masters only, in the order of their slots", shard: even},
		"redis7015-split-ranges":       {means: "a shard with several ranges is one shard", shard: split},
		"redis7015-master-just-killed": {means: "a master that was just killed still owns its slots", shard: split},
		"redis7015-clusterdown":        {means: "a master that has failed still owns its slots until a replica takes over", shard: split},
		"redis7015-after-failover":     {means: "the replica that took over is the shard's address; the dead master without slots is no shard", shard: failedOver},
		"redis7015-standalone":         {means: "not a cluster", err: disabled},
		"valkey801":                    {means: "the order of the entries does not matter", shard: valkey("127.0.0.1")},
		"valkey801-hostname":           {means: "host names are announced", shard: valkey("node%d.localhost")},
		"valkey801-master-lost":        {means: "a master that is lost for good, without a replica, still owns its slots", shard: valkey("127.0.0.1")},
		"valkey801-unknown-endpoint":   {means: "nodes that do not know their host are at the host that was asked", shard: valkey("asked.example")},
		"valkey801-standalone":         {means: "not a cluster", err: disabled},
	}
	files, err := filepath.Glob("testdata/cluster/*")
	if err != nil || len(files) < 24 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			name, command, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".json"), ".resp2.txt"), "-cluster-")
			command = strings.TrimSuffix(command, ".resp3")
			w, ok := want[name]
			if !ok {
				t.Fatalf("no expectation for %q", name)
			}
			v := sample(t, file)
			if w.err != "" {
				if v.Err() == nil || v.Err().Error() != w.err || !isDisabled(v.Err()) || refusedToTell(v.Err()) != nil {
					t.Errorf("%s: got %v", w.means, v)
				}
				return
			}
			var got []slots.Shard
			var err error
			switch command {
			case "slots":
				got, err = parseSlots(v, "asked.example")
			case "shards":
				got, err = parseShards(v, "asked.example", false)
			default:
				t.Fatalf("what is %q?", command)
			}
			if diff := cmp.Diff(w.shard, got); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", w.means, err, diff)
			}
			if err := (slots.Map{Shards: got}).Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// sample reads a file of testdata: bytes of the protocol, or the JSON that
// redis-cli makes of RESP3.
func sample(t *testing.T, file string) resp.Value {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(file) == ".json" {
		var tree any
		if err := json.Unmarshal(raw, &tree); err != nil {
			t.Fatal(err)
		}
		return fromJSON(tree)
	}
	// The samples are kept as text, whose lines end without a carriage return.
	v, err := resp.NewReader(strings.NewReader(strings.ReplaceAll(string(raw), "\n", "\r\n"))).ReadValue()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func fromJSON(tree any) resp.Value {
	switch tree := tree.(type) {
	case nil:
		return resp.Value{Kind: resp.Null}
	case float64:
		return resp.Value{Kind: resp.Integer, Int: int64(tree)}
	case string:
		return resp.Value{Kind: resp.Bulk, Str: tree}
	case []any:
		v := resp.Value{Kind: resp.Array}
		for _, e := range tree {
			v.Elems = append(v.Elems, fromJSON(e))
		}
		return v
	case map[string]any:
		v := resp.Value{Kind: resp.Map}
		for key, e := range tree {
			v.Elems = append(v.Elems, resp.Value{Kind: resp.Bulk, Str: key}, fromJSON(e))
		}
		return v
	}
	panic(fmt.Sprintf("%T in JSON", tree))
}

func read(t testing.TB, wire string) resp.Value {
	t.Helper()
	v, err := resp.NewReader(strings.NewReader(strings.ReplaceAll(wire, " ", "\r\n") + "\r\n")).ReadValue()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOddSlotsReplies(t *testing.T) {
	for _, test := range []struct {
		name  string
		wire  string // with blanks for line ends
		shard []slots.Shard
		err   string
	}{
		{"old servers give no node IDs: the address stands in", "*1 *3 :0 :9 *2 $1 h :1", []slots.Shard{shard("h:1", "h:1", 0, 9)}, ""},
		{"the endpoint ? is the host that was asked", "*1 *3 :0 :9 *3 $1 ? :1 $1 x", []slots.Shard{shard("x", "asked:1", 0, 9)}, ""},
		{"an IPv6 endpoint is bracketed", "*1 *3 :0 :9 *3 $3 ::1 :1 $1 x", []slots.Shard{shard("x", "[::1]:1", 0, 9)}, ""},
		{"numbers may come as strings", "*1 *3 $1 0 $1 9 *3 $1 h $1 1 $1 x", []slots.Shard{shard("x", "h:1", 0, 9)}, ""},
		{"ranges that touch are joined", "*2 *3 :5 :9 *3 $1 h :1 $1 x *3 :0 :4 *3 $1 h :1 $1 x", []slots.Shard{shard("x", "h:1", 0, 9)}, ""},
		{"a cluster in which nobody owns a slot", "*0", nil, "nobody owns a slot"},
		{"no array", ":5", nil, "another form"},
		{"an entry without a node", "*1 *2 :0 :9", nil, "another form"},
		{"a node without a port", "*1 *3 :0 :9 *1 $1 h", nil, "another form"},
		{"port 0", "*1 *3 :0 :9 *3 $1 h :0 $1 x", nil, "another form"},
		{"a negative slot", "*1 *3 :-1 :9 *3 $1 h :1 $1 x", nil, "another form"},
		{"a word for a slot", "*1 *3 $1 a :9 *3 $1 h :1 $1 x", nil, "another form"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseSlots(read(t, test.wire), "asked")
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.shard, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOddShardsReplies(t *testing.T) {
	const both = "$4 port :1 $8 tls-port :2 $8 endpoint $1 h $2 id $1 x $4 role $6 master"
	for _, test := range []struct {
		name      string
		wire      string
		encrypted bool
		shard     []slots.Shard
		err       string
	}{
		{"the plain port for a plain connection", "*1 *4 $5 slots *2 :0 :9 $5 nodes *1 *10 " + both, false, []slots.Shard{shard("x", "h:1", 0, 9)}, ""},
		{"the TLS port for a TLS connection", "*1 *4 $5 slots *2 :0 :9 $5 nodes *1 *10 " + both, true, []slots.Shard{shard("x", "h:2", 0, 9)}, ""},
		{"the TLS port where there is no other", "*1 *4 $5 slots *2 :0 :9 $5 nodes *1 *8 $8 tls-port :2 $8 endpoint $1 h $2 id $1 x $4 role $6 master", false,
			[]slots.Shard{shard("x", "h:2", 0, 9)}, ""},
		{"of two masters the one that is well", "*1 *4 $5 slots *2 :0 :9 $5 nodes *2 " +
			"*10 $4 port :1 $8 endpoint $1 h $2 id $1 x $4 role $6 master $6 health $4 fail " +
			"*10 $4 port :2 $8 endpoint $1 h $2 id $1 y $4 role $6 master $6 health $6 online", false, []slots.Shard{shard("y", "h:2", 0, 9)}, ""},
		{"no master", "*1 *4 $5 slots *2 :0 :9 $5 nodes *1 *4 $4 port :1 $4 role $7 replica", false, nil, "another form"},
		{"an odd number of ends", "*1 *4 $5 slots *1 :0 $5 nodes *0", false, nil, "another form"},
		{"no nodes", "*1 *2 $5 slots *0", false, nil, "another form"},
		{"only masters without slots", "*1 *4 $5 slots *0 $5 nodes *0", false, nil, "nobody owns a slot"},
		{"no array", "+OK", false, nil, "another form"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseShards(read(t, test.wire), "asked", test.encrypted)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.shard, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever a peer sends, parsing it does not panic, and shards come out only
// with an address, at least one range, and in order.
func FuzzTopologyReplies(f *testing.F) {
	files, _ := filepath.Glob("testdata/cluster/*.resp2.txt")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(strings.ReplaceAll(string(raw), "\n", "\r\n")))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := resp.NewReaderLimits(strings.NewReader(string(raw)), limits).ReadValue()
		if err != nil {
			return
		}
		check := func(shards []slots.Shard, err error) {
			if (err == nil) != (len(shards) > 0) {
				t.Fatalf("%d shards and error %v", len(shards), err)
			}
			last := -1
			for _, s := range shards {
				if s.Address == "" || s.ID == "" || len(s.Slots) == 0 || s.Slots[0].First < last {
					t.Fatalf("%+v", shards)
				}
				last = s.Slots[0].First
			}
			_ = slots.Map{Shards: shards}.Check()
		}
		check(parseSlots(v, "asked"))
		check(parseShards(v, "asked", false))
	})
}
