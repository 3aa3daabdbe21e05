package probe_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// observed runs a test in simulated time, after the deployment was found healthy.
func observed(t *testing.T, c probe.Config, test func(*rehearsal)) {
	t.Helper()
	r := rehearse(t, c)
	if s := r.pass(8 * time.Second); s.Verdict != probe.Healthy {
		t.Fatalf("before the fault: %s: %s", s.Verdict, s.Sentence)
	}
	test(r)
	r.end()
}

func TestAStalledLinkDeliversLateAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(100*time.Millisecond, 1, 1)
		observed(t, d.config(), func(r *rehearsal) {
			d.stall(0, 1)
			r.until(3*time.Second, "down", verdict(probe.ReplicationFailure))
			before := r.pass(10*time.Second).Link("us", "eu")
			if before.State != probe.LinkDown || before.Cells[0].Overdue < 40 {
				t.Errorf("stalled: %s, %d overdue", before.State, before.Cells[0].Overdue)
			}
			if since := r.seen().At.Sub(before.LastUp); since < 12*time.Second || since > 14*time.Second {
				t.Errorf("last up %v ago", since)
			}
			d.heal(0, 1)
			r.until(200*time.Millisecond, "late", func(s *probe.Snapshot) bool { return s.Link("us", "eu").State == probe.LinkLate })
			r.until(3*time.Second, "healthy again", verdict(probe.Healthy))
			after := r.seen().Link("us", "eu").Cells[0]
			if after.Lost != 0 || after.Overdue != 0 || after.Late < before.Cells[0].Overdue {
				t.Errorf("after healing: %+v", after)
			}
		})
	})
}

func TestACutLinkLosesWhatWasUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(100*time.Millisecond, 1, 1)
		observed(t, d.config(), func(r *rehearsal) {
			d.cutOff(0, 1, true)
			overdue := r.pass(10*time.Second).Link("us", "eu").Cells[0].Overdue
			d.cutOff(0, 1, false)
			r.until(3*time.Second, "healthy again", verdict(probe.Healthy))
			after := r.seen().Link("us", "eu").Cells[0]
			if after.Lost < overdue || after.Late != 0 || after.Overdue != 0 {
				t.Errorf("%d were overdue; after mending: %+v", overdue, after)
			}
		})
	})
}

func TestWhatIsGivenUpAtTheHorizonIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(100*time.Millisecond, 1, 1)
		c := d.config()
		c.Policy.Horizon = 10 * time.Second
		observed(t, c, func(r *rehearsal) {
			d.stall(0, 1)
			s := r.pass(30 * time.Second)
			cell := s.Link("us", "eu").Cells[0]
			if cell.Lost < 70 || cell.Overdue > 40 {
				t.Errorf("not given up: %+v", cell)
			}
			d.heal(0, 1)
			cell = r.pass(time.Second).Link("us", "eu").Cells[0]
			if cell.TooLate < 70 || cell.Late < 30 || cell.Forged != 0 || cell.Duplicate != 0 {
				t.Errorf("what came after the horizon: %+v", cell)
			}
		})
	})
}

func TestARegionThatReturnsIsFoundAvailableAgain(t *testing.T) {
	for name, m := range map[string]mode{"after refusing connections": refusing, "after hanging": hanging} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := deploy(100*time.Millisecond, 2, 2, 2)
				observed(t, d.config(), func(r *rehearsal) {
					d.regions[1].become(-1, m)
					r.until(3*time.Second, "down", func(s *probe.Snapshot) bool { return s.Region("eu").State == probe.RegionDown })
					for _, pair := range []probe.Pair{{From: "eu", To: "us"}, {From: "us", To: "eu"}} {
						if l := r.seen().Link(pair.From, pair.To); l.State != probe.LinkUnknown {
							t.Errorf("while eu is down, %v is %s", pair, l.State)
						}
					}
					s := r.pass(20 * time.Second)
					for _, l := range s.Links {
						concerned := l.From == "eu" || l.To == "eu"
						if want := probe.LinkUnknown; concerned && l.State != want {
							t.Errorf("%s->%s: %s", l.From, l.To, l.State)
						}
						if concerned && l.LastUp.IsZero() {
							t.Errorf("%s->%s: when it was up is forgotten", l.From, l.To)
						}
						if !concerned && l.State != probe.LinkUp {
							t.Errorf("%s->%s: %s", l.From, l.To, l.State)
						}
						for _, c := range l.Cells {
							// What was in flight when the region went may be charged, more may not.
							if c.Overdue+c.Lost > 1 {
								t.Errorf("%s->%s is charged with what its end is to blame for: %+v", l.From, l.To, c)
							}
						}
					}
					if len(s.Findings) != 1 {
						t.Errorf("findings: %+v", s.Findings)
					}
					d.regions[1].become(-1, serving)
					r.until(4*time.Second, "healthy again", verdict(probe.Healthy))
				})
			})
		})
	}
}

