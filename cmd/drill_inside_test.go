package cmd_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
	lab "github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/lab/topology"
)

// own is a deployment that the user runs, as far as a drill knows.
type own struct {
	*topology.Deployment
	url        string
	hang, goOn string // commands
	healed     string // a file that the heal command makes
}

// serverPatience is how long servers wait for an answer before they hold another down: on a busy machine less is a failover for nothing.
const serverPatience = 3 * time.Second

func startOwn(t *testing.T, kind topology.Kind) own {
	t.Helper()
	binary, err := lab.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	running, err := topology.Start(t.Context(), kind, topology.Options{Binary: binary, DownAfter: serverPatience, NodeTimeout: serverPatience, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Close(); err != nil {
			t.Error(err)
		}
	})
	o := own{Deployment: running, url: "us=redis://" + running.Servers()[0], healed: filepath.Join(t.TempDir(), "healed")}
	if kind == topology.Sentinel {
		o.url = "us=redis+sentinel://" + strings.Join(running.Sentinels(), ",") + "/" + topology.Service
	}
	v, err := running.Ask(t.Context(), running.Hosts()[0].Name, "INFO", "server")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(v.Str, "process_id:")
	pid, _, _ := strings.Cut(rest, "\r")
	o.hang, o.goOn = "kill -STOP "+pid, "kill -CONT "+pid+" && touch "+o.healed
	return o
}

// drill is the command that drills it.
func (o own) drill(t *testing.T, kind topology.Kind, more ...string) *exec.Cmd {
	t.Helper()
	args := []string{"drill", "--topology", string(kind), "--scenario", "primary-hang", "--region", o.url, "--allow-writes", "us",
		"--inject", o.hang, "--heal", o.goOn, "--steady", "300ms", "--outage", "300ms", "--settle", "0s"}
	return process(t, append(args, more...)...)
}

// clean fails when keys are left in any server, or the fault is not undone. A replica gets the last deletion, that of the lock,
// when the drill has ended already; and a lock that could not be renewed for a while is left to expire, within a minute.
func (o own) clean(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(o.healed); err != nil {
		t.Errorf("the fault was not healed: %v", err)
	}
	for _, h := range o.Hosts() {
		if h.Runs != topology.RunsServer {
			continue
		}
		var keys []string
		asked := func() bool { // not while sentinels make a replica of it, and end all connections
			v, err := o.Ask(t.Context(), h.Name, "KEYS", "*")
			keys = nil
			for _, key := range v.Elems {
				keys = append(keys, key.Str)
			}
			return err == nil
		}
		redistest.Await(t, h.Name+" tells its keys", asked)
		for _, key := range keys {
			if !strings.HasSuffix(key, ":drill-lock") {
				t.Errorf("%s has the key %s", h.Name, key)
			}
		}
		redistest.Await(t, h.Name+" has no key", func() bool { return asked() && len(keys) == 0 })
	}
}

func TestADrillInsideAClusterThatIsGiven(t *testing.T) {
	t.Parallel()
	o := startOwn(t, topology.Cluster)
	c := o.drill(t, topology.Cluster, "--client-reload", "1s", "-o", "json")
	stderr := new(watched)
	c.Stderr = stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, stderr)
	}
	var d struct {
		Deployment, Verdict string
		Fault               struct{ By string }
		RTO                 map[string]*float64 `json:"rto_ms"`
	}
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatal(err)
	}
	if d.Deployment != "given" || d.Verdict != "pass" || d.RTO["detect"] == nil || d.RTO["decide"] == nil || d.RTO["connect"] == nil {
		t.Errorf("%s", out)
	}
	o.clean(t)
}

func TestADrillInsideAGivenDeploymentThatIsInterruptedHeals(t *testing.T) {
	t.Parallel()
	o := startOwn(t, topology.Sentinel)
	c := o.drill(t, topology.Sentinel, "--outage", "10m")
	stderr := awaiting("phase     outage")
	c.Stderr = stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = c.Wait() // its exit code is looked at
		close(ended)
	}()
	select {
	case <-stderr.seen:
	case <-ended:
		t.Fatalf("it ended early\n%s", stderr)
	}
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-ended
	if code := c.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	o.clean(t)
}
