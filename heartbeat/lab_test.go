package heartbeat_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/heartbeat"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// ward is a heart that beats over regions, and can be waited on.
type ward struct {
	*heartbeat.Heart
	t      *testing.T
	config heartbeat.Config
	stop   func()
}

// beat makes a heart of regions, of which some may be written, and lets it beat.
func beat(t *testing.T, regions []config.Region, o region.Options, interval time.Duration, writable ...string) *ward {
	t.Helper()
	c := heartbeat.Config{Prefix: "aafailover", Interval: interval, Deadline: max(2*interval, 500*time.Millisecond), Writable: writable}
	for _, r := range regions {
		m, err := region.Discover(t.Context(), r, o)
		if err != nil {
			t.Fatal(err)
		}
		c.Maps = append(c.Maps, m)
		c.Stores = append(c.Stores, region.NewHeart(r, o))
	}
	c.Cover = slots.Cover(c.Maps, nil)
	h, err := heartbeat.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.Run(ctx)
	}()
	w := &ward{Heart: h, t: t, config: c}
	w.stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(w.stop)
	return w
}

// until waits until ok is true, and fails after two minutes.
func (w *ward) until(what string, ok func() bool) {
	w.t.Helper()
	for limit := time.Now().Add(2 * time.Minute); !ok(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(limit) {
			w.t.Fatalf("never: %s; %s", what, w.summary())
		}
	}
}

func (w *ward) summary() string {
	var out strings.Builder
	for _, m := range w.config.Maps {
		p := w.Proof(m.Region)
		out.WriteString(m.Region + ": writes " + string(p.Writes) + " " + p.Cause.String() + ", missing " + strings.Join(p.Missing, "; ") + "\n")
	}
	return out.String()
}

// keys returns the state of the keys of a link: that which all of its cells have, or "".
func (w *ward) keys(from, to string) probe.KeyState {
	state := w.Keys(from, to, w.config.Cover[0]).State
	for _, slot := range w.config.Cover {
		if w.Keys(from, to, slot).State != state {
			return ""
		}
	}
	return state
}

// well tells whether all that is written arrives everywhere, and nothing is missing.
func (w *ward) well() bool {
	for _, from := range w.config.Maps {
		written := slices.Contains(w.config.Writable, from.Region)
		p := w.Proof(from.Region)
		if len(p.Missing) > 0 || (p.Writes == probe.WritesProven) != written {
			return false
		}
		for _, to := range w.config.Maps {
			if written && w.keys(from.Region, to.Region) != probe.KeysArriving {
				return false
			}
		}
	}
	return true
}

// startLab starts a lab of us, eu and ap. A nil network is TCP.
func startLab(t *testing.T, network *memnet.Network, shards ...int) (*lab.Lab, []config.Region, region.Options) {
	t.Helper()
	c, o := lab.Config{}, region.Options{Timeout: time.Second}
	if network != nil {
		c.Listen, o.Dial = network.Listen, network.Dial
	}
	for i, name := range []string{"us", "eu", "ap"} {
		c.Regions = append(c.Regions, lab.RegionConfig{Name: name, Shards: shards[i]})
	}
	l, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	status, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var regions []config.Region
	for _, r := range status.Regions {
		given, err := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if err != nil {
			t.Fatal(err)
		}
		regions = append(regions, given)
	}
	return l, regions, o
}