// What a link had kept for a region that was down comes late, which is the region's fault and not the link's.
func TestWhatComesLateToARegionThatReturnsIsNoEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(100*time.Millisecond, 1, 1, 1)
		observed(t, d.config(), func(r *rehearsal) {
			d.regions[1].become(-1, refusing)
			d.stall(0, 1)
			r.pass(10 * time.Second)
			events := len(r.told())
			d.regions[1].become(-1, serving)
			r.pass(300 * time.Millisecond)
			d.heal(0, 1)
			r.until(4*time.Second, "healthy", func(s *probe.Snapshot) bool {
				return s.Verdict == probe.Healthy && s.Link("us", "eu").State == probe.LinkUp
			})
			if c := r.pass(2*time.Second).Link("us", "eu").Cells[0]; c.Late < 30 || c.LastLate.IsZero() {
				t.Errorf("not counted as late: %+v", c)
			}
			for _, e := range r.told()[events:] {
				switch e.State {
				case string(probe.Degraded), string(probe.LinkLate), string(probe.Unobservable):
					t.Errorf("eu is back, and %s of %s%s→%s is told: %+v", e.State, e.Region, e.From, e.To, e)
				}
			}
		})
	})
}

func TestLateMessagesThatWereChargedStayChargedAfterANewSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(100*time.Millisecond, 1, 1)
		observed(t, d.config(), func(r *rehearsal) {
			d.stall(0, 1)
			r.until(3*time.Second, "down", verdict(probe.ReplicationFailure))
			d.regions[1].become(-1, refusing)
			d.regions[1].become(-1, serving)
			r.pass(300 * time.Millisecond)
			d.heal(0, 1)
			r.until(300*time.Millisecond, "late", func(s *probe.Snapshot) bool { return s.Link("us", "eu").State == probe.LinkLate })
		})
	})
}

func TestRegionsThatGoShortlyAfterEachOtherStayUnobservable(t *testing.T) {
	for _, gap := range []time.Duration{0, 30 * time.Millisecond, 240 * time.Millisecond} {
		for _, first := range []int{0, 1} {
			for _, m := range []mode{refusing, hanging} {
				synctest.Test(t, func(t *testing.T) {
					d := deploy(100*time.Millisecond, 1, 1)
					observed(t, d.config(), func(r *rehearsal) {
						d.regions[first].become(-1, m)
						r.pass(gap)
						d.regions[1-first].become(-1, m)
						r.until(4*time.Second, "unobservable", verdict(probe.Unobservable))
						for range 200 {
							if s := r.pass(50 * time.Millisecond); s.Verdict != probe.Unobservable {
								t.Fatalf("%v between them: %s: %s", gap, s.Verdict, s.Sentence)
							}
						}
					})
				})
			}
		}
	}
}

func TestReadyToReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(100*time.Millisecond, 1, 1, 1)
		c := d.config()
		proof := probe.Proof{}
		c.Proof = func(string) (p probe.Proof) {
			d.set(func() { p = proof })
			return p
		}
		observed(t, c, func(r *rehearsal) {
			us := func() *probe.Region { return r.seen().Region("us") }
			expect := func(ready probe.Readiness, missing ...string) {
				t.Helper()
				if got := us(); got.FailbackReady != ready || !slices.Equal(got.FailbackMissing, missing) {
					t.Errorf("%s %q, want %s %q", got.FailbackReady, got.FailbackMissing, ready, missing)
				}
			}
			expect(probe.ReadyUnproven, "no write was tried")
			d.set(func() { proof.Writes = probe.WritesProven })
			r.pass(time.Second)
			expect(probe.ReadyYes)
			d.regions[2].become(-1, refusing)
			r.pass(5 * time.Second)
			expect(probe.ReadyYes) // a third region that is down does not hold it back
			d.regions[2].become(-1, serving)
			d.regions[0].become(-1, refusing)
			r.pass(3 * time.Second)
			if us().FailbackReady != probe.ReadyNo || us().FailbackMissing[0] != "us is down (refused)" {
				t.Errorf("%s %q", us().FailbackReady, us().FailbackMissing)
			}
			d.stall(1, 0)
			d.regions[0].become(-1, serving)
			r.until(3*time.Second, "us answers", func(s *probe.Snapshot) bool { return us().State == probe.RegionAvailable })
			r.pass(5 * time.Second)
			expect(probe.ReadyNo, "eu→us is down")
			d.heal(1, 0)
			r.pass(1500 * time.Millisecond)
			if missing := us().FailbackMissing; us().FailbackReady != probe.ReadyNo || len(missing) != 1 ||
				!strings.HasPrefix(missing[0], "eu→us") && !strings.HasPrefix(missing[0], "late messages still arrive on eu→us") {
				t.Errorf("just after healing: %s %q", us().FailbackReady, missing)
			}
			r.until(4*time.Second, "ready", func(*probe.Snapshot) bool { return us().FailbackReady == probe.ReadyYes })
		})
	})
}

func TestThePausedObserverSaysNothingOfTheRegions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(100*time.Millisecond, 1, 1)
		c := d.config()
		var pause time.Duration
		c.Proof = func(string) probe.Proof { // the loop waits for it, as it would for a processor
			var length time.Duration
			d.set(func() { length, pause = pause, 0 })
			time.Sleep(length)
			return probe.Proof{}
		}
		observed(t, c, func(r *rehearsal) {
			events, sent := len(r.told()), r.seen().Links[0].Cells[0].Sent
			d.set(func() { pause = 20 * time.Second })
			r.pass(20*time.Second + 100*time.Millisecond)
			s := r.pass(500 * time.Millisecond)
			if s.Verdict != probe.Unobservable || !s.Paused || !strings.HasPrefix(s.Sentence, "the observer itself was not running, or could not keep up, until 00:00:28") {
				t.Errorf("%s: %s", s.Verdict, s.Sentence)
			}
			s = r.pass(2 * time.Second)
			if s.Verdict != probe.Healthy || s.Paused {
				t.Errorf("%s: %s", s.Verdict, s.Sentence)
			}
			paused := false
			for _, e := range r.told()[events:] {
				paused = paused || e.Kind == probe.EventObserver
				if e.Kind != probe.EventObserver && e.Kind != probe.EventVerdict && e.State != string(probe.LinkUnknown) && e.State != string(probe.LinkUp) {
					t.Errorf("something is said of the regions: %+v", e)
				}
			}
			if more := s.Links[0].Cells[0].Sent - sent; more > 20 {
				t.Errorf("what was not sent during the pause was made up for: %d messages", more)
			}
			if !paused {
				t.Error("the pause is not told")
			}
		})
	})
}

var moment = regexp.MustCompile(`since \d\d:\d\d:\d\d`)

