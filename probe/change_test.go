package probe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// followed runs a test in simulated time that may change the topology, after the deployment was found healthy.
func followed(t *testing.T, c probe.Config, test func(*rehearsal, func(detail string, t probe.Topology))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		changes := make(chan probe.Topology)
		c.Changes = changes
		observed(t, c, func(r *rehearsal) {
			test(r, func(detail string, t probe.Topology) {
				t.Detail = detail
				changes <- t
			})
		})
	})
}

// only fails the test unless all snapshots since the last call showed one verdict.
func (r *rehearsal) only(what string, want probe.Verdict) {
	r.t.Helper()
	if got := r.shown(); !slices.Equal(got, []probe.Verdict{want}) {
		r.t.Errorf("%s: the snapshots show %v: %s", what, got, r.seen().Sentence)
	}
}

// totals returns what was counted on a link, cells that are no more included.
func totals(l *probe.Link) (sent, delivered, charged uint64) {
	sent, delivered, charged = l.Retired.Sent, l.Retired.Delivered, l.Retired.Lost+l.Retired.Overdue
	for _, c := range l.Cells {
		sent, delivered, charged = sent+c.Sent, delivered+c.Delivered, charged+c.Lost+c.Overdue
	}
	return sent, delivered, charged
}

func TestAReshardIsFollowedWithoutAFalseVerdict(t *testing.T) {
	for _, rtt := range []time.Duration{5 * time.Millisecond, 100 * time.Millisecond, 400 * time.Millisecond} {
		d := deploy(rtt, 3, 3, 3)
		followed(t, d.config(), func(r *rehearsal, change func(string, probe.Topology)) {
			r.shown()
			events := len(r.told())
			for _, shards := range []int{4, 2, 3} {
				var sent [9]uint64
				for i := range r.seen().Links {
					sent[i], _, _ = totals(&r.seen().Links[i])
				}
				d.reshard(shards)
				detail := fmt.Sprintf("eu has %d shards", shards)
				change(detail, d.topology())
				r.pass(100 * time.Millisecond)
				if s := r.seen(); len(s.Region("eu").Shards) != shards || len(s.Findings) > 0 {
					t.Errorf("%d shards: %d are shown, findings %+v", shards, len(s.Region("eu").Shards), s.Findings)
				}
				if e := r.lastEvent(probe.EventTopology); e.Detail != detail {
					t.Errorf("told: %+v", e)
				}
				s := r.pass(10 * time.Second)
				if s.Symmetric != (shards == 3) || s.Sentence != "us, eu and ap are available and all 6 links are up" || !s.Settled {
					t.Errorf("%d shards: %s", shards, s.Sentence)
				}
				for i := range s.Links {
					l := &s.Links[i]
					got, delivered, charged := totals(l)
					if got < sent[i]+30*uint64(len(l.Cells)) || charged > 0 || delivered < got*8/10 {
						t.Errorf("%d shards: %s→%s had %d sent, now %d, %d delivered, %d charged", shards, l.From, l.To, sent[i], got, delivered, charged)
					}
					if l.State != probe.LinkUp || l.Retired.Waiting+l.Retired.Overdue > 0 {
						t.Errorf("%d shards: %s→%s is %s: %+v", shards, l.From, l.To, l.State, l.Retired)
					}
				}
			}
			r.only("resharded", probe.Healthy)
			for _, e := range r.told()[events:] {
				if e.Kind != probe.EventTopology && (e.Kind != probe.EventVerdict || e.State != string(probe.Healthy)) {
					t.Errorf("nothing has happened, and is told: %+v", e)
				}
			}
		})
	}
}

func TestAShardThatMovesKeepsWhatIsKnownOfIt(t *testing.T) {
	d := deploy(100*time.Millisecond, 3, 3)
	followed(t, d.config(), func(r *rehearsal, change func(string, probe.Topology)) {
		r.shown()
		before := r.seen().Link("us", "eu").Cells[1]
		d.reshard(3)
		moved := d.topology()
		moved.Maps[1].Shards[1].Address = "10.0.9.9:6379"
		change("eu: shard 2 is at 10.0.9.9:6379", moved)
		s := r.pass(50 * time.Millisecond)
		if h := s.Region("eu").Shards[1]; h.State != probe.RegionAvailable || h.Address != "10.0.9.9:6379" {
			t.Errorf("the shard that moved: %+v", h)
		}
		s = r.pass(5 * time.Second)
		after := s.Link("us", "eu").Cells[1]
		if after.Sent < before.Sent+15 || after.Delivered < before.Delivered+15 || after.Since != before.Since || after.State != probe.LinkUp {
			t.Errorf("before %+v\nafter  %+v", before, after)
		}
		if us := d.regions[0]; us.ran != 1 {
			t.Errorf("the connections to us, which is as it was, were made %d times", us.ran)
		}
		r.only("moved", probe.Healthy)
	})
}

