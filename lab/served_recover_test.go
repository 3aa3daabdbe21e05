//go:build unix

package lab_test

import (
	"bytes"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/slots"
)

// signal signals the server of a region's first shard.
func (w *world) signal(region string, signal syscall.Signal) {
	w.Helper()
	all := processes(w.T, filepath.Join(w.status().Folder, region+"-1-"))
	if len(all) != 1 {
		w.Fatalf("%s-1 has the processes %v", region, all)
	}
	if err := syscall.Kill(all[0], signal); err != nil {
		w.Fatal(err)
	}
}

// A server that dies with a command of which nobody knows whether it was executed has none of its keys any more when it comes
// back, if their slot has moved meanwhile: what it still has of them is older than what the new owner has.
func TestAServerThatDiesWhileItsSlotMovesForgetsItsKeys(t *testing.T) {
	settings, err := redisconf.Parse("appendonly yes\nappendfsync always\nsave \"\"\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, known := range []bool{true, false} {
		w := onServersWith(t, regions(2, "us", "eu"), settings)
		const slot = 100
		key, moving := slots.Key(slot), []slots.Range{{First: slot, Last: slot}}
		old, next := w.dial("us", 0), w.dial("us", 1)
		if known {
			old.want("OK", "SET", key, "before")
		}
		old.want("OK", "SET", slots.Key(slot+1), "stays")

		w.signal("us", syscall.SIGSTOP)
		old.send("SET", key, "in doubt")
		w.until("nobody answers", func() bool { return w.region("us").Shards[0].Trouble != "" })
		moved := make(chan error, 1)
		go func() {
			moved <- w.lab.Inject(w.Context(), lab.Fault{Kind: lab.Move, Region: "us", Slots: moving, Target: 2})
		}()
		stacks := make([]byte, 1<<20)
		w.until("the slot is about to move", func() bool { return bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte(".stopWorld(")) })
		w.signal("us", syscall.SIGKILL)
		if err := <-moved; err != nil {
			t.Fatal(err)
		}
		w.until("us-1 is down", func() bool { return w.region("us").Shards[0].State == lab.Down })
		next.want("OK", "SET", key, "after")
		w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
		w.until("us-1 has caught up", func() bool { return !w.region("us").Stale })

		old = w.dial("us", 0)
		old.becomes("1", "DBSIZE")
		w.inject(lab.Fault{Kind: lab.Move, Region: "us", Shard: 2, Slots: moving, Target: 1})
		old.want("after", "GET", key)
		eu := w.dial("eu", 0)
		eu.becomes("after", "GET", key)
		eu.want("stays", "GET", slots.Key(slot+1))
	}
}
