package probe

import (
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/aafailover/aafailover/slots"
)

// stepped returns what time.Now would have returned if somebody had set the clock of the system forward by so much: another
// wall clock, the same monotonic one. A Time is made of them in a way that only package time knows, so that the test
// makes sure that what it assumes of it holds.
func stepped(t *testing.T, by time.Duration) time.Time {
	t.Helper()
	now := time.Now()
	then := now
	const nanosecondBits = 30 // of the first word, below the seconds
	*(*uint64)(unsafe.Pointer(&then)) += uint64(int64(by/time.Second)) << nanosecondBits
	if then.Sub(now) != 0 || then.Round(0).Sub(now.Round(0)) != by {
		t.Fatalf("a time is made in another way: %v, %v", now, then)
	}
	return then
}

// A clock that is set while the probe runs must change nothing.
func TestASteppedSystemClockChangesNothing(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		var step atomic.Int64
		now := func() time.Time { return stepped(t, time.Duration(step.Load())) }
		m := slots.Map{Region: "a", Shards: []slots.Shard{{ID: "a", Slots: slots.Even(1)[0]}}}
		p := DefaultPolicy()
		p.Interval, p.Deadline, p.Floor, p.Pause = 5*time.Millisecond, time.Second, 0, time.Second
		mirror := &mirror{now: now}
		var events []Event
		o, err := NewObserver(Config{Policy: p, Prefix: "p", Maps: []slots.Map{m}, Cover: []int{0}, Endpoints: []Endpoint{mirror},
			OnEvent: func(e Event) { events = append(events, e) }}, now)
		if err != nil {
			t.Fatal(err)
		}
		mirror.sink = o.Sink(0)
		mirror.sink.Opened(0, Publishing, now())
		mirror.sink.Opened(0, Subscribing, now())
		end := time.Now().Add(10 * time.Second)
		turns := func(until func(*Snapshot) bool) {
			t.Helper()
			for o.Turn(); o.Snapshot() == nil || !until(o.Snapshot()); o.Turn() {
				if time.Now().After(end) {
					t.Fatalf("clock set by %v: %+v", by, o.Snapshot())
				}
			}
		}
		turns(func(*Snapshot) bool { return o.state.told == Healthy })
		told := len(events)
		step.Store(int64(by))
		sent := o.Snapshot().Links[0].Cells[0].Sent
		turns(func(s *Snapshot) bool { return s.Links[0].Cells[0].Sent > sent+40 })
		s := o.Snapshot()
		if c := s.Links[0].Cells[0]; s.Verdict != Healthy || c.Late+c.Lost+c.Overdue+c.NoEvidence > 0 || c.RTT.Max > time.Second {
			t.Errorf("clock set by %v: %s %+v", by, s.Sentence, c)
		}
		for _, e := range events[told:] {
			t.Errorf("clock set by %v: %+v", by, e)
		}
		if age := time.Until(s.At).Abs(); age > time.Second {
			t.Errorf("the times of the run are those of its start: %v", age)
		}
	}
}

// mirror is an endpoint that answers and delivers at once.
type mirror struct {
	Subscriber
	sink Sink
	now  func() time.Time
}

func (m *mirror) Publish(shard int, id uint64, channel string, payload []byte) {
	m.sink.Accepted(shard, id, 1, m.now())
	m.sink.Message(shard, []byte(channel), payload, m.now())
}

func (m *mirror) Ping(shard int, id uint64) { m.sink.Accepted(shard, id, -1, m.now()) }
