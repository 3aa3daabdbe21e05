package cmd_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/cmd"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/proxy"
)

// asking is a probe that asks the servers each second, while it runs.
type asking struct {
	t         *testing.T
	out, errs *watched
	interrupt context.CancelFunc
	done      chan struct{}
}

// toldEvent is one event of a probe, in NDJSON.
type toldEvent struct{ Kind, Region, Shard, From, To, Was, State, Detail string }

// vitalsOf is what a probe's document has of servers.
type vitalsOf struct {
	Verdict string
	Vitals  struct {
		Servers []struct {
			Region      string
			NotAllowed  []string `json:"not_allowed"`
			Replication struct{ Role *string }
			Memory      struct {
				Used *int64 `json:"used_bytes"`
			}
			Settings map[string]*string
			Copies   []struct {
				Other       string
				Done        bool
				Bytes       *int64
				BytesAtMost bool     `json:"bytes_at_most"`
				Most        *float64 `json:"most_ms"`
			} `json:"full_resyncs"`
		}
		Links   []struct{ From, To, Kind, Text string }
		Machine struct {
			For float64 `json:"for_ms"`
		}
	}
}

func ask(t *testing.T, args ...string) *asking {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	a := &asking{t: t, out: new(watched), errs: new(watched), interrupt: interrupt, done: make(chan struct{})}
	args = append([]string{"probe", "--vitals", "--vitals-every", "1s", "-o", "ndjson"}, args...)
	go func() {
		defer close(a.done)
		cmd.Run(ctx, cmd.Process{Args: args, Stdin: strings.NewReader(""), Stdout: a.out, Stderr: a.errs})
	}()
	t.Cleanup(func() { interrupt(); <-a.done })
	return a
}

// await waits for an event.
func (a *asking) await(what string, is func(toldEvent) bool) {
	a.t.Helper()
	defer func() {
		if a.t.Failed() {
			a.t.Logf("%s\n%s", a.out, a.errs)
		}
	}()
	redistest.Await(a.t, what, func() bool {
		for line := range strings.Lines(a.out.String()) {
			var e toldEvent
			if json.Unmarshal([]byte(line), &e) == nil && is(e) {
				return true
			}
		}
		return false
	})
}

// began waits until a server of a region is in some trouble, and over until that of us is not.
func (a *asking) began(region, kind string) {
	a.t.Helper()
	a.await(region+" says "+kind, func(e toldEvent) bool { return e.Kind == "server" && e.Region == region && e.State == kind })
}

func (a *asking) over(kind string) {
	a.t.Helper()
	a.await("us says that it is over: "+kind, func(e toldEvent) bool {
		return e.Kind == "server" && e.Region == "us" && e.Was == kind && e.State == "over"
	})
}

// conclude interrupts the probe, and returns its last line.
func (a *asking) conclude() (found vitalsOf) {
	a.t.Helper()
	a.interrupt()
	<-a.done
	all := strings.Split(strings.TrimSpace(a.out.String()), "\n")
	if err := json.Unmarshal([]byte(all[len(all)-1]), &found); err != nil {
		a.t.Fatalf("%v\n%s\n%s", err, all, a.errs)
	}
	return found
}

// patient lets a probe find nothing late on a machine that is busy, in tests of what servers say and the probe does not see.
func patient(args ...string) []string { return append(args, "--deadline", "50s", "--pause", "5m") }

// patientLinks are the options of servers whose links never break off by themselves, and over which something comes
// each second.
func patientLinks(more ...string) []string {
	return append([]string{"--repl-timeout", "3600", "--repl-ping-replica-period", "1"}, more...)
}

// A link between a primary and its replica stalls: both go on to say that it is up, and the probe says what it is.
func TestAStalledLinkThatIsUpByTheWordOfItsServers(t *testing.T) {
	t.Parallel()
	us := redistest.Start(t, patientLinks()...)
	between := proxy.New(proxy.Options{})
	t.Cleanup(func() { between.Close() })
	at, err := between.Addr(us.Addr)
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(at, ":")
	eu := redistest.Start(t, patientLinks("--replicaof", host+" "+port)...)
	redistest.Await(t, "eu has a link", func() bool { return strings.Contains(eu.Do(t, "INFO", "replication").Str, "master_link_status:up") })
	a := ask(t, "--region", "us=redis://"+us.Addr, "--region", "eu=redis://"+eu.Addr)
	a.await("us->eu is up", func(e toldEvent) bool { return e.Kind == "link" && e.From == "us" && e.To == "eu" && e.State == "up" })
	if err := between.Set(proxy.Hang{}); err != nil {
		t.Fatal(err)
	}
	a.await("us->eu is down", func(e toldEvent) bool { return e.Kind == "link" && e.From == "us" && e.To == "eu" && e.State == "down" })
	a.await("the verdict", func(e toldEvent) bool { return e.Kind == "verdict" && e.State == "replication_failure" })
	a.began("eu", "link_stalled")
	found := a.conclude()
	said := make(map[string]string)
	for _, e := range found.Vitals.Links {
		said[e.From+"->"+e.To+" "+e.Kind] = e.Text
	}
	for link, parts := range map[string][]string{
		"us->eu link_stalled":    {"eu says that its link to us is up (last io ", "; nothing arrives: it is stalled"},
		"us->eu replica_stalled": {"us says that its replica eu is online and acknowledged ", " behind; nothing arrives: it is stalled"},
		"eu->us from_replica":    {"eu is a replica of us: nothing that is written or published in it goes there"},
	} {
		for _, part := range parts {
			if !strings.Contains(said[link], part) {
				t.Errorf("of %s is said %q, not %q", link, said[link], part)
			}
		}
	}
	if found.Vitals.Machine.For <= 0 {
		t.Errorf("%+v", found.Vitals.Machine)
	}
}

