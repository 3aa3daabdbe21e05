//go:build unix

package region

import (
	"errors"
	"hash/maphash"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// What reads a service's keys looks single items up, wherever they are, and can send nothing else: above all nothing that writes.
func TestWhatAVerifierMaySend(t *testing.T) {
	for _, test := range []struct {
		name, command string
		want          bool
	}{
		{"reading a string", "GET customer:7", true},
		{"reading several, of which the guard could not tell how many there are", "MGET a b", false},
		{"reading a field", "HGET cart:7 apples", true},
		{"reading all fields", "HGETALL cart:7", false},
		{"looking for a member", "SISMEMBER online 7", true},
		{"reading all members", "SMEMBERS online", false},
		{"reading a score", "ZSCORE best 7", true},
		{"reading one entry of a stream", "XRANGE log 5-1 5-1", true},
		{"reading a range of a stream", "XRANGE log 5-1 6-1", false},
		{"reading a whole stream", "XRANGE log - +", false},
		{"reading a whole stream, by one end", "XRANGE log - -", false},
		{"reading the entries of a millisecond", "XRANGE log 5 5", false},
		{"reading one entry with a count", "XRANGE log 5-1 5-1 COUNT 1", false},
		{"looking for a key", "EXISTS customer:7", true},
		{"asking which commands there are", "COMMAND", true},
		{"asking for more of them", "COMMAND DOCS", false},
		{"reading and deleting", "GETDEL customer:7", false},
		{"reading and changing the expiry", "GETEX customer:7 EX 5", false},
		{"writing", "SET customer:7 v", false},
		{"writing under the prefix, with an expiry", "SET " + k + " v EX 5", false},
		{"deleting", "DEL customer:7", false},
		{"writing a field", "HSET cart:7 apples 1", false},
		{"removing a member", "SREM online 7", false},
		{"a push", "LPUSH queue 1", false},
		{"an expiry", "EXPIRE customer:7 1", false},
		{"all keys", "KEYS *", false},
		{"a scan", "SCAN 0", false},
		{"a script", "EVAL return 0", false},
		{"a publication", "PUBLISH " + k + " m", false},
		{"another database", "SELECT 1", false},
		{"FLUSHALL", "FLUSHALL", false},
	} {
		var args [][]byte
		for _, arg := range strings.Fields(test.command) {
			args = append(args, []byte(arg))
		}
		v := NewVerifier(at2("us", "h:1"), one("h:1"), Options{}, maphash.MakeSeed())
		if err := v.pools[0].may.check(args); (err == nil) != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
		_ = v.Close()
	}
}

func furnish(t *testing.T, s *redistest.Server) {
	t.Helper()
	for _, command := range [][]string{{"SET", "customer:7", "Ada"}, {"SET", "large", strings.Repeat("x", 3<<20)}, {"SET", "empty", ""},
		{"HSET", "cart:7", "apples", "12"}, {"SADD", "online", "7"}, {"ZADD", "best", "1.5", "7"}, {"XADD", "log", "5-1", "a", "b"}} {
		if v := s.Do(t, command...); v.Err() != nil {
			t.Fatal(command[0], v)
		}
	}
}

// A real server's items are found in the state that they are in.
func TestRealItems(t *testing.T) {
	s := redistest.Start(t)
	furnish(t, s)
	seed := maphash.MakeSeed()
	r := at2("us", s.Addr)
	r.Database = 3 // the service's keys are those of database 0
	v := NewVerifier(r, one(s.Addr), Options{}, seed)
	defer v.Close()
	is := func(value string) commands.State {
		return commands.State{Kind: commands.Is, Digest: commands.DigestOf(seed, []byte(value))}
	}
	absent, present := commands.State{Kind: commands.Absent}, commands.State{Kind: commands.Present}
	var asked []commands.Item
	var want []commands.State
	for _, row := range []struct {
		kind      commands.ItemKind
		key, part string
		want      commands.State
	}{
		{commands.String, "customer:7", "", is("Ada")},
		{commands.String, "large", "", is(strings.Repeat("x", 3<<20))},
		{commands.String, "empty", "", is("")},
		{commands.String, "nobody", "", absent},
		{commands.String, "cart:7", "", present}, // a hash
		{commands.Field, "cart:7", "apples", is("12")},
		{commands.Field, "cart:7", "pears", absent},
		{commands.Field, "nobody", "apples", absent},
		{commands.Field, "customer:7", "name", absent}, // a string
		{commands.Member, "online", "7", present},
		{commands.Member, "online", "8", absent},
		{commands.WholeKey, "cart:7", "", present},
		{commands.WholeKey, "cart:8", "", absent},
		{commands.Score, "best", "8", absent},
		{commands.Entry, "log", "5-2", absent},
	} {
		item := commands.Item{Key: []byte(row.key), Kind: row.kind}
		if row.part != "" {
			item.Part = []byte(row.part)
		}
		asked, want = append(asked, item), append(want, row.want)
	}
	for len(asked) < 3*keysAtOnce { // several round trips
		asked, want = append(asked, commands.Item{Key: []byte("nobody"), Kind: commands.String}), append(want, commands.State{Kind: commands.Absent})
	}
	got, err := v.Read(t.Context(), 0, asked)
	if err != nil || len(got) != len(want) {
		t.Fatal(len(got), err)
	}
	for i := range want {
		if got[i].Kind != want[i].Kind || want[i].Kind == commands.Is && got[i].Digest != want[i].Digest {
			t.Errorf("%d %q %q: %+v, want %+v", i, asked[i].Key, asked[i].Part, got[i], want[i])
		}
	}
	for _, item := range []commands.Item{{Key: []byte("best"), Part: []byte("7"), Kind: commands.Score}, {Key: []byte("log"), Part: []byte("5-1"), Kind: commands.Entry}} {
		if got, err := v.Read(t.Context(), 0, []commands.Item{item}); err != nil || got[0].Kind != commands.Is {
			t.Errorf("%q: %+v, %v", item.Key, got, err)
		}
	}
}

// A server that cannot serve reads says nothing of any item; and what no shard owns cannot be read.
func TestReadsOfItemsThatCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		v := NewVerifier(us, one(at), Options{Dial: n.Dial, Timeout: time.Second}, maphash.MakeSeed())
		defer v.Close()
		ask := []commands.Item{{Key: []byte("a"), Kind: commands.String}, {Key: []byte("b"), Kind: commands.String}}
		for said, cause := range map[string]probe.Cause{"-LOADING x\r\n": probe.Loading, "-MOVED 3 h:1\r\n": probe.Moved, "-NOPERM x\r\n": probe.Permission, "": probe.Timeout} {
			f.says("GET", said)
			states, err := v.Read(t.Context(), 0, ask)
			if CauseOf(err) != cause || states != nil {
				t.Errorf("%q: %v, %v", said, states, err)
			}
		}
		f.says("GET", "$-1\r\n")
		if states, err := v.Read(t.Context(), 0, ask); err != nil || len(states) != 2 || states[1].Kind != commands.Absent {
			t.Errorf("afterwards: %v, %v", states, err)
		}
		for _, shard := range []int{-1, 1} {
			if _, err := v.Read(t.Context(), shard, ask); err == nil {
				t.Errorf("shard %d was read", shard)
			}
		}
	})
}

