package powercut_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/powercut"
)

// witnessedRedis is a real server that is witnessed, with a folder of its own.
type witnessedRedis struct {
	powercut.Witness
	*redistest.Server
}

// startRedis starts a redis-server with settings as on its command line. For redistest, the program is a script that is found
// before the real one.
func startRedis(t testing.TB, settings ...string) *witnessedRedis {
	t.Helper()
	w := newWitness(t)
	return &witnessedRedis{w, redisUnder(t, w, w.Wrap(), settings...)}
}

// redisUnder starts a redis-server with its files in the folder of a witness, behind other arguments.
func redisUnder(t testing.TB, w powercut.Witness, before []string, settings ...string) *redistest.Server {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	script.WriteString("#!/bin/sh\nexec")
	for _, arg := range append(before, program) {
		fmt.Fprintf(&script, " '%s'", arg)
	}
	fmt.Fprintf(&script, " \"$@\" --dir '%s'\n", w.Folder)
	programs := t.TempDir()
	if err := os.WriteFile(filepath.Join(programs, "redis-server"), []byte(script.String()), 0o700); err != nil {
		t.Fatal(err)
	}
	path := os.Getenv("PATH")
	t.Setenv("PATH", programs+":"+path)
	s := redistest.Start(t, settings...)
	t.Setenv("PATH", path) // the next one is to find the real one again
	return s
}

// powerCut kills the server, cuts, and starts it again, which has to succeed.
func (r *witnessedRedis) powerCut(t testing.TB, n powercut.Names) powercut.Loss {
	t.Helper()
	r.Kill()
	loss := cut(t, r.Witness, n)
	if err := r.Restart(); err != nil {
		t.Fatal(err)
	}
	redistest.Await(t, "the server has loaded", func() bool { return r.Do(t, "PING").Str == "PONG" })
	return loss
}

// write writes the keys first to last-1, one after the other, each acknowledged.
func (r *witnessedRedis) write(t testing.TB, first, last int) {
	t.Helper()
	writeKeys(t, r.Addr, first, last)
}

func writeKeys(t testing.TB, addr string, first, last int) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	replies := resp.NewReader(c)
	for i := first; i < last; i++ {
		if _, err := c.Write(resp.AppendCommand(nil, "SET", "key:"+strconv.Itoa(i), strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
		if v, err := replies.ReadValue(); err != nil || v.Str != "OK" {
			t.Fatalf("SET: %v, %v", v, err)
		}
	}
}

// left is the number of keys, which have to be the oldest ones.
func (r *witnessedRedis) left(t testing.TB) int {
	t.Helper()
	n := int(r.Do(t, "DBSIZE").Int)
	exists := []string{"EXISTS", "any"}
	for i := range n {
		exists = append(exists, "key:"+strconv.Itoa(i))
	}
	if oldest := int(r.Do(t, exists...).Int); oldest != n {
		t.Errorf("of %d keys that are left, %d are the oldest", n, oldest)
	}
	return n
}

func TestAppendfsyncAlwaysKeepsEveryAcknowledgedWrite(t *testing.T) {
	r := startRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	const batch = 200
	for round := 1; round <= 3; round++ {
		r.write(t, (round-1)*batch, round*batch)
		loss := r.powerCut(t, powercut.Ordered)
		if n := r.left(t); n != round*batch {
			t.Fatalf("%d of %d keys are left: %+v", n, round*batch, loss)
		}
		if loss.Syncs.Count < batch {
			t.Errorf("%d keys with %d fsyncs", batch, loss.Syncs.Count)
		}
	}
}

// How much goes depends on when in the second the power goes, so it goes until it was in the midst, after more and more keys.
func TestAppendfsyncEverysecKeepsABeginning(t *testing.T) {
	r := startRedis(t, "--appendonly", "yes", "--appendfsync", "everysec")
	kept := 0
	for batch := 1000; ; batch *= 2 {
		r.write(t, kept, kept+batch)
		r.powerCut(t, powercut.Ordered)
		n := r.left(t)
		if n < kept || n > kept+batch {
			t.Fatalf("%d keys are left of %d, of which %d were before the start", n, kept+batch, kept)
		}
		if kept < n && n < kept+batch {
			return
		}
		kept = n
	}
}

func TestAppendfsyncNoKeepsNothingOfTheLog(t *testing.T) {
	r := startRedis(t, "--appendonly", "yes", "--appendfsync", "no")
	r.write(t, 0, 500)
	loss := r.powerCut(t, powercut.Ordered)
	if n := r.left(t); n != 0 {
		t.Errorf("%d keys are left: %+v", n, loss)
	}
	shortened := false
	for _, f := range loss.Files {
		shortened = shortened || f.Fate == powercut.Shortened && f.Had > 500 && f.Kept == 0
	}
	if !shortened {
		t.Errorf("nothing was shortened: %+v", loss)
	}
}

// By POSIX alone, a new server loses its whole log: it makes a folder for that and does not fsync the one above.
func TestAppendfsyncAlwaysWithoutAJournalLosesTheFolderOfTheLog(t *testing.T) {
	r := startRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	r.write(t, 0, 10)
	r.powerCut(t, powercut.Strict)
	if n := r.left(t); n != 0 {
		t.Errorf("%d keys are left", n)
	}
	r.write(t, 0, 10)
	if v := r.Do(t, "SAVE"); v.Str != "OK" { // which fsyncs that folder
		t.Fatal(v)
	}
	r.write(t, 10, 20)
	r.powerCut(t, powercut.Strict)
	if n := r.left(t); n != 20 {
		t.Errorf("%d of 20 keys are left", n)
	}
}

func TestTheLastFinishedSaveIsThere(t *testing.T) {
	for _, names := range []powercut.Names{powercut.Ordered, powercut.Strict} {
		r := startRedis(t, "--appendonly", "no", "--save", "")
		r.write(t, 0, 100)
		if v := r.Do(t, "BGSAVE"); v.Str != "Background saving started" {
			t.Fatal(v)
		}
		redistest.Await(t, "the save is finished", func() bool {
			info := r.Do(t, "INFO", "persistence").Str
			return strings.Contains(info, "rdb_bgsave_in_progress:0") && strings.Contains(info, "rdb_changes_since_last_save:0")
		})
		r.write(t, 100, 200)
		r.powerCut(t, names)
		if n := r.left(t); n != 100 {
			t.Errorf("%v: %d keys are left, not 100", names, n)
		}
	}
}

// A rewrite makes new files, renames them and removes the old ones, while writes go on.
func TestARewriteOfTheLogLosesNothing(t *testing.T) {
	for _, names := range []powercut.Names{powercut.Ordered, powercut.Strict} {
		r := startRedis(t, "--appendonly", "yes", "--appendfsync", "always")
		r.write(t, 0, 100)
		if v := r.Do(t, "SAVE"); v.Str != "OK" {
			t.Fatal(v)
		}
		if v := r.Do(t, "BGREWRITEAOF"); v.Str != "Background append only file rewriting started" {
			t.Fatal(v)
		}
		r.write(t, 100, 200)
		redistest.Await(t, "the rewrite is finished", func() bool {
			info := r.Do(t, "INFO", "persistence").Str
			return strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0")
		})
		r.write(t, 200, 300)
		r.powerCut(t, names)
		if n := r.left(t); n != 300 {
			t.Errorf("%v: %d of 300 keys are left", names, n)
		}
	}
}
