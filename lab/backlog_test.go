package lab

import (
	"math/rand/v2"
	"testing"

	"github.com/aafailover/aafailover/lab/engine"
)

// The backlog is compared with a plain list of all effects, while effects come, are forgotten and are taken back at random.
func TestBacklogAgainstAPlainList(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 100 {
		b := backlog{limit: int64(random.IntN(2000))}
		var all []engine.Effect
		for range 300 {
			switch random.IntN(10) {
			case 0:
				offset := int64(random.IntN(len(all) + 1))
				if offset < b.first {
					continue
				}
				b.truncate(offset)
				all = all[:offset]
			case 1:
				needed := int64(random.IntN(len(all) + 1))
				b.trim(needed)
				if b.bytes() > b.limit && b.first < needed {
					t.Fatalf("%d bytes are left of a limit of %d, first %d, needed %d", b.bytes(), b.limit, b.first, needed)
				}
			default:
				x := engine.Effect{Kind: engine.Publish, Value: make([]byte, random.IntN(100)), Sharded: random.IntN(2) == 0}
				b.append(x, 0)
				all = append(all, x)
			}
			check(t, &b, all)
		}
	}
}

func check(t *testing.T, b *backlog, all []engine.Effect) {
	t.Helper()
	if b.next != int64(len(all)) {
		t.Fatalf("next is %d of %d", b.next, len(all))
	}
	bytes := int64(0)
	for offset := b.next; offset >= b.first; offset-- {
		if offset < b.next {
			bytes += int64(all[offset].Size())
			if got := b.at(offset).effect; len(got.Value) != len(all[offset].Value) || got.Sharded != all[offset].Sharded {
				t.Fatalf("offset %d holds %+v, want %+v", offset, got, all[offset])
			}
		}
		if got := b.after(offset); got != bytes {
			t.Fatalf("after %d: %d bytes, want %d", offset, got, bytes)
		}
		if got, want := b.reaches(offset), bytes <= b.limit; got != want {
			t.Fatalf("reaches %d: %v, want %v", offset, got, want)
		}
	}
	if b.reaches(b.first-1) || b.reaches(b.next+1) {
		t.Fatal("it reaches what it does not hold")
	}
}