func TestFromTheStart(t *testing.T) {
	for _, test := range []struct {
		name     string
		shards   []int
		arrange  func(*deployment, *probe.Config)
		verdict  probe.Verdict
		sentence string
		links    string // of every link without the loops, in order
	}{
		{"two servers that have nothing to do with each other", []int{1, 1}, func(d *deployment, _ *probe.Config) {
			d.cutOff(0, 1, true)
			d.cutOff(1, 0, true)
		}, probe.ReplicationFailure,
			"nothing is replicated between us and eu: nothing delivered either way since the start (00:00:00)", "never never"},
		{"a primary and its replica", []int{1, 1}, func(d *deployment, _ *probe.Config) { d.cutOff(1, 0, true) },
			probe.ReplicationFailure, "eu→us: nothing delivered since the start (00:00:00)", "up never"},
		{"a link that an earlier run saw up", []int{1, 1}, func(d *deployment, c *probe.Config) {
			d.cutOff(1, 0, true)
			c.LastUp = map[probe.Pair]time.Time{{From: "eu", To: "us"}: time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC)}
		}, probe.ReplicationFailure, "eu→us: nothing delivered since the start (00:00:00); last seen up 1999-12-31 23:00:00", "up never"},
		{"one server under two names", []int{1, 1}, func(_ *deployment, c *probe.Config) { c.SameServers = [][2]string{{"us", "eu"}} },
			probe.ReplicationFailure, "us and eu are one server: nothing is replicated between them", "unknown unknown"},
		{"one region", []int{3}, func(*deployment, *probe.Config) {}, probe.Healthy,
			"us is available; with one region there is no link, only its own loop is tried", ""},
		{"one region that refuses connections", []int{1}, func(d *deployment, _ *probe.Config) { d.regions[0].become(-1, refusing) },
			probe.Unobservable, "cannot be observed from here: no answer from us (refused)", ""},
		{"one region that is loading, which proves that it was reached", []int{1}, func(d *deployment, _ *probe.Config) {
			d.regions[0].reply = probe.Loading
		}, probe.LocalFailure, "us is down since then: it is loading its data", ""},
		{"the local region is down", []int{1, 1, 1}, func(d *deployment, _ *probe.Config) { d.regions[0].become(-1, refusing) },
			probe.LocalFailure, "us is down since then: connections are refused", "unknown unknown unknown up unknown up"},
		{"unknown sharding", []int{1, 1}, func(_ *deployment, c *probe.Config) { c.Maps[1].Source = slots.Single },
			probe.Healthy, "us and eu are available and all 2 links are up (coverage unproven: how eu is sharded is not known)", "up up"},
		{"unknown sharding, and coverage is required", []int{1, 1}, func(_ *deployment, c *probe.Config) {
			c.Maps[0].Source, c.Maps[1].Source, c.RequireCoverage = slots.Single, slots.Single, true
		}, probe.Degraded, "coverage is required and not proven: how us and eu are sharded is not known " +
			"(coverage unproven: how us and eu are sharded is not known)", "up up"},
		{"unequal sharding", []int{3, 4}, func(*deployment, *probe.Config) {}, probe.Healthy,
			"us and eu are available and all 2 links are up", "up up"},
		{"a link that takes two seconds", []int{1, 1}, func(d *deployment, _ *probe.Config) { d.delay[0][1] = 2 * time.Second },
			probe.Degraded, "us→eu delivers after more than 1s since then", "late up"},
		{"a link that takes five seconds", []int{1, 1}, func(d *deployment, _ *probe.Config) { d.delay[0][1] = 5 * time.Second },
			probe.Degraded, "us→eu delivers after more than 1s since then", "late up"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := deploy(100*time.Millisecond, test.shards...)
				c := d.config()
				test.arrange(d, &c)
				r := rehearse(t, c)
				took := r.until(4500*time.Millisecond, "settled", func(s *probe.Snapshot) bool { return s.Settled })
				t.Logf("settled after %v", took)
				r.pass(4 * time.Second)
				for range 10 {
					s := r.pass(2 * time.Second)
					var links []string
					for _, l := range s.Links {
						if !l.Loop() {
							links = append(links, string(l.State))
						}
					}
					sentence := moment.ReplaceAllString(s.Sentence, "since then")
					if s.Verdict != test.verdict || sentence != test.sentence || strings.Join(links, " ") != test.links {
						t.Fatalf("%v: %s: %q, links %v", s.At, s.Verdict, sentence, links)
					}
				}
				r.end()
			})
		})
	}
}

