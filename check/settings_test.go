package check_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/redisconf"
)

// ofServer and ofSentinel are files of settings.
func ofServer(text string) check.File {
	return check.NewFile("redis.conf", text, redisconf.Reading{})
}

func ofSentinel(text string) check.File {
	return check.NewFile("sentinel.conf", text, redisconf.Reading{Sentinel: true})
}

const watchesMain = "sentinel monitor main 10.0.0.10 6379 2\n"

func TestSettingsRules(t *testing.T) {
	for _, row := range []struct {
		name, rule string
		files      []check.File
		want       check.Outcome
		subject    string // of the worst finding
		text, fix  string // that it holds
	}{
		{"a file of known directives", "directives-known", []check.File{ofServer("appendonly yes")}, check.Passed, "redis.conf", "every directive is known", ""},
		{"a directive that there is not", "directives-known", []check.File{ofServer("\nreplication-backlog-size 64mb")}, check.Broken, "redis.conf:2",
			"replication-backlog-size: there is no such directive; a server stops here: Bad directive or wrong number of arguments", "repl-backlog-size 64mb"},
		{"no files", "directives-known", nil, check.NotApplicable, "", "no file of settings was given", ""},
		{"values that are taken", "values-valid", []check.File{ofServer("maxmemory 2gb")}, check.Passed, "redis.conf", "", ""},
		{"a value that is not", "values-valid", []check.File{ofServer("appendfsync often")}, check.Broken, "redis.conf:1", "often is none of everysec, always, no; a server stops here", ""},
		{"quotes that do not end", "values-valid", []check.File{ofServer(`dir "/var`)}, check.Broken, "redis.conf:1", "Unbalanced quotes", ""},
		{"a value that is taken for another", "values-valid", []check.File{ofServer("maxmemory 512")}, check.Warned, "redis.conf:1", "512 without a unit is so many bytes", "512mb"},
		{"comments on lines of their own", "comments-apart", []check.File{ofServer("# why\nappendonly yes")}, check.Passed, "redis.conf", "", ""},
		{"a comment behind a value", "comments-apart", []check.File{ofServer(`save ""   # off`)}, check.Broken, "redis.conf:1", "Invalid save parameters", `save ""`},
		{"lines that add up", "lines-agree", []check.File{ofServer("save 900 1\nsave 300 10")}, check.Passed, "redis.conf", "", ""},
		{"a line that takes another back", "lines-agree", []check.File{ofServer("appendfsync always\nappendfsync no")}, check.Warned, "redis.conf:2", "line 1 says appendfsync always", ""},
		{"a replica in a cluster", "lines-agree", []check.File{ofServer("cluster-enabled yes\nreplicaof 10.0.0.1 6379")}, check.Broken, "redis.conf:2", "CLUSTER REPLICATE", ""},
		{"nothing included", "includes", []check.File{ofServer("port 1")}, check.Passed, "redis.conf", "", ""},
		{"another file", "includes", []check.File{ofServer("include /etc/redis/more.conf")}, check.Untold, "redis.conf:1", "/etc/redis/more.conf", ""},
		{"no password", "passwords-agree", []check.File{ofServer("")}, check.Passed, "redis.conf", "no password", ""},
		{"the same both ways", "passwords-agree", []check.File{ofServer("requirepass s3cret\nmasterauth s3cret"), ofSentinel(watchesMain + "sentinel auth-pass main s3cret")}, check.Passed, "redis.conf", "", ""},
		{"none to log in with", "passwords-agree", []check.File{ofServer("requirepass s3cret\nmin-replicas-to-write 1")}, check.Broken, "redis.conf", "as a replica of the next primary", "masterauth"},
		{"nor as a replica", "passwords-agree", []check.File{ofServer("requirepass s3cret\nreplicaof 10.0.0.1 6379")}, check.Broken, "redis.conf", "as a replica of the next primary", "masterauth"},
		{"nor as a node of a cluster", "passwords-agree", []check.File{ofServer("requirepass s3cret\ncluster-enabled yes")}, check.Broken, "redis.conf", "as a replica of the next primary", "masterauth"},
		{"nor beside Sentinels", "passwords-agree", []check.File{ofServer("requirepass s3cret"), ofSentinel(watchesMain + "sentinel auth-pass main s3cret")}, check.Broken, "redis.conf", "as a replica of the next primary", "masterauth"},
		{"a server by itself needs none yet", "passwords-agree", []check.File{ofServer("requirepass s3cret\nreplicaof no one")}, check.Warned, "redis.conf", "for as long as it has no replica", "before there is a replica"},
		{"another one", "passwords-agree", []check.File{ofServer("requirepass s3cret\nmasterauth other")}, check.Warned, "redis.conf", "another password", ""},
		{"a Sentinel that has none", "passwords-agree", []check.File{ofServer("requirepass s3cret\nmasterauth s3cret"), ofSentinel(watchesMain)}, check.Broken, "sentinel.conf:1", "has no password for main", "sentinel auth-pass main PASSWORD"},
		{"passwords that another file may have", "passwords-agree", []check.File{ofServer("requirepass s3cret\ninclude more.conf")}, check.Untold, "redis.conf", "a file that it includes", ""},
		{"users in a file of their own", "passwords-agree", []check.File{ofServer("aclfile /etc/redis/users.acl")}, check.Untold, "redis.conf", "not looked at", ""},
		{"users with rules", "passwords-agree", []check.File{ofServer("user default on >s3cret ~* +@all")}, check.Untold, "redis.conf", "not looked at", ""},
		{"no command renamed", "renamed-commands", []check.File{ofServer("")}, check.Passed, "redis.conf", "", ""},
		{"one that no failover needs", "renamed-commands", []check.File{ofServer(`rename-command FLUSHALL ""`)}, check.Passed, "redis.conf:1", "FLUSHALL", ""},
		{"one that it needs", "renamed-commands", []check.File{ofServer("rename-command CONFIG s3cret")}, check.Broken, "redis.conf:1", "CONFIG has another name", "sentinel rename-command"},
		{"one that it needs, taken away", "renamed-commands", []check.File{ofServer(`rename-command SLAVEOF ""`)}, check.Broken, "redis.conf:1", "SLAVEOF is taken away", ""},
		{"one that the Sentinel is told", "renamed-commands", []check.File{ofServer("rename-command CONFIG s3cret"), ofSentinel(watchesMain + "sentinel rename-command main CONFIG s3cret")}, check.Passed, "redis.conf:1", "is told", ""},
		{"at its own machine alone, as Debian ships it", "listens-outside", []check.File{ofServer("bind 127.0.0.1 -::1")}, check.Broken, "redis.conf", "bind 127.0.0.1 -::1", ""},
		{"at an address of the network", "listens-outside", []check.File{ofServer("bind 127.0.0.1 10.0.0.1\nrequirepass s3cret")}, check.Passed, "redis.conf", "listens at 127.0.0.1 10.0.0.1", ""},
		{"without a password, so that protected-mode turns away who comes", "listens-outside", []check.File{ofServer("bind 10.0.0.1")}, check.NotApplicable, "redis.conf", "until there is a password", ""},
		{"a password may stand in another file", "listens-outside", []check.File{ofServer("bind 10.0.0.1\ninclude more.conf")}, check.Passed, "redis.conf", "listens at 10.0.0.1", ""},
		{"a Sentinel at its own machine", "listens-outside", []check.File{ofSentinel(watchesMain + "bind 127.0.0.1")}, check.Broken, "sentinel.conf", "", ""},
		{"a Sentinel everywhere", "listens-outside", []check.File{ofSentinel(watchesMain)}, check.Passed, "sentinel.conf", "listens at all", ""},
		{"a Sentinel with a primary", "sentinel-watches", []check.File{ofSentinel(watchesMain + "sentinel down-after-milliseconds main 5000")}, check.Passed, "sentinel.conf:1",
			"main at 10.0.0.10:6379: down after 5.00 s, failover-timeout 3m (not set: the default), 1 replica at a time (not set: the default)", ""},
		{"one without", "sentinel-watches", []check.File{ofSentinel("port 26379")}, check.Broken, "sentinel.conf", "watches over nothing", ""},
		{"one that names its own machine", "sentinel-watches", []check.File{ofSentinel("sentinel monitor main 127.0.0.1 6379 2")}, check.Broken, "sentinel.conf:1", "connect to their own machine", ""},
		{"no sentinel.conf", "sentinel-watches", []check.File{ofServer("")}, check.NotApplicable, "", "no sentinel.conf", ""},
	} {
		t.Run(row.rule+": "+row.name, func(t *testing.T) {
			rule, err := check.Find(row.rule)
			if err != nil {
				t.Fatal(err)
			}
			judged := check.Run([]check.Rule{rule}, check.FactsOfFiles(time.Time{}, row.files), check.Target{}, false).Rules[0]
			worst := judged.Findings[0]
			if judged.Outcome != row.want || worst.Subject != row.subject || !strings.Contains(worst.Text, row.text) || !strings.Contains(worst.Fix, row.fix) {
				t.Errorf("%s, %+v", judged.Outcome, judged.Findings)
			}
			for _, f := range judged.Findings {
				if strings.Contains(f.Subject+f.Text+f.Fix, "s3cret") {
					t.Errorf("a secret: %+v", f)
				}
			}
		})
	}
}

