//go:build unix

package process_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/process"
)

// saving starts a server that is in the middle of saving a snapshot, which takes an hour, and returns the child that does it.
func saving(t *testing.T, s *process.Server) int {
	t.Helper()
	start(t, s)
	if got := do(t, s, "SET k v", "BGSAVE").Str; got != "Background saving started" {
		t.Fatalf("BGSAVE: %q", got)
	}
	var children []int
	await(t, "a child saves", func() bool {
		children = slices.DeleteFunc(s.Children(), func(pid int) bool { return pid == s.PID() })
		return len(children) == 1
	})
	return children[0]
}

const slowSave = "save \"\"\nrdb-key-save-delay 1800000000\n"

func TestTheChildrenOfAServerShareItsFate(t *testing.T) {
	for _, row := range []struct {
		name string
		wrap []string
	}{
		{"on its own", nil},
		{"run by another program", orphaning},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := add(t, group(t), process.Config{Wrap: row.wrap}, slowSave)
			child, server := saving(t, s), s.PID()
			if err := s.Hang(); err != nil {
				t.Fatal(err)
			}
			for _, pid := range []int{child, server} {
				if !process.Stopped(pid) {
					t.Errorf("while it hangs, %d does not", pid)
				}
			}
			if err := s.GoOn(); err != nil {
				t.Fatal(err)
			}
			if got := do(t, s, "PING").Str; got != "PONG" || !process.Alive(child) {
				t.Errorf("afterwards it says %q, its child lives: %v", got, process.Alive(child))
			}
			if err := errors.Join(s.Hang(), s.Kill()); err != nil {
				t.Fatal(err)
			}
			if process.Alive(child) || process.Alive(server) {
				t.Errorf("killed, and alive: server %v, child %v", process.Alive(server), process.Alive(child))
			}

			// And when it dies by itself.
			child = saving(t, s)
			if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			await(t, "it is gone with its child", func() bool { return !s.Running() && !process.Alive(child) })
		})
	}
}

func TestWhoIsToldOfAnEnd(t *testing.T) {
	ends := make(chan error, 10)
	g := group(t)
	s := add(t, g, process.Config{OnExit: func(err error) { ends <- err }}, "enable-debug-command yes\nsave \"\"\n")
	for _, row := range []struct {
		name string
		end  func() error
		want []string // what is told; nil for nothing
	}{
		{"killed by the lab", s.Kill, nil},
		{"stopped by the lab", func() error { return s.Stop(t.Context()) }, nil},
		{"killed by somebody", func() error { return syscall.Kill(s.PID(), syscall.SIGKILL) }, []string{"run server one (", "signal: killed"}},
		{"told to end by a client", func() error { _, err := try(s, patience, "SHUTDOWN NOSAVE"); return ignoreEOF(err) },
			[]string{"run server one (", "it ended"}},
		{"it crashes", func() error { _, err := try(s, patience, "DEBUG SEGFAULT"); return ignoreEOF(err) }, []string{"signal: segmentation fault"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			start(t, s)
			if err := row.end(); err != nil {
				t.Fatal(err)
			}
			await(t, "it is gone", func() bool { return !s.Running() })
			if row.want == nil {
				return // what it would tell, the next row would find
			}
			err := <-ends
			for _, want := range row.want {
				if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("told %q, want %q", err, want)
				}
			}
		})
	}
	start(t, s)
	failing := add(t, g, process.Config{Name: "failing", OnExit: func(err error) { ends <- err }}, "nonsense\n")
	if err := failing.Start(t.Context()); err == nil {
		t.Error("it has started")
	}
	if err := g.Close(); err != nil { // which kills the one that runs, and waits for whoever is told
		t.Fatal(err)
	}
	close(ends)
	for err := range ends {
		t.Errorf("told of more: %v", err)
	}
}

// ignoreEOF: a server that ends does not answer.
func ignoreEOF(err error) error {
	if err == nil {
		return errors.New("it answered")
	}
	return nil
}

// A program around a server is no part of what is said of it.
func TestAServerThatIsWrapped(t *testing.T) {
	s := add(t, group(t), process.Config{Wrap: orphaning}, "save \"\"\n")
	start(t, s)
	if got := infoField(do(t, s, "INFO server"), "process_id"); got != itoa(s.PID()) {
		t.Errorf("its pid is %d, and it says %s", s.PID(), got)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.Log(), "bye bye") {
		t.Errorf("it did not end in order:\n%s", s.Log())
	}
}

