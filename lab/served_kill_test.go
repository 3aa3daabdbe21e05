//go:build unix

package lab_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/slots"
)

// processes returns the processes whose working directory is below a folder, or was.
func processes(t *testing.T, folder string) (pids []int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range all {
		if at, err := os.Readlink(dir + "/cwd"); err == nil && strings.HasPrefix(at, folder) {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestALabOfServersLeavesNothing(t *testing.T) {
	w := onServers(t, regions(2, "us", "eu"))
	folder := w.status().Folder
	if n := len(processes(t, folder)); n != 4 {
		t.Errorf("%d processes in %s, want 4", n, folder)
	}
	w.inject(lab.Fault{Kind: lab.Reshard, Region: "us", Shards: 3})
	w.inject(lab.Fault{Kind: lab.Reshard, Region: "us", Shards: 1})
	w.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Hang, Region: "eu"})
	if err := w.lab.Close(); err != nil {
		t.Error(err)
	}
	if left := processes(t, folder); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("its folder is left: %v", err)
	}
}

// What was acknowledged is there after a kill, in the middle of writing, when every write is flushed; and in the other region
// every increment was counted once.
func TestNothingAcknowledgedIsLostWithEverySync(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	const writers, kills = 4, 3
	var ending atomic.Bool
	var running sync.WaitGroup
	counted, sure := make([]int64, writers), make([]map[string]bool, writers) // increments that were tried, keys that are acknowledged
	acknowledged := make([]int64, writers)
	address := w.region("us").Shards[0].Address
	for i := range writers {
		sure[i] = make(map[string]bool)
		running.Go(func() {
			for n := 0; !ending.Load(); {
				c, err := w.connect(t.Context(), "tcp", address)
				if err != nil {
					<-time.After(5 * time.Millisecond)
					continue
				}
				in := resp.NewReader(c)
				for ; !ending.Load(); n++ {
					key := fmt.Sprintf("w%d:%d", i, n)
					counted[i]++
					if _, err := c.Write(append(resp.AppendCommand(nil, "SET", key, "v"), resp.AppendCommand(nil, "INCR", "n")...)); err != nil {
						break
					}
					v, err := in.ReadValue()
					if err != nil {
						break
					}
					if v.Str == "OK" {
						sure[i][key] = true
					}
					if v, err = in.ReadValue(); err != nil {
						break
					}
					if v.Kind == resp.Integer {
						acknowledged[i]++
					}
				}
				_ = c.Close()
			}
		})
	}
	progress := func() int64 { return w.region("us").Shards[0].Offset }
	for range kills {
		before := progress()
		w.until("writes", func() bool { return progress() > before+200 })
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
		w.until("caught up", func() bool { return !w.region("us").Stale })
	}
	before := progress()
	w.until("writes", func() bool { return progress() > before+100 })
	ending.Store(true)
	running.Wait()
	us, eu := w.dial("us", 0), w.dial("eu", 0)
	var least, most, keys int64
	for i := range writers {
		least, most = least+acknowledged[i], most+counted[i]
		for key := range sure[i] {
			keys++
			us.want("v", "GET", key)
		}
	}
	got, err := strconv.ParseInt(us.do("GET", "n"), 10, 64)
	if err != nil || got < least || got > most {
		t.Errorf("counted %d, %v: %d increments are acknowledged of %d", got, err, least, most)
	}
	eu.becomes(strconv.FormatInt(got, 10), "GET", "n")
	eu.becomes(us.do("DBSIZE"), "DBSIZE")
	t.Logf("%d keys and %d increments acknowledged", keys, least)
}

