package lab_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/slots"
)

// TestWhateverHappensAllRegionsConverge writes at random while faults come and go at random, heals everything, and wants
// the same to be readable everywhere; and the truth to agree with every read and with what is there in the end.
func TestWhateverHappensAllRegionsConverge(t *testing.T) {
	for run := range 60 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint(run), func(t *testing.T) {
			t.Logf("seed %d", seed)
			rehearse(t, rand.New(rand.NewPCG(seed, 0)))
		})
	}
}

func rehearse(t *testing.T, random *rand.Rand) {
	names := []string{"us", "eu", "ap"}[:2+random.IntN(2)]
	truth := &lab.Truth{}
	c := lab.Config{Truth: truth, Backlog: 1 << (8 + random.IntN(8))}
	for _, name := range names {
		c.Regions = append(c.Regions, lab.RegionConfig{
			Name: name, Shards: 1 + random.IntN(3),
			Persistence: []lab.Persistence{lab.KeepAll, lab.KeepLastSecond, lab.KeepNothing}[random.IntN(3)],
		})
	}
	simulate(t, c, func(w *world) {
		keys := make([]string, 20)
		for i := range keys {
			keys[i] = fmt.Sprint("aafailover:", i)
		}
		for range 200 {
			if random.IntN(8) == 0 {
				w.inject(randomFault(w, random, names))
			}
			w.use(random, names[random.IntN(len(names))], keys[random.IntN(len(keys))])
			pause := 200 * time.Millisecond
			if random.IntN(40) == 0 {
				pause = 3 * time.Minute // long enough for what is left of removed keys to be collected
			}
			w.wait(time.Duration(random.Int64N(int64(pause))))
		}
		w.inject(lab.Fault{Kind: lab.Heal})
		for _, name := range names {
			w.inject(lab.Fault{Kind: lab.Begin, Region: name, Shard: lab.AllShards})
		}
		w.wait(time.Second)
		for _, link := range w.status().Links {
			for _, s := range link.Streams {
				if s.Behind != 0 || s.State != lab.LinkUp {
					t.Errorf("%s->%s: %+v", link.From, link.To, s)
				}
			}
		}
		for _, key := range keys {
			first := w.get(names[0], key)
			for _, name := range names {
				if got := w.get(name, key); got != first {
					t.Errorf("%s is %s in %s and %s in %s", key, first, names[0], got, name)
				}
				checkTruth(t, truth, name, key, w.get(name, key) != "null")
			}
		}
		for _, r := range w.status().Regions {
			if r.Stale {
				t.Errorf("%s is still stale", r.Name)
			}
		}
	})
}

func randomFault(w *world, random *rand.Rand, names []string) lab.Fault {
	names = slices.Clone(names)
	random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	shard := random.IntN(1 + len(w.region(names[0]).Shards)) // 0 is all
	link := lab.Fault{From: names[0], To: names[1], Shard: shard, OneWay: random.IntN(2) == 0}
	region := lab.Fault{Region: names[0], Shard: shard}
	state := w.region(names[0]).State
	switch random.IntN(15) {
	case 10:
		link.Kind, link.Share = lab.Lose, random.Float64()
	case 11:
		link.Kind = lab.Echo
	case 12, 13:
		if state != lab.Up {
			return lab.Fault{Kind: lab.Heal}
		}
		if random.IntN(3) == 0 {
			return lab.Fault{Kind: lab.Reshard, Region: names[0], Shards: 1 + random.IntN(4)}
		}
		first := random.IntN(slots.Count)
		moved := slots.Range{First: first, Last: min(slots.Count-1, first+random.IntN(8000))}
		return lab.Fault{Kind: lab.Move, Region: names[0], Slots: []slots.Range{moved}, Target: 1 + random.IntN(len(w.region(names[0]).Shards))}
	case 14:
		if state == lab.Down {
			return lab.Fault{Kind: lab.Heal}
		}
		region.Kind, region.After = lab.Promote, time.Duration(1+random.IntN(3000))*time.Millisecond
		return region
	case 0, 1:
		link.Kind = lab.Cut
	case 2:
		link.Kind = lab.Stall
	case 3:
		link.Kind, link.Delay = lab.Slow, time.Duration(1+random.IntN(2000))*time.Millisecond
	case 4:
		link.Kind = lab.Heal
	case 5:
		region.Kind = lab.Kill
		return region
	case 6, 7:
		region.Kind = lab.Begin
		st := w.region(names[0]).Shards
		down := !slices.ContainsFunc(st, func(sh lab.ShardStatus) bool { return sh.State != lab.Down })
		region.Empty = down && random.IntN(2) == 0
		return region
	case 8:
		up := !slices.ContainsFunc(w.region(names[0]).Shards, func(sh lab.ShardStatus) bool { return sh.State == lab.Down })
		if up {
			region.Kind = lab.Hang
			return region
		}
		return lab.Fault{Kind: lab.Heal}
	default:
		return lab.Fault{Kind: lab.Heal}
	}
	return link
}

// use sends one random command to a region if the shard of the key is up. Stale regions refuse it, which is fine.
func (w *world) use(random *rand.Rand, region, key string) {
	w.Helper()
	shard := shardOf(w, region, slots.Of(key))
	if w.region(region).Shards[shard].State != lab.Up {
		return
	}
	c := w.dial(region, shard)
	defer func() { _ = c.conn.Close() }()
	switch random.IntN(8) {
	case 0, 1:
		c.do("SET", key, fmt.Sprint(random.IntN(100)))
	case 2:
		c.do("SET", key, fmt.Sprint(random.IntN(100)), "PX", fmt.Sprint(1+random.IntN(20_000)))
	case 3:
		c.do("INCRBY", key, fmt.Sprint(random.IntN(100)))
	case 4:
		c.do("DEL", key)
	case 5:
		c.do("PUBLISH", key, "m")
	default:
		c.do("GET", key)
	}
}

func (w *world) get(region, key string) string {
	w.Helper()
	c := w.dial(region, shardOf(w, region, slots.Of(key)))
	defer func() { _ = c.conn.Close() }()
	return c.do("GET", key)
}

// checkTruth compares what the truth says of a key with every read of it that it has recorded, and with now.
func checkTruth(t *testing.T, truth *lab.Truth, region, key string, there bool) {
	t.Helper()
	applied := truth.Applied(region, key)
	for i, interval := range applied {
		open := interval.To.IsZero()
		if !open && interval.To.Before(interval.From) || open && i < len(applied)-1 || i > 0 && interval.From.Before(applied[i-1].To) {
			t.Errorf("%s in %s: intervals %v", key, region, applied)
		}
	}
	if got := len(applied) > 0 && applied[len(applied)-1].To.IsZero(); got != there {
		t.Errorf("%s in %s: the truth says %v, a GET %v: %v", key, region, got, there, applied)
	}
	for _, read := range truth.Reads(region, key) {
		// In simulated time a command takes none: at the very moment of a change either is right.
		was, changing := false, false
		for _, interval := range applied {
			changing = changing || interval.From.Equal(read.At) || interval.To.Equal(read.At)
			was = was || interval.Contains(read.At)
		}
		if read.Found != was && !changing {
			t.Errorf("%s in %s: a read at %v found %v, but it was there %v", key, region, read.At, read.Found, applied)
		}
	}
}
