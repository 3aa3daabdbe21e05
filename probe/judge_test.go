package probe

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/slots"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// pictured returns a snapshot, as it is before it is judged, of three regions of two shards each, where all is well.
// Fault changes it; links and cells are changed by name.
func pictured(fault func(*Snapshot)) *Snapshot {
	s := &Snapshot{At: noon, Started: noon.Add(-time.Hour), Settled: true, Coverage: true, Symmetric: true, Policy: DefaultPolicy()}
	for _, name := range []string{"us", "eu", "ap"} {
		r := Region{Name: name, Source: slots.ClusterSlots, State: RegionAvailable, Writes: WritesProven}
		for i, ranges := range slots.Even(2) {
			r.Shards = append(r.Shards, Shard{ID: []string{"a", "b"}[i], Slots: ranges, State: RegionAvailable,
				Since: s.Started, Connected: s.Started})
		}
		s.Regions = append(s.Regions, r)
	}
	for _, from := range s.Regions {
		for _, to := range s.Regions {
			l := Link{From: from.Name, To: to.Name, State: LinkUp, Since: s.Started, LastUp: noon, Deadline: s.Policy.Deadline}
			for i := range 2 {
				l.Cells = append(l.Cells, Cell{Slot: i * 8192, FromShard: i, ToShard: i, State: LinkUp, Since: s.Started, LastUp: noon})
			}
			s.Links = append(s.Links, l)
		}
	}
	fault(s)
	return s
}

// turn puts the cells of a link on these shards, or on all, into a state, a minute ago.
func turn(s *Snapshot, from, to string, state LinkState, shards ...int) {
	l := s.Link(from, to)
	l.State, l.Since = state, noon.Add(-time.Minute)
	for i := range l.Cells {
		if len(shards) == 0 || slices.Contains(shards, i) {
			l.Cells[i].State, l.Cells[i].Since = state, noon.Add(-time.Minute)
		}
	}
}

// fall puts a region, or these shards of it, into a state, and what leads to and from it out of sight.
func fall(s *Snapshot, name string, state RegionState, cause Cause, shards ...int) {
	r := s.Region(name)
	r.State, r.Cause, r.Since = state, cause, noon.Add(-time.Minute)
	if len(shards) > 0 {
		r.State = RegionImpaired
	}
	for i := range r.Shards {
		if len(shards) == 0 || slices.Contains(shards, i) {
			r.Shards[i].State, r.Shards[i].Cause, r.Shards[i].Since = state, cause, noon.Add(-time.Minute)
		}
	}
	if state != RegionDown {
		return
	}
	for i := range s.Links {
		l := &s.Links[i]
		if l.From != name && l.To != name {
			continue
		}
		turn(s, l.From, l.To, LinkUnknown, shards...)
		for k := range l.Cells {
			if len(shards) == 0 || slices.Contains(shards, k) {
				l.Cells[k].LastUp = r.Since
			}
		}
	}
}

// comeBack makes us a region that has been away, and answers again since a while.
func comeBack(s *Snapshot, ago time.Duration) {
	for i := range s.Region("us").Shards {
		h := &s.Region("us").Shards[i]
		h.Since, h.Connected = noon.Add(-ago), noon.Add(-ago)
	}
}