// A server's own table of commands is read; one that refuses it is an error with the grant that it takes.
func TestRealCommands(t *testing.T) {
	s := redistest.Start(t)
	access := AccessFor(ToVerify, DefaultPrefix)
	with := access.Rules
	for _, e := range access.Extras {
		if e.Rules[0] == "+command" {
			with = append(with[:len(with):len(with)], e.Rules...)
		}
	}
	stop := s.Monitor(t)
	v := NewVerifier(grant(t, s, "with", with...), one(s.Addr), Options{}, maphash.MakeSeed())
	defer v.Close()
	table, err := v.Commands(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := table.Lookup([]commands.Argument{{Text: []byte("LPUSH"), Length: 5}}); !ok || !c.Writes {
		t.Errorf("LPUSH: %+v, %v", c, ok)
	}
	if _, err := v.Read(t.Context(), 0, []commands.Item{{Key: []byte("a"), Kind: commands.String}}); err != nil {
		t.Error(err)
	}
	var sent []redistest.Sent
	for _, one := range stop() {
		if one.Args[0] != "ACL" {
			sent = append(sent, one)
		}
	}
	sentOnly(t, sent, with)
	without := NewVerifier(grant(t, s, "without", access.Rules...), one(s.Addr), Options{}, maphash.MakeSeed())
	defer without.Close()
	var refused resp.ServerError
	if _, err := without.Commands(t.Context()); CauseOf(err) != probe.Permission || !errors.As(err, &refused) {
		t.Errorf("without the right to: %v", err)
	}
}