// lagging is what a primary says of a replica that has acknowledged nothing for ten seconds or more.
var lagging = regexp.MustCompile(`,lag=[0-9]{2,}`)

// A replica hangs. The probe does not see it, since it is no region; its primary calls it online.
func TestAReplicaThatHangs(t *testing.T) {
	t.Parallel()
	us := redistest.Start(t, patientLinks()...)
	replica := redistest.Replica(t, us)
	a := ask(t, patient("--region", "us=redis://"+us.Addr)...)
	a.await("the start", func(e toldEvent) bool { return e.Kind == "start" })
	replica.Pause()
	defer replica.Continue()
	redistest.Await(t, "us has not heard of it for 10 s", func() bool {
		return lagging.MatchString(us.Do(t, "INFO", "replication").Str)
	})
	a.began("us", "replica_stalled")
	replica.Continue()
	a.over("replica_stalled")
	if found := a.conclude(); found.Verdict != "healthy" {
		t.Errorf("the verdict is %s, by what a server says of its replica", found.Verdict)
	}
}

// A replica comes back to a backlog that does not reach back: the full resync is told with its bytes and its time.
func TestAFullResyncIsToldWithItsCost(t *testing.T) {
	t.Parallel()
	us := redistest.Start(t, patientLinks("--repl-backlog-size", "16kb")...)
	replica := redistest.Replica(t, us)
	a := ask(t, "--region", "us=redis://"+us.Addr)
	a.await("the start", func(e toldEvent) bool { return e.Kind == "start" })
	redistest.Await(t, "the servers have been read", func() bool { return strings.Contains(us.Do(t, "CLIENT", "LIST").Str, "cmd=config|get") })
	replica.Pause()
	defer replica.Continue()
	us.Do(t, "CLIENT", "KILL", "TYPE", "replica")
	const size = 1 << 20
	us.Do(t, "SET", "aafailover:{x}:big", incompressible(size))
	us.Do(t, "SET", "aafailover:{x}:more", incompressible(64<<10))
	replica.Continue()
	a.over("full_resync")
	for _, s := range a.conclude().Vitals.Servers {
		if len(s.Copies) != 1 || !s.Copies[0].Done || s.Copies[0].Bytes == nil || *s.Copies[0].Bytes < size || !s.Copies[0].BytesAtMost || s.Copies[0].Most == nil {
			t.Errorf("%+v", s.Copies)
		}
	}
}

// incompressible is a value that a snapshot cannot make smaller.
func incompressible(size int) string {
	b := make([]byte, size)
	state := uint32(1)
	for i := range b {
		state = state*1664525 + 1013904223
		b[i] = byte(state >> 24)
	}
	return string(b)
}

