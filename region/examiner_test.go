package region

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// Whoever examines a region reads it, and touches no key and no channel.
func TestWhatAnExaminerMaySend(t *testing.T) {
	for command, want := range map[string]bool{
		"INFO": true, "ROLE": true, "LATENCY LATEST": true, "TIME": true, "PING": true, "AUTH u p": true, "FUNCTION LIST WITHCODE": true, "function list withcode": true,
		"CONFIG GET appendonly": true, "CONFIG GET cluster-node-timeout": true, "CLUSTER SLOTS": true, "CLUSTER SHARDS": true, "CLUSTER INFO": true, "CLUSTER NODES": true,
		"CLUSTER KEYSLOT " + k: true,
		"CLUSTER KEYSLOT foo":  false, "CONFIG GET requirepass": false, "CONFIG GET *": false, "CONFIG GET save masterauth": false, "CONFIG SET save x": false,
		"CONFIG GET dir": false, "FUNCTION LIST": false, "FUNCTION DUMP": false, "FUNCTION LIST LIBRARYNAME x": false, "FUNCTION DELETE x": false, "FUNCTION FLUSH": false,
		"TIME x": false, "INFO all": false, "INFO keysizes": false, "CLUSTER RESET": false, "CLUSTER FAILOVER": false, "CLUSTER MYID": false, "DEBUG SLEEP 1": false,
		"PUBLISH " + k + " m": false, "SUBSCRIBE " + k: false, "GET " + k: false, "SET " + k + " v EX 1": false, "WAIT 1 1": false, "SELECT 1": false, "MONITOR": false,
		"SENTINEL MASTER db": false, "MODULE LIST": false, "SLOWLOG GET": false, "KEYS *": false, "SCAN 0": false,
	} {
		if err := newList("aafailover", checkRules.Get()).check(argsOf(command)); (err == nil) != want {
			t.Errorf("%s: %v", command, err)
		}
	}
	for command, want := range map[string]bool{
		"SENTINEL MASTER db": true, "SENTINEL REPLICAS db": true, "SENTINEL SENTINELS db": true, "SENTINEL MYID": true,
		"SENTINEL CKQUORUM db": false, "SENTINEL FAILOVER db": false, "SENTINEL RESET db": false, "SENTINEL SET db quorum 1": false, "SENTINEL MASTERS": false,
		"AUTH p": false, "HELLO 3": false, "SUBSCRIBE +sdown": false, "INFO": false, "PING": false,
	} {
		if err := newList("aafailover", consultRules.Get()).check(argsOf(command)); (err == nil) != want {
			t.Errorf("to a sentinel: %s: %v", command, err)
		}
	}
}

func argsOf(command string) [][]byte {
	var args [][]byte
	for _, arg := range strings.Fields(command) {
		args = append(args, []byte(arg))
	}
	return args
}

func word(text string) resp.Value { return resp.Value{Kind: resp.Bulk, Str: text} }

func several(of ...resp.Value) resp.Value { return resp.Value{Kind: resp.Array, Elems: of} }

// wordsOf is a map of words as RESP2 sends it.
func wordsOf(words ...string) resp.Value {
	v := resp.Value{Kind: resp.Array}
	for _, w := range words {
		v.Elems = append(v.Elems, word(w))
	}
	return v
}

