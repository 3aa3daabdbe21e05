package slots_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/aafailover/aafailover/slots"
)

// The budget for 5 regions of 1,024 shards each is 20 ms and 10 MB, whether the shards own runs or single slots.
func BenchmarkCover(b *testing.B) {
	everywhere := make([]int, slots.Count)
	for slot := range everywhere {
		everywhere[slot] = slot
	}
	for _, shards := range []int{16, 64, 256, 1024, 4096} {
		rng := rand.New(rand.NewPCG(1, uint64(shards)))
		layouts := map[string]func(i int) slots.Map{
			"even": func(i int) slots.Map { return evenMap(fmt.Sprint("r", i), shards) },
			"runs": func(i int) slots.Map { return cutUp(rng, fmt.Sprint("r", i), randomSlots(rng, 2*shards), shards, 0) },
			"dust": func(i int) slots.Map { return cutUp(rng, fmt.Sprint("r", i), everywhere, shards, 0) },
		}
		for _, layout := range []string{"even", "runs", "dust"} {
			maps := make([]slots.Map, 5)
			for i := range maps {
				maps[i] = layouts[layout](i)
			}
			b.Run(fmt.Sprintf("5x%d/%s", shards, layout), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					slots.Cover(maps, nil)
				}
			})
			cover := slots.Cover(maps, nil)
			b.Run(fmt.Sprintf("5x%d/%s/again", shards, layout), func(b *testing.B) {
				b.ReportAllocs()
				b.ReportMetric(float64(len(cover)), "slots")
				for b.Loop() {
					slots.Cover(maps, cover)
				}
			})
		}
	}
}

func BenchmarkEqual(b *testing.B) {
	x, y := evenMap("us", 1024), evenMap("eu", 1024)
	for b.Loop() {
		slots.Equal(x, y)
	}
}
