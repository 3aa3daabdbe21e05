package survey_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// indifferent is a sink that takes everything.
type indifferent struct{}

func (indifferent) Opened(int, probe.Role, time.Time)                     {}
func (indifferent) Closed(int, probe.Role, probe.Cause, error, time.Time) {}
func (indifferent) Accepted(int, uint64, int, time.Time)                  {}
func (indifferent) Refused(int, uint64, probe.Cause, error, time.Time)    {}
func (indifferent) Message(int, []byte, []byte, time.Time)                {}

// connected keeps up the connections to a region of a topology, as a probe does, until the test ends or it is called.
func (f *followed) connected(t probe.Topology, index int) (end func()) {
	ctx, cancel := context.WithCancel(f.t.Context())
	var channels [][]string
	for _, s := range t.Maps[index].Shards {
		channels = append(channels, []string{slots.Channel("aafailover", s.Slots[0].First, "us")})
	}
	f.running.Go(func() {
		if err := t.Endpoints[index].Run(ctx, channels, indifferent{}); err != nil {
			f.t.Error(err)
		}
	})
	f.running.Go(func() {
		select {
		case <-f.end:
		case <-ctx.Done():
		}
		cancel()
	})
	return cancel
}

// leads makes the name of the endpoint of eu lead to the servers of us, or to its own again. It takes a while in which it leads nowhere.
func (f *followed) leads(toUs bool) {
	from, to := f.eu, f.us
	if !toUs {
		from, to = to, from
	}
	from.stop("eu:1")
	from.cut("eu:1")
	<-time.After(3 * time.Second)
	to.start("eu:1")
}

var usAndEu = [][2]string{{"us", "eu"}}

func TestARegionThatTellsTheServersOfAnotherIsOneServerAsLongAsItDoes(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.eu.becomes(usShards...)
		now := f.changed(11 * time.Second)
		f.detail(now, "eu has 3 shards instead of 2; us and eu are one server: observed on 3 slots")
		if !slices.Equal(now.SameServers, usAndEu) {
			t.Errorf("one server: %v", now.SameServers)
		}
		f.unchanged(time.Minute)
		f.us.publishedTo()
		f.eu.publishedTo()
		f.eu.becomes(euShards...)
		now = f.changed(11 * time.Second)
		f.detail(now, "eu has 2 shards instead of 3; us and eu are not one server any more: observed on 4 slots")
		if len(now.SameServers) > 0 {
			t.Errorf("one server: %v", now.SameServers)
		}
		f.unchanged(time.Minute)
		if got := f.us.publishedTo() + f.eu.publishedTo(); got != 1 {
			t.Errorf("compared %d times, after one change", got)
		}
	})
}

func TestRegionsThatWereOneServerAtTheStartAreNotWhenTheyTellOthers(t *testing.T) {
	follow(t, func(f *followed) { f.eu.becomes(usShards...) }, func(f *followed) {
		if !slices.Equal(f.begin.SameServers, usAndEu) {
			t.Fatalf("one server: %v", f.begin.SameServers)
		}
		f.eu.becomes(euShards...)
		if now := f.changed(11 * time.Second); len(now.SameServers) > 0 {
			t.Errorf("one server: %v", now.SameServers)
		}
		f.unchanged(time.Minute)
	})
}

// silentRegions do not tell how they are sharded, so that nothing but a comparison shows where their names lead.
func silentRegions(f *followed) { f.us.mute, f.eu.mute = true, true }

func TestANameThatLeadsToTheServerOfAnotherRegionIsFoundWithoutAWordFromIt(t *testing.T) {
	follow(t, silentRegions, func(f *followed) {
		if len(f.begin.SameServers) > 0 {
			t.Fatalf("one server: %v", f.begin.SameServers)
		}
		f.connected(f.begin, 0)
		f.connected(f.begin, 1)
		f.unchanged(20 * time.Second)
		for range 3 {
			f.leads(true)
			now := f.changed(2 * time.Second)
			f.detail(now, "us and eu are one server")
			if !slices.Equal(now.SameServers, usAndEu) || now.Endpoints[1] != f.begin.Endpoints[1] {
				t.Errorf("the topology: %+v", now)
			}
			f.unchanged(20 * time.Second)
			f.leads(false)
			now = f.changed(2 * time.Second)
			f.detail(now, "us and eu are not one server any more")
			if len(now.SameServers) > 0 {
				t.Errorf("one server: %v", now.SameServers)
			}
			f.unchanged(20 * time.Second)
		}
	})
}

