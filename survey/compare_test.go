package survey

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/slots"
)

func TestShardsKeepTheirPlaces(t *testing.T) {
	three := usMap(shard("a", "h:1", 0, 5460), shard("b", "h:2", 5461, 10922), shard("c", "h:3", 10923, 16383))
	for _, row := range []struct {
		name string
		now  slots.Map
		want []string // addresses
	}{
		{"in whatever order they are told", usMap(three.Shards[2], three.Shards[0], three.Shards[1]), []string{"h:1", "h:2", "h:3"}},
		{"when slots moved so that another one comes first",
			usMap(shard("b", "h:2", 0, 9999), shard("a", "h:1", 10000, 10922), shard("c", "h:3", 10923, 16383)), []string{"h:1", "h:2", "h:3"}},
		{"when one is at another address", usMap(shard("b", "h:9", 5461, 10922), three.Shards[0], three.Shards[2]), []string{"h:1", "h:9", "h:3"}},
		{"when a replica took one over", usMap(shard("d", "h:9", 5461, 10922), three.Shards[0], three.Shards[2]), []string{"h:1", "h:9", "h:3"}},
		{"when replicas took all of them over",
			usMap(shard("x", "h:7", 10923, 16383), shard("y", "h:8", 5461, 10922), shard("z", "h:9", 0, 5460)), []string{"h:9", "h:8", "h:7"}},
		{"and a new one comes last",
			usMap(shard("d", "h:4", 0, 1000), shard("a", "h:1", 1001, 5460), three.Shards[1], three.Shards[2]), []string{"h:1", "h:2", "h:3", "h:4"}},
		{"and others close up when one is gone", usMap(shard("a", "h:1", 0, 10922), three.Shards[2]), []string{"h:1", "h:3"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, s := range arranged(row.now, three).Shards {
				got = append(got, s.Address)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever happens to a region: nothing is lost by arranging it, a shard that stays where it is keeps its number unless
// there are fewer, and a difference has words.
func TestArrangingOnlyReorders(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 500 {
		before, now := randomMap(random), randomMap(random)
		got := arranged(now, before)
		if !same(got, now) || len(got.Shards) != len(now.Shards) {
			t.Fatalf("%v arranged after %v is %v", now, before, got)
		}
		if words := difference(before, got); (words == "") != same(before, now) {
			t.Fatalf("the difference between %v and %v is %q", before, now, words)
		}
		if len(now.Shards) < len(before.Shards) {
			continue
		}
		for i, s := range before.Shards {
			stays := slices.ContainsFunc(now.Shards, func(n slots.Shard) bool { return n.ID == s.ID })
			if stays && got.Shards[i].ID != s.ID {
				t.Fatalf("shard %d was %s and is %s: %v arranged after %v", i+1, s.ID, got.Shards[i].ID, now, before)
			}
		}
	}
}

// randomMap is a region of some of ten shards, each at the address of its own.
func randomMap(random *rand.Rand) slots.Map {
	m := usMap()
	names := random.Perm(10)[:1+random.IntN(6)]
	for i, ranges := range slots.Even(len(names)) {
		m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprint(names[i]), Address: fmt.Sprint("h:", names[i]), Slots: ranges})
	}
	return m
}

func TestDifferencesInWords(t *testing.T) {
	three := usMap(shard("a", "h:1", 0, 5460), shard("b", "h:2", 5461, 10922), shard("c", "h:3", 10923, 16383))
	single := slots.Map{Region: "us", Source: slots.Single, Shards: []slots.Shard{shard("1", "h:1", 0, 16383)}}
	static := slots.Map{Region: "us", Source: slots.Static, Shards: []slots.Shard{shard("1", "h:1", 0, 16383)}}
	for _, row := range []struct {
		name, want  string
		before, now slots.Map
	}{
		{"slots that moved", "us: slots 5461-8191 went from shard 2 to shard 3", three,
			usMap(three.Shards[0], shard("b", "h:2", 8192, 10922), shard("c", "h:3", 5461, 8191, 10923, 16383))},
		{"slots that moved from several shards, in several ranges",
			"us: slots 1, 3, 5 and 1 more range went from shard 1 to shard 3; us: slot 5461 went from shard 2 to shard 3", three,
			usMap(shard("a", "h:1", 0, 0, 2, 2, 4, 4, 6, 6, 8, 5460), shard("b", "h:2", 5462, 10922), shard("c", "h:3", 1, 1, 3, 3, 5, 5, 7, 7, 5461, 5461, 10923, 16383))},
		{"slots that nobody owns now", "us: slots 5461-6000 of shard 2 belong to nobody", three,
			usMap(three.Shards[0], shard("b", "h:2", 6001, 10922), three.Shards[2])},
		{"slots that somebody owns again", "us: slots 5461-6000, which belonged to nobody, belong to shard 1",
			usMap(three.Shards[0], shard("b", "h:2", 6001, 10922), three.Shards[2]),
			usMap(shard("a", "h:1", 0, 6000), shard("b", "h:2", 6001, 10922), three.Shards[2])},
		{"a shard at another address", "us: shard 2 is now at h:9", three, usMap(three.Shards[0], shard("d", "h:9", 5461, 10922), three.Shards[2])},
		{"another server at the address", "us: shard 2 is another server at the same address, h:2", three, usMap(three.Shards[0], shard("d", "h:2", 5461, 10922), three.Shards[2])},
		{"more shards", "us has 4 shards instead of 3", three,
			usMap(shard("a", "h:1", 0, 1000), three.Shards[1], three.Shards[2], shard("d", "h:4", 1001, 5460))},
		{"fewer shards", "us has 1 shard instead of 3", three, usMap(shard("a", "h:1", 0, 16383))},
		{"a region that tells", "us tells its 3 shards (cluster-slots)", single, three},
		{"a region whose shards are configured", "us has 1 shard, as configured", single, static},
		{"a region that tells no more", "us does not tell its sharding any more", three, single},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := difference(row.before, row.now); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}
