package recorder_test

import (
	"math/rand/v2"
	"testing"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/recorder"
)

// writer is a connection that sets one key again and again. When it sends and when it is answered it looks at the clock, and enters
// that a while later, as any goroutine may.
type writer struct {
	line
	next      int // what it does next: looks, enters that it sent, looks, enters the outcome
	looked    int // ms
	operation recorder.Operation
	ended     drill.Moment // its latest write that was acknowledged
}

func (w *writer) step(now int, acknowledged bool) {
	switch w.next {
	case 0, 2:
		w.looked = now
	case 1:
		w.operation = w.sends(w.looked, "SET k v")
	case 3:
		w.Answered(w.operation, replyOf("+OK"), ms(w.looked))
		if !acknowledged {
			w.Abandoned(w.operation, ms(w.looked))
			break
		}
		w.Delivered(w.operation, ms(w.looked))
		w.ended = ms(w.looked)
	}
	w.next = (w.next + 1) % 4
}

// The write that was acknowledged last is the one with the latest moment, in whatever order the outcomes are entered.
func TestTheLastWriteIsTheOneThatEndedLast(t *testing.T) {
	number := rand.Uint64()
	t.Logf("seed %d", number)
	random := rand.New(rand.NewPCG(number, 0))
	for range 2000 / racetest.Slowdown {
		l := newLog(t, nil)
		writers := make([]writer, 1+random.IntN(4))
		for i := range writers {
			writers[i].line = open(l, i%2)
		}
		var want drill.Moment
		for now := range 60 {
			w := &writers[random.IntN(len(writers))]
			w.step(now, random.IntN(6) > 0)
			if want = max(want, w.ended); want == 0 {
				continue
			}
			if last := l.Write(l.Last(itemOf(t, l, "k", ""))); last.Ended != want {
				t.Fatalf("the last write ended at %v, want %v", last.Ended, want)
			}
		}
	}
}