func TestSentinelKeepsWhatItKnows(t *testing.T) {
	g := group(t)
	primary := add(t, g, process.Config{Name: "primary"}, "save \"\"\n")
	start(t, primary)
	s := add(t, g, process.Config{Name: "sentinel", Sentinel: true, Host: "127.0.0.2"},
		"sentinel monitor main 127.0.0.1 "+itoa(primary.Port())+" 1\nsentinel down-after-milliseconds main 60000\n")
	start(t, s)
	id := do(t, s, "SENTINEL MYID").Str
	if id == "" {
		t.Fatal("it has no id")
	}
	await(t, "it is connected from its own address", func() bool {
		return strings.Contains(do(t, primary, "CLIENT LIST").Str, "addr=127.0.0.2:")
	})
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	start(t, s)
	if got := do(t, s, "SENTINEL MYID").Str; got != id {
		t.Errorf("after it was killed it is %s, was %s", got, id)
	}
	if err := errors.Join(s.Kill(), s.Empty()); err != nil {
		t.Fatal(err)
	}
	start(t, s)
	if got := do(t, s, "SENTINEL MYID").Str; got == id || got == "" {
		t.Errorf("emptied, it is %q", got)
	}
}

func TestANodeStaysInItsCluster(t *testing.T) {
	s := add(t, group(t), process.Config{}, "cluster-enabled yes\nappendonly yes\n")
	start(t, s)
	if s.Bus() == 0 || s.Bus() == s.Port() {
		t.Errorf("its bus is at %d", s.Bus())
	}
	id := do(t, s, "CLUSTER ADDSLOTSRANGE 0 16383", "CLUSTER MYID").Str
	if !strings.Contains(do(t, s, "CLUSTER NODES").Str, "@"+itoa(s.Bus())) {
		t.Error("its bus is elsewhere")
	}
	await(t, "the cluster is up", func() bool { return do(t, s, "SET k v").Str == "OK" })
	if err := errors.Join(s.Kill(), s.Empty()); err != nil {
		t.Fatal(err)
	}
	start(t, s)
	if got := do(t, s, "CLUSTER MYID").Str; got != id {
		t.Errorf("emptied, it is %s, was %s", got, id)
	}
	if got := do(t, s, "DBSIZE").Int; got != 0 {
		t.Errorf("emptied, it has %d keys", got)
	}
}

// A redis.conf of a machine's own server may say where that listens and keeps its data: a lab has nothing to do with it.
func TestTheGroupSaysWhatAServerMayTouch(t *testing.T) {
	elsewhere := t.TempDir()
	settings := strings.ReplaceAll(`port 6379
bind 0.0.0.0 ::
unixsocket ELSEWHERE/socket
dir ELSEWHERE
pidfile ELSEWHERE/pid
logfile ELSEWHERE/log
daemonize yes
supervised systemd
syslog-enabled yes
cluster-enabled yes
cluster-port 16379
cluster-config-file ELSEWHERE/nodes.conf
appendonly yes
`, "ELSEWHERE", elsewhere)
	s := add(t, group(t), process.Config{}, settings)
	start(t, s)
	if names, err := os.ReadDir(elsewhere); err != nil || len(names) > 0 {
		t.Errorf("it has left %v in another folder, %v", names, err)
	}
	if got := do(t, s, "CONFIG GET dir").Elems[1].Str; got != s.Dir() {
		t.Errorf("its folder is %s, not %s", got, s.Dir())
	}
	if names, err := filepath.Glob(filepath.Join(s.Dir(), "appendonlydir", "*")); err != nil || len(names) == 0 {
		t.Errorf("what else it was told is lost: %v, %v", names, err)
	}
}

func TestAServerTakesAnotherProgram(t *testing.T) {
	s := add(t, group(t), process.Config{}, everyWrite)
	start(t, s)
	do(t, s, "SET k v")
	link := filepath.Join(t.TempDir(), "redis-server")
	old := find(t)
	if err := os.Symlink(old.Path, link); err != nil {
		t.Fatal(err)
	}
	b, err := process.Find(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Replace(b); !errors.Is(err, process.ErrRunning) {
		t.Errorf("replaced while it runs: %v", err)
	}
	if err := errors.Join(s.Stop(t.Context()), s.Replace(b)); err != nil {
		t.Fatal(err)
	}
	start(t, s)
	if got := infoField(do(t, s, "INFO server"), "executable"); got != link || do(t, s, "GET k").Str != "v" {
		t.Errorf("it runs %s, and k is %v", got, do(t, s, "GET k"))
	}
}

func TestAddRefuses(t *testing.T) {
	g := group(t)
	add(t, g, process.Config{Name: "one"}, "")
	for _, row := range []struct {
		name string
		c    process.Config
	}{
		{"a name twice", process.Config{Name: "one"}},
		{"no name", process.Config{}},
		{"a name that leads out of the folder", process.Config{Name: "../one"}},
		{"a name of a hidden file", process.Config{Name: ".one"}},
		{"the group's own files", process.Config{Name: "processes"}},
		{"a name for a host", process.Config{Name: "two", Host: "localhost"}},
		{"all hosts", process.Config{Name: "two", Host: "0.0.0.0"}},
		{"a host that is not here", process.Config{Name: "two", Host: "203.0.113.1"}},
		{"a port that there is not", process.Config{Name: "two", Port: 65536}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := g.Add(row.c); err == nil {
				t.Error("it is added")
			}
		})
	}
}

// infoField is one field of a reply to INFO.
func infoField(v resp.Value, name string) string {
	for line := range strings.Lines(v.Str) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return value
		}
	}
	return ""
}
