package vitals_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/vitals"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// info is the answer to INFO.
func info(text string) vitals.Reply {
	return vitals.Reply{Command: vitals.Info, Value: resp.Value{Kind: resp.Bulk, Str: text}}
}

// lines are an answer to INFO that has these.
func lines(of ...string) vitals.Reply { return info(strings.Join(of, "\r\n") + "\r\n") }

func said(t *testing.T, file string) vitals.Server {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return vitals.Parse(noon, []vitals.Reply{info(string(text))})
}

func told[T any](value T) vitals.Field[T] {
	return vitals.Field[T]{Value: value, Standing: vitals.Told}
}

func word(text string) resp.Value { return resp.Value{Kind: resp.Bulk, Str: text} }
func number(n int64) resp.Value   { return resp.Value{Kind: resp.Integer, Int: n} }
func array(of ...resp.Value) resp.Value {
	return resp.Value{Kind: resp.Array, Elems: of}
}

func TestWhatAPrimarySays(t *testing.T) {
	s := said(t, "redis7015-primary.info.txt")
	want := vitals.Replication{
		Role: told(vitals.Primary), ID: told("d47ffe610c5235bf672abb640fdc74f865bf0eb2"), Offset: told(int64(0)),
		Replicas:    told([]vitals.Follower{{Address: "127.0.0.1:17902", State: "online", Offset: told(int64(0)), Lag: told(time.Duration(0))}}),
		BacklogSize: told(int64(1 << 20)), BacklogUsed: told(int64(0)),
		FullSyncs: told(int64(1)), PartialSyncs: told(int64(0)), PartialFailures: told(int64(0)),
	}
	if diff := cmp.Diff(want, s.Replication); diff != "" {
		t.Error(diff)
	}
	wantPersistence := vitals.Persistence{
		AOF: told(false), AOFWriteOK: told(true), AOFRewriteOK: told(true), AOFRewriting: told(false), SaveOK: told(true), Saving: told(false),
		LastSave: told(time.Unix(1795340451, 0).UTC()), UnsavedWrites: told(int64(0)), LastSaveTook: told(time.Duration(0)),
	}
	if diff := cmp.Diff(wantPersistence, s.Persistence); diff != "" {
		t.Error(diff)
	}
	wantMemory := vitals.Memory{Used: told(int64(1014016)), Uncounted: told(int64(0)), Limit: told(int64(0)), Policy: told("noeviction"), Fragmentation: told(7.45), Wasted: told(int64(6276536))}
	if diff := cmp.Diff(wantMemory, s.Memory); diff != "" {
		t.Error(diff)
	}
	wantStats := vitals.Stats{OpsPerSecond: told(int64(1)), EvictedKeys: told(int64(0)), RejectedConnections: told(int64(0)), NetInput: told(int64(305)),
		NetOutput: told(int64(497)), ReplicationInput: told(int64(0)), ReplicationOutput: told(int64(259)), LatestFork: told(440 * time.Microsecond)}
	if diff := cmp.Diff(wantStats, s.Stats); diff != "" {
		t.Error(diff)
	}
	if s.Name != told("redis") || s.Version != told("7.0.15") || s.Mode != told("standalone") || s.Uptime != told(2*time.Second) || s.Loading != told(false) {
		t.Errorf("%+v", s)
	}
}

func TestWhatAReplicaSays(t *testing.T) {
	want := vitals.Replication{
		Role: told(vitals.Replica), ID: told("d47ffe610c5235bf672abb640fdc74f865bf0eb2"), Offset: told(int64(0)), Replicas: told([]vitals.Follower{}),
		PrimaryAddress: told("127.0.0.1:17901"), LinkUp: told(true), LastIO: told(3 * time.Second), Syncing: told(false),
		BacklogSize: told(int64(1 << 20)), BacklogUsed: told(int64(0)),
		FullSyncs: told(int64(0)), PartialSyncs: told(int64(0)), PartialFailures: told(int64(0)),
	}
	if diff := cmp.Diff(want, said(t, "redis7015-replica.info.txt").Replication); diff != "" {
		t.Error(diff)
	}
}