// snapshots are settings under which a server keeps what a SAVE has written, and nothing after it.
func snapshots(t *testing.T) redisconf.Config {
	t.Helper()
	c, err := redisconf.Parse("appendonly no\nsave \"\"\n")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A server goes back as far as its own persistence does, and what it has lost comes back from where it had arrived.
func TestAServerReturnsWithWhatItHadSaved(t *testing.T) {
	w := onServersWith(t, regions(1, "us", "eu"), snapshots(t))
	us, eu := w.dial("us", 0), w.dial("eu", 0)
	us.want("OK", "SET", "saved", "1")
	us.want("1", "RPUSH", "list", "a")
	us.want("5", "INCRBY", "n", "5")
	us.want("OK", "SET", "removed later", "1")
	eu.becomes("1", "GET", "removed later")
	us.want("OK", "SAVE")
	us.want("2", "RPUSH", "list", "b")
	us.want("7", "INCRBY", "n", "2")
	us.want("1", "DEL", "removed later")
	eu.becomes("0", "EXISTS", "removed later")
	eu.want("8", "INCR", "n")
	us.becomes("8", "GET", "n")
	w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu"})
	us.want("OK", "SET", "never arrived", "1")
	us.want("3", "RPUSH", "list", "c")
	us.want("18", "INCRBY", "n", "10")
	eu.want("OK", "SET", "of eu", "1")
	w.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
	us = w.dial("us", 0)
	for _, row := range [][]string{{"1", "GET", "saved"}, {`["a"]`, "LRANGE", "list", "0", "-1"}, {"5", "GET", "n"}, {"1", "GET", "removed later"},
		{"0", "EXISTS", "never arrived"}} {
		us.want(row[0], row[1:]...)
	}
	w.inject(lab.Fault{Kind: lab.Heal})
	for _, c := range []*client{us, eu} {
		for _, row := range [][]string{{`["a" "b"]`, "LRANGE", "list", "0", "-1"}, {"8", "GET", "n"}, {"0", "EXISTS", "removed later"},
			{"0", "EXISTS", "never arrived"}, {"1", "GET", "of eu"}} {
			c.becomes(row[0], row[1:]...)
		}
	}
	w.until("caught up", func() bool { return !w.region("us").Stale })
	us.want("9", "INCR", "n")
	eu.becomes("9", "GET", "n")
}

func TestAServerThatKeepsNothingReturnsEmpty(t *testing.T) {
	c := regions(1, "us", "eu")
	c.Regions[0].Persistence = lab.KeepNothing
	w := onServers(t, c)
	us, eu := w.dial("us", 0), w.dial("eu", 0)
	us.want("OK", "SET", "k", "v")
	eu.becomes("v", "GET", "k")
	w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu"})
	w.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
	us = w.dial("us", 0)
	us.want("0", "DBSIZE")
	if got := us.do("SET", "k", "w"); !strings.HasPrefix(got, "READONLY") {
		t.Errorf("a stale region answers %s", got)
	}
	w.inject(lab.Fault{Kind: lab.Heal})
	us.becomes("v", "GET", "k")
}

func TestAServerIsStartedEmpty(t *testing.T) {
	w := onServers(t, regions(1, "us"))
	w.dial("us", 0).want("OK", "SET", "k", "v")
	w.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Empty: true})
	w.dial("us", 0).want("0", "DBSIZE")
}

// A server that somebody else kills is a shard that is down, and can be started again.
func TestAServerThatEndsByItselfIsDown(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	us := w.dial("us", 0)
	us.want("OK", "SET", "k", "v")
	for _, pid := range processes(t, filepath.Join(w.status().Folder, "us-")) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	w.until("us is down", func() bool { return w.region("us").State == lab.Down })
	if text := w.region("us").Shards[0].Trouble; text == "" {
		t.Error("nobody says why it is down")
	}
	w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
	w.dial("us", 0).want("v", "GET", "k")
	if text := w.region("us").Shards[0].Trouble; text != "" {
		t.Errorf("it is up and said to be down: %s", text)
	}
	w.until("caught up", func() bool { return !w.region("us").Stale })
}

