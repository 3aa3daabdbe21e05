package canary_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
)

func pair() plan {
	return plan{rate: 10, writable: []string{"us", "eu"}, regions: []lab.RegionConfig{{Name: "us", Shards: 2}, {Name: "eu", Shards: 2}},
		delay: func(string, string) time.Duration { return 20 * time.Millisecond }}
}

// A region that returns empty, and does not get what was written elsewhere, is not
// returned to, however long it answers; and once it has it all, it is.
func TestEmptyRegionIsNotReturnedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pair()
		p.rate = 3
		s := open(t, p)
		defer s.stop()
		s.writesIn("us")
		spend(time.Minute)
		s.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		s.writesIn("eu")
		s.inject(lab.Fault{Kind: lab.Stall, From: "eu", To: "us", OneWay: true})
		s.inject(lab.Fault{Kind: lab.Begin, Region: "us", Empty: true})
		s.until(time.Minute, "it is said that writes are missing in us", func() bool {
			missing := s.canary.Proof("us").Missing
			return len(missing) == 1 && strings.Contains(missing[0], "known to exist elsewhere")
		})
		spend(5 * time.Minute)
		if active := s.canary.State().Active; active != "eu" {
			t.Errorf("the canary writes in %s, which lacks what was written in eu", active)
		}
		if active, writes := s.canary.Writing(); active != "eu" || writes.Acknowledged == 0 {
			t.Errorf("it writes in %s, %+v", active, writes)
		}
		s.inject(lab.Fault{Kind: lab.Heal})
		s.writesIn("us")
		s.until(time.Minute, "the incident is over", func() bool { return s.canary.State().Incidents[0].Over() })
		if back := s.canary.State().Incidents[0].Return; back.Missing != 0 || back.Unread != 0 {
			t.Errorf("at the return: %+v", back)
		}
		if p := s.canary.Proof("us"); p.Writes != probe.WritesProven || len(p.Missing)+len(p.Doubtful) != 0 {
			t.Errorf("of us is known: %+v", p)
		}
	})
}

// Only the regions that are named are written, also when the policy goes elsewhere.
func TestOnlyNamedRegionsAreWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pair()
		p.writable = []string{"us"}
		s := open(t, p)
		defer s.stop()
		s.writesIn("us")
		spend(time.Minute)
		s.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		s.writesIn("eu")
		spend(30 * time.Second)
		s.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
		s.writesIn("us")
		s.diary.mu.Lock()
		defer s.diary.mu.Unlock()
		if slices.ContainsFunc(s.diary.writes, func(w written) bool { return w.region != "us" }) {
			t.Error("eu was written to, and must not be")
		}
	})
}

// Other ways to the regions, as after a change of the sharding, are taken: nothing is missed for that, and the
// outage after it is reported as it is.
func TestTakesOtherWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, pair())
		defer s.stop()
		s.writesIn("us")
		spend(time.Minute)
		var stores canary.Topology
		stores.Cover = s.config.Cover
		for i, m := range s.config.Maps {
			given, err := config.ParseRegionFlag(m.Region + "=redis://" + m.Shards[0].Address)
			if err != nil {
				t.Fatal(err)
			}
			stores.Maps = append(stores.Maps, m)
			stores.Stores = append(stores.Stores, &spy{Store: region.NewClient(given, m, s.options), region: s.names[i], diary: s.diary})
		}
		if err := s.canary.Change(stores); err != nil {
			t.Fatal(err)
		}
		if s.canary.Change(canary.Topology{}) == nil {
			t.Error("a topology of no regions is followed")
		}
		before := s.canary.State().Writes
		spend(time.Minute)
		if after := s.canary.State(); after.Writes.Acknowledged < before.Acknowledged+500 || len(after.Incidents) != 0 {
			t.Errorf("it goes on with %+v", after)
		}
		s.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		s.writesIn("eu")
		if i := s.canary.State().Incidents; len(i) != 1 {
			t.Errorf("incidents: %+v", i)
		}
	})
}

// What is written at home only to prove that it can be is no write of an application: an outage of where that is counts
// none of it as missed.
func TestTrialsAreNotMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pair()
		p.writable = append(p.writable, "ap")
		p.regions = append(p.regions, lab.RegionConfig{Name: "ap", Shards: 2})
		s := open(t, p)
		defer s.stop()
		s.writesIn("us")
		spend(time.Minute)
		s.inject(lab.Fault{Kind: lab.Hang, Region: "us"})
		s.writesIn("eu")
		for _, other := range []string{"eu", "ap"} {
			s.inject(lab.Fault{Kind: lab.Cut, From: "us", To: other})
		}
		s.inject(lab.Fault{Kind: lab.Heal, Region: "us"})
		spend(time.Minute)
		if p := s.canary.Proof("us"); p.Writes != probe.WritesProven {
			t.Fatalf("us is not written to on trial: %+v", p)
		}
		s.inject(lab.Fault{Kind: lab.Kill, Region: "eu"})
		s.writesIn("ap")
		s.until(time.Minute, "ap was looked in", func() bool { return s.canary.State().Incidents[1].Looked })
		// At most what eu wrote while its last writes were on their way, and those that were missing before.
		if i := s.canary.State().Incidents[1]; i.Missed() > 20 {
			t.Errorf("%d writes are said to be missed in ap, most of which no application made", i.Missed())
		}
	})
}

// Lags are those of links that carry something: what waited for the end of an outage says nothing of how much the next one
// is expected to miss.
func TestOutagesAreNoLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, pair())
		defer s.stop()
		s.writesIn("us")
		spend(time.Minute)
		s.inject(lab.Fault{Kind: lab.Stall, From: "us", To: "eu"})
		spend(time.Minute)
		s.inject(lab.Fault{Kind: lab.Heal})
		spend(time.Minute)
		lags := s.canary.State().Lags
		// Those that were written before it was known that nothing arrives do count: the outage may have been a hiccup.
		if len(lags) != 1 || lags[0].Writes < 1100 || lags[0].P99 > 5*time.Second || lags[0].Max > 5*time.Second {
			t.Errorf("lags are %+v", lags)
		}
	})
}

// Where an application would be is decided by the policy that is given, with what it did before.
func TestGoesByThePolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pair()
		p.rate = 1 // it lasts for hours
		p.policy = failover.Policy{MinStay: 10 * time.Minute, Flap: failover.FlapLimit{Moves: 2, Within: time.Hour}}
		s := open(t, p)
		defer s.stop()
		s.writesIn("us")
		bounce := func() {
			s.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
			s.writesIn("eu")
			s.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
		}
		stays := func(region string, d time.Duration) {
			t.Helper()
			spend(d)
			if active := s.canary.State().Active; active != region {
				t.Fatalf("it writes in %s", active)
			}
		}
		bounce()
		stays("eu", 9*time.Minute)
		s.writesIn("us")
		bounce()
		stays("eu", 40*time.Minute) // three moves within an hour
		s.until(time.Hour, "it returns", func() bool { return s.canary.State().Active == "us" })
	})
}
