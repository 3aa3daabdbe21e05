package redisconf_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/redisconf"
)

const sample = `# lost: a blank line parts it from the next

# A word of the house.
#   Over two lines.
RequirePass "pass word"  ` + `

save 900 1
SAVE 300 10
  client-output-buffer-limit normal 0 0 0
client-output-buffer-limit pubsub 32mb 8mb 60
`

func parse(t testing.TB, text string) redisconf.Config {
	t.Helper()
	c, err := redisconf.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseKeepsWhatIsThere(t *testing.T) {
	want := []redisconf.Directive{
		{Name: "requirepass", Value: `"pass word"`, Why: "A word of the house.\n  Over two lines.", Line: 5},
		{Name: "save", Value: "900 1", Line: 7},
		{Name: "save", Value: "300 10", Line: 8},
		{Name: "client-output-buffer-limit", Value: "normal 0 0 0", Line: 9},
		{Name: "client-output-buffer-limit", Value: "pubsub 32mb 8mb 60", Line: 10},
	}
	c := parse(t, sample)
	if diff := cmp.Diff(want, slices.Collect(c.All())); diff != "" {
		t.Errorf("directives (-want +got):\n%s", diff)
	}
	const text = `# A word of the house.
#   Over two lines.
requirepass "pass word"
save 900 1
save 300 10
client-output-buffer-limit normal 0 0 0
client-output-buffer-limit pubsub 32mb 8mb 60
`
	if diff := cmp.Diff(text, c.String()); diff != "" {
		t.Errorf("as a file (-want +got):\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, row := range []struct {
		name, text, want string
		is               error
	}{
		{"quotes that do not end, without showing the password", "port 1\nrequirepass \"secret", "line 2: unbalanced quotes", redisconf.ErrQuotes},
		{"other files", "include /etc/redis/more.conf", "line 1: include is not followed", redisconf.ErrInclude},
		{"a byte of zero, where a server would stop to read", "port\x00 1", "line 1: a byte of zero", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := redisconf.Parse(row.text)
			if err == nil || err.Error() != row.want || row.is != nil && !errors.Is(err, row.is) {
				t.Errorf("%v, want %q", err, row.want)
			}
			if row.is != nil && len(hint.Of(err)) == 0 {
				t.Error("no hint")
			}
		})
	}
}

func TestConfigIsAlteredInACopy(t *testing.T) {
	base := parse(t, sample)
	before := base.String()
	for _, row := range []struct {
		name string
		got  redisconf.Config
		want string
	}{
		{"With replaces all lines at the place of the first", base.With("Save", "60", "1").Without("client-output-buffer-limit", "requirepass"), "save 60 1\n"},
		{"With puts a directive that was not there at the end", base.Without("SAVE", "client-output-buffer-limit", "requirepass").With("port", "1"), "port 1\n"},
		{"With quotes what needs it", redisconf.Config{}.With("requirepass", `a "b"`), `requirepass "a \"b\""` + "\n"},
		{"an empty word is quoted", redisconf.Config{}.With("save", ""), "save \"\"\n"},
		{"Add puts a line beside the others", redisconf.Config{}.Add("save", "1", "2").Add("save", "3", "4"), "save 1 2\nsave 3 4\n"},
		{"Over keeps what is not named", parse(t, "save 1 1\nport 2").Over(parse(t, "port 1\nsave 7 7\nsave 8 8\nmaxclients 9")), "maxclients 9\nsave 1 1\nport 2\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, row.got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if base.String() != before {
		t.Error("the settings that others were made from are altered")
	}
}

func TestEnabled(t *testing.T) {
	c := parse(t, "appendonly YES\nappendonly yes\ncluster-enabled no")
	if !c.Enabled("appendonly") || c.Enabled("cluster-enabled") || c.Enabled("daemonize") {
		t.Errorf("appendonly %v, cluster-enabled %v, daemonize %v", c.Enabled("appendonly"), c.Enabled("cluster-enabled"), c.Enabled("daemonize"))
	}
}

func TestGetGoesByTheLastLine(t *testing.T) {
	c := parse(t, "port 1\nPORT \"2\"\nsave 900  1")
	if got, ok := c.Get("Port"); !ok || got != "2" {
		t.Errorf("port is %q, %v", got, ok)
	}
	if got, _ := c.Get("save"); got != "900 1" {
		t.Errorf("save is %q", got)
	}
	if _, ok := c.Get("dir"); ok {
		t.Error("there is a directive that is not there")
	}
}

func TestSecrets(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"no passwords", "port 1\nmasteruser admin", nil},
		{"those of servers and replicas, as they are and as quoted", "requirepass \"a\\\"b\"\nmasterauth other", []string{"other", `a\"b`, `a"b`}},
		{"those of users, and what is made from them", "user default on >one <two #3f !4f ~* +@all nopass", []string{"one", "two", "3f", "4f"}},
		{"those of Sentinel", "sentinel auth-pass main word\nsentinel SENTINEL-PASS s\nsentinel monitor main 127.0.0.1 1 2", []string{"word", "s"}},
		{"escaped ones, as they are and as written", `requirepass "a\x20b"`, []string{`a\x20b`, "a b"}},
		{"names that commands were given to hide them", "rename-command CONFIG hidden\nrename-command KEYS \"\"", []string{"hidden"}},
		{"an empty one is none", "requirepass \"\"", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, parse(t, row.text).Secrets()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPassword(t *testing.T) {
	for _, row := range []struct {
		name, text, want string
		ok               bool
	}{
		{"none", "", "", true},
		{"of the server", "requirepass a", "a", true},
		{"of the default user, which goes before", "requirepass a\nuser default on >b ~* +@all", "b", true},
		{"known by its hash only", "user default on #abc", "", false},
		{"the default user is off", "user default off >b", "b", false},
		{"the default user needs none", "user default on nopass ~* +@all", "", true},
		{"of another user", "user app on >b", "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got, ok := parse(t, row.text).Password(); got != row.want || ok != row.ok {
				t.Errorf("%q, %v", got, ok)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if c, err := redisconf.Load(file("good.conf", "port 1")); err != nil || c.Len() != 1 {
		t.Errorf("a file: %v, %v", c, err)
	}
	if c, err := redisconf.Load(redisconf.Balanced); err != nil || c.Len() == 0 {
		t.Errorf("a profile: %v", err)
	}
	for _, row := range []struct{ name, path, want string }{
		{"no such file", filepath.Join(dir, "none"), "no such file"},
		{"a file that cannot be read as settings", file("bad.conf", "port 1\nsave \""), "bad.conf: line 2: unbalanced quotes"},
		{"a file too large to be one", file("large.conf", strings.Repeat("# \n", 1<<19)), "more than 1048576 bytes"},
		{"a folder", dir, "is a directory"},
		{"a file of another kind", file("binary.conf", "port 1\n\x00"), "binary.conf: it holds bytes of zero"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := redisconf.Load(row.path); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v, want %q", err, row.want)
			}
		})
	}
	if _, err := redisconf.Profile("none"); !errors.Is(err, redisconf.ErrNoProfile) {
		t.Errorf("a profile that is none: %v", err)
	}
}

func TestEveryDirectiveOfAProfileSaysWhy(t *testing.T) {
	for _, name := range redisconf.Profiles() {
		c, err := redisconf.Profile(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join("profiles", name+".conf"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(text), c.String()); diff != "" {
			t.Errorf("%s is not what its file says (-want +got):\n%s", name, diff)
		}
		for paragraph := range strings.SplitSeq(string(text), "\n\n") {
			if !strings.HasPrefix(paragraph, "# ") {
				t.Errorf("%s: no reason for %q", name, paragraph)
			}
		}
		seen := map[string]bool{}
		for d := range c.All() {
			if seen[d.Name] {
				t.Errorf("%s: %s twice", name, d.Name)
			}
			seen[d.Name] = true
		}
	}
}

// What is read and written is the same settings, and writing it again the same file.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{sample, "save \"\"\n", "a 'b\\'c' \"\\x41\"", "#\n##x\na", "\v", "a\v b", "\"a b\" c", "x\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := redisconf.Parse(text)
		if err != nil {
			return
		}
		again, err := redisconf.Parse(c.String())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%q", err, c.String())
		}
		if again.String() != c.String() {
			t.Fatalf("written as %q, then as %q", c.String(), again.String())
		}
		first, second := slices.Collect(c.All()), slices.Collect(again.All())
		if len(first) != len(second) {
			t.Fatalf("%d directives, then %d", len(first), len(second))
		}
		for i := range first {
			if first[i].Name != second[i].Name || !slices.Equal(first[i].Args(), second[i].Args()) {
				t.Fatalf("%+v, then %+v", first[i], second[i])
			}
		}
	})
}

// A quoted word is read as it was.
func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"", "plain", "a b", `"`, `\`, "'", "\n\x00\x7f", "é\xff", "#", "\v"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		words, err := redisconf.Split("x " + redisconf.Quote(word) + " y")
		if err != nil || !slices.Equal(words, []string{"x", word, "y"}) {
			t.Fatalf("%q as %s is read as %q, %v", word, redisconf.Quote(word), words, err)
		}
	})
}
