package lab_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/slots"
)

var (
	servedRuns = flag.Int("served", 3, "how many random runs there are on real servers")
	servedSeed = flag.Uint64("served-seed", 0, "the seed of the first of them; the others follow (default: a random one)")
)

// settingsOf are what servers persist in the random runs: everything, or only what a SAVE has, or nothing.
var settingsOf = []string{
	"appendonly yes\nappendfsync always\nsave \"\"\n",
	"appendonly yes\nappendfsync everysec\nsave \"\"\n",
	"appendonly no\nsave \"\"\n", // with the SAVE of use
	"appendonly no\nsave 1 1\n",
}

// As TestWhateverHappensAllRegionsConverge, with real servers, in real time.
func TestWhateverHappensServersConverge(t *testing.T) {
	first := cmp.Or(*servedSeed, rand.Uint64N(1<<32))
	for run := range *servedRuns {
		seed := first + uint64(run)
		t.Run(fmt.Sprint(run), func(t *testing.T) {
			t.Parallel()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			settings, err := redisconf.Parse(settingsOf[seed%uint64(len(settingsOf))])
			if err != nil {
				t.Fatal(err)
			}
			c := regions(1+random.IntN(2), "us", "eu")
			c.Truth, c.Backlog = &lab.Truth{}, 1<<(8+random.IntN(8))
			c.Delay = func(string, string) time.Duration { return 3 * time.Millisecond }
			onServersWith(t, c, settings).live(random, c.Truth)
		})
	}
}

func (w *world) live(random *rand.Rand, truth *lab.Truth) {
	names := []string{"us", "eu"}
	keys := make([]string, 24)
	for i := range keys {
		keys[i] = "aafailover:" + strconv.Itoa(i)
	}
	for range 250 {
		if random.IntN(12) == 0 {
			w.tryFault(randomFault(w, random, names))
		}
		w.useServer(random, names[random.IntN(len(names))], random.IntN(len(keys)), keys)
		<-time.After(time.Duration(random.Int64N(int64(4 * time.Millisecond))))
	}
	w.inject(lab.Fault{Kind: lab.Heal})
	for _, name := range names {
		w.inject(lab.Fault{Kind: lab.Begin, Region: name, Shard: lab.AllShards})
	}
	defer func() {
		if w.Failed() {
			w.Logf("%+v", w.status())
		}
	}()
	w.until("everything has arrived", func() bool {
		for _, link := range w.status().Links {
			for _, s := range link.Streams {
				if s.Behind != 0 || s.State != lab.LinkUp {
					return false
				}
			}
		}
		return !w.region("us").Stale && !w.region("eu").Stale
	})
	for i, key := range keys {
		w.until(key+" is the same everywhere", func() bool { return w.dump("us", key) == w.dump("eu", key) })
		if !expires(i) {
			for _, name := range names {
				checkTruth(w.T, truth, name, key, w.dump(name, key) != "null")
			}
		}
	}
}

// tryFault injects a fault that may come at a time at which it makes no sense: a promotion ends by itself.
func (w *world) tryFault(f lab.Fault) {
	w.Helper()
	if f.Kind == lab.Promote {
		f.After = min(f.After, 20*time.Millisecond)
	}
	if err := w.lab.Inject(w.Context(), f); err != nil && !errors.Is(err, lab.ErrFault) {
		w.Fatalf("%v: %v", f, err)
	}
}

// expires says of which keys it is not known when they are gone: those that are given an expiry.
func expires(key int) bool { return key%4 == 3 }

// useServer sends one random command to a region, whatever state that is in.
func (w *world) useServer(random *rand.Rand, region string, number int, keys []string) {
	shard := shardOf(w, region, slots.Of(keys[number]))
	if w.region(region).Shards[shard].State != lab.Up {
		return
	}
	ctx, cancel := context.WithTimeout(w.Context(), w.patience)
	defer cancel()
	conn, err := w.connect(ctx, "tcp", w.region(region).Shards[shard].Address)
	if err != nil {
		return // promoted in between
	}
	c := newClient(w, conn)
	key, n := keys[number], strconv.Itoa(random.IntN(100))
	var words []string
	switch kind := random.IntN(12); {
	case kind == 0:
		words = []string{"DEL", key}
	case kind == 1:
		words = []string{"GET", key}
	case kind == 2:
		words = []string{"SAVE"}
	case kind == 3:
		words = []string{"EVAL", "if redis.call('TYPE', KEYS[1]).ok == 'string' then return redis.call('APPEND', KEYS[1], ARGV[1]) end", "1", key, n}
	case kind == 4 && random.IntN(8) == 0:
		words = []string{"FLUSHALL"}
	case number%4 == 0:
		words = []string{"INCRBY", key, n}
	case number%4 == 1:
		words = [][]string{{"HSET", key, n, n}, {"HDEL", key, n}}[random.IntN(2)]
	case number%4 == 2:
		words = [][]string{{"RPUSH", key, n}, {"LPOP", key}}[random.IntN(2)]
	default:
		words = [][]string{{"SET", key, n}, {"SET", key, n, "PX", strconv.Itoa(1 + random.IntN(200))}, {"PERSIST", key}}[random.IntN(3)]
	}
	c.do(words...)
}

func (w *world) dump(region, key string) string {
	w.Helper()
	c := w.dial(region, shardOf(w, region, slots.Of(key)))
	defer func() { _ = c.conn.Close() }()
	return c.do("DUMP", key)
}
