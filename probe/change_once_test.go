package probe_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// shown returns how the verdict of the snapshots has changed since the last call, the present one first.
func (r *rehearsal) shown() []probe.Verdict {
	r.mu.Lock()
	defer r.mu.Unlock()
	verdicts := slices.Clone(r.verdicts)
	r.verdicts = r.verdicts[len(r.verdicts)-1:]
	return verdicts
}

// kinds returns the states told of a kind of event since there were so many, with the names of what they are about.
func (r *rehearsal) kinds(kind probe.EventKind, since int) []string {
	var told []string
	for _, e := range r.told()[since:] {
		if e.Kind != kind {
			continue
		}
		name := e.Region
		if e.From != "" {
			name = e.From + "→" + e.To
		}
		told = append(told, strings.TrimSpace(name+" "+e.State))
	}
	return told
}

func TestTheVerdictChangesOnceForEachThingThatHappens(t *testing.T) {
	const (
		healthy     = probe.Healthy
		local       = probe.LocalFailure
		remote      = probe.RemoteFailure
		replication = probe.ReplicationFailure
		unseen      = probe.Unobservable
	)
	region := func(index, shard int, m mode) func(*deployment) {
		return func(d *deployment) { d.regions[index].become(shard, m) }
	}
	zone := func(m mode) func(*deployment) {
		return func(d *deployment) {
			d.regions[1].become(0, m)
			d.regions[1].become(2, m)
		}
	}
	all := func(m mode) func(*deployment) {
		return func(d *deployment) {
			for _, r := range d.regions {
				r.become(-1, m)
			}
		}
	}
	for _, test := range []struct {
		name      string
		fault     func(*deployment)
		broken    probe.Verdict
		mend      func(*deployment)
		mended    probe.Verdict
		regions   []string // events
		sentences string   // of the end
	}{
		{"another region refuses connections, and returns", region(1, -1, refusing), remote, region(1, -1, serving), healthy,
			[]string{"eu down", "eu available"}, ""},
		{"another region hangs, and goes on", region(1, -1, hanging), remote, region(1, -1, serving), healthy,
			[]string{"eu down", "eu available"}, ""},
		{"the local region refuses connections, and returns", region(0, -1, refusing), local, region(0, -1, serving), healthy,
			[]string{"us down", "us available"}, ""},
		{"a shard of the local region refuses connections, and returns", region(0, 1, refusing), local, region(0, 1, serving), healthy,
			[]string{"us impaired", "us available"}, ""},
		{"a zone of another region is gone, and returns", zone(refusing), remote, zone(serving), healthy,
			[]string{"eu impaired", "eu available"}, ""},
		{"a region returns, and the link to it does not work", region(1, -1, refusing), remote, func(d *deployment) {
			d.cutOff(0, 1, true)
			d.regions[1].become(-1, serving)
		}, replication, []string{"eu down", "eu available"}, "us→eu is down"},
		{"the local region returns, and the links from it do not work", region(0, -1, hanging), local, func(d *deployment) {
			d.cutOff(0, 1, true)
			d.cutOff(0, 2, true)
			d.regions[0].become(-1, serving)
		}, replication, []string{"us down", "us available"}, "us→eu is down"},
		{"all regions are gone, and return", all(refusing), unseen, all(serving), healthy,
			[]string{"us unobservable", "eu unobservable", "ap unobservable", "us available", "eu available", "ap available"}, ""},
		{"all regions hang, and go on", all(hanging), unseen, all(serving), healthy,
			[]string{"us unobservable", "eu unobservable", "ap unobservable", "us available", "eu available", "ap available"}, ""},
		{"a link is cut, and mended", func(d *deployment) { d.cutOff(0, 1, true) }, replication,
			func(d *deployment) { d.cutOff(0, 1, false) }, healthy, nil, ""},
		{"a link is stalled, and goes on", func(d *deployment) { d.stall(0, 1) }, replication,
			func(d *deployment) { d.heal(0, 1) }, healthy, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, rtt := range []time.Duration{5 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
				synctest.Test(t, func(t *testing.T) {
					d := deploy(rtt, 3, 3, 3)
					observed(t, d.config(), func(r *rehearsal) {
						r.pass(rand.N(250 * time.Millisecond))
						events := len(r.told())
						step := func(what string, happens func(*deployment), want probe.Verdict) {
							r.shown()
							before, began := r.seen().Verdict, len(r.told())
							happens(d)
							r.pass(15 * time.Second)
							if got := r.shown(); !slices.Equal(got, []probe.Verdict{before, want}) {
								t.Errorf("%v, %s: the snapshots show %v: %s", rtt, what, got, r.seen().Sentence)
							}
							if got := r.changes(began); !slices.Equal(got, []probe.Verdict{want}) {
								t.Errorf("%v, %s: the verdicts %v are told", rtt, what, got)
							}
							if got := r.kinds(probe.EventCell, began); len(got) > 0 {
								t.Errorf("%v, %s: all cells change alike, and %v are told", rtt, what, got)
							}
						}
						step("broken", test.fault, test.broken)
						step("mended", test.mend, test.mended)
						if got := r.kinds(probe.EventRegion, events); !slices.Equal(got, test.regions) {
							t.Errorf("%v: of the regions %q is told", rtt, got)
						}
						if !strings.HasPrefix(r.seen().Sentence, test.sentences) {
							t.Errorf("%v: %s", rtt, r.seen().Sentence)
						}
					})
				})
			}
		})
	}
}

