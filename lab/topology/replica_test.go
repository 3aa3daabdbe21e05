package topology_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/lab/topology"
	"github.com/aafailover/aafailover/redisconf"
)

// Nobody but us promotes the replica, and the old primary follows it when it is told to.
func TestReplica(t *testing.T) {
	t.Parallel()
	const delay = 20 * time.Millisecond
	w := newWorld(t, topology.Replica, topology.Options{Delay: delay})
	began := time.Now()
	w.sets("client-2", "us", "from afar")
	if took := time.Since(began); took < 4*delay { // a connect and a request
		t.Errorf("a request from the other region took %v", took)
	}
	w.must(w.Stop(t.Context(), "us"))
	w.arePrimary()
	w.must(w.Promote(t.Context(), "eu"))
	w.arePrimary("eu")
	w.must(w.StartAgain(t.Context(), "us"))
	w.arePrimary("us", "eu")
	w.must(w.Follow(t.Context(), "us", "eu"))
	w.settles()
	w.arePrimary("eu")
	if n := w.has("us"); n != 1 {
		t.Errorf("us has %d keys", n)
	}
	w.resync("us", "eu")

	w.must(w.Partition([]string{"us"}))
	w.sets("client-2", "eu", "meanwhile")
	w.must(w.Heal())
	w.await("us to get what was written meanwhile", func() bool { return w.has("us") == 2 })
}

// The settings of a replica in production have no server here follow its primary.
func TestAServerFollowsNobodyElsesPrimary(t *testing.T) {
	t.Parallel()
	settings := redisconf.Config{}.With("replicaof", "192.0.2.1", "6379").With("replica-announce-ip", "192.0.2.2").
		With("rename-command", "CONFIG", "").With("maxmemory-policy", "allkeys-lru")
	w := newWorld(t, topology.Replica, topology.Options{Settings: settings})
	w.arePrimary("us")
	if left := topology.NotTaken(settings); !slices.Equal(left, []string{"replicaof", "rename-command", "replica-announce-ip"}) {
		t.Errorf("left out: %v", left)
	}
	if v, err := w.Ask(t.Context(), "us", "CONFIG", "GET", "maxmemory-policy"); err != nil || len(v.Elems) != 2 || v.Elems[1].Str != "allkeys-lru" {
		t.Errorf("maxmemory-policy: %v, %v", v, err)
	}
}

// A server whose disk is full refuses writes, or ends, by its policy.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	settings := redisconf.Config{}.With("appendonly", "yes")
	w := newWorld(t, topology.Replica, topology.Options{Settings: settings.With("appendfsync", "everysec")})
	w.fills("us", 10)
	w.must(w.DiskFull("us"))
	w.must(w.DiskFull("us"))
	w.await("writes to be refused", func() bool {
		v, err := w.send("client-1", "us", patience, "SET", "refused", "")
		return err == nil && strings.HasPrefix(v.Str, "MISCONF")
	})
	if v, err := w.send("client-1", "us", patience, "PING"); err != nil || !strings.HasPrefix(v.Str, "MISCONF") {
		t.Errorf("PING: %v, %v", v, err)
	}
	w.must(w.DiskFree("us"))
	w.sets("client-1", "us", "accepted")
	w.must(w.DiskFree("us"))

	if _, err := w.Ask(t.Context(), "us", "CONFIG", "SET", "appendfsync", "always"); err != nil {
		t.Fatal(err)
	}
	w.must(w.DiskFull("us"))
	_, _ = w.send("client-1", "us", patience, "SET", "fatal", "") // it ends with it
	if e := w.kind(topology.EventExit, "us"); !strings.Contains(e.Detail, "always") {
		t.Errorf("it has not said why it ended: %v", e)
	}
	if _, err := w.send("client-1", "us", patience, "PING"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("its port is open: %v", err)
	}
	if err := w.DiskFull("us"); !errors.Is(err, process.ErrDown) {
		t.Errorf("the disk of a server that is down: %v", err)
	}
	w.must(w.DiskFree("us"))
	w.must(w.StartAgain(t.Context(), "us"))
	w.sets("client-1", "us", "room again")
}

// What a server makes of a damaged file shows when it is started again.
func TestCorruption(t *testing.T) {
	t.Parallel()
	const keys = 50
	w := newWorld(t, topology.Replica, topology.Options{Settings: redisconf.Config{}.With("appendonly", "yes").With("save", "")})
	w.fills("us", keys)
	if _, err := w.CorruptAOF("us", topology.Flipped); !errors.Is(err, process.ErrRunning) {
		t.Errorf("a file that is in use: %v", err)
	}
	w.must(w.Kill("us"))
	c, err := w.CorruptAOF("us", topology.Truncated)
	w.must(err)
	if now, err := os.Stat(c.File); err != nil || now.Size() != c.At || c.At+c.Bytes != c.Size {
		t.Errorf("%v, and the file is %v, %v", c, now, err)
	}
	w.must(w.StartAgain(t.Context(), "us"))
	if n := w.has("us"); n != keys-1 {
		t.Errorf("without the end of its file it has %d keys, not all but one", n)
	}
	w.must(w.Kill("us"))
	c, err = w.CorruptAOF("us", topology.Flipped)
	w.must(err)
	if now, err := os.Stat(c.File); err != nil || now.Size() != c.Size {
		t.Errorf("%v, and the file is %v, %v", c, now, err)
	}
	w.refuses("us", "Bad file format")
	if _, err := w.CorruptRDB("us", topology.Truncated); !errors.Is(err, topology.ErrNoFile) {
		t.Errorf("an RDB file that there is not: %v", err)
	}
	w.must(w.Empty("us"))
	w.must(w.StartAgain(t.Context(), "us"))
	if n := w.has("us"); n != 0 {
		t.Errorf("started empty it has %d keys", n)
	}
}

// An RDB file has a checksum: whatever is wrong with it, the server does not start.
func TestCorruptRDB(t *testing.T) {
	t.Parallel()
	w := newWorld(t, topology.Replica, topology.Options{Settings: redisconf.Config{}.With("save", "")})
	w.fills("us", 50)
	if _, err := w.Ask(t.Context(), "us", "SAVE"); err != nil {
		t.Fatal(err)
	}
	w.must(w.Kill("us"))
	if _, err := w.CorruptRDB("us", "sideways"); err == nil {
		t.Error("there is no such damage")
	}
	_, err := w.CorruptRDB("us", topology.Flipped)
	w.must(err)
	w.refuses("us", "Internal error in RDB reading", "Unexpected EOF")
	_, err = w.CorruptRDB("us", topology.Truncated)
	w.must(err)
	w.refuses("us", "Internal error in RDB reading", "Unexpected EOF")
}

// refuses sees a server not start, and say why in one of these ways.
func (w *world) refuses(host string, whys ...string) {
	w.Helper()
	err := w.StartAgain(w.Context(), host)
	said := w.Log(host)
	if err == nil || !slices.ContainsFunc(whys, func(why string) bool { return strings.Contains(said, why) }) {
		w.Errorf("%s starts with a damaged file, or says nothing of it: %v\n%s", host, err, said)
	}
	if _, err := w.send("client-1", host, patience, "PING"); err == nil {
		w.Errorf("%s answers", host)
	}
}
