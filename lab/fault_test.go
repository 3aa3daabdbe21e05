package lab_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/slots"
)

func TestAHungRegionTakesRequestsAndAnswersWhenItGoesOn(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		us, listener, eu := w.dial("us", 0), w.dial("us", 0), w.dial("eu", 0)
		listener.do("SUBSCRIBE", "c")
		us.want("OK", "SET", "in flight", "1")
		w.inject(lab.Fault{Kind: lab.Hang, Region: "us", Shard: lab.AllShards})
		us.send("SET", "k", "1")
		late := w.dial("us", 0)
		late.send("PING")
		eu.want("0", "PUBLISH", "c", "m")
		w.wait(time.Minute)
		us.silent()
		listener.silent()
		late.silent()
		eu.want("0", "EXISTS", "in flight")
		if w.region("us").State != lab.Hung || w.link("us", "eu").State != lab.LinkStalled || w.link("eu", "us").State != lab.LinkStalled {
			t.Errorf("while hung: %+v", w.status())
		}
		w.inject(lab.Fault{Kind: lab.Heal, Region: "us", Shard: lab.AllShards})
		if got := text(us.read()); got != "OK" {
			t.Errorf("got %s", got)
		}
		if got := text(late.read()); got != "PONG" {
			t.Errorf("got %s", got)
		}
		if got := listener.read().String(); got != `["message" "c" "m"]` {
			t.Errorf("got %s", got)
		}
		w.wait(delay)
		eu.want("1", "GET", "in flight")
		eu.want("1", "GET", "k")
	})
}

func TestALabThatHangsCanBeKilledAndClosed(t *testing.T) {
	simulate(t, regions(2, "us", "eu"), func(w *world) {
		waiting, publisher := w.dial("us", 0), w.dial("us", 1)
		w.inject(lab.Fault{Kind: lab.Hang, Region: "us", Shard: 1})
		waiting.send("SET", "k", "1")
		publisher.send("PUBLISH", channelOf(w, "us", 0), "m") // waits at the other shard's gate
		w.wait(time.Second)
		publisher.silent()
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: 1})
		w.wait(time.Second)
		if _, err := waiting.conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the waiting client: %v", err)
		}
		w.inject(lab.Fault{Kind: lab.Hang, Region: "eu", Shard: lab.AllShards})
		w.dial("eu", 0).send("PING")
		w.wait(time.Second) // and then the lab is closed
	})
}

func TestAKilledRegionRefusesConnectionsAndResetsThoseItHad(t *testing.T) {
	simulate(t, regions(2, "us", "eu"), func(w *world) {
		us := w.dial("us", 0)
		address := w.region("us").Shards[0].Address
		us.want("PONG", "PING")
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
		if _, err := us.conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("reading: %v", err)
		}
		if _, err := w.connect(t.Context(), "tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dialling: %v", err)
		}
		if w.region("us").State != lab.Down || w.link("eu", "us").State != lab.LinkDown || w.link("us", "eu").State != lab.LinkDown {
			t.Errorf("while down: %+v", w.status())
		}
		w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})
		if got := w.region("us").Shards[0].Address; got != address {
			t.Errorf("came back at %s instead of %s", got, address)
		}
		w.dial("us", 0).want("PONG", "PING")
	})
}

func TestPersistenceDecidesWhatAKillLoses(t *testing.T) {
	for _, row := range []struct {
		why         string
		persistence lab.Persistence
		empty       bool
		old, latest string // what is there right after the return, before anything can come from eu
		resumes     int64  // of the stream to eu
		copies      int64
	}{
		{"with every write on disk nothing is lost, and eu resumes", lab.KeepAll, false, "1", "1", 1, 0},
		{"with a write a second the latest are lost, and eu, which has seen them, is copied", lab.KeepLastSecond, false, "1", "null", 0, 1},
		{"without persistence all is lost", lab.KeepNothing, false, "null", "null", 0, 1},
		{"an empty start loses what was kept", lab.KeepAll, true, "null", "null", 0, 1},
	} {
		t.Run(row.why, func(t *testing.T) {
			c := regions(1, "us", "eu")
			c.Regions[0].Persistence = row.persistence
			simulate(t, c, func(w *world) {
				us, eu := w.dial("us", 0), w.dial("eu", 0)
				us.want("OK", "SET", "old", "1")
				w.wait(1100 * time.Millisecond)
				us.want("OK", "SET", "latest", "1")
				w.wait(delay)
				w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
				w.wait(time.Second)
				w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards, Empty: row.empty})
				us = w.dial("us", 0)
				us.want(row.old, "GET", "old")
				us.want(row.latest, "GET", "latest")
				w.wait(2 * delay)
				us.want("1", "GET", "old")
				us.want("1", "GET", "latest")
				us.want("OK", "SET", "new", "1")
				w.wait(delay)
				eu.want("1", "GET", "new")
				if st := w.link("us", "eu").Streams[0]; st.Resumes != row.resumes || st.FullCopies != row.copies {
					t.Errorf("stream to eu: %+v", st)
				}
			})
		})
	}
}