// What a server does not say, or says in a way that is not known, is unknown and never
// zero.
func TestWhatIsNotToldIsUnknown(t *testing.T) {
	var nothing vitals.Server
	for _, row := range []struct {
		name  string
		reply vitals.Reply
		look  func(vitals.Server) any
		want  any
	}{
		{"an INFO without the field", lines("redis_version:6.2.1"), func(s vitals.Server) any { return s.Memory }, nothing.Memory},
		{"a number that is a word", lines("used_memory:lots"), func(s vitals.Server) any { return s.Memory.Used }, vitals.Field[int64]{}},
		{"minus one, which servers say of what they do not know", lines("master_last_io_seconds_ago:-1"), func(s vitals.Server) any { return s.Replication.LastIO }, vitals.Field[time.Duration]{}},
		{"a time that is none", lines("uptime_in_seconds:99999999999999999"), func(s vitals.Server) any { return s.Uptime }, vitals.Field[time.Duration]{}},
		{"a status that is neither ok nor err", lines("rdb_last_bgsave_status:maybe"), func(s vitals.Server) any { return s.Persistence.SaveOK }, vitals.Field[bool]{}},
		{"a role of another kind", lines("role:sentinel"), func(s vitals.Server) any { return s.Replication.Role }, vitals.Field[vitals.Role]{}},
		{"a copy whose size is not known beforehand", lines("role:slave", "master_sync_in_progress:1", "master_sync_total_bytes:0", "master_sync_left_bytes:-5"),
			func(s vitals.Server) any { return s.Replication.SyncTotal }, vitals.Field[int64]{}},
		{"a replica without an offset", lines("connected_slaves:1", "slave0:ip=a,port=1,state=online"), func(s vitals.Server) any { return s.Replication.Replicas },
			told([]vitals.Follower{{Address: "a:1", State: "online"}})},
		{"replicas that are counted and not told", lines("connected_slaves:2"), func(s vitals.Server) any { return s.Replication.Replicas }, told([]vitals.Follower{})},
		{"INFO that the user may not send", vitals.Reply{Command: vitals.Info, Outcome: vitals.Denied}, func(s vitals.Server) any { return s.Memory.Used },
			vitals.Field[int64]{Standing: vitals.NotAllowed}},
		{"INFO that the server does not have", vitals.Reply{Command: vitals.Info, Outcome: vitals.Unserved}, func(s vitals.Server) any { return s.Memory.Used }, vitals.Field[int64]{}},
		{"a setting that the user may not read", vitals.Reply{Command: vitals.ConfigGet, Setting: "appendonly", Outcome: vitals.Denied},
			func(s vitals.Server) any { return s.Settings["appendonly"] }, vitals.Field[string]{Standing: vitals.NotAllowed}},
		{"a setting that the server does not have", vitals.Reply{Command: vitals.ConfigGet, Setting: "appendonly", Value: array()},
			func(s vitals.Server) any { return s.Settings["appendonly"] }, vitals.Field[string]{}},
		{"a latency monitor that the user may not read", vitals.Reply{Command: vitals.LatencyLatest, Outcome: vitals.Denied},
			func(s vitals.Server) any { return s.Spikes }, vitals.Field[[]vitals.Spike]{Standing: vitals.NotAllowed}},
		{"a latency event without its times", vitals.Reply{Command: vitals.LatencyLatest, Value: array(array(word("fork")))},
			func(s vitals.Server) any { return s.Spikes }, vitals.Field[[]vitals.Spike]{}},
		{"a ROLE that is cut off", vitals.Reply{Command: vitals.AskRole, Value: array(word("slave"), word("h"))},
			func(s vitals.Server) any { return s.Replication.Role }, vitals.Field[vitals.Role]{}},
	} {
		if diff := cmp.Diff(row.want, row.look(vitals.Parse(noon, []vitals.Reply{row.reply}))); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}

func TestOtherServersAndCommands(t *testing.T) {
	valkey := vitals.Parse(noon, []vitals.Reply{lines("redis_version:7.2.4", "server_name:valkey", "valkey_version:8.1.0", "server_mode:cluster", "role:slave",
		"master_host:10.0.0.1", "master_port:6379", "master_link_status:down", "master_link_down_since_seconds:12", "slave_repl_offset:90", "master_repl_offset:95")})
	if valkey.Name != told("valkey") || valkey.Version != told("8.1.0") || valkey.Mode != told("cluster") {
		t.Errorf("valkey: %+v", valkey)
	}
	if r := valkey.Replication; r.LinkUp != told(false) || r.LinkDownFor != told(12*time.Second) || r.PrimaryAddress != told("10.0.0.1:6379") || r.Offset != told(int64(90)) {
		t.Errorf("valkey: %+v", r)
	}
	role := vitals.Parse(noon, []vitals.Reply{
		{Command: vitals.Info, Outcome: vitals.Denied},
		{Command: vitals.AskRole, Value: array(word("slave"), word("10.0.0.1"), number(6379), word("sync"), number(7))},
	}).Replication
	if role.Role != told(vitals.Replica) || role.LinkUp != told(false) || role.Syncing != told(true) || role.Offset != told(int64(7)) || role.PrimaryAddress != told("10.0.0.1:6379") {
		t.Errorf("by ROLE alone: %+v", role)
	}
	latency := vitals.Parse(noon, []vitals.Reply{{Command: vitals.LatencyLatest, Value: array(array(word("fork"), number(1767355190), number(250), number(900)))}})
	want := told([]vitals.Spike{{Event: "fork", At: time.Unix(1767355190, 0).UTC(), Took: 250 * time.Millisecond, Max: 900 * time.Millisecond}})
	if diff := cmp.Diff(want, latency.Spikes); diff != "" {
		t.Error(diff)
	}
	setting := vitals.Parse(noon, []vitals.Reply{{Command: vitals.ConfigGet, Setting: "save", Value: array(word("save"), word("3600 1"))}})
	if setting.Settings["save"] != told("3600 1") {
		t.Errorf("%+v", setting.Settings)
	}
}

// FuzzParse holds that no answer stops the reading of another, nor what is made of it.
func FuzzParse(f *testing.F) {
	for _, file := range []string{"redis7015-primary.info.txt", "redis7015-replica.info.txt"} {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "master", int64(7))
	}
	f.Add("connected_slaves:9999999999\r\nslave0:ip=::1,port=1,state=send_bulk,offset=9,lag=1", "slave", int64(-1))
	f.Add("role:slave\r\nmaster_sync_in_progress:1\r\nmaster_sync_total_bytes:100\r\nmaster_sync_left_bytes:3", "connected", int64(1<<62))
	f.Fuzz(func(t *testing.T, text, w string, n int64) {
		replies := []vitals.Reply{info(text), {Command: vitals.AskRole, Value: array(word(w), number(n), array(), word(w), number(n))},
			{Command: vitals.LatencyLatest, Value: array(array(word(w), number(n), number(n), number(n)))},
			{Command: vitals.ConfigGet, Setting: "repl-ping-replica-period", Value: array(word("repl-ping-replica-period"), word(w))}}
		var track vitals.Track
		for i := range 3 {
			s := vitals.Parse(noon.Add(time.Duration(i)*time.Second), replies)
			if u := s.Uptime; u.Known() && u.Value < 0 {
				t.Errorf("up for %v", u.Value)
			}
			track.Take(s)
			for _, r := range track.Remarks() {
				if r.Text == "" || r.Kind == "" {
					t.Errorf("a remark without words: %+v", r)
				}
			}
		}
		for _, c := range track.Copies() {
			if c.Text() == "" || c.Least < 0 {
				t.Errorf("%+v", c)
			}
		}
	})
}