func TestFactsOfFiles(t *testing.T) {
	setting := func(f *check.Facts, name string) string { return f.Regions[0].Servers[0].Setting(name).Value }
	t.Run("what a file does not set is the default, and said to be", func(t *testing.T) {
		f := check.FactsOfFiles(time.Time{}, []check.File{ofServer("appendonly yes\nrepl-backlog-size 64mb\nslave-priority 7")})
		s := f.Regions[0].Servers[0]
		if setting(f, "appendonly") != "yes" || s.Unset["appendonly"] || setting(f, "appendfsync") != "everysec" || !s.Unset["appendfsync"] ||
			setting(f, "repl-backlog-size") != "67108864" || setting(f, "replica-priority") != "7" || s.Unset["replica-priority"] {
			t.Errorf("%+v, unset %v", s.Vitals.Settings, s.Unset)
		}
		for _, name := range check.SettingNames() {
			if _, known := redisconf.Default(name); known && !s.Setting(name).Known() {
				t.Errorf("%s is not known", name)
			}
		}
	})
	t.Run("a line that is refused counts as it was meant", func(t *testing.T) {
		f := check.FactsOfFiles(time.Time{}, []check.File{ofServer(`save "" # off` + "\nreplication-backlog-size 64mb")})
		if setting(f, "save") != "" || f.Regions[0].Servers[0].Unset["save"] || setting(f, "repl-backlog-size") != "67108864" {
			t.Errorf("%+v", f.Regions[0].Servers[0].Vitals.Settings)
		}
	})
	t.Run("where it is not clear what was meant, or another file may say, nothing is known", func(t *testing.T) {
		f := check.FactsOfFiles(time.Time{}, []check.File{ofServer("appendfsync often\nappendonly yes"), ofServer("include /x\nappendonly yes")})
		refused, open := f.Regions[0].Servers[0], f.Regions[0].Servers[1]
		if refused.Setting("appendfsync").Known() || !refused.Setting("appendonly").Known() || !refused.Setting("maxmemory").Known() {
			t.Errorf("%+v", refused.Vitals.Settings)
		}
		if open.Setting("appendfsync").Known() || !open.Setting("appendonly").Known() {
			t.Errorf("%+v", open.Vitals.Settings)
		}
	})
	t.Run("the primary of a sentinel.conf is of the same region as the redis.conf", func(t *testing.T) {
		f := check.FactsOfFiles(time.Time{}, []check.File{ofServer(""), ofSentinel(watchesMain + "sentinel known-sentinel main 10.0.0.3 26379 a\nsentinel known-replica main 10.0.0.4 6379")})
		if len(f.Regions) != 1 || len(f.Regions[0].Servers) != 1 || f.Regions[0].Service != "main" {
			t.Fatalf("%+v", f.Regions)
		}
		got := f.Regions[0].Sentinels[0]
		if got.Address != "sentinel.conf" || got.Primary != "10.0.0.10:6379" || got.Quorum != 2 || got.Known != 2 || got.DownAfter != 30*time.Second || len(got.Replicas) != 1 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("several primaries are regions of their own", func(t *testing.T) {
		f := check.FactsOfFiles(time.Time{}, []check.File{ofServer(""), ofSentinel(watchesMain + "sentinel monitor other 10.0.0.20 6379 3")})
		var names []string
		for _, r := range f.Regions {
			names = append(names, r.Name)
		}
		if !slices.Equal(names, []string{"", "main", "other"}) || len(f.Regions[2].Sentinels) != 1 || f.Regions[2].Sentinels[0].Quorum != 3 {
			t.Errorf("%+v", f.Regions)
		}
	})
}
