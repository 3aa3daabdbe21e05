package lab_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/slots"
)

func TestAnEffectArrivesAfterTheDelayAndNotBefore(t *testing.T) {
	simulate(t, regions(3, "us", "eu"), func(w *world) {
		us, eu := w.dial("us", 0), w.dial("eu", 0)
		us.want("OK", "SET", slots.Key(0), "here")
		w.wait(delay - time.Millisecond)
		eu.want("null", "GET", slots.Key(0))
		w.wait(time.Millisecond)
		eu.want("here", "GET", slots.Key(0))
	})
}

func TestEffectsOfAShardArriveInOrder(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		us, listener := w.dial("us", 0), w.dial("eu", 0)
		listener.do("SUBSCRIBE", "c")
		const n = 1000
		for i := range n {
			us.want("OK", "SET", "k", fmt.Sprint(i))
			us.send("PUBLISH", "c", fmt.Sprint(i))
			us.read()
			if i%100 == 0 {
				w.wait(time.Millisecond)
			}
		}
		for i := range n {
			if got, want := listener.read().String(), fmt.Sprintf(`["message" "c" "%d"]`, i); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
		w.dial("eu", 0).want(fmt.Sprint(n-1), "GET", "k")
	})
}

func TestThereIsOneStreamPerPairOfShardsThatShareSlots(t *testing.T) {
	for _, row := range []struct {
		why     string
		us, eu  int
		streams int // from us to eu
	}{
		{"equal sharding pairs each shard with its like", 3, 3, 3},
		{"one shard meets all of the other side", 1, 4, 4},
		{"cuts that do not fall together make more pairs", 2, 3, 4},
		{"and so in the other direction", 3, 2, 4},
	} {
		t.Run(row.why, func(t *testing.T) {
			c := lab.Config{Regions: []lab.RegionConfig{{Name: "us", Shards: row.us}, {Name: "eu", Shards: row.eu}}}
			simulate(t, c, func(w *world) {
				if n := len(w.link("us", "eu").Streams); n != row.streams {
					t.Errorf("%d streams, want %d", n, row.streams)
				}
				// A key of every 64th slot crosses, whatever shards it passes.
				for slot := 0; slot < slots.Count; slot += 64 {
					key := slots.Key(slot)
					w.dial("us", shardOf(w, "us", slot)).want("OK", "SET", key, key)
				}
				w.wait(delay)
				for slot := 0; slot < slots.Count; slot += 64 {
					w.dial("eu", shardOf(w, "eu", slot)).want(slots.Key(slot), "GET", slots.Key(slot))
				}
				for _, s := range w.link("us", "eu").Streams {
					if s.Behind != 0 {
						t.Errorf("stream %+v is behind", s)
					}
				}
			})
		})
	}
}

// shardOf returns the index of the shard that owns a slot.
func shardOf(w *world, region string, slot int) int {
	w.Helper()
	for i, sh := range w.region(region).Shards {
		for _, r := range sh.Slots {
			if r.First <= slot && slot <= r.Last {
				return i
			}
		}
	}
	w.Fatalf("nobody owns %d", slot)
	return 0
}

func TestACutLinkResumesFromTheBacklogLateAndWithoutLoss(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		us, eu, listener := w.dial("us", 0), w.dial("eu", 0), w.dial("eu", 0)
		listener.do("SUBSCRIBE", "c")
		us.want("OK", "SET", "in flight", "1")
		us.want("0", "PUBLISH", "c", "in flight")
		w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu", Shard: lab.AllShards})
		us.want("OK", "SET", "in the gap", "1")
		us.want("0", "PUBLISH", "c", "in the gap")
		w.wait(time.Minute)
		eu.want("0", "EXISTS", "in flight", "in flight")
		if st := w.link("us", "eu"); st.State != lab.LinkCut || st.Streams[0].Behind != 4 {
			t.Errorf("while cut: %+v", st)
		}
		w.inject(lab.Fault{Kind: lab.Heal})
		w.wait(2*delay - time.Millisecond)
		eu.want("null", "GET", "in flight")
		w.wait(time.Millisecond)
		eu.want("1", "GET", "in flight")
		eu.want("1", "GET", "in the gap")
		if a, b := text(listener.read()), text(listener.read()); !strings.Contains(a, "flight") || !strings.Contains(b, "gap") {
			t.Errorf("messages %s, %s", a, b)
		}
		if st := w.link("us", "eu").Streams[0]; st.Resumes != 1 || st.FullCopies != 0 || st.Behind != 0 {
			t.Errorf("after healing: %+v", st)
		}
	})
}

func TestACutThatIsHealedAtOnceStillLosesWhatIsInFlight(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		w.dial("us", 0).want("OK", "SET", "k", "1")
		w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu", OneWay: true, Shard: lab.AllShards})
		w.inject(lab.Fault{Kind: lab.Heal})
		w.wait(delay)
		w.dial("eu", 0).want("null", "GET", "k")
		w.wait(delay)
		w.dial("eu", 0).want("1", "GET", "k")
		if st := w.link("us", "eu").Streams[0]; st.Resumes != 1 {
			t.Errorf("got %+v", st)
		}
	})
}