func TestAServerSaysThatItIsOfRedisEnterprise(t *testing.T) {
	s := vitals.Parse(noon, []vitals.Reply{lines("redis_version:7.4.0", "rlec_version:7.22.0-28")})
	if s.Enterprise != told("7.22.0-28") || s.Version != told("7.4.0") {
		t.Errorf("it is %v of %v", s.Version, s.Enterprise)
	}
	if s := said(t, "redis7015-primary.info.txt"); s.Enterprise.Known() {
		t.Errorf("an open-source server is said to be of %v", s.Enterprise)
	}
}

func TestModulesAndScripts(t *testing.T) {
	tests := []struct {
		name    string
		reply   vitals.Reply
		modules vitals.Field[[]vitals.Module]
		scripts vitals.Field[int64]
	}{
		{"a server without any says so by the heading", lines("# Memory", "number_of_cached_scripts:3", "# Modules"), told([]vitals.Module{}), told(int64(3))},
		{"modules are told by name",
			lines("# Modules", "module:name=search,ver=20811,api=1,filters=0,usedby=[],using=[ReJSON],options=[]", "module:name=ReJSON,ver=20609,api=1"),
			told([]vitals.Module{{Name: "ReJSON", Version: "20609"}, {Name: "search", Version: "20811"}}), vitals.Field[int64]{}},
		{"a server before 6.0 says nothing of them", lines("redis_version:5.0.14"), vitals.Field[[]vitals.Module]{}, vitals.Field[int64]{}},
		{"who may not ask knows why", vitals.Reply{Command: vitals.Info, Outcome: vitals.Denied},
			vitals.Field[[]vitals.Module]{Standing: vitals.NotAllowed}, vitals.Field[int64]{Standing: vitals.NotAllowed}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := vitals.Parse(noon, []vitals.Reply{tt.reply})
			if diff := cmp.Diff(tt.modules, s.Modules) + cmp.Diff(tt.scripts, s.Scripts); diff != "" {
				t.Error(diff)
			}
		})
	}
}
