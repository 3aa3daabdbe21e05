package lab_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/slots"
)

func TestASlotThatMovesTakesItsKeysAlongAndLeadsItsClientsToTheNewOwner(t *testing.T) {
	simulate(t, regions(2, "us", "eu"), func(w *world) {
		const slot = 100
		key := slots.Key(slot)
		old, next := w.dial("us", 0), w.dial("us", 1)
		listener, sharded := w.dial("us", 0), w.dial("us", 0)
		listener.do("SUBSCRIBE", key)
		sharded.do("SSUBSCRIBE", key)
		old.want("OK", "SET", key, "1", "EX", "100")
		old.want("OK", "MULTI")
		old.want("QUEUED", "SET", key, "2")
		w.inject(lab.Fault{Kind: lab.Move, Region: "us", Slots: []slots.Range{{First: 90, Last: 110}}, Target: 2})

		moved := fmt.Sprintf("MOVED %d %s", slot, w.region("us").Shards[1].Address)
		old.want(moved, "EXEC")
		old.want(moved, "GET", key)
		old.want(moved, "SPUBLISH", key, "m")
		old.want(moved, "SSUBSCRIBE", key)
		next.want("1", "GET", key)
		next.want("100", "TTL", key)
		next.want("1", "PUBLISH", key, "m")
		if got := sharded.read().String(); got != fmt.Sprintf(`["sunsubscribe" %q 0]`, key) {
			t.Errorf("who subscribed by SSUBSCRIBE got %s", got)
		}
		if got := listener.read().String(); got != fmt.Sprintf(`["message" %q "m"]`, key) {
			t.Errorf("who subscribed by SUBSCRIBE got %s", got)
		}
		if got := fmt.Sprint(w.region("us").Shards[0].Slots, w.region("us").Shards[1].Slots); got != "[0-89 111-8191] [90-110 8192-16383]" {
			t.Errorf("slots are %s", got)
		}
		entries := next.doValue("CLUSTER", "SLOTS").Elems
		if len(entries) != 4 {
			t.Errorf("CLUSTER SLOTS has %d entries, want 4", len(entries))
		}
		w.wait(delay)
		w.dial("eu", 0).want("1", "GET", key)
		next.want("OK", "SET", key, "3")
		w.wait(delay)
		w.dial("eu", 0).want("3", "GET", key)
		w.dial("eu", 0).want("OK", "SET", key, "4")
		w.wait(delay)
		next.want("4", "GET", key)
	})
}

// What a shard had executed for a slot before that moved, and has lost before another region has got it, nobody waits for.
func TestASlotThatMovedFromAShardThatLostItsDataIsReplicated(t *testing.T) {
	c := regions(2, "us", "eu")
	c.Regions[0].Persistence, c.Regions[1].Persistence = lab.KeepNothing, lab.KeepNothing
	simulate(t, c, func(w *world) {
		const slot = 100
		key := slots.Key(slot)
		w.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu"})
		w.set("us", key, "1")
		w.inject(lab.Fault{Kind: lab.Move, Region: "us", Slots: []slots.Range{{First: slot, Last: slot}}, Target: 2})
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: 1})
		w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: 1})
		w.inject(lab.Fault{Kind: lab.Kill, Region: "eu"})
		w.inject(lab.Fault{Kind: lab.Begin, Region: "eu"})
		w.inject(lab.Fault{Kind: lab.Heal})
		w.wait(time.Second)
		if got := w.get("eu", key); got != "1" {
			t.Errorf("eu has %s", got)
		}
		w.set("us", key, "2")
		w.wait(time.Second)
		if got := w.get("eu", key); got != "2" {
			t.Errorf("eu has %s after another write", got)
		}
	})
}