func TestAGapThatTheBacklogDoesNotHoldIsCopiedAndItsMessagesAreLost(t *testing.T) {
	c := regions(1, "us", "eu")
	c.Backlog = 4 << 10
	simulate(t, c, func(w *world) {
		us, eu, listener := w.dial("us", 0), w.dial("eu", 0), w.dial("eu", 0)
		listener.do("SUBSCRIBE", "c")
		us.want("OK", "SET", "{k}before", "1")
		w.wait(time.Second)
		w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu", OneWay: true, Shard: lab.AllShards})
		us.want("0", "PUBLISH", "c", "lost for good")
		us.want("1", "DEL", "{k}before")
		for i := range 100 {
			us.want("OK", "SET", fmt.Sprint("{k}", i), strings.Repeat("x", 100))
		}
		w.inject(lab.Fault{Kind: lab.Heal, From: "us", To: "eu", Shard: lab.AllShards})
		w.wait(2 * delay)
		eu.want("100", "DBSIZE")
		us.want("0", "PUBLISH", "c", "after")
		if got := text(listener.read()); !strings.Contains(got, "after") {
			t.Errorf("got %s", got)
		}
		if st := w.link("us", "eu").Streams[0]; st.FullCopies != 1 || st.Resumes != 0 {
			t.Errorf("after healing: %+v", st)
		}
		if bytes := w.region("us").Shards[0].Backlog; bytes > 4<<10 {
			t.Errorf("the backlog holds %d bytes", bytes)
		}
	})
}

func TestAStalledLinkLooksUpAndDeliversLateAndInOrder(t *testing.T) {
	c := regions(1, "us", "eu")
	c.Backlog = 1 // what is in flight does not depend on it
	simulate(t, c, func(w *world) {
		us, eu, listener := w.dial("us", 0), w.dial("eu", 0), w.dial("eu", 0)
		listener.do("SUBSCRIBE", "c")
		us.want("0", "PUBLISH", "c", "0")
		w.inject(lab.Fault{Kind: lab.Stall, From: "us", To: "eu", OneWay: true, Shard: lab.AllShards})
		for i := 1; i < 100; i++ {
			us.want("0", "PUBLISH", "c", fmt.Sprint(i))
		}
		w.wait(time.Minute)
		eu.want("OK", "SET", "back", "1") // the other direction is fine
		w.wait(delay)
		us.want("1", "GET", "back")
		w.inject(lab.Fault{Kind: lab.Heal, From: "us", To: "eu", Shard: lab.AllShards})
		for i := range 100 {
			if got, want := listener.read().String(), fmt.Sprintf(`["message" "c" "%d"]`, i); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
		if st := w.link("us", "eu").Streams[0]; st.Resumes != 0 || st.FullCopies != 0 {
			t.Errorf("a stalled link has connected again: %+v", st)
		}
	})
}

func TestASlowLinkTakesItsOwnDelay(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		us, eu := w.dial("us", 0), w.dial("eu", 0)
		w.inject(lab.Fault{Kind: lab.Slow, From: "us", To: "eu", Delay: time.Second, Shard: lab.AllShards})
		us.want("OK", "SET", "k", "1")
		w.wait(time.Second - time.Millisecond)
		eu.want("null", "GET", "k")
		w.wait(time.Millisecond)
		eu.want("1", "GET", "k")
		if st := w.link("us", "eu"); st.State != lab.LinkSlow || st.Delay != 1000 {
			t.Errorf("got %+v", st)
		}
	})
}

func TestNothingEchoes(t *testing.T) {
	simulate(t, regions(1, "us", "eu", "ap"), func(w *world) {
		us, listener := w.dial("us", 0), w.dial("us", 0)
		listener.do("SUBSCRIBE", "c")
		us.want("1", "PUBLISH", "c", "once")
		us.want("OK", "SET", "k", "1")
		listener.read()
		w.wait(time.Minute)
		listener.silent()
		for name, want := range map[string]int64{"us": 2, "eu": 0, "ap": 0} {
			if got := w.region(name).Shards[0].Offset; got != want {
				t.Errorf("%s has %d effects of its own, want %d", name, got, want)
			}
		}
	})
}

func TestAnEffectDoesNotTravelByWayOfAThirdRegion(t *testing.T) {
	simulate(t, regions(1, "us", "eu", "ap"), func(w *world) {
		w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "ap", Shard: lab.AllShards})
		w.dial("us", 0).want("OK", "SET", "k", "1")
		w.wait(time.Minute)
		w.dial("eu", 0).want("1", "GET", "k")
		w.dial("ap", 0).want("null", "GET", "k")
	})
}

func TestTwoWritersOfOneStringConvergeToTheLastEverywhere(t *testing.T) {
	simulate(t, regions(1, "us", "eu", "ap"), func(w *world) {
		w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu", Shard: lab.AllShards})
		w.dial("us", 0).want("OK", "SET", "k", "first")
		w.dial("us", 0).want("1", "INCR", "n")
		w.wait(time.Millisecond)
		w.dial("eu", 0).want("OK", "SET", "k", "last")
		w.dial("eu", 0).want("10", "INCRBY", "n", "10")
		w.inject(lab.Fault{Kind: lab.Heal})
		w.wait(time.Second)
		for _, name := range []string{"us", "eu", "ap"} {
			w.dial(name, 0).want("last", "GET", "k")
			w.dial(name, 0).want("11", "GET", "n")
		}
	})
}

func TestAKeyExpiresEverywhereAtTheSameMoment(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		us, eu := w.dial("us", 0), w.dial("eu", 0)
		us.want("OK", "SET", "k", "1", "PX", "200")
		w.wait(200 * time.Millisecond)
		us.want("1", "GET", "k")
		eu.want("1", "GET", "k")
		w.wait(time.Millisecond)
		us.want("null", "GET", "k")
		eu.want("null", "GET", "k")
		eu.want("0", "DBSIZE")
	})
}