func TestAHungServerSaysNothingUntilItGoesOn(t *testing.T) {
	w := onServers(t, regions(1, "us"))
	c := w.dial("us", 0)
	c.want("OK", "SET", "k", "v")
	w.inject(lab.Fault{Kind: lab.Hang, Region: "us"})
	for _, pid := range processes(t, w.status().Folder) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || !strings.Contains(string(stat), ") T ") {
			t.Errorf("process %d does not stand still: %s", pid, stat)
		}
	}
	c.send("GET", "k")
	w.inject(lab.Fault{Kind: lab.Heal})
	if got := text(c.read()); got != "v" {
		t.Errorf("GET: %s", got)
	}
	w.inject(lab.Fault{Kind: lab.Hang, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
	w.dial("us", 0).want("v", "GET", "k")
}

// A server that somebody else has stopped holds up nobody who looks at the lab, and whoever makes faults in it can let it go on, or
// kill it.
func TestAServerThatSomebodyElseStopsIsTold(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	c := w.dial("us", 0)
	c.want("OK", "SET", "k", "v")
	stop := func() {
		for _, pid := range processes(t, filepath.Join(w.status().Folder, "us-")) {
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}
		c.send("GET", "k")
		w.until("it is told", func() bool { return strings.Contains(w.region("us").Shards[0].Trouble, "has not answered for") })
		if is, link := w.region("us"), w.link("eu", "us"); is.State != lab.Hung || is.Shards[0].State != lab.Hung || link.State != lab.LinkStalled {
			t.Errorf("us is %v, its shard %v, and the link to it %v", is.State, is.Shards[0].State, link.State)
		}
	}
	stop()
	if err := w.lab.Inject(t.Context(), lab.Fault{Kind: lab.Hang, Region: "us"}); !errors.Is(err, lab.ErrFault) {
		t.Errorf("hang: %v", err)
	}
	w.inject(lab.Fault{Kind: lab.Heal})
	if got := text(c.read()); got != "v" {
		t.Errorf("GET: %s", got)
	}
	w.until("all is well", func() bool { return w.region("us").Shards[0].Trouble == "" })
	stop()
	w.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
	w.dial("us", 0).want("v", "GET", "k")
}

// A shard at which many wait in turn is busy, and does not hang.
func TestABusyServerIsNotToldAsHung(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	var writing sync.WaitGroup
	t.Cleanup(writing.Wait)
	var clients []*client
	for range 50 {
		clients = append(clients, w.dial("us", 0)) // and is closed before the wait
	}
	for _, c := range clients {
		writing.Go(func() {
			for {
				if _, err := c.conn.Write(resp.AppendCommand(nil, "INCR", "n")); err != nil {
					return
				}
				if _, err := c.reader.ReadValue(); err != nil {
					return
				}
			}
		})
	}
	hung := 0
	for range 5 {
		if w.region("us").State == lab.Hung {
			hung++
		}
	}
	if hung > 3 { // some may be right on a machine that stands still for seconds
		t.Errorf("hung %d times of 5", hung)
	}
}

// Messages that were published and not delivered are delivered after a kill by which nothing was lost.
func TestMessagesSurviveAKillThatLosesNothing(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	us, eu := w.dial("us", 0), w.dial("eu", 0)
	us.want("OK", "SET", "k", "v")
	eu.want(`["subscribe" "c" 1]`, "SUBSCRIBE", "c")
	w.inject(lab.Fault{Kind: lab.Stall, From: "us", To: "eu"})
	us.want("0", "PUBLISH", "c", "1")
	us.want("OK", "SET", "k", "w")
	us.want("0", "PUBLISH", "c", "2")
	w.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Heal})
	for _, want := range []string{`["message" "c" "1"]`, `["message" "c" "2"]`} {
		if got := text(eu.read()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSlotsMoveBetweenServers(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	us, eu := w.dial("us", 0), w.dial("eu", 0)
	us.want("OK", "SET", "foo", "v") // slot 12182
	us.want("1", "HSET", "bar", "f", "v")
	us.want("1", "INCR", "{foo}n")
	w.inject(lab.Fault{Kind: lab.Reshard, Region: "us", Shards: 2})
	second := w.dial("us", 1)
	second.want("v", "GET", "foo")
	second.want("2", "INCR", "{foo}n")
	us.want("1", "DBSIZE")
	second.want("2", "DBSIZE")
	eu.becomes("2", "GET", "{foo}n")
	w.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
	w.dial("us", 1).want("2", "GET", "{foo}n")
	w.inject(lab.Fault{Kind: lab.Reshard, Region: "us", Shards: 1})
	us = w.dial("us", 0)
	us.want("3", "DBSIZE")
	us.want("v", "HGET", "bar", "f")
	w.inject(lab.Fault{Kind: lab.Promote, Region: "us", After: time.Millisecond})
	w.until("the replica has taken over", func() bool { return w.region("us").State == lab.Up })
	w.dial("us", 0).want("2", "GET", "{foo}n")
	w.inject(lab.Fault{Kind: lab.Hang, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Promote, Region: "us", After: time.Millisecond})
	w.until("the replica of a region that hangs has taken over", func() bool { return w.region("us").State == lab.Up })
	w.dial("us", 0).want("2", "GET", "{foo}n")
}

func TestAServerThatIsFullTakesWhatMakesRoom(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	us, eu := w.dial("us", 0), w.dial("eu", 0)
	eu.want("OK", "SET", "big", strings.Repeat("x", 1<<20))
	us.becomes("1", "EXISTS", "big")
	us.want("OK", "CONFIG", "SET", "maxmemory", "1")
	if got := us.do("SET", "k", "v"); !strings.HasPrefix(got, "OOM") {
		t.Errorf("SET: %s", got)
	}
	eu.want("OK", "SET", "of eu", "1")
	eu.want("1", "SADD", "set of eu", "1")
	us.becomes("1", "GET", "of eu")
	us.becomes("1", "SCARD", "set of eu")
	us.want("1", "DEL", "big")
	eu.becomes("0", "EXISTS", "big")
	us.want("OK", "CONFIG", "SET", "maxmemory", "0")
	us.want("OK", "SET", "k", "v")
	w.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
	us = w.dial("us", 0)
	us.want("v", "GET", "k")
	us.want("3", "DBSIZE")
}

func TestWhatAServerEvictsIsRemovedEverywhere(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	us, eu := w.dial("us", 0), w.dial("eu", 0)
	for i := range 20 {
		us.want("OK", "SET", fmt.Sprint("k", i), strings.Repeat("x", 1<<10))
	}
	eu.becomes("20", "DBSIZE")
	us.want("OK", "CONFIG", "SET", "maxmemory-policy", "allkeys-random")
	us.want("OK", "CONFIG", "SET", "maxmemory", "1")
	us.doValue("SET", "more", strings.Repeat("x", 1<<10))
	us.becomes("0", "DBSIZE")
	eu.becomes("0", "DBSIZE")
}

// A server that refuses writes gets what other regions have written when it takes writes again.
func TestAServerThatRefusesWritesGetsThemLater(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	us, eu := w.dial("us", 0), w.dial("eu", 0)
	us.want("OK", "SET", "k", "v")
	eu.becomes("v", "GET", "k")
	us.want("OK", "CONFIG", "SET", "min-replicas-to-write", "1")
	eu.want("OK", "SET", "k", "w")
	us.becomes("MISCONF the server does not take what other regions have written, and so takes nothing", "SET", "other", "v")
	us.want("v", "GET", "k")
	us.want("OK", "CONFIG", "SET", "min-replicas-to-write", "0")
	us.becomes("w", "GET", "k")
	us.want("OK", "SET", "other", "v")
	eu.becomes("v", "GET", "other")
}

// A region whose server goes back further than is remembered has no effects that it could ship, and yet keys that another one has
// lost in the meantime.
func TestAServerThatHasForgottenItsEffectsGivesItsKeysBack(t *testing.T) {
	c := regions(1, "us", "eu")
	c.Regions[1].Shards = 2
	w := onServersWith(t, c, snapshots(t))
	us := w.dial("us", 0)
	us.want("OK", "SET", "foo", "kept") // slot 12182
	eu := w.dial("eu", 1)
	eu.becomes("kept", "GET", "foo")
	eu.want("OK", "SAVE")
	us.want("OK", "SET", "foo", "forgotten")
	eu.becomes("forgotten", "GET", "foo")
	w.inject(lab.Fault{Kind: lab.Move, Region: "eu", Slots: []slots.Range{{First: 0, Last: 0}}, Target: 2})
	w.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
	w.inject(lab.Fault{Kind: lab.Kill, Region: "eu", Shard: 2})
	w.inject(lab.Fault{Kind: lab.Begin, Region: "eu", Shard: 2})
	w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
	w.dial("eu", 1).want("kept", "GET", "foo")
	w.dial("us", 0).becomes("kept", "GET", "foo")
}