func TestWhatOnlyTheKilledRegionHadIsLost(t *testing.T) {
	c := regions(1, "us", "eu")
	c.Regions[0].Persistence = lab.KeepLastSecond
	simulate(t, c, func(w *world) {
		w.wait(1100 * time.Millisecond)
		w.dial("us", 0).want("OK", "SET", "k", "1")
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
		w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})
		w.wait(time.Minute)
		w.dial("us", 0).want("null", "GET", "k")
		w.dial("eu", 0).want("null", "GET", "k")
		// eu had seen nothing that is lost, so the backlog serves on.
		if st := w.link("us", "eu").Streams[0]; st.Resumes != 1 || st.FullCopies != 0 {
			t.Errorf("stream to eu: %+v", st)
		}
	})
}

// A region that was never written to takes writes at once, and serves what it has,
// however old.
func TestAFreshRegionIsNeverStale(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		w.dial("us", 0).want("OK", "SET", "k", "old")
		w.wait(delay)
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
		w.inject(lab.Fault{Kind: lab.Cut, From: "eu", To: "us", OneWay: true})
		w.dial("eu", 0).want("OK", "SET", "k", "new")
		w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards, Fresh: true})
		us := w.dial("us", 0)
		us.want("old", "GET", "k")
		us.want("OK", "SET", "another", "1")
		if w.region("us").Stale {
			t.Error("it is stale")
		}
		w.inject(lab.Fault{Kind: lab.Heal})
		w.wait(2 * delay)
		us.want("new", "GET", "k")
	})
}

func TestARegionThatReturnsIsStaleUntilItHasCaughtUp(t *testing.T) {
	simulate(t, regions(2, "us", "eu", "ap"), func(w *world) {
		key := "k"
		shard := shardOf(w, "us", slots.Of(key))
		us := w.dial("us", shard)
		us.want("OK", "SET", key, "1")
		w.wait(time.Second)
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
		w.dial("eu", shard).want("OK", "SET", key, "2")
		w.wait(time.Second)
		w.inject(lab.Fault{Kind: lab.Cut, From: "ap", To: "us", Shard: lab.AllShards})
		w.inject(lab.Fault{Kind: lab.Stall, From: "eu", To: "us", OneWay: true, Shard: lab.AllShards})
		w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})

		us = w.dial("us", shard)
		listener := w.dial("us", 0)
		listener.do("SUBSCRIBE", "c")
		us.want("1", "GET", key)
		us.want("1", "PUBLISH", "c", "m")
		if got := us.do("SET", key, "3"); !strings.HasPrefix(got, "READONLY ") || !strings.Contains(got, "stale") {
			t.Errorf("a write got %s", got)
		}
		us.want("OK", "MULTI")
		if got := us.do("INCR", key); !strings.HasPrefix(got, "READONLY ") {
			t.Errorf("a write in a transaction got %s", got)
		}
		if got := us.do("EXEC"); !strings.HasPrefix(got, "EXECABORT") {
			t.Errorf("the transaction got %s", got)
		}
		w.wait(time.Minute)
		if !w.region("us").Stale {
			t.Error("not stale although no link to it is up")
		}
		w.inject(lab.Fault{Kind: lab.Heal, From: "eu", To: "us", Shard: lab.AllShards})
		w.wait(2*delay - time.Millisecond)
		us.want("1", "GET", key)
		w.wait(time.Millisecond)
		us.want("2", "GET", key)
		us.want("OK", "SET", key, "3")
		if w.region("us").Stale {
			t.Error("still stale")
		}
	})
}

func TestAShardHasCaughtUpOnceAllShardsOfAPeerRegionHaveSentWhatItMissed(t *testing.T) {
	c := lab.Config{Regions: []lab.RegionConfig{{Name: "us", Shards: 1}, {Name: "eu", Shards: 2}}}
	simulate(t, c, func(w *world) {
		for _, missing := range []int{1, 2} {
			w.dial("us", 0).want("OK", "SET", "k", "1")
			w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
			w.inject(lab.Fault{Kind: lab.Stall, From: "eu", To: "us", OneWay: true, Shard: missing})
			w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})
			w.wait(time.Minute)
			if !w.region("us").Stale {
				t.Errorf("eu without shard %d is enough for it", missing)
			}
			w.inject(lab.Fault{Kind: lab.Heal})
			w.wait(time.Second)
			if w.region("us").Stale {
				t.Error("still stale")
			}
		}
	})
}

