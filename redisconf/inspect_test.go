package redisconf_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/redisconf"
)

func TestInspectExplains(t *testing.T) {
	for _, row := range []struct {
		name, text string
		sentinel   bool
		version    string
		want       []string // LINE KIND NAME: TEXT (FIX)
		left       string   // the settings that are left
	}{
		{name: "a directive that guides made up", text: "replication-backlog-size 64mb",
			want: []string{"1 name replication-backlog-size: there is no such directive (did you mean repl-backlog-size 64mb?)"}, left: "repl-backlog-size 64mb"},
		{name: "a comment behind a value", text: `save ""          # Optional: disable RDB if AOF-always is sufficient`,
			want: []string{`1 comment save: a comment cannot stand behind a value: a server reads # and what follows as more words of it (put the comment on a line of its own, and leave save "")`}, left: `save ""`},
		{name: "both at once", text: "replication-backlog-size 64mb # enough",
			want: []string{"1 name replication-backlog-size: there is no such directive (did you mean repl-backlog-size 64mb?)"}, left: "repl-backlog-size 64mb"},
		{name: "a slip of the hand", text: "apendonly yes", want: []string{"1 name apendonly: there is no such directive (did you mean appendonly yes?)"}, left: "appendonly yes"},
		{name: "underscores", text: "repl_backlog_size 1mb", want: []string{"1 name repl_backlog_size: there is no such directive (did you mean repl-backlog-size 1mb?)"}, left: "repl-backlog-size 1mb"},
		{name: "a right name that was meant and a wrong value", text: "eviction-policy maybe", want: []string{"1 name eviction-policy: there is no such directive (did you mean maxmemory-policy?)"}},
		{name: "an equals sign", text: "dir=/Data", want: []string{"1 name dir: a blank stands between a directive and its value, and no = or : (did you mean dir /Data?)"}, left: "dir /Data"},
		{name: "one between blanks", text: "appendonly = yes", want: []string{"1 value appendonly: a blank stands between a directive and its value, and no = or : (did you mean appendonly yes?)"}, left: "appendonly yes"},
		{name: "a colon", text: "save: 900 1", want: []string{"1 name save: a blank stands between a directive and its value, and no = or : (did you mean save 900 1?)"}, left: "save 900 1"},
		{name: "a byte order mark", text: "\uFEFFappendonly yes", want: []string{"1 name : the file begins with a byte order mark, which editors do not show and a server takes for a part of the first word (save it as UTF-8 without a BOM: sed -i '1s/^\\xEF\\xBB\\xBF//' FILE)"}, left: "appendonly yes"},
		{name: "a share of the memory", text: "maxmemory 75%", want: []string{"1 value maxmemory: 75% is no size: a number, with k, kb, m, mb, g or gb behind it or nothing (maxmemory takes no share of the machine: give bytes, such as 4gb)"}},
		{name: "nothing that is like it", text: "quux 1", want: []string{"1 name quux: there is no such directive"}},
		{name: "a directive of a later version", text: "set-max-listpack-entries 1", want: []string{"1 name set-max-listpack-entries: a server of Redis 7.0.15 does not know it: it came with Redis 7.2 (leave it out, or run that version)"}},
		{name: "which that version takes", text: "set-max-listpack-entries 1", version: "7.2.4", left: "set-max-listpack-entries 1"},
		{name: "and one of a fork, which it does not", text: "dual-channel-replication-enabled yes", version: "8.0.0", want: []string{"1 name dual-channel-replication-enabled: a server of Redis 8.0.0 does not know it: it came with Valkey (leave it out, or run that version)"}},
		{name: "a directive of the past", text: "vm-enabled no", want: []string{"1 name vm-enabled: there is no such directive any more: it went with Redis 2.6 (leave it out)"}},
		{name: "a directive without effect", text: "lua-replicate-commands yes", want: []string{"1 lines lua-replicate-commands: a server takes it and does nothing about it (leave it out)"}, left: "lua-replicate-commands yes"},
		{name: "true for yes", text: "appendonly true", want: []string{"1 value appendonly: true is neither yes nor no (did you mean appendonly yes?)"}, left: "appendonly yes"},
		{name: "a policy in short", text: "maxmemory-policy lru", want: []string{"1 value maxmemory-policy: lru is none of volatile-lru, volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction (did you mean maxmemory-policy allkeys-lru?)"}, left: "maxmemory-policy allkeys-lru"},
		{name: "a blank before the unit", text: "maxmemory 2 gb", want: []string{"1 value maxmemory: it takes one word, and here are 2 (did you mean maxmemory 2gb?)"}, left: "maxmemory 2gb"},
		{name: "a unit of another kind", text: "maxmemory 2GiB", want: []string{"1 value maxmemory: 2GiB is no size: a number, with k, kb, m, mb, g or gb behind it or nothing (did you mean maxmemory 2gb?)"}, left: "maxmemory 2gb"},
		{name: "a unit where there is none", text: "repl-timeout 60s", want: []string{"1 value repl-timeout: 60s is no whole number"}},
		{name: "a percentage of percents", text: "auto-aof-rewrite-percentage 100%", want: []string{"1 value auto-aof-rewrite-percentage: 100% is no whole number (did you mean auto-aof-rewrite-percentage 100?)"}, left: "auto-aof-rewrite-percentage 100"},
		{name: "too much", text: "port 70000", want: []string{"1 value port: 70000 is not between 0 and 65535"}},
		{name: "nothing at all", text: "appendfsync", want: []string{"1 value appendfsync: it has no value"}},
		{name: "half a save point", text: "save 900", want: []string{`1 value save: invalid save parameters (pairs of seconds and changes, such as save 900 1 300 10, or save "" for none)`}},
		{name: "memory without a unit", text: "maxmemory 512", want: []string{"1 value maxmemory: 512 without a unit is so many bytes (512mb, if megabytes were meant)"}, left: "maxmemory 512"},
		{name: "a unit without a number", text: "maxmemory mb", want: []string{`1 value maxmemory: "mb" has no number: a server takes it for 0 (put the number before it)`}, left: "maxmemory mb"},
		{name: "more than there is", text: "maxmemory 99999999999gb", want: []string{"1 value maxmemory: 99999999999gb does not fit 64 bits: a server takes it for 15,140,462,030,378,500,096 bytes (give what the machine has)"}, left: "maxmemory 99999999999gb"},
		{name: "limits without units", text: "client-output-buffer-limit replica 512 128mb 60", want: []string{"1 value client-output-buffer-limit: 512 without a unit is so many bytes (512mb, if megabytes were meant)"}, left: "client-output-buffer-limit replica 512 128mb 60"},
		{name: "the same directive with another value", text: "appendfsync always\nport 1\nport 1\nappendfsync everysec", want: []string{"4 lines appendfsync: line 1 says appendfsync always: only the last line counts (keep the one that is meant)"},
			left: "appendfsync always\nport 1\nport 1\nappendfsync everysec"},
		{name: "by another of its names", text: "replica-priority 1\nslave-priority 2", want: []string{"2 lines slave-priority: line 1 says replica-priority 1: only the last line counts (keep the one that is meant)"}, left: "replica-priority 1\nslave-priority 2"},
		{name: "a password given twice is not repeated", text: "requirepass secret\nrequirepass other", want: []string{"2 lines requirepass: line 1 says something else of requirepass: only the last line counts (keep the one that is meant)"}, left: "requirepass secret\nrequirepass other"},
		{name: "directives that add up", text: "save 900 1\nsave 300 10\nclient-output-buffer-limit normal 0 0 0\nclient-output-buffer-limit pubsub 32mb 8mb 60",
			left: "save 900 1\nsave 300 10\nclient-output-buffer-limit normal 0 0 0\nclient-output-buffer-limit pubsub 32mb 8mb 60"},
		{name: "a comment among addresses", text: "bind 127.0.0.1 # here",
			want: []string{"1 comment bind: a comment cannot stand behind a value: a server takes its words for addresses, and can listen at none of them (put the comment on a line of its own)"}, left: "bind 127.0.0.1"},
		{name: "commas between addresses", text: "bind 127.0.0.1, ::1",
			want: []string{"1 value bind: 127.0.0.1, is neither an address nor a name: a server cannot listen at it (addresses with blanks in between, without ports, such as bind 127.0.0.1 10.0.0.1)"}, left: "bind 127.0.0.1, ::1"},
		{name: "addresses of all kinds", text: "bind * -::* 127.0.0.1 -::1 redis-1.example fe80::1%eth0", left: "bind * -::* 127.0.0.1 -::1 redis-1.example fe80::1%eth0"},
		{name: "quotes that do not end", text: `dbfilename "dump`, want: []string{`1 quotes dbfilename: its quotes do not end, or something follows them at once (close every quote at the end of its word, and write one that belongs to the value as \")`}},
		{name: "a node of a cluster that is a replica", text: "cluster-enabled yes\nreplicaof 10.0.0.1 6379", want: []string{"2 lines replicaof: a node of a cluster is made a replica by CLUSTER REPLICATE, not by its settings (leave it out, or cluster-enabled)"}, left: "cluster-enabled yes\nreplicaof 10.0.0.1 6379"},
		{name: "nowhere to listen", text: "port 0", want: []string{"1 lines port: nothing is left to listen at: port 0 needs tls-port or unixsocket (port 6379, or one of these)"}, left: "port 0"},
		{name: "somewhere to listen", text: "port 0\ntls-port 6379", left: "port 0\ntls-port 6379"},
		{name: "a category that there is not", text: "user a on +@al", want: []string{"1 value user: +@al is about a command or a category that there is not (ACL CAT lists the categories, and ACL CAT NAME the commands of one)"}, left: "user a on +@al"},
		{name: "which a module may bring", text: "user a on +@search +ft.search\nloadmodule /search.so", left: "user a on +@search +ft.search\nloadmodule /search.so"},
		{name: "or a later version", text: "user a on +@search", version: "8.0.0", left: "user a on +@search"},
		{name: "rules of all kinds", text: "user a on ~a:* &x +@all -@dangerous +config|get +GET (+@write ~y) -", want: []string{"1 value user: - is about a command or a category that there is not (ACL CAT lists the categories, and ACL CAT NAME the commands of one)"}, left: "user a on ~a:* &x +@all -@dangerous +config|get +GET (+@write ~y) -"},
		{name: "users here and elsewhere", text: "user a on\naclfile /etc/redis/users.acl", want: []string{"2 lines aclfile: users stand here and in a file of their own, which a server refuses (move the users to that file, or leave aclfile out)"}, left: "user a on\naclfile /etc/redis/users.acl"},
		{name: "sentinel in the file of a server", text: "sentinel monitor m 127.0.0.1 6379 2", want: []string{"1 name sentinel: it belongs into the file of a Sentinel; a server that finds it does not start (move it to sentinel.conf, which redis-sentinel is started with)"}},
		{name: "its words without the first", text: "down-after-milliseconds m 5000", sentinel: true, want: []string{"1 name down-after-milliseconds: there is no such directive (begin the line with sentinel: sentinel down-after-milliseconds)"}},
		{name: "an earlier directive of Sentinel", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel down-after-millisecond m 5", sentinel: true,
			want: []string{"2 name sentinel down-after-millisecond: a Sentinel has no such directive (did you mean sentinel down-after-milliseconds NAME MILLISECONDS?)"}, left: "sentinel monitor m 127.0.0.1 6379 2"},
		{name: "seconds for milliseconds", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel down-after-milliseconds m 5", sentinel: true,
			want: []string{"2 value sentinel down-after-milliseconds: 5 ms is less than a healthy server may take to answer: milliseconds are meant, not seconds (sentinel down-after-milliseconds m 5000)"}, left: "sentinel monitor m 127.0.0.1 6379 2\nsentinel down-after-milliseconds m 5"},
		{name: "a unit that a Sentinel does not read", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel failover-timeout m 60s", sentinel: true,
			want: []string{"2 value sentinel failover-timeout: a Sentinel takes 60s for 60 (give a whole number, without a unit)"}, left: "sentinel monitor m 127.0.0.1 6379 2\nsentinel failover-timeout m 60s"},
		{name: "a name that is not watched over", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel parallel-syncs main 1", sentinel: true,
			want: []string{"2 value sentinel parallel-syncs: nothing is monitored by the name of main (put sentinel monitor main ADDRESS PORT QUORUM into the file, or mend the name: it counts upper and lower case)"}, left: "sentinel monitor m 127.0.0.1 6379 2"},
		{name: "a directive of servers, for a Sentinel", text: "appendonly yes", sentinel: true, want: []string{"1 lines appendonly: a Sentinel takes it and does nothing about it: it keeps no data (put it in the file of the server)"}, left: "appendonly yes"},
		{name: "a byte of zero", text: "port\x00 1", want: []string{"1 value : a byte of zero, at which a server stops to read the line (take it out)"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, mistakes := redisconf.Inspect(row.text, redisconf.Reading{Sentinel: row.sentinel, Version: row.version})
			var got []string
			for _, m := range mistakes {
				text := strings.Join([]string{strconv.Itoa(m.Line), string(m.Kind), m.Name + ":", m.Text}, " ")
				if m.Fix != "" {
					text += " (" + m.Fix + ")"
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
			if left := strings.TrimSuffix(c.String(), "\n"); left != row.left {
				t.Errorf("the settings are\n%s\nand not\n%s", left, row.left)
			}
		})
	}
}

// No word of a mistake repeats a password, wherever it stands and whatever is wrong with its line.
func TestInspectRepeatsNoSecret(t *testing.T) {
	for _, line := range []string{
		"requirepass s3cret more", `requirepass "s3cret`, "requirepas s3cret", "masterauth s3cret # why", "master-auth s3cret", "password s3cret", "redis-password s3cret",
		"user a on >s3cret nonsense", "user a nonsense >s3cret", "user a >s3cret b nonsense", "rename-command CONFIG s3cret more", "rename-command NOPE s3cret", "sentinel auth-pass m s3cret", "sentinel auth-pas m s3cret",
		"sentinel sentinel-pass s3cret more", "tls-key-file-pass s3cret more", `user a on ">s3cret`, "auth s3cret", "SENTINEL auth-pass nobody s3cret",
		"requirepass s3cret\nrequirepass other", "requirepass\ts3cret more", `"requirepass"  s3cret more`, `'requirepass' "s3cret`, "rename-command GET s3cret\nrename-command SET s3cret",
		"requirepass=s3cret", "requirepass: s3cret", "masterauth = s3cret", "pwd s3cret", "export REDIS_PASSWORD=s3cret", `REDIS_ARGS="--requirepass s3cret"`, `REDIS_ARGS="--requirepass s3cret`,
		"CONFIG SET requirepass s3cret", "HELLO 3 AUTH default s3cret", "acl setuser a on >s3cret", "users a on >s3cret", "rename CONFIG s3cret", "rename_command CONFIG s3cret",
		"sentinel rename-command m CONFIG s3cret", "sentinel rename_command m CONFIG s3cret", "sentinel auth-user m u s3cret", "sentinel auth-pass=s3cret", "masteruser u s3cret",
		"redis://:s3cret@host:6379", "replicaof redis://u:s3cret@host", "port 6379 requirepass s3cret", "appendonly yes; requirepass s3cret", "appendonly yes # the password is s3cret",
		"port 1 # the password is s3cret\nport 2",
	} {
		for _, sentinel := range []bool{false, true} {
			_, mistakes := redisconf.Inspect(line, redisconf.Reading{Sentinel: sentinel})
			for _, m := range mistakes {
				if strings.Contains(m.Text+m.Fix+m.Answer+m.Name, "s3cret") {
					t.Errorf("%q: %+v", line, m)
				}
			}
		}
	}
}

func TestProfilesHaveNoMistakes(t *testing.T) {
	for _, name := range redisconf.Profiles() {
		text, err := os.ReadFile(filepath.Join("profiles", name+".conf"))
		if err != nil {
			t.Fatal(err)
		}
		c, mistakes := redisconf.Inspect(string(text), redisconf.Reading{})
		if len(mistakes) > 0 {
			t.Errorf("%s: %+v", name, mistakes)
		}
		if diff := cmp.Diff(string(text), c.String()); diff != "" {
			t.Errorf("%s is read as something else:\n%s", name, diff)
		}
	}
}

func TestMonitors(t *testing.T) {
	c, _ := redisconf.Inspect(`port 26379
sentinel monitor main 10.0.0.10 6379 2
sentinel down-after-milliseconds main 5000
sentinel monitor other ::1 6380 3
sentinel parallel-syncs other 2
sentinel failover-timeout other 60000
sentinel known-replica main 10.0.0.11 6379
sentinel known-sentinel main 10.0.0.12 26379 0123
`, redisconf.Reading{Sentinel: true})
	var got []string
	for _, m := range c.Monitors() {
		got = append(got, strings.Join([]string{m.Name, m.Address, strconv.Itoa(m.Line), strconv.Itoa(m.Quorum), m.DownAfter.String(), m.FailoverTimeout.String(), strconv.Itoa(m.ParallelSyncs), strings.Join(m.Replicas, ","), strings.Join(m.Peers, ",")}, " "))
	}
	if diff := cmp.Diff([]string{"main 10.0.0.10:6379 2 2 5s 3m0s 1 10.0.0.11:6379 10.0.0.12:26379", "other [::1]:6380 4 3 30s 1m0s 2  "}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if m := c.Monitors(); !m[0].Set["down-after-milliseconds"] || m[0].Set["failover-timeout"] {
		t.Errorf("set are %v", m[0].Set)
	}
}

func TestIsSentinel(t *testing.T) {
	const server, sentinel = "port 6379\nappendonly yes\nsave 900 1\n", "port 26379\nsentinel monitor m 10.0.0.1 6379 2\nsentinel parallel-syncs m 1\n"
	for _, row := range []struct {
		name, text string
		want       bool
	}{
		{"the file of a server", server, false},
		{"the file of a Sentinel", sentinel, true},
		{"one whose only line of it is refused", "sentinel monitor m redis-1 6379 2", true},
		{"one into which a line of a server has strayed", sentinel + "appendonly yes\n", true},
		{"that of a server into which a line of a Sentinel has", server + "sentinel monitor m 10.0.0.1 6379 2\n", false},
		{"names in upper case, in quotes, behind blanks", "\t\"SENTINEL\" monitor m 10.0.0.1 6379 2\r\n", true},
		{"comments alone", "# sentinel monitor m 10.0.0.1 6379 2\n", false},
		{"nothing", "", false},
		{"quotes that do not end", "\"sentinel", false},
	} {
		if got := redisconf.IsSentinel(row.text); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}

// Whatever the bytes: it ends, what it says is bounded and of the file, and what it takes for settings can be read again.
func FuzzInspect(f *testing.F) {
	for _, seed := range []string{sample, "save \"\" # x", "sentinel monitor m 127.0.0.1 6379 2\nsentinel auth-pass m x", "user a (~x", "replication-backlog-size 64mb",
		"maxmemory 99999999999999999999gb", "user a +x (-@y ~z)\nuser b -\nbind a,b", "a.b", "\x00", "\"", "include x", "client-output-buffer-limit replica 1 2", "bind #", "rename-command GET \"\"", "\v\xff 1"} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, sentinel bool) {
		c, mistakes := redisconf.Inspect(text, redisconf.Reading{Sentinel: sentinel})
		if len(mistakes) > 120 {
			t.Fatalf("%d mistakes", len(mistakes))
		}
		lines := strings.Count(text, "\n") + 1
		for _, m := range mistakes {
			if m.Line < 1 || m.Line > lines || m.Text == "" || len(m.Text)+len(m.Fix) > 2000 || utf8.ValidString(text) && !utf8.ValidString(m.Text+m.Fix) {
				t.Fatalf("%+v", m)
			}
		}
		if strings.Contains(text, "\x00") {
			return
		}
		for _, name := range []string{"save", "maxmemory", "client-output-buffer-limit", "appendonly"} {
			c.Effective(name)
		}
		c.Monitors()
		again, _ := redisconf.Inspect(c.String(), redisconf.Reading{Sentinel: sentinel})
		if again.Len() != c.Len() && len(mistakes) < 100 {
			t.Fatalf("%d directives, and again %d:\n%s", c.Len(), again.Len(), c)
		}
	})
}

// Users without end are as many mistakes as other lines.
func TestMistakesAreBounded(t *testing.T) {
	var text strings.Builder
	for i := range 1000 {
		text.WriteString("user u" + strconv.Itoa(i) + " +nosuch\n")
	}
	if _, mistakes := redisconf.Inspect(text.String(), redisconf.Reading{}); len(mistakes) != 100 {
		t.Errorf("%d mistakes", len(mistakes))
	}
}
