package probe_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// spread returns the Config for two regions of unknown sharding, so that a link has 16 cells, tried one after the other.
func spread(d *deployment) probe.Config {
	c := d.config()
	c.Maps[0].Source, c.Maps[1].Source = slots.Single, slots.Single
	c.Cover = slots.Cover(c.Maps, nil)
	return c
}

// lastEvent returns the last event of a kind.
func (r *rehearsal) lastEvent(kind probe.EventKind) probe.Event {
	r.t.Helper()
	told := r.told()
	for i := len(told) - 1; i >= 0; i-- {
		if told[i].Kind == kind {
			return told[i]
		}
	}
	r.t.Fatalf("no event %s", kind)
	return probe.Event{}
}

func TestWhatIsToldOfALinkIsAboutAllCellsThatChangeTogether(t *testing.T) {
	for _, test := range []struct {
		name           string
		late           time.Duration // from the start to the cut
		link, sentence string
	}{
		{"a link that is cut", 8 * time.Second, "16 of 16 cells; ", "us→eu is down since "},
		{"a link that never carried anything", 0, "16 of 16 cells; ", "us→eu: nothing delivered since the start"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := deploy(100*time.Millisecond, 1, 1)
				d.cutOff(0, 1, test.late == 0)
				r := rehearse(t, spread(d))
				r.pass(test.late + 100*time.Millisecond)
				d.cutOff(0, 1, true)
				r.until(4*time.Second, "found out", verdict(probe.ReplicationFailure))
				found := time.Now()
				r.until(time.Second, "told", func(*probe.Snapshot) bool {
					told := r.told()
					return told[len(told)-1].State == string(probe.ReplicationFailure)
				})
				if waited := time.Since(found); waited > 600*time.Millisecond {
					t.Errorf("told %v after it was found out", waited)
				}
				if got := r.lastEvent(probe.EventLink).Detail; !strings.HasPrefix(got, test.link) {
					t.Errorf("link: %q", got)
				}
				if got := r.lastEvent(probe.EventVerdict).Detail; !strings.HasPrefix(got, test.sentence) {
					t.Errorf("verdict: %q", got)
				}
				r.end()
			})
		})
	}
}

func TestALinkWhoseCellsStayDifferentIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(100*time.Millisecond, 3, 3)
		observed(t, d.config(), func(r *rehearsal) {
			d.set(func() { d.cutShard = func(from, _, shard int) bool { return from == 0 && shard == 1 } })
			r.until(3*time.Second, "found out", verdict(probe.ReplicationFailure))
			r.pass(600 * time.Millisecond)
			if e := r.lastEvent(probe.EventVerdict); e.State != string(probe.ReplicationFailure) || !strings.HasPrefix(e.Detail, "us→eu is down on shard 2 ") {
				t.Errorf("told: %+v", e)
			}
			if e := r.lastEvent(probe.EventLink); e.State != string(probe.LinkDown) || !strings.HasPrefix(e.Detail, "1 of 3 cells; ") {
				t.Errorf("told: %+v", e)
			}
		})
	})
}

func TestWhatWaitsToBeToldIsToldAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(100*time.Millisecond, 1, 1)
		r := rehearse(t, spread(d))
		r.pass(8 * time.Second)
		d.cutOff(0, 1, true)
		r.until(3*time.Second, "found out", verdict(probe.ReplicationFailure))
		if e := r.lastEvent(probe.EventVerdict); e.State == string(probe.ReplicationFailure) {
			t.Fatalf("told at once: %+v", e)
		}
		r.end()
		told := r.told()
		if e := told[len(told)-2]; e.Kind != probe.EventVerdict || e.State != told[len(told)-1].State {
			t.Errorf("before the end %+v is told, and at the end %+v", e, told[len(told)-1])
		}
	})
}

func TestTheStartIsToldInWords(t *testing.T) {
	for shards, want := range map[int]string{
		1: "1 region, 1 slot, a message each every 250ms, deadline 1s",
		3: "1 region, 3 slots, a message each every 250ms, deadline 1s",
	} {
		synctest.Test(t, func(t *testing.T) {
			r := rehearse(t, deploy(0, shards).config())
			r.pass(time.Second)
			if got := r.told()[0].Detail; got != want {
				t.Errorf("%q, want %q", got, want)
			}
			r.end()
		})
	}
}
