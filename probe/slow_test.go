package probe_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// slowly are ways to answer PINGs that prove no shard available.
var slowly = []struct {
	name  string
	takes func(number int) time.Duration
}{
	{"all a little too late", func(int) time.Duration { return 1100 * time.Millisecond }},
	{"all far too late, but before a shard is down", func(int) time.Duration { return 2 * time.Second }},
	{"by turns just in time and just too late", func(n int) time.Duration { return 900*time.Millisecond + time.Duration(n%2)*120*time.Millisecond }},
}

// numbered makes a function of a PING's number one of nothing.
func numbered(takes func(number int) time.Duration) func() time.Duration {
	n := 0
	return func() time.Duration {
		n++
		return takes(n)
	}
}

func TestARegionThatAnswersSlowlyIsImpaired(t *testing.T) {
	for _, row := range slowly {
		for shards := 1; shards <= 2; shards++ {
			t.Run(row.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := deploy(100*time.Millisecond, shards, shards)
					us := d.regions[0]
					us.slow = numbered(row.takes)
					r := rehearse(t, d.config())
					impaired := func(when string) {
						t.Helper()
						r.until(8*time.Second, "impaired "+when, func(s *probe.Snapshot) bool {
							us := s.Region("us")
							return s.Settled && s.Verdict == probe.Degraded && us.State == probe.RegionImpaired && us.Cause == probe.Timeout
						})
						if s := r.pass(20 * time.Second); s.Verdict != probe.Degraded {
							t.Errorf("%s: %s: %s", when, s.Verdict, s.Sentence)
						}
					}
					r.pass(time.Second)
					impaired("from the start")
					us.become(-1, refusing)
					r.pass(10 * time.Second)
					us.become(-1, serving)
					impaired("after it was down")
					us.become(-1, hanging)
					r.pass(10 * time.Second)
					us.become(-1, serving)
					impaired("after it hung")
					d.set(func() { us.slow = nil })
					r.until(3*time.Second, "healthy", verdict(probe.Healthy))
					r.end()
				})
			})
		}
	}
}

// Of a shard that is down is spoken, whatever is known of the others.
func TestAShardThatIsDownIsNamedBesideOneThatIsNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(100*time.Millisecond, 2, 2)
		us := d.regions[0]
		us.become(0, refusing)
		us.become(1, hanging) // it takes no connection, and refuses none
		r := rehearse(t, d.config())
		r.pass(2 * time.Second)
		for range 20 {
			s := r.pass(time.Second)
			if s.Verdict != probe.LocalFailure || !strings.HasPrefix(s.Sentence, "us is down on shard 1 (slots 0-8191) since 00:00:00: connections are refused") {
				t.Errorf("%s: %s", s.Verdict, s.Sentence)
			}
		}
		if !r.seen().Settled {
			t.Error("it was waited for in vain, and that is not settled")
		}
		r.end()
	})
}
