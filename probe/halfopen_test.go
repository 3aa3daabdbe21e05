package probe

import (
	"testing"
	"time"
)

// A connection can die without a word. Whatever else reaches the shard proves that it is not the shard that has died.
func TestADeadConnectionIsNoDeadShard(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	v.pass(10 * time.Second)
	healthy := func(what string) {
		t.Helper()
		s := v.state.snapshot()
		if s.Verdict != Healthy || s.Region("b").State != RegionAvailable {
			t.Fatalf("%s: %s: %s", what, s.Verdict, s.Sentence)
		}
	}
	t.Run("that to publish on", func(*testing.T) {
		v.pings = func(region int, id uint64) {
			if region == 0 {
				v.state.observe(&observation{what: accepted, id: id, at: v.now})
			}
		}
		v.takes = func(from int) bool { return from == 0 }
		for range 25 {
			v.pass(100 * time.Millisecond)
			healthy("PINGs are not answered")
		}
		v.connection(1, closed)
		v.connection(1, opened)
		v.pings, v.takes = nil, func(int) bool { return true }
		v.pass(10 * time.Second)
		healthy("after it was made anew")
	})
	t.Run("that to subscribe on", func(*testing.T) {
		v.arrives = func(_, to int, _ uint64) []time.Duration {
			if to == 1 {
				return nil
			}
			return once(virtualRoundTrip)
		}
		for range 30 {
			v.pass(100 * time.Millisecond)
			healthy("nothing arrives")
		}
		v.pass(60 * time.Millisecond)
		charged := v.cell(1, 1).counts[overdue]
		for _, what := range []what{closed, opened} {
			v.state.observe(&observation{what: what, region: 1, role: Subscribing, at: v.now, cause: Timeout})
		}
		v.arrives = func(int, int, uint64) []time.Duration { return once(virtualRoundTrip) }
		for range 50 {
			v.pass(100 * time.Millisecond)
			healthy("after it was made anew")
		}
		if c := v.cell(1, 1); charged == 0 || c.counts[overdue]+c.counts[lost] > 0 || c.shown != LinkUp {
			t.Errorf("%d were charged while the connection looked alive, and the loop is %s: %v", charged, c.shown, c.counts)
		}
		v.check()
	})
	t.Run("that to subscribe on, while it stays open for long", func(t *testing.T) {
		v.arrives = func(_, to int, _ uint64) []time.Duration {
			if to == 1 {
				return nil
			}
			return once(virtualRoundTrip)
		}
		v.pass(15 * time.Second)
		if r := v.state.snapshot().Region("b"); r.State != RegionImpaired || r.Cause != Stalled {
			t.Errorf("nothing has arrived in b for long, and it is %s because of %q", r.State, r.Cause)
		}
	})
}

func TestAnswersThatAHangHadKeptAreNotSlow(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	v.pass(10 * time.Second)
	hung := true
	var kept []uint64
	v.pings = func(region int, id uint64) {
		if region == 1 && hung {
			kept = append(kept, id)
			return
		}
		v.state.observe(&observation{what: accepted, region: uint16(region), id: id, at: v.now})
	}
	v.takes = func(from int) bool { return from == 0 || !hung }
	v.arrives = func(_, to int, _ uint64) []time.Duration {
		if to == 1 && hung {
			return nil
		}
		return once(virtualRoundTrip)
	}
	v.pass(10 * time.Second)
	hung = false
	for _, id := range kept {
		v.state.observe(&observation{what: accepted, region: 1, id: id, at: v.now})
	}
	for range 50 {
		v.pass(100 * time.Millisecond)
		if r := v.state.snapshot().Region("b"); r.State == RegionImpaired {
			t.Fatalf("b is impaired: %s", r.Detail)
		}
	}
	if r := v.state.snapshot().Region("b"); r.State != RegionAvailable {
		t.Errorf("b is %s", r.State)
	}
}

func TestAnswersThatWaitedForTheObserverAreNotSlow(t *testing.T) {
	p := DefaultPolicy()
	v := newVirtual(t, 2, p)
	v.pass(10 * time.Second)
	var waiting []uint64
	for range 5 {
		waiting = append(waiting, v.state.pinged(1, 0, v.now))
	}
	v.now += instant(3 * p.Deadline)
	v.state.pause(v.now, "a test")
	for _, id := range waiting {
		v.state.observe(&observation{what: accepted, region: 1, id: id, at: v.now})
	}
	v.state.advance(v.now)
	if h := &v.state.regions[1].shards[0]; h.state != RegionAvailable || h.slow > 0 {
		t.Errorf("the shard is %s: %+v", h.state, h.trouble)
	}
}

// When PINGs are not answered over another connection either, it is not the connection, whatever else reaches the shard.
func TestADeafShardIsDownThoughItDelivers(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	v.pass(10 * time.Second)
	v.pings = func(region int, id uint64) {
		if region == 0 {
			v.state.observe(&observation{what: accepted, id: id, at: v.now})
		}
	}
	v.takes = func(from int) bool { return from == 0 }
	b := &v.state.regions[1]
	expect := func(want RegionState) {
		t.Helper()
		if b.state != want {
			t.Errorf("b is %s because of %q", b.state, b.cause)
		}
	}
	v.pass(2 * time.Second)
	for _, what := range []what{closed, opened} {
		v.state.observe(&observation{what: what, region: 1, role: Publishing, at: v.now, cause: Timeout})
	}
	v.pass(v.state.policy.Deadline)
	expect(RegionAvailable)
	v.pass(time.Second)
	expect(RegionDown)
	if b.cause != Timeout {
		t.Errorf("because of %q", b.cause)
	}
}

func TestPINGsThatMayBeAnsweredYetAreNotForgotten(t *testing.T) {
	p := DefaultPolicy()
	p.Interval, p.Deadline = MinInterval, MaxDeadline
	h := newShards(1, 1)[0]
	sent := 0
	for at := instant(1); at <= instant(2*p.Deadline); at += instant(p.Interval) {
		h.pinged(at)
		sent++
		h.pass(&p, at, 0)
	}
	if want := sent / 2; h.unanswered < want-1 || len(h.pings) > want+maxPings+1 {
		t.Errorf("of %d PINGs, of which no one is answered and every other one should be, %d are missed, and %d remembered", sent, h.unanswered, len(h.pings))
	}
}