// Snapshots that cannot be saved, an append-only file that cannot be written, keys that are evicted: each is told when it
// begins and when it ends, and the verdict is that of the probe.
func TestTroublesOfAServer(t *testing.T) {
	t.Parallel()
	us := redistest.Start(t, "--enable-protected-configs", "yes")
	dir := us.Do(t, "CONFIG", "GET", "dir").Elems[1].Str
	a := ask(t, patient("--region", "us=redis://"+us.Addr)...)
	a.await("the start", func(e toldEvent) bool { return e.Kind == "start" })

	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	us.Do(t, "CONFIG", "SET", "dbfilename", "folder") // which a file cannot replace
	us.Do(t, "BGSAVE")
	a.began("us", "save_failed")
	us.Do(t, "CONFIG", "SET", "dbfilename", "dump.rdb")
	us.Do(t, "BGSAVE")
	a.over("save_failed")

	// While the first rewrite is under way, the file has this name, and nothing can be written to it.
	appended := filepath.Join(dir, "appendonlydir")
	if err := os.Mkdir(appended, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", filepath.Join(appended, "temp-appendonly.aof.incr")); err != nil {
		t.Fatal(err)
	}
	us.Do(t, "CONFIG", "SET", "appendonly", "yes")
	redistest.Await(t, "a write fails", func() bool {
		us.Do(t, "SET", "aafailover:{x}:k", "v")
		return strings.Contains(us.Do(t, "INFO", "persistence").Str, "aof_last_write_status:err")
	})
	a.began("us", "aof_failed")
	us.Do(t, "CONFIG", "SET", "appendonly", "no")
	a.over("aof_failed")

	us.Do(t, "CONFIG", "SET", "maxmemory", "4mb", "maxmemory-policy", "allkeys-random")
	value, n := strings.Repeat("x", 100<<10), 0
	redistest.Await(t, "keys are evicted", func() bool {
		n++
		us.Do(t, "SET", "aafailover:{x}:"+string(rune('a'+n%26))+strings.Repeat("k", n%50), value)
		return strings.Contains(a.out.String(), `"state":"evicting"`)
	})
	a.over("evicting")
	if found := a.conclude(); found.Verdict != "healthy" {
		t.Errorf("the verdict is %s, by what a server says of itself", found.Verdict)
	}
}

// A user who may only probe is told once what to grant, and the probe goes on; one with the rule of acl probe --vitals has
// all told.
func TestVitalsTakeRightsOfTheirOwn(t *testing.T) {
	t.Parallel()
	us := redistest.Start(t)
	us.Do(t, rule(t, "probe", "--user", "bare")...)
	us.Do(t, rule(t, "probe", "--user", "full", "--vitals")...)
	for _, grant := range []string{"+info", "+role", "+latency|latest", "+config|get"} {
		if !strings.Contains(run(t, nil, "acl", "probe", "--vitals").stdout, grant) {
			t.Errorf("acl probe --vitals does not print %s", grant)
		}
		us.Do(t, "ACL", "SETUSER", "full", grant)
	}
	bare := run(t, nil, patient("probe", "--vitals", "--once", "-o", "json", "--region", "us=redis://bare:pw@"+us.Addr)...)
	var found vitalsOf
	if err := json.Unmarshal([]byte(bare.stdout), &found); err != nil {
		t.Fatal(err, bare.stderr)
	}
	s := found.Vitals.Servers[0]
	if found.Verdict != "healthy" || bare.code != 0 || !slices.Equal(s.NotAllowed, []string{"INFO", "ROLE", "LATENCY LATEST", "CONFIG GET"}) || s.Memory.Used != nil {
		t.Errorf("exit code %d: %+v", bare.code, found)
	}
	if strings.Count(bare.stderr, "NOPERM") != 1 || !strings.Contains(bare.stderr, "hint: to have it told: ACL SETUSER bare +info +role +latency|latest +config|get") {
		t.Errorf("%s", bare.stderr)
	}
	full := run(t, nil, "probe", "--vitals", "--once", "-o", "json", "--region", "us=redis://full:pw@"+us.Addr)
	found = vitalsOf{}
	if err := json.Unmarshal([]byte(full.stdout), &found); err != nil {
		t.Fatal(err, full.stderr)
	}
	if s = found.Vitals.Servers[0]; strings.Contains(full.stderr, "NOPERM") || s.Memory.Used == nil || s.Replication.Role == nil || s.Settings["appendonly"] == nil {
		t.Errorf("%+v\n%s", s, full.stderr)
	}
}

// Without --vitals no server is asked how it is, and the document says so.
func TestWithoutVitalsNothingIsAsked(t *testing.T) {
	t.Parallel()
	us := redistest.Start(t)
	stop := us.Monitor(t)
	o := run(t, nil, "probe", "--once", "-o", "json", "--region", "us=redis://"+us.Addr)
	for _, s := range stop() {
		if slices.Contains([]string{"info", "role", "latency", "config"}, strings.ToLower(s.Args[0])) {
			t.Errorf("%q was sent", s.Args)
		}
	}
	if v, there := o.decode(t)["vitals"]; !there || v != nil {
		t.Errorf("vitals are %v", v)
	}
}

func TestMistakesWithVitals(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"a time without --vitals", []string{"--vitals-every", "5s"}, "--vitals-every is given, and no server is asked how it is\nhint: give --vitals too\n"},
		{"a time that is too short", []string{"--vitals", "--vitals-every", "1ms"}, "vitals-every 1ms: must be from 1s to 1h0m0s\nhint: aafailover probe --help shows what it takes\n"},
	} {
		o := run(t, nil, append([]string{"probe", "--lab"}, row.args...)...)
		if o.code != 2 || o.stderr != "aafailover: "+row.want {
			t.Errorf("%s: exit code %d\n%s", row.name, o.code, o.stderr)
		}
	}
}
