package probe

import (
	"testing"
	"time"
)

// While nobody answers, what is learned about how the regions failed is no reason to say that they are down.
func TestTheObserverStaysCutOffUntilARegionAnswers(t *testing.T) {
	silence := func() *virtual {
		v := newVirtual(t, 2, DefaultPolicy())
		v.pass(10 * time.Second)
		v.mute = true
		v.takes = func(int) bool { return false } // and nothing arrives any more
		v.pass(3 * time.Second)
		if v.state.cut == 0 {
			t.Fatal("nobody answers, and the observer is not cut off")
		}
		return v
	}
	verdict := func(v *virtual) Verdict {
		v.state.advance(v.now)
		return v.state.snapshot().Verdict
	}
	t.Run("a message of before, published after the first PING failed, arrives late", func(t *testing.T) {
		v := newVirtual(t, 2, DefaultPolicy())
		v.pass(10 * time.Second)
		v.mute = true
		v.takes = func(int) bool { return false }
		v.pass(600 * time.Millisecond)
		ch := v.state.channels[0]
		seq := v.state.published(ch, 7, v.now)
		v.pass(2 * time.Second)
		if got := verdict(v); got != Unobservable {
			t.Fatalf("nobody answers: %s", got)
		}
		v.state.observe(&observation{what: received, region: 1, channel: int32(ch.index), id: seq, nonce: 7, at: v.now})
		for range 20 {
			if got := verdict(v); got != Unobservable {
				t.Fatalf("nobody has answered: %s", got)
			}
			v.pass(100 * time.Millisecond)
		}
	})
	t.Run("connections that hung are refused, as since before", func(t *testing.T) {
		v := silence()
		for range 3 {
			for i := range v.state.regions {
				v.connection(i, closed)
			}
			v.pass(250 * time.Millisecond)
			if got := verdict(v); got != Unobservable {
				t.Fatalf("nobody has answered: %s", got)
			}
		}
	})
	t.Run("a region answers, with an error", func(t *testing.T) {
		v := silence()
		for range v.state.policy.Errors {
			id := v.state.pinged(0, 0, v.now)
			v.pass(10 * time.Millisecond)
			v.state.observe(&observation{what: refused, id: id, at: v.now, cause: Loading})
		}
		if got := verdict(v); got != LocalFailure {
			t.Errorf("a region has answered: %s", got)
		}
	})
}

// An attempt to connect that began while nothing got through hangs on for a while after something does.
func TestAnAttemptThatBeganWhileTheObserverWasCutOffProvesNothing(t *testing.T) {
	for sensitivity, p := range policies {
		for _, healed := range []bool{true, false} {
			v := newVirtual(t, 2, p)
			v.pass(10 * time.Second)
			v.mute = true
			v.takes = func(int) bool { return false }
			v.pass(2 * time.Second)
			fail := func(region int) {
				for _, role := range []Role{Publishing, Subscribing} {
					v.state.observe(&observation{what: closed, region: uint16(region), role: role, at: v.now, cause: Timeout})
				}
			}
			fail(0)
			fail(1)
			v.pass(p.silence(p.Unanswered))
			if v.state.cut == 0 {
				t.Fatalf("%s: nobody answers, and the observer is not cut off", sensitivity)
			}
			v.mute, v.takes = false, func(from int) bool { return from == 0 }
			v.pings = func(region int, id uint64) {
				if region == 0 {
					v.after(time.Millisecond, func() { v.state.observe(&observation{what: accepted, id: id, at: v.now}) })
				}
			}
			v.connection(0, opened)
			for range 39 { // the other attempt has two seconds until it is given up
				v.pass(50 * time.Millisecond)
				if r := v.state.regions[1]; r.state == RegionDown {
					t.Fatalf("%s: b is down because of %q", sensitivity, r.cause)
				}
			}
			fail(1)
			if healed {
				v.pass(p.Interval)
				v.takes, v.pings = func(int) bool { return true }, nil
				v.connection(1, opened)
			}
			for range 40 {
				v.pass(50 * time.Millisecond)
				if r := v.state.regions[1]; healed && r.state == RegionDown {
					t.Fatalf("%s: b is down because of %q", sensitivity, r.cause)
				}
			}
			v.pass(p.reconnection())
			if r := v.state.regions[1]; (r.state == RegionAvailable) != healed || (r.state == RegionDown) == healed {
				t.Errorf("%s: b can be reached: %v, and it is %s because of %q", sensitivity, healed, r.state, r.cause)
			}
		}
	}
}