func TestWhatIsNotOursIsCountedAndNotBelieved(t *testing.T) {
	inject := func(d *deployment, channel, text string) {
		target := d.regions[1]
		target.deliver(slots.Of(channel), channel, []byte(text))
	}
	for _, test := range []struct {
		name string
		do   func(d *deployment, channel string)
		ok   func(probe.Cell) bool
		odd  []string // what is found beside the link that is cut
	}{
		{"an echo is a duplicate", func(d *deployment, _ string) { d.set(func() { d.echo = true }) },
			func(c probe.Cell) bool { return c.Duplicate > 3 && c.Foreign == 0 && c.Forged == 0 },
			[]string{"echo us→us", "echo us→eu", "echo eu→us", "echo eu→eu"}},
		{"another observer is foreign", func(d *deployment, ch string) { inject(d, ch, "aaf1 other 0 0123456789abcdef") },
			func(c probe.Cell) bool { return c.Foreign == 1 && c.Duplicate == 0 && c.Forged == 0 }, nil},
		{"a wrong nonce is forged", func(d *deployment, ch string) { inject(d, ch, "aaf1 me 1 0123456789abcdef") },
			func(c probe.Cell) bool { return c.Forged == 1 && c.Duplicate == 0 && c.Foreign == 0 }, []string{"forged us"}},
		{"a message not yet published is forged", func(d *deployment, ch string) { inject(d, ch, "aaf1 me 1000 0123456789abcdef") },
			func(c probe.Cell) bool { return c.Forged == 1 }, []string{"forged us"}},
		{"a number beyond all numbers is forged", func(d *deployment, ch string) { inject(d, ch, "aaf1 me 18446744073709551615 0123456789abcdef") },
			func(c probe.Cell) bool { return c.Forged == 1 }, []string{"forged us"}},
		{"anything else is forged", func(d *deployment, ch string) { inject(d, ch, "hello") },
			func(c probe.Cell) bool { return c.Forged == 1 }, []string{"forged us"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := deploy(100*time.Millisecond, 1, 1)
				c := d.config()
				c.Observer = "me"
				observed(t, c, func(r *rehearsal) {
					d.cutOff(0, 1, test.name != "an echo is a duplicate")
					before := r.pass(5*time.Second).Link("us", "eu").Cells[0]
					test.do(d, before.Channel)
					after := r.pass(2*time.Second).Link("us", "eu").Cells[0]
					if !test.ok(after) {
						t.Errorf("%+v", after)
					}
					if got := odd(r.seen()); !slices.Equal(got, test.odd) {
						t.Errorf("found: %q, want %q", got, test.odd)
					}
					d.set(func() { d.echo = false })
					if got := odd(r.pass(62 * time.Second)); got != nil {
						t.Errorf("a minute later: %q", got)
					}
					if before.State != after.State {
						t.Errorf("it made the cell %s, which was %s", after.State, before.State)
					}
				})
			})
		})
	}
}

// odd returns the findings that are no reason for a verdict.
func odd(s *probe.Snapshot) (found []string) {
	for _, f := range s.Findings {
		switch {
		case f.Verdict != probe.Healthy:
		case f.Severity != probe.Warning:
			found = append(found, "no warning: "+f.Text)
		case f.Region != "":
			found = append(found, string(f.Kind)+" "+f.Region)
		default:
			found = append(found, string(f.Kind)+" "+f.From+"→"+f.To)
		}
	}
	return found
}

func TestTheNewestDeliveredMessageIsAFence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const delay = 100 * time.Millisecond
		d := deploy(delay, 1, 1)
		observed(t, d.config(), func(r *rehearsal) {
			for range 50 {
				c := r.pass(37*time.Millisecond).Link("us", "eu").Cells[0]
				if took := c.LastDelivered.Sub(c.LastDeliveredSent); took != delay {
					t.Fatalf("published %v, delivered %v", c.LastDeliveredSent, c.LastDelivered)
				}
			}
			cut := time.Now()
			d.cutOff(0, 1, true)
			c := r.pass(5*time.Second).Link("us", "eu").Cells[0]
			if c.LastDeliveredSent.After(cut) || cut.Sub(c.LastDeliveredSent) > 250*time.Millisecond {
				t.Errorf("cut at %v, but the newest was published at %v", cut, c.LastDeliveredSent)
			}
		})
	})
}

// That the observer was cut off meanwhile changes nothing of since when a region is what it is.
func TestSinceWhenARegionIsDownOutlastsACut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(80*time.Millisecond, 1, 1, 1)
		observed(t, d.config(), func(r *rehearsal) {
			available := r.seen().Region("us").Since
			d.regions[1].become(-1, refusing)
			before := r.pass(time.Minute)
			d.regions[0].become(-1, hanging)
			d.regions[2].become(-1, hanging)
			if s := r.pass(10 * time.Second); s.Verdict != probe.Unobservable || s.At.Sub(s.Region("eu").Since) > 9*time.Second {
				t.Errorf("%s, eu since %v", s.Verdict, s.Region("eu").Since)
			}
			d.regions[0].become(-1, serving)
			d.regions[2].become(-1, serving)
			after := r.pass(20 * time.Second)
			if after.Sentence != before.Sentence || !after.Region("eu").Since.Equal(before.Region("eu").Since) || !after.Region("us").Since.Equal(available) {
				t.Errorf("before the cut: %s; after it: %s", before.Sentence, after.Sentence)
			}
		})
	})
}
