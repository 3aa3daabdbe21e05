package drill_test

import (
	"math/rand/v2"
	"testing"

	"github.com/aafailover/aafailover/drill"
)

// recounted is the tally of a ledger by its plain definition: entry by entry.
func recounted(l *drill.Ledger) drill.Tally {
	var t drill.Tally
	for n := range l.Len() {
		switch l.Entry(n).Outcome {
		case drill.Acknowledged:
			t.Acknowledged++
		case drill.Rejected:
			t.Rejected++
		case drill.Unsent:
			t.Unsent++
		default:
			t.Indeterminate++
		}
	}
	t.Attempted = t.Acknowledged + t.Rejected + t.Indeterminate
	return t
}

// Whatever becomes of the writes, the tally is that of the entries, in the file of a ledger that is opened again as well.
func TestTheTallyIsThatOfTheEntries(t *testing.T) {
	const regions = 2
	random := rand.New(rand.NewPCG(5, 6))
	l, path := create(t)
	outcome := func() drill.Outcome { return drill.Acknowledged + drill.Outcome(random.IntN(4)) }
	for range 20_000 {
		switch n := l.Len(); random.IntN(4) {
		case 0:
			l.Begin(random.IntN(regions), ms(n))
		case 1:
			if n > 0 {
				l.End(random.IntN(n), outcome(), ms(n))
			}
		case 2:
			if n > 0 {
				l.EndIn(random.IntN(n), random.IntN(regions), outcome(), ms(n))
			}
		case 3:
			if n > 0 {
				l.Reopen(random.IntN(n))
			}
		}
	}
	want := recounted(l)
	if got := l.Tally(); got != want || want.Attempted < 1000 {
		t.Errorf("%+v, want %+v", got, want)
	}
	again, err := reopen(t, path, unchanged)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Tally(); got != want || got != recounted(again) {
		t.Errorf("opened again: %+v, want %+v", got, want)
	}
}
