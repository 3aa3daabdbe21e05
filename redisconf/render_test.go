package redisconf_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
)

// rendered are the files of all profiles and options, by what they are.
func rendered(t *testing.T) (servers, sentinels map[string]redisconf.Config) {
	t.Helper()
	servers, sentinels = map[string]redisconf.Config{}, map[string]redisconf.Config{}
	note := func(into map[string]redisconf.Config, name string, c redisconf.Config, err error) {
		if err != nil {
			t.Fatal(err)
		}
		into[name] = c
	}
	for _, profile := range redisconf.Profiles() {
		for _, replicas := range []int{0, 1, 2, 5} {
			c, err := redisconf.Server{Profile: profile, Replicas: replicas, MaxMemory: []string{"", "4gb"}[replicas%2]}.Settings()
			note(servers, fmt.Sprint(profile, " with ", replicas), c, err)
		}
		// The last is a name as far as this program knows, and leads to 10.0.0.10 without a name service.
		for _, primary := range []string{"10.0.0.10:6379", "[2001:db8::10]:6380", "10.10:6379"} {
			c, err := redisconf.SentinelFor{Profile: profile, Name: "main", Primary: primary, Quorum: 2}.Settings()
			note(sentinels, profile+" of "+primary, c, err)
		}
	}
	return servers, sentinels
}

func TestRenderedFilesHaveNoMistakes(t *testing.T) {
	servers, sentinels := rendered(t)
	inspect := func(name, text string, sentinel bool) {
		if _, mistakes := redisconf.Inspect(text, redisconf.Reading{Sentinel: sentinel}); len(mistakes) > 0 {
			t.Errorf("%s: %+v", name, mistakes)
		}
		if redisconf.IsSentinel(text) != sentinel {
			t.Errorf("%s is not known for what it is", name)
		}
		for paragraph := range strings.SplitSeq(text, "\n\n") {
			if !strings.HasPrefix(paragraph, "# ") {
				t.Errorf("%s: no reason for %q", name, paragraph)
			}
		}
		for line := range strings.SplitSeq(text, "\n") {
			if len(line) > 140 {
				t.Errorf("%s: a long line: %s", name, line)
			}
		}
	}
	for name, c := range servers {
		inspect(name, c.String(), false)
	}
	for name, c := range sentinels {
		inspect(name, c.String(), true)
	}
}

func TestRealServersStartWithRenderedFiles(t *testing.T) {
	s := newServers(t)
	servers, sentinels := rendered(t)
	for name, c := range servers {
		for _, directive := range []string{"min-replicas-to-write", "maxmemory", "appendfsync"} {
			want, _ := c.Effective(directive)
			if got, err := s.run(t, c, directive); err != nil || got != want {
				t.Errorf("%s: %s is %q, %v, want %q", name, directive, got, err, want)
			}
		}
	}
	for name, c := range sentinels {
		s.count++
		server, err := s.group.Add(process.Config{Name: fmt.Sprint("sentinel", s.count), Sentinel: true, Settings: c})
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Start(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := server.Kill(); err != nil {
			t.Error(err)
		}
	}
}

func TestReplicasThatAWriteNeeds(t *testing.T) {
	for _, row := range []struct {
		name, profile string
		replicas      int
		want          string
	}{
		{"without replicas none can be asked for", redisconf.Balanced, 0, "0"},
		{"one of one would refuse all writes when it is lost", redisconf.Balanced, 1, "0"},
		{"one of two", redisconf.Balanced, 2, "1"},
		{"what is acknowledged stands in two places, at the price of refused writes", redisconf.MaxDurability, 1, "1"},
		{"all but one, which may be lost", redisconf.MaxDurability, 3, "2"},
		{"no write waits for anything", redisconf.LowLatency, 3, "0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := redisconf.Server{Profile: row.profile, Replicas: row.replicas}.Settings()
			if got, _ := c.Effective("min-replicas-to-write"); err != nil || got != row.want {
				t.Errorf("%s, %v; want %s", got, err, row.want)
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	server := func(s redisconf.Server) error { _, err := s.Settings(); return err }
	sentinel := func(s redisconf.SentinelFor) error { _, err := s.Settings(); return err }
	for _, row := range []struct {
		name string
		err  error
		want string
	}{
		{"a profile that there is not", server(redisconf.Server{Profile: "x"}), "no such profile"},
		{"fewer than no replicas", server(redisconf.Server{Profile: redisconf.Balanced, Replicas: -1}), "replicas -1: must be 0 to 100"},
		{"memory without a unit", server(redisconf.Server{Profile: redisconf.Balanced, MaxMemory: "512"}), "maxmemory 512: must be a size of 1mb or more"},
		{"memory that is no size", server(redisconf.Server{Profile: redisconf.Balanced, MaxMemory: "4 gb"}), "must be a size"},
		{"a Sentinel of no profile", sentinel(redisconf.SentinelFor{Profile: "x"}), "no such profile"},
		{"no primary", sentinel(redisconf.SentinelFor{Profile: redisconf.Balanced, Name: "main"}), `primary "": must be HOST:PORT`},
		{"a port that is none", sentinel(redisconf.SentinelFor{Profile: redisconf.Balanced, Name: "main", Primary: "h:0"}), `must be HOST:PORT`},
		{"a primary that is another one on each machine", sentinel(redisconf.SentinelFor{Profile: redisconf.Balanced, Name: "main", Primary: "[::1]:6379"}), "connects to its own machine"},
		{"by name", sentinel(redisconf.SentinelFor{Profile: redisconf.Balanced, Name: "main", Primary: "localhost:6379"}), "connects to its own machine"},
		{"a name that is two", sentinel(redisconf.SentinelFor{Profile: redisconf.Balanced, Name: "a b", Primary: "h:1"}), "name: must be letters"},
		{"a quorum that is none", sentinel(redisconf.SentinelFor{Profile: redisconf.Balanced, Name: "a", Primary: "h:1", Quorum: -1}), "quorum -1: must be 1 to 100"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.err == nil || !strings.Contains(row.err.Error(), row.want) {
				t.Errorf("%v, want %q", row.err, row.want)
			}
		})
	}
	if err := server(redisconf.Server{Profile: "x"}); !errors.Is(err, redisconf.ErrNoProfile) {
		t.Errorf("%v", err)
	}
}
