package redisconf_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/redisconf"
)

var everyValue = flag.Bool("every-value", false, "try every value on every directive of a real server, which takes two minutes")

// theEnd are lines that no server takes: one that comes to them has taken all above. A Sentinel comes to the second one last of
// all. So none of these servers begins to work.
const theEnd = "\nthe-end-of-the-file\n"
const theEndOfSentinel = "\nsentinel the-end-of-the-file\n"

// said is what a real server says of a line that it refuses.
func said(t *testing.T, dir, text string, sentinel bool) string {
	t.Helper()
	out := ends(t, dir, text, sentinel)
	i := strings.Index(out, "*** FATAL CONFIG FILE ERROR")
	if i < 0 {
		t.Fatalf("the server says\n%s\nof\n%s", out, text)
	}
	return strings.TrimRight(out[i:], "\n")
}

// ends is what a real server prints that does not start with a file.
func ends(t *testing.T, dir, text string, sentinel bool) string {
	t.Helper()
	path := filepath.Join(dir, "server.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := []string{path}
	if sentinel {
		args = append(args, "--sentinel")
	}
	server := exec.CommandContext(ctx, "redis-server", args...)
	server.Dir = dir
	out, err := server.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		t.Fatalf("the server started: %v\n%s\n%s", ctx.Err(), text, out)
	}
	return string(out)
}

// agree fails the test unless a real server stops where Inspect says, with these words.
func agree(t *testing.T, dir, text string, sentinel bool) {
	t.Helper()
	if sentinel {
		text += theEndOfSentinel
	} else {
		text += theEnd
	}
	_, mistakes := redisconf.Inspect(text, redisconf.Reading{Sentinel: sentinel})
	stop, ok := redisconf.Refusal(mistakes)
	if !ok {
		t.Fatalf("no line is refused of\n%s", text)
	}
	want, got := said(t, dir, text, sentinel), stop.Answer
	if wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n"); len(wants) == 4 && len(gots) == 4 && strings.HasSuffix(gots[2], "…'") {
		before, _, _ := strings.Cut(gots[2], "…")
		if !strings.HasPrefix(wants[2], before) {
			t.Errorf("the line is shown as %q", gots[2])
		}
		wants[2] = gots[2] // a secret
		if strings.Contains(gots[3], "'…'") {
			wants[3] = gots[3]
		}
		want = strings.Join(wants, "\n")
	}
	if got != want {
		t.Errorf("we say\n%s\nand the server says\n%s\nof\n%s", got, want, text)
	}
}

// redisVersion makes sure that the server is the one whose words these are.
func redisVersion(t *testing.T) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "redis-server", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), " v="+redisconf.Version+" ") {
		t.Fatalf("the server is %s, and these are the words of %s", out, redisconf.Version)
	}
}

// What is written about a value is written once for all directives: good and bad values of each kind, tried on each.
var tried = []string{
	`""`, "yes", "NO", "maybe", "0", "1", "-1", "-2", "007", "+5", "12", "99", "101", "999", "4096", "65535", "65536", "1048576", "2147483647", "2147483648",
	"-2147483648", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616", "64mb", "1k", "2KB", "3g", "mb", "b", "5x",
	"50%", "101%", "%", "1.5", "1e3", "0x10", "everysec", "allkeys-lru", "notice", "save", "nosave", "local", "ip", "swapdb", "replica", "KEA", "Kq", "a/b", "a.b",
	"a_b", "no one", "host", `"a b"`, "'x'", `"\x41"`, `"yes\x00no"`, `"900 1"`, "#", `"`, "'a'b", "{title}", "{nope}", "é", "\v",
}

