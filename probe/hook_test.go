package probe

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// texts returns what was found, by kind.
func texts(s *Snapshot) []string {
	found := make([]string, 0, len(s.Findings))
	for _, f := range s.Findings {
		found = append(found, string(f.Kind)+": "+f.Text)
	}
	return found
}

func TestFindingsOfWritesAndKeys(t *testing.T) {
	keys := func(s *Snapshot, from, to string, state KeyState, cells ...int) {
		for _, i := range cells {
			s.Link(from, to).Cells[i].Keys.State = state
		}
	}
	for _, test := range []struct {
		name     string
		fault    func(*Snapshot)
		verdict  Verdict
		findings []string
	}{
		{"the local region refuses writes", func(s *Snapshot) {
			s.Regions[0].Writes, s.Regions[0].WritesCause, s.Regions[0].WritesSince = WritesRefused, ReadOnly, noon.Add(-time.Minute)
		}, LocalFailure, []string{"writes: us refuses writes since 11:59:00: it is read-only"}},
		{"another region refuses writes", func(s *Snapshot) { s.Regions[2].Writes, s.Regions[2].WritesCause = WritesRefused, OutOfMemory },
			RemoteFailure, []string{"writes: ap refuses writes: it is out of memory"}},
		{"a region that is down refuses writes, of course", func(s *Snapshot) {
			fall(s, "ap", RegionDown, Refused)
			s.Regions[2].Writes = WritesRefused
		}, RemoteFailure, []string{"region: ap is down since 11:59:00: connections are refused"}},
		{"keys arrive and messages too", func(s *Snapshot) { keys(s, "us", "eu", KeysArriving, 0, 1) }, Healthy, []string{}},
		{"messages pass and keys do not", func(s *Snapshot) { keys(s, "us", "eu", KeysMissing, 0, 1) }, ReplicationFailure,
			[]string{"keys: us→eu carries messages, but keys that are written in us do not arrive in eu"}},
		{"messages pass and keys do not, on one shard", func(s *Snapshot) { keys(s, "us", "eu", KeysMissing, 1) }, ReplicationFailure,
			[]string{"keys: us→eu carries messages, but keys that are written in us do not arrive in eu on shard 2 (slots 8192-16383)"}},
		{"a link is silent, and keys arrive", func(s *Snapshot) {
			turn(s, "us", "eu", LinkDown)
			keys(s, "us", "eu", KeysArriving, 0, 1)
		}, ReplicationFailure, []string{"link: us→eu is down since 11:59:00; keys still arrive: a full copy is under way, the link is not live"}},
		{"a link is silent, and so are its keys", func(s *Snapshot) {
			turn(s, "us", "eu", LinkDown)
			keys(s, "us", "eu", KeysMissing, 0, 1)
		}, ReplicationFailure, []string{"link: us→eu is down since 11:59:00"}},
		{"messages that are of no observer", func(s *Snapshot) { s.Regions[1].Forged = Lately{Count: 3, Since: noon.Add(-time.Minute)} }, Healthy,
			[]string{"forged: 3 messages on the channels of eu are of no observer since 11:59:00: somebody else publishes there"}},
		{"a link that delivers twice", func(s *Snapshot) { s.Link("us", "eu").Echoes = Lately{Count: 7, Since: noon.Add(-time.Minute)} }, Healthy,
			[]string{"echo: us→eu delivers messages more than once: 7 since 11:59:00"}},
		{"a duplicate now and then", func(s *Snapshot) { s.Link("us", "eu").Echoes = Lately{Count: 2, Since: noon} }, Healthy, []string{}},
	} {
		s := pictured(test.fault)
		(&judgement{snap: s, topology: &Topology{}, before: Healthy, sure: true}).judge()
		if got := texts(s); s.Verdict != test.verdict || !slices.Equal(got, test.findings) {
			t.Errorf("%s: %s %q", test.name, s.Verdict, got)
		}
		if want := "us, eu and ap are available and all 6 links are up"; s.Verdict == Healthy && !strings.HasPrefix(s.Sentence, want) {
			t.Errorf("%s: %s", test.name, s.Sentence)
		}
	}
}

