package probe

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aafailover/aafailover/slots"
)

func TestQueueCountsWhatDoesNotFit(t *testing.T) {
	q := newQueue(3)
	for i := range 5 {
		q.put(observation{what: received, id: uint64(i)})
	}
	for range 5 {
		q.put(observation{what: closed})
	}
	batch, dropped := q.take(nil)
	if len(batch) != 6 || dropped != 4 {
		t.Errorf("%d taken, %d dropped; want the first 3 messages and 3 closings", len(batch), dropped)
	}
	for i, o := range batch[:3] {
		if o.id != uint64(i) || o.what != received {
			t.Errorf("place %d: %+v", i, o)
		}
	}
	if batch, dropped = q.take(batch); len(batch) != 0 || dropped != 0 {
		t.Errorf("again: %d taken, %d dropped", len(batch), dropped)
	}
}

func TestQueueHandsEverythingOverOnceAndInOrder(t *testing.T) {
	const writers, each = 4, 5000
	q := newQueue(writers * each)
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				q.put(observation{region: uint16(w), id: uint64(i)})
			}
		})
	}
	var next [writers]uint64
	var batch []observation
	for taken := 0; taken < writers*each; {
		<-q.ready
		batch, _ = q.take(batch)
		for _, o := range batch {
			if o.id != next[o.region] {
				t.Fatalf("writer %d: %d after %d", o.region, o.id, next[o.region])
			}
			next[o.region]++
		}
		taken += len(batch)
	}
	writing.Wait()
}

func TestTellingTheSinkDoesNotAllocate(t *testing.T) {
	q := newQueue(1 << 20)
	q.held = make([]observation, 0, 1<<20)
	names := map[string]int32{slots.Channel("p", 0, "a"): 0}
	s := &sink{queue: q, clock: clock{time.Now()}, observer: []byte("me"), channels: &atomic.Pointer[map[string]int32]{}}
	s.channels.Store(&names)
	channel, text, at := []byte(slots.Channel("p", 0, "a")), message{observer: "me", seq: 1}.append(nil), time.Now()
	if n := testing.AllocsPerRun(1000, func() {
		s.Message(0, channel, text, at)
		s.Accepted(0, 1, 1, at)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if len(q.held) == 0 {
		t.Error("nothing arrived")
	}
	before := len(q.held)
	s.Message(0, []byte("another channel"), text, at)
	if len(q.held) != before {
		t.Error("a message on a channel that is not ours was kept")
	}
}

func TestAnOverflowIsNoEvidence(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	v.pass(10 * time.Second)
	l := &Observer{state: v.state, queue: newQueue(2)}
	for range 3 {
		l.queue.put(observation{what: foreign})
	}
	l.reduce(v.now)
	snap := v.state.snapshot()
	if snap.Dropped != 1 || snap.Verdict != Unobservable || snap.Findings[0].Kind != FindingObserver {
		t.Errorf("%d dropped: %s", snap.Dropped, snap.Sentence)
	}
	v.pass(2 * time.Second)
	if snap = v.state.snapshot(); snap.Verdict != Healthy {
		t.Errorf("two seconds later: %s", snap.Sentence)
	}
}

// What arrives waits for the next turn, which is never far; what changes what is known of a region does not.
func TestQueueWakesForWhatDoesNotWait(t *testing.T) {
	for _, test := range []struct {
		name  string
		held  int // messages that are held already
		what  what
		wakes bool
	}{
		{"a message waits", 0, received, false},
		{"an acknowledgement waits", 0, accepted, false},
		{"a refusal does not", 0, refused, true},
		{"nor does a connection that was lost", 0, closed, true},
		{"nor one that was made", 0, opened, true},
		{"half of what there is room for is taken at once", 4, received, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := newQueue(10)
			for range test.held {
				q.put(observation{what: received})
			}
			q.put(observation{what: test.what})
			if got := len(q.ready) == 1; got != test.wakes {
				t.Errorf("wakes: %v", got)
			}
		})
	}
}
