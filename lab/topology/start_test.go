package topology_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/lab/hosts"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/lab/topology"
	"github.com/aafailover/aafailover/redisconf"
)

func TestStartsThatFail(t *testing.T) {
	t.Parallel()
	b, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, want string
		kind       topology.Kind
		o          topology.Options
	}{
		{"a kind that there is not", `no topology is called "ring"`, "ring", topology.Options{Binary: b}},
		{"no program", "no server program", topology.Cluster, topology.Options{}},
		{"more clients than a lab has room for", "client hosts", topology.Cluster, topology.Options{Binary: b, Clients: 100}},
		{"a negative delay", "negative", topology.Replica, topology.Options{Binary: b, Delay: -1}},
		{"a setting that the server does not know", "nonsense", topology.Replica,
			topology.Options{Binary: b, Settings: redisconf.Config{}.With("nonsense", "yes")}},
	} {
		row.o.Dir = t.TempDir()
		d, err := topology.Start(t.Context(), row.kind, row.o)
		if d != nil || err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", row.name, err)
		}
		if left, err := os.ReadDir(row.o.Dir); err != nil || len(left) > 0 {
			t.Errorf("%s: left behind: %v, %v", row.name, left, err)
		}
	}
}

// Whoever does not want to wait is told what was missing, and nothing is left.
func TestStartThatIsGivenUp(t *testing.T) {
	t.Parallel()
	b, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := topology.Options{Binary: b, Dir: t.TempDir(), OnProgress: func(line string) {
		if strings.HasPrefix(line, "waiting: sentinel") {
			cancel()
		}
	}}
	if _, err := topology.Start(ctx, topology.Sentinel, o); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "sentinel-") {
		t.Error(err)
	}
	if left, err := os.ReadDir(o.Dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestWhatADeploymentRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, topology.Replica, topology.Options{})
	for name, do := range map[string]func(host string) error{
		"kill": w.Kill, "hang": w.Hang, "go on": w.GoOn, "empty": w.Empty, "fill the disk": w.DiskFull, "free the disk": w.DiskFree,
		"stop":      func(host string) error { return w.Stop(t.Context(), host) },
		"start":     func(host string) error { return w.StartAgain(t.Context(), host) },
		"promote":   func(host string) error { return w.Promote(t.Context(), host) },
		"follow":    func(host string) error { return w.Follow(t.Context(), "us", host) },
		"partition": func(host string) error { return w.Partition([]string{host}) },
	} {
		if err := do("nowhere"); err == nil || !strings.Contains(err.Error(), `"nowhere"`) {
			t.Errorf("%s a host that there is not: %v", name, err)
		}
	}
	if err := w.StartAgain(t.Context(), "us"); !errors.Is(err, process.ErrRunning) {
		t.Errorf("start what runs: %v", err)
	}
	w.sets("client-1", "us", "still served")
	if _, err := w.SlotMap(t.Context()); err == nil {
		t.Error("no slots are anywhere")
	}
	w.must(w.Close())
	w.must(w.Close())
	if err := w.StartAgain(t.Context(), "us"); err == nil {
		t.Error("a server of a deployment that is closed was started")
	}
}

// On a machine with one loopback address everything runs but what needs several, and that is told.
func TestOnOneAddress(t *testing.T) {
	t.Parallel()
	b, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range topology.Kinds() {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		d, err := topology.Start(ctx, kind, topology.Together(topology.Options{Binary: b, Dir: t.TempDir(), Delay: 1}))
		if err != nil {
			t.Fatal(err)
		}
		victim := d.Hosts()[0].Name
		if err := errors.Join(d.Kill(victim), d.StartAgain(ctx, victim), d.Settled(ctx)); err != nil {
			t.Error(err)
		}
		if err := d.Partition([]string{victim}); !errors.Is(err, hosts.ErrTogether) {
			t.Error(err)
		}
		if limits := strings.Join(d.Limits(), "; "); !strings.Contains(limits, "127.0.0.1") || !strings.Contains(limits, "delay") {
			t.Error("not told:", limits)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatLimitsTell(t *testing.T) {
	t.Parallel()
	w := newWorld(t, topology.Replica, topology.Options{}) // sees that there are none
	w.SeeStrangers()
	if limits := strings.Join(w.Limits(), "; "); !strings.Contains(limits, "does not connect from the address of its host") {
		t.Error("not told:", limits)
	}
}