func inject(t *testing.T, l *lab.Lab, f lab.Fault) {
	t.Helper()
	if err := l.Inject(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// course is a story of faults on a lab, and what the heart must say of each.
func course(t *testing.T, network *memnet.Network, interval time.Duration, shards ...int) {
	l, regions, o := startLab(t, network, shards...)
	w := beat(t, regions, o, interval, "us", "eu")
	w.until("all is well", w.well)

	inject(t, l, lab.Fault{Kind: lab.Cut, From: "us", To: "eu", OneWay: true})
	w.until("keys of us are missing in eu", func() bool { return w.keys("us", "eu") == probe.KeysMissing })
	if missing := w.Proof("eu").Missing; len(missing) != 1 || missing[0] != "keys written in us are not readable in eu" {
		t.Errorf("us->eu is cut, and there is missing in eu: %q", missing)
	}
	for _, other := range [][2]string{{"us", "us"}, {"us", "ap"}, {"eu", "us"}, {"eu", "eu"}, {"eu", "ap"}} {
		if got := w.keys(other[0], other[1]); got != probe.KeysArriving {
			t.Errorf("us->eu is cut, and the keys from %s to %s are %q", other[0], other[1], got)
		}
	}
	inject(t, l, lab.Fault{Kind: lab.Heal})
	w.until("all is well again", w.well)

	// A region that comes back empty, whose links are not resynced yet, must never look as if it had everything.
	inject(t, l, lab.Fault{Kind: lab.Kill, Region: "eu"})
	w.until("nothing is proven of eu", func() bool {
		return w.Proof("eu").Writes == probe.WritesUnproven && w.keys("us", "eu") == probe.KeysUnproven
	})
	inject(t, l, lab.Fault{Kind: lab.Cut, From: "us", To: "eu", OneWay: true})
	inject(t, l, lab.Fault{Kind: lab.Cut, From: "ap", To: "eu", OneWay: true})
	inject(t, l, lab.Fault{Kind: lab.Begin, Region: "eu", Empty: true})
	w.until("eu is found to be empty", func() bool {
		p := w.Proof("eu")
		if p.Writes != probe.WritesRefused && len(p.Missing) == 0 {
			t.Fatalf("eu is empty, and looks ready: %s", w.summary())
		}
		return p.Writes == probe.WritesRefused && p.Cause == probe.ReadOnly && w.keys("us", "eu") == probe.KeysMissing
	})
	inject(t, l, lab.Fault{Kind: lab.Heal})
	w.until("all is well once more", w.well)

	inject(t, l, lab.Fault{Kind: lab.Hang, Region: "us"})
	w.until("nothing is proven of us", func() bool {
		return w.Proof("us").Writes == probe.WritesUnproven && w.keys("eu", "us") == probe.KeysUnproven
	})
	if missing := w.Proof("eu").Missing; len(missing) > 0 {
		t.Errorf("us hangs, and there is missing in eu: %q", missing)
	}
	inject(t, l, lab.Fault{Kind: lab.Heal})
	w.until("all is well in the end", w.well)
	w.stop()
	if p := w.Proof("us"); p.Writes != probe.WritesUnproven {
		t.Errorf("the heart stands still, and writes to us are %s", p.Writes)
	}
}

func TestCourseInSimulatedTime(t *testing.T) {
	for name, shards := range map[string][]int{"equal sharding": {3, 3, 3}, "asymmetric sharding": {3, 4, 2}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { course(t, &memnet.Network{}, time.Second, shards...) })
		})
	}
}

func TestCourseOverTCP(t *testing.T) { course(t, nil, 100*time.Millisecond, 3, 4, 2) }

// A link that loses its messages and copies all keys instead: what is written arrives, and the lag says how late.
func TestASlowLinkHasALag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, regions, o := startLab(t, &memnet.Network{}, 1, 1, 1)
		w := beat(t, regions, o, time.Second, "us")
		w.until("all is well", w.well)
		inject(t, l, lab.Fault{Kind: lab.Slow, From: "us", To: "eu", OneWay: true, Delay: 5 * time.Second})
		w.until("the lag is that of the link", func() bool {
			e := w.Keys("us", "eu", w.config.Cover[0])
			return e.State == probe.KeysArriving && e.Lag > 3*time.Second && e.Lag <= 5*time.Second
		})
		if missing := w.Proof("eu").Missing; len(missing) != 1 {
			t.Errorf("eu is 5 s behind, and there is missing in it: %q", missing)
		}
	})
}

// Whatever was written is gone a minute after the heart stands still, and only the keys of the regions that were allowed
// were ever written.
func TestNothingStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, regions, o := startLab(t, &memnet.Network{}, 2, 2, 2)
		w := beat(t, regions, o, time.Second, "us", "eu")
		w.until("all is well", w.well)
		keys := func() (n int) {
			status, err := l.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range status.Regions {
				for _, s := range r.Shards {
					n += s.Keys
				}
			}
			return n
		}
		if got := keys(); got != 3*2*2 {
			t.Errorf("%d keys in three regions, want one of each of us and eu for each of 2 shards", got)
		}
		w.stop()
		<-time.After(heartbeat.Expiry(time.Second) + time.Second)
		if got := keys(); got != 0 {
			t.Errorf("%d keys have stayed", got)
		}
	})
}

// Another topology: what stays goes on untouched, and what comes is tried.
func TestChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, regions, o := startLab(t, &memnet.Network{}, 2, 2, 2)
		w := beat(t, regions, o, time.Second, "us")
		w.until("all is well", w.well)
		first := w.config.Cover[0]
		more := heartbeat.Topology{Maps: w.config.Maps, Cover: []int{first, 16000}}
		if err := w.Change(more); err != nil {
			t.Fatal(err)
		}
		w.until("the new slot is tried", func() bool { return w.Keys("us", "eu", 16000).State == probe.KeysArriving })
		if e := w.Keys("us", "eu", w.config.Cover[1]); e.State != probe.KeysUnproven {
			t.Errorf("slot %d is not tried any more, and its keys are %s", w.config.Cover[1], e.State)
		}
		for name, wrong := range map[string]heartbeat.Topology{
			"no slot":           {Maps: more.Maps},
			"one region fewer":  {Maps: more.Maps[:2], Cover: more.Cover},
			"the regions moved": {Maps: []slots.Map{more.Maps[1], more.Maps[0], more.Maps[2]}, Cover: more.Cover},
		} {
			if err := w.Change(wrong); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if e := w.Keys("us", "eu", first); e.State != probe.KeysArriving {
			t.Errorf("slot %d stays, and its keys are %s", first, e.State)
		}
	})
}