func TestLibrariesOfFunctions(t *testing.T) {
	library := func(name, code string, functions ...string) resp.Value {
		v := several(word("library_name"), word(name), word("engine"), word("LUA"), word("functions"), several(), word("library_code"), word(code))
		for _, f := range functions {
			v.Elems[5].Elems = append(v.Elems[5].Elems, several(word("name"), word(f), word("description"), resp.Value{Kind: resp.Null}, word("flags"), several()))
		}
		return v
	}
	got, ok := librariesOf(several(library("b", "return 2"), library("a", "return 1", "g", "f")))
	if !ok || len(got) != 2 || got[0].Name != "a" || !slices.Equal(got[0].Functions, []string{"f", "g"}) || got[0].Digest == got[1].Digest {
		t.Errorf("%+v", got)
	}
	same, _ := librariesOf(several(library("a", "return 1", "f", "g")))
	if diff := cmp.Diff(got[:1], same); diff != "" {
		t.Errorf("the same library in another order: %s", diff)
	}
	if none, ok := librariesOf(several()); !ok || none == nil {
		t.Errorf("a server without any tells so: %v %v", none, ok)
	}
	for name, odd := range map[string]resp.Value{
		"no list": word("x"), "a library without code": several(wordsOf("library_name", "a")), "a library that is none": several(word("a")),
	} {
		if got, ok := librariesOf(odd); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// The lines are those of redis-server 7.0.15, and of its documentation.
func TestNodesOfACluster(t *testing.T) {
	const text = "07c37dfeb235213a872192d90877d0cd55635b91 127.0.0.1:30004@31004,hostname4 slave e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca 0 1426238317239 4 connected\n" +
		"e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca :30001@31001 myself,master - 0 0 1 connected 0-5460 5462 [5461->-292f8b365bb7edb5e285caf0b7e6ddc7265d2f4f]\n" +
		"292f8b365bb7edb5e285caf0b7e6ddc7265d2f4f 2001:db8::7:30003@31003 master,fail - 1426238316232 1426238318243 3 disconnected 10923-16383\n" +
		"824fe116063bc5fcf9f4ffd895bc17aee7731ac3 :0@0 master,noaddr - 0 0 6 disconnected\n" +
		"a line of something else\n"
	got := clusterNodes(text, "us.example")
	want := []ClusterNode{
		{ID: "07c37dfeb235213a872192d90877d0cd55635b91", Address: "127.0.0.1:30004", Primary: "e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca"},
		{ID: "e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca", Address: "us.example:30001", Slots: 5462},
		{ID: "292f8b365bb7edb5e285caf0b7e6ddc7265d2f4f", Address: "[2001:db8::7]:30003", Slots: 5461, Down: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, info := range map[string]string{"nothing": "", "no state": "cluster_slots_assigned:5\r\n", "slots that no cluster has": "cluster_state:ok\r\ncluster_slots_assigned:16385\r\n"} {
		if v, ok := clusterOf(info, text, "us.example"); ok {
			t.Errorf("%s is taken for what a cluster says: %+v", name, v)
		}
	}
	if v, ok := clusterOf("cluster_state:fail\r\ncluster_slots_assigned:10923\r\n", text, "us.example"); !ok || v.State != "fail" || v.Assigned != 10923 {
		t.Errorf("%+v", v)
	}
}

func TestWhatASentinelSays(t *testing.T) {
	master := wordsOf("name", "db", "ip", "10.0.0.1", "port", "6379", "flags", "master", "quorum", "2", "down-after-milliseconds", "5000",
		"failover-timeout", "60000", "parallel-syncs", "1")
	replicas := several(wordsOf("ip", "10.0.0.2", "port", "6379", "flags", "slave", "master-link-status", "ok", "slave-priority", "100"),
		wordsOf("ip", "10.0.0.3", "port", "6379", "flags", "slave", "master-link-status", "err", "slave-priority", "0"),
		wordsOf("ip", "10.0.0.4", "port", "6379", "flags", "s_down,slave,disconnected", "slave-priority", "7"), wordsOf("ip", "", "port", "6379"))
	others := several(wordsOf("ip", "10.0.0.6", "port", "26379", "runid", "b", "flags", "sentinel"), wordsOf("ip", "10.0.0.7", "port", "26379", "runid", "c", "flags", "s_down,sentinel"))
	got, err := sentinelOf(master, replicas, others)
	want := SentinelView{Primary: "10.0.0.1:6379", Quorum: 2, DownAfter: 5 * time.Second, FailoverTimeout: time.Minute, ParallelSyncs: 1,
		Replicas: []SentinelReplica{{"10.0.0.2:6379", false, 100}, {"10.0.0.3:6379", true, 0}, {"10.0.0.4:6379", true, 7}},
		Others:   []SentinelPeer{{"b", "10.0.0.6:26379", false}, {"c", "10.0.0.7:26379", true}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	// The discovery service of Redis Enterprise tells addresses, and no quorum.
	if _, err := sentinelOf(wordsOf("name", "db", "ip", "10.0.0.1", "port", "6379"), several(), several()); !errors.Is(err, ErrNoSentinel) {
		t.Error(err)
	}
	for reply, want := range map[string]error{"ERR No such master with that name": ErrUnknownService, "ERR unknown subcommand": ErrNoSentinel, "ERR unknown command 'SENTINEL'": ErrNoSentinel} {
		if err := refusalOf(resp.Value{Kind: resp.Error, Str: reply}); !errors.Is(err, want) {
			t.Errorf("%s: %v", reply, err)
		}
	}
}

// What a hostile peer answers is bounded, and ends in no panic.
func FuzzExaminedReplies(f *testing.F) {
	f.Add([]byte("*1\r\n*8\r\n$12\r\nlibrary_name\r\n$1\r\na\r\n$6\r\nengine\r\n$3\r\nLUA\r\n$9\r\nfunctions\r\n*1\r\n*2\r\n$4\r\nname\r\n$1\r\nf\r\n$12\r\nlibrary_code\r\n$1\r\nx\r\n"))
	f.Add([]byte("*8\r\n$2\r\nip\r\n$8\r\n10.0.0.1\r\n$4\r\nport\r\n$4\r\n6379\r\n$6\r\nquorum\r\n$1\r\n2\r\n$5\r\nflags\r\n$6\r\nmaster\r\n"))
	f.Add([]byte("$60\r\ne7d1 127.0.0.1:30001@31001 myself,master - 0 0 1 connected 0-5\r\n"))
	f.Add([]byte("*2\r\n$10\r\n1700000000\r\n$6\r\n123456\r\n"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		v, err := resp.NewReaderLimits(strings.NewReader(string(wire)), limits).ReadValue()
		if err != nil {
			return
		}
		libraries, _ := librariesOf(v)
		for _, l := range libraries {
			if len(l.Digest) != 64 || presentable(l.Name) != l.Name {
				t.Errorf("%+v", l)
			}
		}
		if at, ok := timeOf(v); ok && (at.Year() < 1970 || at.Year() > 2300) {
			t.Errorf("%v", at)
		}
		for _, n := range clusterNodes(v.Str, "us.example") {
			if n.Slots < 0 || n.Slots > slots.Count || presentable(n.Address) != n.Address {
				t.Errorf("%+v", n)
			}
		}
		if s, err := sentinelOf(v, several(v, v), several(v)); err == nil && (s.Quorum < 0 || s.DownAfter < 0 || len(s.Others) != 1) {
			t.Errorf("%+v", s)
		}
	})
}

// A server that answers without end is cut off at what an answer may have.
func TestAnAnswerHasABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		element := "$1024\r\n" + strings.Repeat("x", 1024) + "\r\n"
		f.says("FUNCTION", "*100000\r\n"+strings.Repeat(element, mostOfCode/1024+1))
		x, err := NewExaminer(us, Options{Dial: n.Dial}).Connect(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		_, err = x.Libraries(t.Context())
		if want := "more than " + strconv.Itoa(mostOfCode) + " bytes for one answer"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	})
}

// What a server refuses is not told, and tells why where it is for want of a right.
func TestWhatAnExaminedServerRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		for reply, want := range map[string]vitals.Standing{
			"-NOPERM this user has no permissions\r\n": vitals.NotAllowed, "-ERR unknown command\r\n": vitals.Unknown, "+what\r\n": vitals.Unknown,
		} {
			f.instead(func(args []string) (string, bool) {
				return reply, slices.Contains([]string{"TIME", "FUNCTION", "CLUSTER"}, args[0])
			})
			x, err := NewExaminer(us, Options{Dial: n.Dial}).Connect(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			moment, err1 := x.Time(t.Context())
			hashing, err2 := x.Hashing(t.Context())
			cluster, err3 := x.Cluster(t.Context())
			libraries, err4 := x.Libraries(t.Context())
			if err := errors.Join(err1, err2, err3, err4, x.Close()); err != nil {
				t.Error(err)
			}
			if moment.Standing != want || hashing.Standing != want || cluster.Standing != want || libraries.Standing != want {
				t.Errorf("%q: %v %v %v %v", reply, moment.Standing, hashing.Standing, cluster.Standing, libraries.Standing)
			}
		}
	})
}

// A server that cannot write its disk refuses a PING: who uses it notices, and who asks how it is is told.
func TestWhoeverAsksAServerHowItIsNeedsNoPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		f.says("PING", "-MISCONF Errors writing to the AOF file\r\n")
		o := Options{Dial: n.Dial}
		x, err := NewExaminer(us, o).Connect(t.Context(), at)
		if err != nil {
			t.Fatalf("to examine it: %v", err)
		}
		r, err := NewReader(us, o).Connect(t.Context(), at)
		if err != nil {
			t.Fatalf("to read how it is: %v", err)
		}
		if err := errors.Join(x.Close(), r.Close()); err != nil {
			t.Error(err)
		}
		if c, err := newDoor(us, o).open(t.Context(), at, newList("", readRules.Get()), 0); err == nil {
			t.Errorf("to probe it: %v", c.Close())
		}
	})
}

