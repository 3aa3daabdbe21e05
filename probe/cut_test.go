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
