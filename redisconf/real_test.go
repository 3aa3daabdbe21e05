package redisconf_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Servers run with settings, one after the other.
type servers struct {
	group *process.Group
	count int
}

func newServers(t *testing.T) *servers {
	t.Helper()
	b, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	g, err := process.NewGroup(t.Context(), b, process.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return &servers{group: g}
}

// run starts a server with settings, asks it for the value of a directive, and kills it.
func (s *servers) run(t *testing.T, c redisconf.Config, directive string) (string, error) {
	t.Helper()
	says, err := s.ask(t, c, directive)
	if err == nil && len(says) != 1 {
		t.Fatalf("%s: the server does not know it", directive)
	}
	return says[directive], err
}

// settings is run for all directives.
func (s *servers) settings(t *testing.T, c redisconf.Config) map[string]string {
	t.Helper()
	says, err := s.ask(t, c, "*")
	if err != nil {
		t.Fatal(err)
	}
	return says
}

func (s *servers) ask(t *testing.T, c redisconf.Config, pattern string) (map[string]string, error) {
	t.Helper()
	s.count++
	server, err := s.group.Add(process.Config{Name: fmt.Sprint("s", s.count), Settings: c})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		return nil, err
	}
	defer server.Kill() //nolint:errcheck // the group is closed in the end, and says so
	conn, err := net.Dial("tcp", server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	in := resp.NewReader(conn)
	password, _ := c.Password()
	says := map[string]string{}
	for _, words := range [][]string{{"AUTH", password}, {"CONFIG", "GET", pattern}} {
		if words[1] == "" {
			continue
		}
		if _, err := conn.Write(resp.AppendCommand(nil, words...)); err != nil {
			t.Fatal(err)
		}
		v, err := in.ReadValue()
		if err = errors.Join(err, v.Err()); err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		for i := 0; i+1 < len(v.Elems); i += 2 {
			says[v.Elems[i].Str] = v.Elems[i+1].Str
		}
	}
	return says, nil
}

func TestARealServerRunsWithEachProfile(t *testing.T) {
	s := newServers(t)
	for _, name := range redisconf.Profiles() {
		c, err := redisconf.Profile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := c.Get("appendonly")
		if got, err := s.run(t, c, "appendonly"); err != nil || got != want {
			t.Errorf("%s: appendonly %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestARealServerSavesWhenSavePointsSay(t *testing.T) {
	s := newServers(t)
	for _, row := range []struct{ name, text string }{
		{"without any line it has some of its own", ""},
		{"several in one line", "save 900 1 300 10"},
		{"several in one word", `save "900 1 300 10"`},
		{"lines add up", "save 900 1\nsave 300 10"},
		{"an empty one takes back all above", "save 900 1\nsave \"\"\nsave 60 7"},
		{"none at all", `save ""`},
		{"half a pair", "save 900"},
		{"never", "save 0 1"},
		{"no numbers", "save a b"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := parse(t, row.text)
			got, err := s.run(t, c, "save")
			points, refused := c.SavePoints()
			if (err != nil) != (refused != nil) {
				t.Fatalf("the server says %v, and we say %v", err, refused)
			}
			var words []string
			for _, p := range points {
				words = append(words, fmt.Sprint(int(p.After.Seconds())), fmt.Sprint(p.Changes))
			}
			if want := strings.Join(words, " "); got != want {
				t.Errorf("the server saves at %q, and we say %q", got, want)
			}
		})
	}
}

// A real server reads words as Split does, and what Quote wrote as it was.
func TestARealServerReadsTheSameWords(t *testing.T) {
	s := newServers(t)
	for _, value := range []string{
		`plain`, `"a b"`, `'it''`, `'it\'s'`, `"\x41\n\"\q\\"`, `"\x4g"`, `pre"a b"`, `a\b`, `"a"b`, `"a`, "a\vb", `yes # comment`, "\xc3\xa9",
		redisconf.Quote("a \"b\" \\ '\n\r\t\x01\x7f é\xff"),
	} {
		got, err := s.run(t, parseUnlessRefused("requirepass "+value), "requirepass")
		words, refused := redisconf.Split(value)
		if (refused != nil || len(words) != 1) != (err != nil) {
			t.Errorf("%s: the server says %v, and we say %q, %v", value, err, words, refused)
		}
		if err == nil && !slices.Equal(words, []string{got}) {
			t.Errorf("%s: the server reads %q, and we read %q", value, got, words)
		}
	}
}

// parseUnlessRefused returns settings that a server refuses as well, where there are none.
func parseUnlessRefused(text string) redisconf.Config {
	c, err := redisconf.Parse(text)
	if err != nil {
		return redisconf.Config{}.With("refused-by-parse")
	}
	return c
}

// What a server with settings says of each is what Effective says of it.
func TestARealServerGoesByWhatIsEffective(t *testing.T) {
	redisVersion(t)
	s := newServers(t)
	for _, row := range []struct{ name, text string }{
		{"nothing set", ""},
		{"sizes, with units and without", "maxmemory 1GB\nrepl-backlog-size 64mb\nauto-aof-rewrite-min-size 3k\nmaxmemory-clients 5%"},
		{"limits of some classes, one twice", "client-output-buffer-limit replica 512mb 128mb 60\nclient-output-buffer-limit \"normal 1 2 3 slave 1kb 2k 5\""},
		{"save points that add up", "save 900 1\nsave \"60 5 30 6\""},
		{"none of them", "save 900 1\nsave \"\""},
		{"by names of earlier versions, in upper case", "SLAVE-READ-ONLY NO\nmin-slaves-to-write 2\nhash-max-ziplist-entries 7\nlua-time-limit 9"},
		{"twice, by both names", "replica-priority 1\nslave-priority 2"},
		{"words in any case", "appendfsync ALWAYS\nmaxmemory-policy AllKeys-LRU\nappendonly YES"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, mistakes := redisconf.Inspect(row.text, redisconf.Reading{})
			if stop, refused := redisconf.Refusal(mistakes); refused {
				t.Fatal(stop)
			}
			got := s.settings(t, c)
			compared := 0
			for name, says := range got {
				if _, known := redisconf.Default(name); !known {
					t.Errorf("%s is not in the table", name)
				}
				want, set := c.Effective(name)
				if !set && slices.Contains(ofProcess, name) {
					continue // those that the process is started with in a test
				}
				if compared++; says != want {
					t.Errorf("%s is %q, and we say %q", name, says, want)
				}
			}
			if compared < 150 {
				t.Errorf("%d were compared", compared)
			}
		})
	}
}

// ofProcess are settings that a lab gives every server.
var ofProcess = []string{"port", "bind", "dir", "logfile", "pidfile", "bind-source-addr", "unixsocket", "cluster-port", "protected-mode"}