func TestVerdict(t *testing.T) {
	for _, test := range []struct {
		name     string
		fault    func(*Snapshot)
		verdict  Verdict
		findings []string
	}{
		{"all is well", func(*Snapshot) {}, Healthy, nil},
		{"a link is silent on one shard", func(s *Snapshot) { turn(s, "us", "eu", LinkDown, 1) }, ReplicationFailure,
			[]string{"us→eu is down on shard 2 (slots 8192-16383) since 11:59:00"}},
		{"a link is silent one way on all shards, the other way on one", func(s *Snapshot) {
			turn(s, "us", "eu", LinkDown)
			turn(s, "eu", "us", LinkDown, 0)
		}, ReplicationFailure, []string{"us→eu is down since 11:59:00", "eu→us is down on shard 1 (slots 0-8191) since 11:59:00"}},
		{"a link is silent both ways on the same shard", func(s *Snapshot) {
			turn(s, "us", "eu", LinkDown, 1)
			turn(s, "eu", "us", LinkDown, 1)
		}, ReplicationFailure, []string{"us and eu are cut off from each other on shard 2 (slots 8192-16383) since 11:59:00"}},
		{"a region is isolated", func(s *Snapshot) {
			for _, other := range []string{"us", "eu"} {
				turn(s, "ap", other, LinkDown)
				turn(s, other, "ap", LinkDown)
			}
		}, ReplicationFailure, []string{"ap is isolated since 11:59:00: it answers, but no link to or from it works",
			"us and ap are cut off from each other since 11:59:00", "eu and ap are cut off from each other since 11:59:00"}},
		{"the local region before a link before another region", func(s *Snapshot) {
			fall(s, "eu", RegionDown, Timeout, 0)
			turn(s, "us", "ap", LinkDown)
			fall(s, "us", RegionDown, Refused, 1)
			turn(s, "ap", "eu", LinkLate, 1)
		}, LocalFailure, []string{
			"us is down on shard 2 (slots 8192-16383) since 11:59:00: connections are refused",
			"us→ap is down on shard 1 (slots 0-8191) since 11:59:00",
			"eu is down on shard 1 (slots 0-8191) since 11:59:00: it does not answer in time",
			"ap→eu delivers after more than 1s on shard 2 (slots 8192-16383) since 11:59:00"}},
		{"another region is down, and its links are not listed", func(s *Snapshot) { fall(s, "ap", RegionDown, NameNotFound) },
			RemoteFailure, []string{"ap is down since 11:59:00: its name does not resolve"}},
		{"a region lacks a permission", func(s *Snapshot) { fall(s, "eu", RegionImpaired, Permission) },
			Degraded, []string{"eu is impaired since 11:59:00: permission is missing"}},
		{"a region refuses writes", func(s *Snapshot) { refuse(s, "us", OutOfMemory) },
			LocalFailure, []string{"us refuses writes since 11:59:00: it is out of memory"}},
		{"a region refuses writes of a user who may not write", func(s *Snapshot) { refuse(s, "us", Permission) },
			Degraded, []string{"us refuses writes of this user since 11:59:00: permission is missing"}},
		{"a region refuses writes of a user whose password is wrong", func(s *Snapshot) { refuse(s, "eu", Authentication) },
			Degraded, []string{"eu refuses writes of this user since 11:59:00: authentication fails"}},
		{"no link works, and no region is the isolated one", func(s *Snapshot) {
			for _, pair := range [][2]string{{"us", "eu"}, {"us", "ap"}, {"eu", "ap"}} {
				turn(s, pair[0], pair[1], LinkDown)
				turn(s, pair[1], pair[0], LinkDown)
			}
		}, ReplicationFailure, []string{"us and eu are cut off from each other since 11:59:00",
			"us and ap are cut off from each other since 11:59:00", "eu and ap are cut off from each other since 11:59:00"}},
		{"one of several channels between the same two shards loses some", func(s *Snapshot) {
			l := s.Link("us", "eu")
			l.Cells = append(l.Cells, l.Cells[1])
			l.State, l.Cells[1].State = LinkDegraded, LinkDegraded
			l.Cells[0].State = LinkDegraded
		}, Degraded, []string{"us→eu loses messages since 11:00:00"}},
		{"a link loses some", func(s *Snapshot) { turn(s, "eu", "ap", LinkDegraded) },
			Degraded, []string{"eu→ap loses messages since 11:59:00"}},
		{"there is no evidence about a link between regions that answer", func(s *Snapshot) { turn(s, "eu", "ap", LinkUnknown) },
			Unobservable, nil},
		{"nothing is known yet", func(s *Snapshot) { s.Settled = false }, Unobservable, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := pictured(test.fault)
			if strings.HasPrefix(test.name, "the local region before") {
				turn(s, "us", "ap", LinkDown, 0) // the rest of the shards is out of sight
			}
			(&judgement{snap: s, topology: &Topology{}}).judge()
			var texts []string
			for _, f := range s.Findings {
				texts = append(texts, f.Text)
			}
			if s.Verdict != test.verdict || !slices.Equal(texts, test.findings) {
				t.Errorf("%s: %q", s.Verdict, texts)
			}
			if len(texts) > 0 && !strings.HasPrefix(s.Sentence, texts[0]) || s.Sentence == "" {
				t.Errorf("sentence: %q", s.Sentence)
			}
		})
	}
}