// A region that hashes by another rule is found out.
func TestHashingByAnotherRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		other := false
		f.instead(func(args []string) (string, bool) {
			if len(args) < 3 || args[1] != "KEYSLOT" {
				return "", false
			}
			slot := slots.Of(args[2])
			if other && slot > 8000 {
				slot++
			}
			return ":" + strconv.Itoa(slot) + "\r\n", true
		})
		x, err := NewExaminer(us, Options{Dial: n.Dial}).Connect(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		for _, other = range []bool{false, true} {
			if got, err := x.Hashing(t.Context()); err != nil || !got.Known() || got.Value == other {
				t.Errorf("by another rule %v: %+v, %v", other, got, err)
			}
		}
	})
}

// Addresses that servers tell are used by the rules for them; what a sentinel tells is no announcement of a shard.
func TestAddressesThatAnExaminerIsTold(t *testing.T) {
	seed, err := ParseAddresses("seed-host", nil)
	if err != nil {
		t.Fatal(err)
	}
	service, err := config.ParseRegionFlag("us=redis+sentinel://s.example:26379/db")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		region config.Region
		want   string
	}{{us, hostOf(us.Address) + ":7001"}, {service, "10.0.0.9:7001"}} {
		if got := NewExaminer(row.region, Options{Addresses: seed}).Used("10.0.0.9:7001"); got != row.want {
			t.Errorf("%s: %s, want %s", row.region, got, row.want)
		}
	}
}

// So is one that tells slots without end.
func TestAMapOfSlotsHasABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		element := "$65536\r\n" + strings.Repeat("x", 1<<16) + "\r\n"
		f.says("CLUSTER", "*100000\r\n"+strings.Repeat(element, mostOfAMap>>16+1))
		_, err := Discover(t.Context(), us, Options{Dial: n.Dial})
		if want := "more than " + strconv.Itoa(mostOfAMap) + " bytes for one answer"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	})
}