func TestANameThatLedElsewhereWhileARegionWasDownForLongIsFoundAtOnce(t *testing.T) {
	follow(t, silentRegions, func(f *followed) {
		f.connected(f.begin, 0)
		f.connected(f.begin, 1)
		f.eu.stop("eu:1")
		f.eu.cut("eu:1")
		f.seen(10*time.Minute, probe.RegionAvailable, probe.RegionDown)
		f.unchanged(10 * time.Minute)
		f.us.start("eu:1")
		if now := f.changed(2 * time.Second); !slices.Equal(now.SameServers, usAndEu) {
			t.Errorf("one server: %v", now.SameServers)
		}
	})
}

func TestAShardThatIsDownAtTheStartIsComparedWhenItComes(t *testing.T) {
	follow(t, silentRegions, func(f *followed) {
		f.eu.stop("eu:1")
		f.connected(f.begin, 1)
		<-time.After(time.Minute)
		f.us.start("eu:1")
		if now := f.changed(2 * time.Second); !slices.Equal(now.SameServers, usAndEu) {
			t.Errorf("one server: %v", now.SameServers)
		}
	})
}

// When an endpoint is run again, with other channels, all its connections are others, though none was lost.
func TestAnEndpointThatRunsAgainIsCompared(t *testing.T) {
	follow(t, silentRegions, func(f *followed) {
		end := f.connected(f.begin, 1)
		<-time.After(20 * time.Second)
		end()
		f.eu.stop("eu:1")
		f.us.start("eu:1")
		<-time.After(20 * time.Second)
		f.connected(f.begin, 1)
		if now := f.changed(2 * time.Second); !slices.Equal(now.SameServers, usAndEu) {
			t.Errorf("one server: %v", now.SameServers)
		}
	})
}

func TestConnectionsThatAreLostOneAtATimeAreNoReasonToCompare(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.connected(f.begin, 0)
		f.us.publishedTo()
		f.eu.publishedTo()
		for range 100 {
			<-time.After(4900 * time.Millisecond)
			if n := f.us.cut("us:1"); n != 2 {
				t.Fatalf("there are %d connections to us:1", n)
			}
		}
		if got := f.us.publishedTo() + f.eu.publishedTo(); got != 0 {
			t.Errorf("compared %d times", got)
		}
	})
}

func TestConnectionsThatAreLostAgainAndAgainDoNotMakeMoreOfThem(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.connected(f.begin, 0)
		f.us.publishedTo()
		f.eu.publishedTo()
		flap := func(during time.Duration) (asked, compared int) {
			for end := time.Now().Add(during); time.Now().Before(end); {
				<-time.After(400 * time.Millisecond)
				for _, s := range usShards {
					f.us.cut(s.Address)
				}
			}
			return len(f.us.askedAt()), f.us.publishedTo() + f.eu.publishedTo()
		}
		if asked, compared := flap(time.Minute); asked < 30 || asked > 65 || compared < 3 || compared > 7 {
			t.Errorf("in the first minute asked %d times, compared %d times", asked, compared)
		}
		if asked, compared := flap(10 * time.Minute); asked > 70 || compared > 65 {
			t.Errorf("in the ten minutes after that asked %d times, compared %d times", asked, compared)
		}
		// After a quiet while it is an event again.
		<-time.After(time.Minute)
		f.us.askedAt()
		f.us.becomes(usShards[0], shard("u2", "us:2", 5461, 8191), shard("u3", "us:3", 8192, 16383))
		f.us.cut("us:2")
		f.changed(time.Second)
	})
}