func TestAShardThatIsKilledAgainBeforeItIsWholeStillGetsBackWhatItLost(t *testing.T) {
	c := regions(1, "us", "eu")
	c.Regions[0].Persistence = lab.KeepLastSecond
	simulate(t, c, func(w *world) {
		w.wait(1100 * time.Millisecond)
		w.dial("us", 0).want("OK", "SET", "k", "1")
		w.wait(delay)
		for _, uptime := range []time.Duration{delay, 2 * delay, 2 * delay} { // all before there is a checkpoint
			w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
			w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})
			w.dial("us", 0).want("null", "GET", "k")
			w.wait(uptime)
		}
		w.dial("us", 0).want("1", "GET", "k")
	})
}

func TestAShardGetsBackWhatItLostFromAPeerThatHasItByWayOfAnother(t *testing.T) {
	c := regions(1, "us", "eu", "ap")
	c.Regions[0].Persistence = lab.KeepLastSecond
	c.Regions[1].Persistence = lab.KeepNothing
	c.Backlog = 1
	simulate(t, c, func(w *world) {
		w.wait(1100 * time.Millisecond)
		w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "ap", Shard: lab.AllShards})
		w.inject(lab.Fault{Kind: lab.Cut, From: "eu", To: "ap", Shard: lab.AllShards})
		w.dial("us", 0).want("OK", "SET", "k", "1")
		w.wait(delay)
		w.dial("eu", 0).want("OK", "SET", "other", "1")
		w.inject(lab.Fault{Kind: lab.Heal, From: "eu", To: "ap", Shard: lab.AllShards}) // by a full copy
		w.wait(2 * delay)
		w.dial("ap", 0).want("1", "GET", "k")
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
		w.inject(lab.Fault{Kind: lab.Kill, Region: "eu", Shard: lab.AllShards})
		w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})
		w.inject(lab.Fault{Kind: lab.Heal})
		w.dial("us", 0).want("null", "GET", "k")
		w.wait(2 * delay)
		w.dial("us", 0).want("1", "GET", "k")
	})
}

func TestARegionThatWasNeverWrittenToIsReadyAtOnceAndServesStaleData(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		w.dial("eu", 0).want("OK", "SET", "k", "1")
		w.wait(delay)
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
		w.dial("eu", 0).want("OK", "SET", "k", "2")
		w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})
		us := w.dial("us", 0)
		us.want("1", "GET", "k")
		us.want("OK", "SET", "other", "1")
	})
}

func TestAKilledShardDoesNotTakeTheOthersAlong(t *testing.T) {
	simulate(t, regions(3, "us", "eu"), func(w *world) {
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: 2})
		us := w.dial("us", 0)
		us.want("PONG", "PING")
		for i, link := range w.link("us", "eu").Streams {
			if want := map[bool]lab.LinkState{true: lab.LinkDown}[i == 1]; link.State != want {
				t.Errorf("stream %d is %v", i, link.State)
			}
		}
		if got := us.do("PUBLISH", channelOf(w, "us", 1), "m"); !strings.HasPrefix(got, "CLUSTERDOWN") {
			t.Errorf("got %s", got)
		}
	})
}

// channelOf returns a channel that a shard owns.
func channelOf(w *world, region string, shard int) string {
	w.Helper()
	for i := range 1000 {
		name := fmt.Sprint("c", i)
		if shardOf(w, region, slots.Of(name)) == shard {
			return name
		}
	}
	w.Fatal("no channel found")
	return ""
}

func TestAFaultOfOneShardIsAboutItsStreams(t *testing.T) {
	simulate(t, lab.Config{Regions: []lab.RegionConfig{{Name: "us", Shards: 2}, {Name: "eu", Shards: 3}}}, func(w *world) {
		w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu", Shard: 2})
		for _, s := range w.link("us", "eu").Streams {
			if cut := s.State == lab.LinkCut; cut != (s.FromShard == 2) {
				t.Errorf("us->eu %+v", s)
			}
		}
		for _, s := range w.link("eu", "us").Streams {
			if cut := s.State == lab.LinkCut; cut != (s.ToShard == 2) {
				t.Errorf("eu->us %+v", s)
			}
		}
	})
}

func TestAFaultOfALinkOutlivesTheRegionsAtItsEnds(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu", OneWay: true, Shard: lab.AllShards})
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
		w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})
		if a, b := w.link("us", "eu").State, w.link("eu", "us").State; a != lab.LinkCut || b != lab.LinkUp {
			t.Errorf("us->eu is %v, eu->us is %v", a, b)
		}
	})
}