func TestARegionCanBeSplitOverMoreShardsAndFewer(t *testing.T) {
	simulate(t, regions(2, "us", "eu"), func(w *world) {
		for _, n := range []int{5, 1, 3, 2} {
			before := w.region("us").Shards
			w.inject(lab.Fault{Kind: lab.Reshard, Region: "us", Shards: n})
			after := w.region("us").Shards
			if len(after) != n {
				t.Fatalf("%d shards, want %d", len(after), n)
			}
			for i, owned := range slots.Even(n) {
				if !slices.Equal(after[i].Slots, owned) {
					t.Errorf("of %d shards number %d owns %v, want %v", n, i+1, after[i].Slots, owned)
				}
			}
			for i := range before {
				if i < n {
					if before[i].Address != after[i].Address {
						t.Errorf("shard %d has changed its address", i+1)
					}
				} else if _, err := w.connect(t.Context(), "tcp", before[i].Address); !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("a shard that has left: %v", err)
				}
			}
			for slot := 0; slot < slots.Count; slot += 512 {
				key := slots.Key(slot)
				w.set("us", key, fmt.Sprint(n))
				w.set("eu", "{"+key+"}back", fmt.Sprint(n))
			}
			w.wait(delay)
			for slot := 0; slot < slots.Count; slot += 512 {
				key := slots.Key(slot)
				if a, b := w.get("eu", key), w.get("us", "{"+key+"}back"); a != fmt.Sprint(n) || b != a {
					t.Errorf("with %d shards, slot %d: eu has %s, us has %s", n, slot, a, b)
				}
			}
			w.wait(time.Second)
			if got, want := len(w.link("us", "eu").Streams), []int{0, 2, 2, 4, 0, 6}[n]; got != want {
				t.Errorf("with %d shards there are %d streams, want %d", n, got, want)
			}
		}
	})
}

// TestMessagesArriveOnceAndInOrderWhileSlotsMove publishes numbered messages from every region while slots move about and links
// are cut, stalled, slow and healed. Every region gets every message of a channel exactly once, in order.
func TestMessagesArriveOnceAndInOrderWhileSlotsMove(t *testing.T) {
	for run := range 40 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint(run), func(t *testing.T) {
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			simulate(t, regions(1+random.IntN(3), "us", "eu", "ap"), func(w *world) { w.stream(random) })
		})
	}
}

func (w *world) stream(random *rand.Rand) {
	names := []string{"us", "eu", "ap"}
	var channels []string
	for _, name := range names {
		for i := range 4 {
			channels = append(channels, fmt.Sprintf("%s:{%s}", name, slots.Key(i*4096+random.IntN(4096))))
		}
	}
	got := make(map[string][]string) // region and channel -> messages
	sent := make(map[string][]string)
	var listeners []*client
	for _, name := range names {
		// At the first shard, which never leaves; the messages of the whole region come there.
		c := w.dial(name, 0)
		for _, channel := range channels {
			c.do("SUBSCRIBE", channel)
		}
		listeners = append(listeners, c)
	}
	for i := range 150 {
		if random.IntN(4) == 0 {
			w.shuffle(random, names)
		}
		channel := channels[random.IntN(len(channels))]
		at := w.dial(channel[:2], 0)
		at.do("PUBLISH", channel, fmt.Sprint(i))
		_ = at.conn.Close()
		sent[channel] = append(sent[channel], fmt.Sprint(i))
		w.set(channel[:2], "k"+channel, fmt.Sprint(i))
		w.wait(time.Duration(random.Int64N(int64(100 * time.Millisecond))))
	}
	w.inject(lab.Fault{Kind: lab.Heal})
	w.wait(time.Minute)
	for i, c := range listeners {
		for range 150 {
			m := c.read().Elems
			at := names[i] + " " + m[1].Str
			got[at] = append(got[at], m[2].Str)
		}
		c.silent()
	}
	for _, channel := range channels {
		for _, name := range names {
			if !slices.Equal(got[name+" "+channel], sent[channel]) {
				w.Errorf("%s in %s: got %v, sent %v", channel, name, got[name+" "+channel], sent[channel])
			}
			if last := sent[channel]; len(last) > 0 && w.get(name, "k"+channel) != last[len(last)-1] {
				w.Errorf("the key of %s is %s in %s, want %s", channel, w.get(name, "k"+channel), name, last[len(last)-1])
			}
		}
	}
	for _, link := range w.status().Links {
		for _, s := range link.Streams {
			if s.Behind != 0 || s.State != lab.LinkUp || s.FullCopies != 0 {
				w.Errorf("%s->%s: %+v", link.From, link.To, s)
			}
		}
	}
}