func TestWhatSomebodyKnowsOfWritesAndKeysIsAskedFor(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	proof := Proof{Writes: WritesRefused, Cause: NoReplicas}
	v.state.config.Proof = func(string) Proof { return proof }
	v.state.config.Keys = func(from, to string, slot int) KeyEvidence {
		if from != "a" || to != "b" || slot != 0 {
			return KeyEvidence{}
		}
		return KeyEvidence{State: KeysArriving, Lag: time.Second}
	}
	v.pass(5 * time.Second)
	s := v.state.snapshot()
	refused := s.Regions[0].WritesSince
	v.pass(5 * time.Second)
	s = v.state.snapshot()
	if r := s.Regions[0]; r.Writes != WritesRefused || r.WritesCause != NoReplicas || !r.WritesSince.Equal(refused) || r.FailbackReady != ReadyNo {
		t.Errorf("%+v", r)
	}
	if c := s.Link("a", "b").Cells[0]; c.Keys.State != KeysArriving || c.Keys.Lag != time.Second {
		t.Errorf("%+v", c.Keys)
	}
	if c := s.Link("b", "a").Cells[0]; c.Keys.State != KeysUnproven {
		t.Errorf("%+v", c.Keys)
	}
	proof = Proof{Writes: WritesProven}
	if r := v.state.snapshot().Regions[0]; r.Writes != WritesProven || r.WritesCause != NoCause || !r.WritesSince.IsZero() || r.FailbackReady != ReadyYes {
		t.Errorf("%+v", r)
	}
}

// others makes another observer publish in region a: its messages arrive in b.
func (v *virtual) others(arriving *bool) {
	var publish func()
	publish = func() {
		if *arriving {
			v.state.observe(&observation{what: foreign, region: 1, channel: int32(v.state.channels[0].index), at: v.now})
		}
		v.after(v.state.policy.Interval, publish)
	}
	publish()
}

func TestARegionThatAnswersOthersIsPartitionedFromHere(t *testing.T) {
	for _, test := range []struct {
		name  string
		cause Cause
		still time.Duration // how long the messages of others keep arriving
		want  Cause
	}{
		{"others reach it", Timeout, time.Hour, Partitioned},
		{"what others published before it failed arrives", Timeout, 500 * time.Millisecond, Timeout},
		{"it answers, with an error", Loading, time.Hour, Loading},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVirtual(t, 2, DefaultPolicy())
			arriving := true
			v.others(&arriving)
			v.pass(10 * time.Second)
			v.takes = func(from int) bool { return from != 0 }
			v.arrives = func(_, to int, _ uint64) []time.Duration {
				if to == 0 {
					return nil
				}
				return once(virtualRoundTrip)
			}
			v.pings = func(region int, id uint64) {
				o := observation{what: accepted, region: uint16(region), id: id, at: v.now}
				if region == 0 && test.cause == Loading {
					o.what, o.cause = refused, Loading
				} else if region == 0 {
					return
				}
				v.state.observe(&o)
			}
			v.after(test.still, func() { arriving = false })
			v.pass(8 * time.Second)
			s := v.state.snapshot()
			if r := s.Region("a"); r.State != RegionDown || r.Cause != test.want {
				t.Errorf("a is %s because of %q", r.State, r.Cause)
			}
			if test.want == Partitioned && !strings.HasSuffix(s.Findings[0].Text, ": it answers others, but not this observer") {
				t.Errorf("%+v", s.Findings)
			}
			arriving = false
			v.pass(20 * time.Second)
			if r := v.state.snapshot().Region("a"); r.Cause == Partitioned {
				t.Errorf("nothing of it arrives any more, and a is %s because of %q", r.State, r.Cause)
			}
		})
	}
}

// What a stalled link hands over at once had been published before the region failed.
func TestABurstOfForeignMessagesIsNoPartition(t *testing.T) {
	p := DefaultPolicy()
	var e elsewhere
	failed := instant(100 * time.Second)
	for range 50 {
		e.heard(&p, failed+instant(20*time.Second))
	}
	if e.proves(&p, failed, failed+instant(20*time.Second)+1) {
		t.Error("proven by one burst")
	}
	e.heard(&p, failed+instant(22*time.Second))
	if !e.proves(&p, failed, failed+instant(22*time.Second)+1) {
		t.Error("not proven by what keeps arriving")
	}
	if e.proves(&p, failed, failed+instant(40*time.Second)) {
		t.Error("proven by what arrived long ago")
	}
}