// await makes the cells of a link, on these shards or on all, such as are about to be known.
func await(s *Snapshot, from, to string, shards ...int) {
	turn(s, from, to, LinkUnknown, shards...)
	for i := range s.Link(from, to).Cells {
		c := &s.Link(from, to).Cells[i]
		c.Proving = c.State == LinkUnknown
	}
}

func TestWhatIsNotProvenYetLeavesTheVerdictAlone(t *testing.T) {
	back := func(name string) func(*Snapshot) {
		return func(s *Snapshot) {
			other := map[string]string{"us": "ap", "ap": "us"}[name]
			await(s, name, other)
			await(s, other, name, 1)
			for i := range s.Region(name).Shards {
				s.Region(name).Shards[i].Returning, s.Region(name).Shards[i].Since = true, noon.Add(-time.Second)
			}
		}
	}
	for _, test := range []struct {
		name     string
		fault    func(*Snapshot)
		before   Verdict
		verdict  Verdict
		sentence string
	}{
		{"another region is back", back("ap"), RemoteFailure, RemoteFailure,
			"ap answers again since 11:59:59, but us→ap and ap→us are not proven yet"},
		{"the local region is back", back("us"), LocalFailure, LocalFailure,
			"us answers again since 11:59:59, but us→ap and ap→us are not proven yet"},
		{"it answers, and does not deliver yet", func(s *Snapshot) {
			back("ap")(s)
			fall(s, "ap", RegionDown, Refused)
		}, RemoteFailure, RemoteFailure, "ap is down since 11:59:00: it answers again, which is not proven yet"},
		{"a region is sharded differently", func(s *Snapshot) { await(s, "us", "eu", 1) }, Healthy, Healthy,
			"us, eu and ap are available, but us→eu is not proven yet"},
		{"the observer was cut off", func(s *Snapshot) { await(s, "us", "eu") }, Unobservable, Unobservable,
			"us, eu and ap are available, but us→eu is not proven yet"},
		{"nothing is known of another link either, and is not about to be", func(s *Snapshot) {
			await(s, "us", "eu")
			turn(s, "eu", "us", LinkUnknown)
		}, Healthy, Unobservable, "us, eu and ap are available, but there is no evidence about eu→us"},
		{"a link that was silent has begun to deliver", func(s *Snapshot) {
			turn(s, "us", "eu", LinkLate)
			for i := range s.Link("us", "eu").Cells {
				s.Link("us", "eu").Cells[i].Proving = true
			}
		}, ReplicationFailure, ReplicationFailure, "us→eu delivers again since 11:59:00, which is not proven yet"},
		{"something is broken beside", func(s *Snapshot) {
			back("ap")(s)
			turn(s, "us", "eu", LinkDown)
		}, RemoteFailure, ReplicationFailure, "us→eu is down since 11:59:00; ap answers again since 11:59:59, but us→ap and ap→us are not proven yet"},
	} {
		s := pictured(test.fault)
		(&judgement{snap: s, topology: &Topology{}, before: test.before, sure: true}).judge()
		if s.Verdict != test.verdict || s.Sentence != test.sentence {
			t.Errorf("%s: %s: %q", test.name, s.Verdict, s.Sentence)
		}
	}
}