// shuffle changes the shape of a region, or the state of a link.
func (w *world) shuffle(random *rand.Rand, names []string) {
	i := random.IntN(len(names))
	from, to := names[i], names[(i+1+random.IntN(2))%3]
	switch random.IntN(6) {
	case 0:
		w.inject(lab.Fault{Kind: lab.Reshard, Region: from, Shards: 1 + random.IntN(4)})
	case 1, 2:
		first := random.IntN(slots.Count)
		moved := slots.Range{First: first, Last: min(slots.Count-1, first+random.IntN(6000))}
		w.inject(lab.Fault{Kind: lab.Move, Region: from, Slots: []slots.Range{moved}, Target: 1 + random.IntN(len(w.region(from).Shards))})
	case 3:
		kind := []lab.Kind{lab.Cut, lab.Stall}[random.IntN(2)]
		w.inject(lab.Fault{Kind: kind, From: from, To: to, OneWay: random.IntN(2) == 0})
	case 4:
		w.inject(lab.Fault{Kind: lab.Slow, From: from, To: to, Delay: time.Duration(1+random.IntN(500)) * time.Millisecond})
	default:
		w.inject(lab.Fault{Kind: lab.Heal, From: from, To: to})
	}
}

// set writes a key where it belongs.
func (w *world) set(region, key, value string) {
	w.Helper()
	c := w.dial(region, shardOf(w, region, slots.Of(key)))
	defer func() { _ = c.conn.Close() }()
	c.want("OK", "SET", key, value)
}

func TestWhatCannotMoveIsRefused(t *testing.T) {
	simulate(t, regions(2, "us", "eu"), func(w *world) {
		some := []slots.Range{{First: 0, Last: 10}}
		for _, row := range []struct {
			why   string
			fault lab.Fault
			want  string
		}{
			{"nothing is to move", lab.Fault{Kind: lab.Move, Region: "us", Target: 2}, "it needs slots"},
			{"to nowhere", lab.Fault{Kind: lab.Move, Region: "us", Slots: some}, "it needs the target"},
			{"to a shard that is not there", lab.Fault{Kind: lab.Move, Region: "us", Slots: some, Target: 3}, "region us has no shard 3"},
			{"slots that another shard has", lab.Fault{Kind: lab.Move, Region: "us", Shard: 2, Slots: some, Target: 1}, "slot 0 is not shard 2's but shard 1's"},
			{"slots that are none", lab.Fault{Kind: lab.Move, Region: "us", Slots: []slots.Range{{First: 5, Last: 16384}}, Target: 1}, "must be a range within 0-16383"},
			{"no shards", lab.Fault{Kind: lab.Reshard, Region: "us"}, "0 shards: must be 1 to 16384"},
			{"one shard alone", lab.Fault{Kind: lab.Reshard, Region: "us", Shard: 1, Shards: 2}, "about a whole region"},
		} {
			err := w.lab.Inject(t.Context(), row.fault)
			if !errors.Is(err, lab.ErrFault) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: got %v, want %s", row.why, err, row.want)
			}
		}
		w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: 2})
		w.inject(lab.Fault{Kind: lab.Hang, Region: "eu", Shard: 1})
		for _, row := range []struct {
			why   string
			fault lab.Fault
			want  string
		}{
			{"to a shard that is down", lab.Fault{Kind: lab.Move, Region: "us", Slots: some, Target: 2}, "must be up: shard 2 is down"},
			{"from a shard that hangs", lab.Fault{Kind: lab.Move, Region: "eu", Shard: 1, Target: 2}, "must be up: shard 1 is hung"},
			{"a region with a shard that is down", lab.Fault{Kind: lab.Reshard, Region: "us", Shards: 3}, "region us is down: all of its shards must be up"},
		} {
			err := w.lab.Inject(t.Context(), row.fault)
			if !errors.Is(err, lab.ErrFault) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: got %v, want %s", row.why, err, row.want)
			}
		}
	})
}