func TestARealServerAnswersTheSame(t *testing.T) {
	redisVersion(t)
	dir := t.TempDir()
	for _, row := range []struct {
		name, text string
		sentinel   bool
	}{
		{name: "a file without any line", text: ""},
		{name: "a directive that guides made up", text: "port 1\n\nreplication-backlog-size 64mb"},
		{name: "a comment behind a value", text: `save ""          # Optional: disable RDB if AOF-always is sufficient`},
		{name: "a sign before a value", text: "appendonly=yes"},
		{name: "a sign between blanks", text: "appendonly : yes"},
		{name: "a byte order mark", text: "\uFEFFappendonly yes"},
		{name: "one before a comment", text: "\uFEFF# mine"},
		{name: "one alone", text: "\uFEFF"},
		{name: "a comment behind one word", text: "appendonly yes # durability"},
		{name: "a comment behind addresses, which are taken", text: "bind 127.0.0.1 # here"},
		{name: "nothing but a name", text: "appendonly"},
		{name: "save without words takes all back", text: "save"},
		{name: "quotes that do not end", text: `requirepass "secret`},
		{name: "quotes that end too early", text: `logfile "a"b`},
		{name: "quotes within quotes that do not end leave nothing", text: `save "900 \"1"`},
		{name: "names of earlier versions", text: "slave-read-only yes\nslaveof 127.0.0.1 1\nhash-max-ziplist-entries 5\nlua-time-limit 1"},
		{name: "directives that have no effect any more", text: "list-max-ziplist-entries 512\nlua-replicate-commands yes"},
		{name: "such a one with more words than it had", text: "list-max-ziplist-entries 512 1"},
		{name: "directives of later versions", text: "set-max-listpack-entries 128"},
		{name: "a command that there is not", text: "rename-command NOPE x"},
		{name: "a command that is taken", text: "rename-command GET set"},
		{name: "a command renamed twice", text: "rename-command GET x\nrename-command GET y"},
		{name: "a command renamed after it was hidden", text: "rename-command GET \"\"\nrename-command SET get\nrename-command get z"},
		{name: "a user without rules", text: "user a"},
		{name: "a user with rules", text: "user a on >word #" + strings.Repeat("a", 64) + " ~a &b %R~x +@all -get (+set ~y) resetpass nopass"},
		{name: "a rule that is none", text: "user a on >word nonsense"},
		{name: "a hash that is none", text: "user a on #abc"},
		{name: "a hash in upper case", text: "user a on #" + strings.Repeat("A", 64)},
		{name: "a password taken away that is not there", text: "user a <word"},
		{name: "one that is", text: "user a >word <word"},
		{name: "one by its hash that is not", text: "user a >word !" + strings.Repeat("a", 64)},
		{name: "a permission that there is not", text: "user a on >word %Z~x"},
		{name: "one given twice", text: "user a %RR~x"},
		{name: "none", text: "user a %~x"},
		{name: "one without a pattern", text: "user a %R"},
		{name: "both", text: "user a %wR~x ~y"},
		{name: "a pattern after all keys", text: "user a on >word ~* ~app:*"},
		{name: "a pattern after all keys were taken back", text: "user a allkeys resetkeys ~app:*"},
		{name: "a channel after all channels", text: "user a &* &x"},
		{name: "a pattern after a reset", text: "user a ~* &* reset ~x &y"},
		{name: "marks alone", text: "user a ~ & > + - \"\""},
		{name: "a blank in a pattern", text: "user a \"~x y\""},
		{name: "parentheses that do not end", text: "user a on (+get ~a"},
		{name: "an end without a beginning", text: "user a )"},
		{name: "what a selector does not take", text: "user a (on)"},
		{name: "a pattern after all keys in a selector", text: "user a ~* (~x) (~* ~x)"},
		{name: "a selector of several words", text: "user a (+get ~x) (%R~y +@read )"},
		{name: "a selector of nothing", text: "user a ()"},
		{name: "a user given twice", text: "user a on\nuser b on\nuser a off"},
		{name: "a setting of a module", text: "mod.setting 1 2"},
		{name: "one without a value", text: "mod.setting"},
		{name: "a module", text: "loadmodule /nowhere.so 1 2"},
		{name: "no module", text: "loadmodule"},
		{name: "an include without a path", text: "include"},
		{name: "an include with two", text: "include a b"},
		{name: "no user", text: "user"},
		{name: "sentinel where there is none", text: "sentinel monitor m 127.0.0.1 6379 2"},
		{name: "sentinel alone", text: "sentinel"},
		{name: "a name in quotes and upper case", text: `"APPENDONLY" maybe`},
		{name: "no name", text: `"" x`},
		{name: "blanks that are not trimmed", text: "\v\nappendonly yes\v"},
		{name: "a carriage return at the end is trimmed", text: "appendonly yes\r\nappendfsync always\r"},
		{name: "more addresses than a server takes", text: "bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"},
		{name: "a long name to announce", text: "cluster-announce-hostname " + strings.Repeat("a", 256)},
		{name: "a line longer than a server reads at once", text: "logfile " + strings.Repeat("a", 3000) + " b"},

		{name: "a Sentinel that watches over nothing", sentinel: true},
		{name: "a primary", text: "sentinel monitor m 127.0.0.1 6379 2", sentinel: true},
		{name: "one without a quorum", text: "sentinel monitor m 127.0.0.1 6379", sentinel: true},
		{name: "a quorum of none", text: "sentinel monitor m 127.0.0.1 6379 0", sentinel: true},
		{name: "a port that is none is 0", text: "sentinel monitor m 127.0.0.1 port 2x", sentinel: true},
		{name: "a port beyond all", text: "sentinel monitor m 127.0.0.1 65536 2", sentinel: true},
		{name: "a name, which is not looked up", text: "sentinel monitor m redis.invalid 6379 2", sentinel: true},
		{name: "a name, which is", text: "sentinel monitor m redis.invalid 6379 2\nsentinel resolve-hostnames yes", sentinel: true},
		{name: "the same twice", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel monitor m 127.0.0.1 6380 2", sentinel: true},
		{name: "what is set before the primary is named", text: "sentinel down-after-milliseconds m 5000\nsentinel monitor m 127.0.0.1 6379 2", sentinel: true},
		{name: "a name in another case", text: "sentinel monitor m 127.0.0.1 6379 2\nSENTINEL Down-After-Milliseconds M 5000", sentinel: true},
		{name: "a time that is none", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel failover-timeout m s", sentinel: true},
		{name: "a time with a unit is taken for its number", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel failover-timeout m 5s", sentinel: true},
		{name: "a comment behind a time", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel failover-timeout m 5000 # ms", sentinel: true},
		{name: "a directive that is none", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel down-after m 5000", sentinel: true},
		{name: "an ID that is none", text: "sentinel myid abc", sentinel: true},
		{name: "neither yes nor no", text: "sentinel announce-hostnames maybe", sentinel: true},
		{name: "nor here", text: "sentinel deny-scripts-reconfig maybe", sentinel: true},
		{name: "a replica given twice", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel known-slave m 127.0.0.1 7000\nsentinel known-replica m 127.0.0.1 7000", sentinel: true},
		{name: "a Sentinel given twice", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel known-sentinel m 127.0.0.1 7000 a\nsentinel known-sentinel m 127.0.0.1 7001 a", sentinel: true},
		{name: "a command renamed twice for a Sentinel", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel rename-command m CONFIG a\nsentinel rename-command m config b", sentinel: true},
		{name: "a negative time", text: "sentinel monitor m 127.0.0.1 6379 2\nsentinel master-reboot-down-after-period m -1", sentinel: true},
		{name: "the whole file is read before its sentinel lines are", text: "sentinel monitor m 127.0.0.1 6379 0\nnonsense 1", sentinel: true},
		{name: "what is about no primary comes before what is monitored", text: "sentinel monitor m 127.0.0.1 6379 0\nsentinel myid abc", sentinel: true},
		{name: "directives of servers are taken", text: "appendonly yes\nsave 1 1\nmaxmemory 1gb", sentinel: true},
		{name: "a command that only servers have", text: "rename-command GET x", sentinel: true},
		{name: "a password of a primary that is not watched over", text: "sentinel auth-pass m secret", sentinel: true},
	} {
		t.Run(row.name, func(t *testing.T) { agree(t, dir, row.text, row.sentinel) })
	}
}

// What is wrong with lines that are right each by itself, a server says without naming one.
func TestARealServerAnswersTheSameOfTheWhole(t *testing.T) {
	redisVersion(t)
	dir := t.TempDir()
	for _, row := range []struct{ name, text string }{
		{"a node of a cluster that is a replica", "cluster-enabled yes\nreplicaof 127.0.0.1 1"},
		{"nowhere to listen", "port 0"},
		{"a comment behind addresses", "port 29871\nbind 127.0.0.1 # here"},
		{"a command that there is not", "port 29871\nuser a on nopass +nosuch"},
		{"a category that there is not", "port 29871\nuser a on +@all -@nosuch"},
		{"one in a selector", "port 29871\nuser a on (+@read ~x) (+nosuch ~y)"},
		{"a comma behind an address", "bind 127.0.0.1, ::1\nport 29871"},
		{"a port behind an address", "bind 127.0.0.1:29871\nport 29871"},
		{"users in two places", "port 0\nunixsocket " + filepath.Join(dir, "s") + "\naclfile users.acl\nuser a on"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, mistakes := redisconf.Inspect(row.text, redisconf.Reading{})
			stop, refused := redisconf.Refusal(mistakes)
			if out := ends(t, dir, row.text, false); !refused || !strings.Contains(out, stop.Answer) {
				t.Errorf("we say %q, and the server says\n%s", stop.Answer, out)
			}
		})
	}
}

// Lines at random, most of them good: a server stops at the one that Inspect says it stops at.
func TestARealServerAnswersTheSameOfAnything(t *testing.T) {
	redisVersion(t)
	dir := t.TempDir()
	files := max(60, 250/racetest.Slowdown)
	random := rand.New(rand.NewPCG(7, 0))
	names := redisconf.Names()
	for range files {
		sentinel := random.IntN(4) == 0
		var lines []string
		for range random.IntN(8) {
			lines = append(lines, randomLine(random, names, sentinel))
		}
		agree(t, dir, strings.Join(lines, "\n"), sentinel)
		if t.Failed() {
			return
		}
	}
}

func randomLine(random *rand.Rand, names []string, sentinel bool) string {
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	switch random.IntN(8) {
	case 0:
		return pick([]string{"", "# a comment", "  ", "save 900 1", "client-output-buffer-limit replica 256mb 64mb 60", "user u" + fmt.Sprint(random.IntN(3)) + " on nopass",
			"rename-command " + pick([]string{"GET", "SET", "info", "nope"}) + " " + pick([]string{"x", "get", `""`})})
	case 1, 2, 3:
		if sentinel {
			return randomStatement(random)
		}
	}
	name := pick(names)
	if slices.Contains([]string{"dir", "activedefrag"}, name) { // these go by the machine, and by how the server was built
		return ""
	}
	if random.IntN(3) > 0 {
		value, _ := redisconf.Default(name)
		if value != "" && !strings.Contains(value, " ") {
			return name + " " + value
		}
	}
	line := name
	for range 1 + random.IntN(8)/6 {
		line += " " + pick(tried)
	}
	return line
}

func randomStatement(random *rand.Rand) string {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	name := pick("a", "b", "A", `"a"`)
	return "sentinel " + pick(
		"monitor "+name+" "+pick("127.0.0.1", "::1", "name", "127.0.0.2")+" "+pick("6379", "0", "-1", "65536", "x")+" "+pick("1", "2", "0", "2x", "-1"),
		"monitor a 127.0.0.1 6379 2", "monitor b 127.0.0.1 6380 2",
		pick("down-after-milliseconds", "failover-timeout", "parallel-syncs", "config-epoch", "auth-user", "master-reboot-down-after-period")+" "+name+" "+pick("1", "5000", "0", "-1", "x", "5s", `""`),
		pick("known-replica", "known-slave")+" "+name+" "+pick("127.0.0.1", "name")+" "+pick("7000", "7001", "70000"),
		"known-sentinel "+name+" 127.0.0.1 7000 "+pick("", "x", "y"),
		"rename-command "+name+" "+pick("CONFIG", "config", "GET")+" x",
		pick("resolve-hostnames", "announce-hostnames", "deny-scripts-reconfig")+" "+pick("yes", "NO", "maybe"),
		"myid "+pick("x", strings.Repeat("a", 40)), "announce-port "+pick("1", "x"), "current-epoch "+pick("1", "x"), "nonsense", "auth-pass "+name+" word",
	)
}

// Each value on each directive, which is what a table of directives can have wrong.
func TestEveryDirectiveTakesWhatARealServerTakes(t *testing.T) {
	redisVersion(t)
	dir := t.TempDir()
	each := 211 // a prime, so that it is another value of each directive
	if *everyValue {
		each = 1
	}
	i := 0
	for _, name := range redisconf.Names() {
		if slices.Contains([]string{"dir", "activedefrag"}, name) {
			continue
		}
		for _, value := range tried {
			if i++; i%each == 0 {
				agree(t, dir, name+" "+value, false)
			}
		}
	}
}
