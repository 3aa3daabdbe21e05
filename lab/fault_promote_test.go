package lab_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/slots"
)

func TestAShardThatFailsOverComesBackElsewhereWithAllOfItsData(t *testing.T) {
	simulate(t, regions(2, "us", "eu"), func(w *world) {
		key := slots.Key(0)
		us, other := w.dial("us", 0), w.dial("us", 1)
		us.want("OK", "SET", key, "1")
		old := w.region("us").Shards[0]
		w.inject(lab.Fault{Kind: lab.Promote, Region: "us", Shard: 1, After: 3 * time.Second})
		if _, err := us.conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("reading: %v", err)
		}
		w.wait(2 * time.Second)
		if got := announced(other); got != old.ID+" at "+old.Address {
			t.Errorf("before there is another, the old one is announced: %s", got)
		}
		other.want(fmt.Sprintf("MOVED 0 %s", old.Address), "GET", key)
		if w.region("us").Shards[0].State != lab.Down {
			t.Errorf("status %+v", w.region("us"))
		}
		w.dial("eu", 0).want("OK", "SET", key+"from eu", "2")
		w.wait(time.Second)
		now := w.region("us").Shards[0]
		if now.State != lab.Up || now.Stale || now.Address == old.Address || now.ID == old.ID {
			t.Errorf("was %+v, is %+v", old, now)
		}
		if got := announced(other); got != now.ID+" at "+now.Address {
			t.Errorf("announced is %s", got)
		}
		if _, err := w.connect(t.Context(), "tcp", old.Address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("the old address: %v", err)
		}
		us = w.dial("us", 0)
		us.want("1", "GET", key)
		us.want("OK", "SET", key, "3")
		w.wait(2 * delay)
		w.dial("eu", 0).want("3", "GET", key)
		if n := len(other.doValue("CLUSTER", "SHARDS").Elems); n != 3 {
			t.Errorf("CLUSTER SHARDS lists %d, want 3: the dead one, too", n)
		}
		for _, s := range w.link("us", "eu").Streams {
			if s.State != lab.LinkUp || s.FullCopies != 0 {
				t.Errorf("stream %+v", s)
			}
		}
	})
}

// announced returns id and address of the first entry of CLUSTER SLOTS.
func announced(c *client) string {
	node := c.doValue("CLUSTER", "SLOTS").Elems[0].Elems[2].Elems
	return fmt.Sprintf("%s at %s:%d", node[2].Str, node[0].Str, node[1].Int)
}

func TestAPromotionCanBeOvertakenByEvents(t *testing.T) {
	for _, row := range []struct {
		why   string
		then  lab.Fault
		moved bool // it came back elsewhere
		state lab.State
		keys  int
	}{
		{"a start brings back the one that died", lab.Fault{Kind: lab.Begin, Region: "us"}, false, lab.Up, 1},
		{"a kill is the end of the replica, too", lab.Fault{Kind: lab.Kill, Region: "us"}, false, lab.Down, 0},
		{"a second promotion of what is down is refused", lab.Fault{Kind: lab.Promote, Region: "us"}, true, lab.Up, 1},
	} {
		t.Run(row.why, func(t *testing.T) {
			c := regions(1, "us", "eu")
			c.Regions[0].Persistence = lab.KeepNothing
			simulate(t, c, func(w *world) {
				w.dial("us", 0).want("OK", "SET", "k", "1")
				old := w.region("us").Shards[0].Address
				w.inject(lab.Fault{Kind: lab.Promote, Region: "us"})
				err := w.lab.Inject(t.Context(), row.then)
				if refused := row.then.Kind == lab.Promote; errors.Is(err, lab.ErrFault) != refused {
					t.Error(err)
				}
				w.wait(time.Minute)
				if now := w.region("us").Shards[0]; now.State != row.state || (now.Address != old) != row.moved || now.Keys != row.keys {
					t.Errorf("was at %s, is %+v", old, now)
				}
			})
		})
	}
}

func TestALabCanBeClosedDuringAPromotion(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		w.inject(lab.Fault{Kind: lab.Promote, Region: "us", After: time.Hour})
	})
}

func TestSeveralShardsFailTogetherByOneFaultEach(t *testing.T) {
	simulate(t, regions(4, "us", "eu"), func(w *world) {
		for _, shard := range []int{2, 4} {
			w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: shard})
		}
		for i, sh := range w.region("us").Shards {
			if down := sh.State == lab.Down; down != (i%2 == 1) {
				t.Errorf("shard %d is %v", i+1, sh.State)
			}
		}
		w.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
		if w.region("us").State != lab.Up {
			t.Errorf("status %+v", w.region("us"))
		}
	})
}