func TestARegionTellsItsShardingLater(t *testing.T) {
	d := deploy(100*time.Millisecond, 3, 3)
	c := d.config()
	single := &fake{of: d, index: 1, shards: 1, open: make([]bool, 1), mode: make([]mode, 1)}
	three := d.regions[1]
	d.regions[1] = single
	unknown := d.topology()
	unknown.Maps[1].Source = slots.Single
	c.Maps, c.Endpoints, c.Cover = unknown.Maps, unknown.Endpoints, slots.Cover(unknown.Maps, nil)
	followed(t, c, func(r *rehearsal, change func(string, probe.Topology)) {
		r.shown()
		if s := r.seen(); s.Coverage || len(s.Link("us", "eu").Cells) < 16 {
			t.Errorf("coverage %v, %d cells", s.Coverage, len(s.Link("us", "eu").Cells))
		}
		d.set(func() { d.regions[1] = three })
		change("eu tells its 3 shards", d.topology())
		s := r.pass(10 * time.Second)
		if s.Sentence != "us and eu are available and all 2 links are up" || len(s.Link("us", "eu").Cells) != 3 {
			t.Errorf("%s; %d cells", s.Sentence, len(s.Link("us", "eu").Cells))
		}
		r.only("known", probe.Healthy)
	})
}

func TestWhatIsBrokenStaysSoWhenTheShardingChanges(t *testing.T) {
	for _, test := range []struct {
		name     string
		fault    func(*deployment)
		verdict  probe.Verdict
		sentence string
		mend     func(*deployment)
	}{
		{"a link is down", func(d *deployment) { d.cutOff(0, 1, true) }, probe.ReplicationFailure, "us→eu is down since 00:00:",
			func(d *deployment) { d.cutOff(0, 1, false) }},
		{"a third region is down", func(d *deployment) { d.regions[2].become(-1, refusing) }, probe.RemoteFailure, "ap is down since 00:00:",
			func(d *deployment) { d.regions[2].become(-1, serving) }},
	} {
		for _, shards := range []int{2, 4, 5} {
			t.Run(fmt.Sprintf("%s, then %d shards", test.name, shards), func(t *testing.T) {
				d := deploy(100*time.Millisecond, 3, 3, 3)
				followed(t, d.config(), func(r *rehearsal, change func(string, probe.Topology)) {
					test.fault(d)
					r.until(4*time.Second, "found", verdict(test.verdict))
					r.pass(3 * time.Second)
					r.shown()
					r1 := d.reshard(shards)
					for k := range shards {
						r1.names = append(r1.names, fmt.Sprint("new-", k))
					}
					change("eu is another one", d.topology())
					s := r.pass(15 * time.Second)
					if !strings.HasPrefix(s.Sentence, test.sentence) || len(s.Findings) != 1 {
						t.Errorf("%s: %+v", s.Sentence, s.Findings)
					}
					r.only("resharded", test.verdict)
					test.mend(d)
					r.pass(10 * time.Second)
					if got := r.shown(); !slices.Equal(got, []probe.Verdict{test.verdict, probe.Healthy}) {
						t.Errorf("mended: %v: %s", got, r.seen().Sentence)
					}
				})
			})
		}
	}
}

func TestANewShardThatCannotBeUsedIsFound(t *testing.T) {
	for m, limit := range map[mode]time.Duration{refusing: time.Second, hanging: 6 * time.Second} {
		d := deploy(100*time.Millisecond, 3, 3)
		followed(t, d.config(), func(r *rehearsal, change func(string, probe.Topology)) {
			r.shown()
			d.reshard(4).become(3, m)
			change("eu has 4 shards", d.topology())
			r.until(limit, "found", func(s *probe.Snapshot) bool {
				want := map[mode]probe.Verdict{refusing: probe.RemoteFailure, hanging: probe.Unobservable}[m]
				return s.Verdict == want
			})
			if s := r.seen(); m == refusing && !strings.HasPrefix(s.Sentence, "eu is down on shard 4 (slots 12288-16383)") ||
				m == hanging && !strings.HasPrefix(s.Sentence, "there is no evidence about eu") {
				t.Errorf("%s", s.Sentence)
			}
		})
	}
}

func TestATopologyThatMakesNoSenseIsToldAndIgnored(t *testing.T) {
	d := deploy(100*time.Millisecond, 3, 3)
	followed(t, d.config(), func(r *rehearsal, change func(string, probe.Topology)) {
		good := d.topology()
		for _, test := range []struct {
			spoil func(*probe.Topology)
			want  string
		}{
			{func(t *probe.Topology) { t.Cover = nil }, "not used: no slot to try"},
			{func(t *probe.Topology) { slices.Reverse(t.Maps) }, "not used: the regions and their order cannot change during a run"},
			{func(t *probe.Topology) { t.Endpoints = t.Endpoints[:1] }, "not used: 1 endpoints for 2 regions"},
		} {
			bad := good
			bad.Maps = slices.Clone(good.Maps)
			test.spoil(&bad)
			change("", bad)
			s := r.pass(5 * time.Second)
			if got := r.lastEvent(probe.EventTopology).Detail; got != test.want || s.Verdict != probe.Healthy {
				t.Errorf("%q, want %q; %s", got, test.want, s.Sentence)
			}
		}
		for _, f := range d.regions {
			if f.ran != 1 {
				t.Errorf("connected %d times", f.ran)
			}
		}
	})
}
