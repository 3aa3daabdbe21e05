package ask

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/region"
)

// However a round trip is divided, and whatever the clocks show, the truth is within what is said.
func TestTheTruthOfAClockIsWithinWhatIsSaid(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	a := &asking{began: time.Now()}
	for range 10_000 {
		truth := time.Duration(random.Int64N(int64(48*time.Hour))) - 24*time.Hour
		sent := a.began.Add(time.Duration(random.Int64N(int64(time.Minute))))
		there, back := time.Duration(random.Int64N(int64(time.Second))), time.Duration(random.Int64N(int64(time.Second)))
		shown := sent.Round(0).Add(there + truth).Truncate(time.Microsecond)
		got := a.compare(region.Moment{Server: shown, Sent: sent, Took: there + back})
		if off := (got.Offset - truth).Abs(); off > got.Within {
			t.Fatalf("%v and %v on the way: the difference is %v, and said to be %v ± %v", there, back, truth, got.Offset, got.Within)
		}
		if got.Within > (there+back)/2+time.Microsecond {
			t.Fatalf("%v on the way make it uncertain by %v", there+back, got.Within)
		}
	}
}