func TestARegionThatWasDownAtTheStartComes(t *testing.T) {
	for index, want := range []probe.Verdict{probe.LocalFailure, probe.RemoteFailure} {
		for _, after := range []time.Duration{2 * time.Second, 3 * time.Second, 20 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				d := deploy(100*time.Millisecond, 2, 2)
				d.regions[index].become(-1, refusing)
				r := rehearse(t, d.config())
				r.pass(after)
				d.regions[index].become(-1, serving)
				r.pass(10 * time.Second)
				if got := r.shown(); !slices.Equal(got, []probe.Verdict{probe.Unobservable, want, probe.Healthy}) {
					t.Errorf("down for %v: %v", after, got)
				}
				r.end()
			})
		}
	}
}

// While a server starts, it accepts connections and answers LOADING, or nothing: why it is down stays said.
func TestTheCauseStaysUntilARegionIsAvailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(100*time.Millisecond, 2, 2)
		observed(t, d.config(), func(r *rehearsal) {
			d.regions[1].become(-1, refusing)
			r.until(2*time.Second, "down", verdict(probe.RemoteFailure))
			r.pass(time.Second)
			d.regions[1].become(-1, serving)
			for r.seen().Region("eu").State == probe.RegionDown {
				r.pass(5 * time.Millisecond)
				if eu := r.seen().Region("eu"); eu.State == probe.RegionDown && (eu.Cause != probe.Refused || eu.Shards[0].Cause == probe.NoCause && eu.Shards[0].State == probe.RegionDown) {
					t.Fatalf("eu is down because of %q: %+v", eu.Cause, eu.Shards)
				}
			}
			if eu := r.seen().Region("eu"); eu.Cause != probe.NoCause && eu.State == probe.RegionAvailable {
				t.Errorf("eu is available, and its cause is %q", eu.Cause)
			}
		})
	})
}

func TestRoundTripsLeaveOutWhatWasKeptForARegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(20*time.Millisecond, 1, 1)
		observed(t, d.config(), func(r *rehearsal) {
			d.regions[1].become(-1, refusing)
			d.stall(0, 1)
			r.pass(10 * time.Second)
			d.regions[1].become(-1, serving)
			r.pass(300 * time.Millisecond)
			d.heal(0, 1)
			c := r.pass(10*time.Second).Link("us", "eu").Cells[0]
			if c.Late < 30 || c.RTT.Max > 500*time.Millisecond {
				t.Errorf("%d late, and the longest round trip is %v", c.Late, c.RTT.Max)
			}
		})
	})
}
