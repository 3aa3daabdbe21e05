package drill_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/slots"
)

func TestLedgerKeysHashToTheirSlot(t *testing.T) {
	cover := []int{0, 5461, 10923}
	l := drill.NewLedger("aafailover", "run1", cover)
	for range 10 {
		n := l.Begin(us, 0)
		key := l.Key(n)
		if got := slots.Of(key); got != l.Slot(n) || got != cover[n%3] {
			t.Errorf("write %d: key %s is of slot %d, want %d", n, key, got, cover[n%3])
		}
		if want := fmt.Sprintf(":run1:%d", n); !strings.HasPrefix(key, "aafailover:{") || !strings.HasSuffix(key, want) {
			t.Errorf("write %d: key %s is not of the form PREFIX:{KEY}:RUN:N", n, key)
		}
	}
}

// Entries come back as they were entered, beyond the end of a page, and the
// tally adds up.
func TestLedgerKeepsEveryWrite(t *testing.T) {
	const writes = 10_000
	random := rand.New(rand.NewPCG(1, 2))
	outcomes := []drill.Outcome{drill.Acknowledged, drill.Rejected, drill.Indeterminate, drill.Unsent}
	l := drill.NewLedger("p", "r", []int{1, 2})
	want := make([]drill.Entry, writes)
	count := map[drill.Outcome]int{}
	for i := range want {
		sent := time.Duration(random.Int64N(int64(time.Hour)))
		want[i] = drill.Entry{N: i, Region: random.IntN(5), Slot: 1 + i%2, Sent: sent,
			Ended:   sent + time.Duration(random.Int64N(1e6))*time.Microsecond,
			Outcome: outcomes[random.IntN(len(outcomes))]}
		count[want[i].Outcome]++
		if n := l.Begin(want[i].Region, sent); n != i {
			t.Fatalf("write %d got the number %d", i, n)
		}
		l.End(i, want[i].Outcome, want[i].Ended)
	}
	for i := range want {
		if got := l.Entry(i); got != want[i] {
			t.Fatalf("entry %d: got %+v, want %+v", i, got, want[i])
		}
	}
	tally := l.Tally()
	if tally.Acknowledged != count[drill.Acknowledged] || tally.Rejected != count[drill.Rejected] ||
		tally.Indeterminate != count[drill.Indeterminate] || tally.Unsent != count[drill.Unsent] ||
		tally.Attempted != writes-count[drill.Unsent] {
		t.Errorf("tally %+v does not add up to %v", tally, count)
	}
}

// A write must never look acknowledged before it was: times are rounded up.
func TestLedgerRoundsUp(t *testing.T) {
	l := drill.NewLedger("p", "r", []int{1})
	n := l.Begin(us, 0)
	l.End(n, drill.Acknowledged, 1500*time.Nanosecond)
	if got := l.Entry(n).Ended; got != 2*time.Microsecond {
		t.Errorf("acknowledged at %v, want 2µs", got)
	}
}

func TestLedgerIsSafeForConcurrentUse(t *testing.T) {
	l := drill.NewLedger("p", "r", []int{1, 2, 3})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 2000 {
				l.End(l.Begin(us, 0), drill.Acknowledged, ms(1))
			}
		})
	}
	group.Wait()
	if tally := l.Tally(); tally.Acknowledged != 16_000 || l.Len() != 16_000 {
		t.Errorf("got %+v of %d writes, want 16000", tally, l.Len())
	}
}

func BenchmarkLedger(b *testing.B) {
	l := drill.NewLedger("p", "r", []int{1, 2, 3})
	b.ReportAllocs()
	for b.Loop() {
		l.End(l.Begin(us, 0), drill.Acknowledged, ms(1))
	}
}