func TestAFaultThatMakesNoSenseIsRefusedByAnErrorThatHelps(t *testing.T) {
	simulate(t, regions(2, "us", "eu"), func(w *world) {
		all := lab.AllShards
		for _, row := range []struct {
			why   string
			fault lab.Fault
			want  string
		}{
			{"an unknown kind", lab.Fault{Kind: "melt", Shard: all}, `unknown kind "melt": known are cut, stall, slow, lose, echo, heal, hang, answer, kill, start, promote, move, reshard`},
			{"no kind", lab.Fault{}, `unknown kind ""`},
			{"an unknown region", lab.Fault{Kind: lab.Kill, Region: "mars", Shard: all}, `unknown region "mars": known are us, eu`},
			{"an unknown end of a link", lab.Fault{Kind: lab.Cut, From: "us", To: "mars", Shard: all}, `unknown region "mars": known are us, eu`},
			{"a link to itself", lab.Fault{Kind: lab.Cut, From: "us", To: "us", Shard: all}, "from and to are both us"},
			{"half a link", lab.Fault{Kind: lab.Stall, From: "us", Shard: all}, "a link needs two regions"},
			{"half a link to heal", lab.Fault{Kind: lab.Heal, To: "us", Shard: all}, "a link needs two regions"},
			{"a region where a link is meant", lab.Fault{Kind: lab.Cut, From: "us", To: "eu", Region: "us", Shard: all}, "one name too many"},
			{"a link where a region is meant", lab.Fault{Kind: lab.Kill, Region: "us", To: "eu", Shard: all}, "about a region, not a link"},
			{"no region", lab.Fault{Kind: lab.Hang, Shard: all}, "it needs a region"},
			{"a shard too high", lab.Fault{Kind: lab.Kill, Region: "us", Shard: 3}, "region us has no shard 3: its shards are 1 to 2"},
			{"a shard below all", lab.Fault{Kind: lab.Cut, From: "us", To: "eu", Shard: -2}, "region us has no shard -2"},
			{"slow without a delay", lab.Fault{Kind: lab.Slow, From: "us", To: "eu", Shard: all}, "a delay of 0s"},
			{"a delay below zero", lab.Fault{Kind: lab.Slow, From: "us", To: "eu", Delay: -1, Shard: all}, "must be more than 0"},
			{"a delay without slow", lab.Fault{Kind: lab.Cut, From: "us", To: "eu", Delay: 1, Shard: all}, "only slow takes a delay"},
			{"an empty kill", lab.Fault{Kind: lab.Kill, Region: "us", Empty: true, Shard: all}, "only start can be empty"},
			{"a fresh kill", lab.Fault{Kind: lab.Kill, Region: "us", Fresh: true, Shard: all}, "only start can be fresh"},
			{"a fresh start of what runs", lab.Fault{Kind: lab.Begin, Region: "us", Fresh: true, Shard: all},
				"region us is not down, so it cannot come back as if it had never been written to: kill it first"},
			{"an empty start of what runs", lab.Fault{Kind: lab.Begin, Region: "us", Empty: true, Shard: all}, "region us is not down, so it cannot come back empty: kill it first"},
		} {
			err := w.lab.Inject(t.Context(), row.fault)
			if !errors.Is(err, lab.ErrFault) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: got %v, want %s", row.why, err, row.want)
			}
		}
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: all})
		w.inject(lab.Fault{Kind: lab.Kill, Region: "eu", Shard: 2})
		for _, row := range []struct {
			why   string
			fault lab.Fault
			want  string
		}{
			{"hanging what is down", lab.Fault{Kind: lab.Hang, Region: "us", Shard: all}, "hang: region us is down: start it first"},
			{"hanging what is down in part", lab.Fault{Kind: lab.Hang, Region: "eu", Shard: all}, "hang: shard 2 of region eu is down: start it first"},
			{"an empty start of what runs in part", lab.Fault{Kind: lab.Begin, Region: "eu", Empty: true, Shard: all},
				"start: shard 1 of region eu is not down, so it cannot come back empty: kill it first"},
		} {
			err := w.lab.Inject(t.Context(), row.fault)
			if want := lab.ErrFault.Error() + ": " + row.want; !errors.Is(err, lab.ErrFault) || err.Error() != want {
				t.Errorf("%s: got %v, want %s", row.why, err, want)
			}
		}
		if st, err := w.lab.Status(t.Context()); err != nil || st.Regions[1].Shards[0].State != lab.Up || st.Regions[1].Shards[1].State != lab.Down {
			t.Errorf("what was refused did something: %v, %+v", err, st)
		}
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: all}) // again: nothing to do
	})
}