// refuse makes a region refuse writes since a minute ago.
func refuse(s *Snapshot, name string, cause Cause) {
	r := s.Region(name)
	r.Writes, r.WritesCause, r.WritesSince = WritesRefused, cause, noon.Add(-time.Minute)
}

const aloneInWords = "no other region can be used: whether us lacks what was written there is not known"

func TestReadiness(t *testing.T) {
	for _, test := range []struct {
		name    string
		fault   func(*Snapshot)
		proof   Proof
		ready   Readiness
		missing []string
	}{
		{"all is well and writes are proven", func(*Snapshot) {}, Proof{}, ReadyYes, nil},
		{"no write was tried", func(s *Snapshot) { s.Regions[0].Writes = WritesUnproven }, Proof{}, ReadyUnproven, []string{"no write was tried"}},
		{"writes are tried, and not answered", func(s *Snapshot) { s.Regions[0].Writes = WritesUnproven }, Proof{Writes: WritesUnproven}, ReadyUnproven,
			[]string{"no write was acknowledged lately"}},
		{"writes are refused", func(s *Snapshot) { s.Regions[0].Writes = WritesRefused }, Proof{}, ReadyNo, []string{"writes are refused"}},
		{"writes of another region are missing, as after a return without data", func(*Snapshot) {},
			Proof{Missing: []string{"3912 writes of eu"}}, ReadyNo, []string{"3912 writes of eu"}},
		{"it is down", func(s *Snapshot) { fall(s, "us", RegionDown, Refused) }, Proof{}, ReadyNo, []string{"us is down (refused)"}},
		{"nothing is known of it", func(s *Snapshot) { s.Regions[0].State = RegionUnobservable }, Proof{}, ReadyUnproven, []string{"nothing is known of us"}},
		{"a link to it is silent on one shard", func(s *Snapshot) { turn(s, "eu", "us", LinkDown, 1) }, Proof{}, ReadyNo, []string{"eu→us is down on shard 2"}},
		{"a link from it never delivered", func(s *Snapshot) { turn(s, "us", "eu", LinkNever) }, Proof{}, ReadyNo, []string{"nothing was delivered on us→eu"}},
		{"a link to it is late", func(s *Snapshot) { turn(s, "ap", "us", LinkLate, 0) }, Proof{}, ReadyNo, []string{"ap→us is late on shard 1"}},
		{"there is no evidence about a link", func(s *Snapshot) { turn(s, "ap", "us", LinkUnknown, 0) }, Proof{}, ReadyUnproven, []string{"no evidence about ap→us"}},
		{"a link came up just now", func(s *Snapshot) { s.Link("eu", "us").Cells[1].Since = noon.Add(-1500 * time.Millisecond) },
			Proof{}, ReadyUnproven, []string{"it and its links have been up for 1.5s, and 2s is asked for"}},
		{"a single region, which has no links, was started just now", func(s *Snapshot) {
			s.Regions, s.Links = s.Regions[:1], s.Links[:1]
			s.Links[0].Cells[1].Since = noon.Add(-300 * time.Millisecond)
		}, Proof{}, ReadyUnproven, []string{"it and its loop have been up for 300ms, and 2s is asked for"}},
		{"a shard of it came back just now", func(s *Snapshot) { s.Regions[0].Shards[1].Since = noon.Add(-500 * time.Millisecond) },
			Proof{}, ReadyUnproven, []string{"it and its links have been up for 500ms, and 2s is asked for"}},
		{"it was reset just now, and nobody knows whether it was started anew", func(s *Snapshot) {
			s.Regions[0].Shards[0].Connected = noon.Add(-200 * time.Millisecond)
		}, Proof{}, ReadyUnproven, []string{"it and its links have been up for 200ms, and 2s is asked for"}},
		{"a connection to it is lost", func(s *Snapshot) { s.Regions[0].Shards[0].Connected = time.Time{} },
			Proof{}, ReadyUnproven, []string{"it and its links have been up for 0s, and 2s is asked for"}},
		{"half of its shards are down", func(s *Snapshot) { fall(s, "us", RegionDown, Refused, 1) }, Proof{}, ReadyNo, []string{"us is impaired (refused)"}},
		{"it answers, and its shards are not proven yet", func(s *Snapshot) {
			await(s, "us", "eu")
			s.Regions[0].Shards[0].Returning = true
		}, Proof{}, ReadyUnproven, []string{"no evidence about us→eu"}},
		{"messages pass and the keys of another region do not arrive", func(s *Snapshot) { s.Link("eu", "us").Cells[1].Keys.State = KeysMissing },
			Proof{}, ReadyNo, []string{"keys of eu do not arrive in us on shard 2"}},
		{"late messages still arrive", func(s *Snapshot) { s.Link("eu", "us").Cells[0].LastLate = noon.Add(-time.Second) },
			Proof{}, ReadyNo, []string{"late messages still arrive on eu→us"}},
		{"its own messages do not arrive", func(s *Snapshot) { turn(s, "us", "us", LinkDown) }, Proof{}, ReadyNo, []string{"the loop of us is down"}},
		{"a third region is down, which does not hold it back", func(s *Snapshot) { fall(s, "ap", RegionDown, Refused) }, Proof{}, ReadyYes, nil},
		{"a shard of a third region is down, which does not hold it back", func(s *Snapshot) { fall(s, "ap", RegionDown, Refused, 0) }, Proof{}, ReadyYes, nil},
		{"all others are down, which does not hold back one that was not away", func(s *Snapshot) {
			fall(s, "ap", RegionDown, Refused)
			fall(s, "eu", RegionDown, Refused)
		}, Proof{}, ReadyYes, nil},
		{"all others are down since before it came back, perhaps empty", func(s *Snapshot) {
			fall(s, "ap", RegionDown, Refused)
			fall(s, "eu", RegionDown, Refused)
			comeBack(s, 15*time.Second)
		}, Proof{}, ReadyUnproven, []string{aloneInWords}},
		{"all others went down a moment after it came back", func(s *Snapshot) {
			fall(s, "ap", RegionDown, Refused)
			fall(s, "eu", RegionDown, Refused)
			comeBack(s, time.Minute+time.Second)
		}, Proof{}, ReadyUnproven, []string{aloneInWords}},
		{"all others went down long after it came back", func(s *Snapshot) {
			fall(s, "ap", RegionDown, Refused)
			fall(s, "eu", RegionDown, Refused)
			comeBack(s, 2*time.Minute)
		}, Proof{}, ReadyYes, nil},
		{"one other is down since before it came back, and one is up", func(s *Snapshot) {
			fall(s, "ap", RegionDown, Refused)
			comeBack(s, 15*time.Second)
		}, Proof{}, ReadyYes, nil},
		{"the same shard of all others is down since before it came back", func(s *Snapshot) {
			fall(s, "ap", RegionDown, Refused)
			fall(s, "eu", RegionDown, Refused, 1)
			comeBack(s, 15*time.Second)
		}, Proof{}, ReadyUnproven, []string{aloneInWords}},
		{"a link between two others is silent, which is not its business", func(s *Snapshot) { turn(s, "eu", "ap", LinkDown) }, Proof{}, ReadyYes, nil},
		{"what is known to be wrong comes before what is not proven", func(s *Snapshot) {
			turn(s, "ap", "us", LinkUnknown)
			turn(s, "eu", "us", LinkDegraded, 0)
		}, Proof{}, ReadyNo, []string{"eu→us is degraded on shard 1", "no evidence about ap→us"}},
	} {
		ready, missing := readiness(pictured(test.fault), 0, test.proof)
		if ready != test.ready || !slices.Equal(missing, test.missing) {
			t.Errorf("%s: %s %q, want %s %q", test.name, ready, missing, test.ready, test.missing)
		}
	}
}
