package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/lab"
)

// stage is a lab that notes what is done to it.
type stage struct {
	status lab.Status
	done   []string
	fails  error
	begun  chan struct{} // nil, or takes one for each fault, which then waits for goOn
	goOn   chan struct{}
}

func (s *stage) Status(context.Context) (lab.Status, error) { return s.status, nil }

func (s *stage) Inject(_ context.Context, f lab.Fault) error {
	if s.begun != nil {
		s.begun <- struct{}{}
		<-s.goOn
	}
	if s.fails != nil {
		return s.fails
	}
	s.done = append(s.done, f.String())
	return nil
}

func threeRegions() lab.Status {
	var st lab.Status
	for _, name := range []string{"us", "eu", "ap"} {
		r := lab.RegionStatus{Name: name}
		for n := range 3 {
			r.Shards = append(r.Shards, lab.ShardStatus{Number: n + 1, Address: name + ":" + string(rune('1'+n))})
		}
		st.Regions = append(st.Regions, r)
	}
	return st
}

// typing presses keys of a playground, each after the one before was done, and returns what was said.
func typing(t *testing.T, s *stage, keys string, on ...selection) []string {
	t.Helper()
	p := NewPlayground(s)
	defer p.Close()
	at := 0
	bindings := p.bindings(func() selection { at++; return on[min(at, len(on))-1] })
	var told []string
	for key := range strings.SplitSeq(keys, "") {
		b, ok := bound(bindings, key)
		if !ok {
			t.Fatalf("no key %s", key)
		}
		told = append(told, b.do(key)().(playedMsg).String())
	}
	return told
}

func TestKeysOfThePlayground(t *testing.T) {
	us, shard, link, cell := selection{region: "us"}, selection{region: "us", shard: 2}, selection{from: "us", to: "eu"}, selection{from: "us", to: "eu", shard: 2}
	down := func(s *lab.Status) { s.Regions[0].Shards[1].State = lab.Down }
	for _, row := range []struct {
		why   string
		keys  string
		on    []selection
		was   func(*lab.Status)
		done  string // all faults
		says  string // of the last key
		fails error
	}{
		{"a link is cut one way", "c", []selection{link}, nil, "cut us→eu", "cut us→eu", nil},
		{"only the streams of a shard", "c", []selection{cell}, nil, "cut us→eu shard 2", "cut us→eu shard 2", nil},
		{"a region is cut off from all others", "c", []selection{us}, nil, "cut us↔eu, cut us↔ap", "cut us off", nil},
		{"and so is a shard", "c", []selection{shard}, nil, "cut us↔eu shard 2, cut us↔ap shard 2", "cut us shard 2 off", nil},
		{"a loop is its region", "k", []selection{{from: "us", to: "us"}}, nil, "kill us", "killed us", nil},
		{"stall", "t", []selection{cell}, nil, "stall us→eu shard 2", "stalled us→eu shard 2", nil},
		{"all links of a region stall", "t", []selection{us}, nil, "stall us↔eu, stall us↔ap", "stalled all links of us", nil},
		{"a shard is killed", "k", []selection{shard}, nil, "kill us shard 2", "killed us shard 2", nil},
		{"a link has nothing to kill", "k", []selection{link}, nil, "", "kill us→eu: a link cannot be killed: select a region, or a shard of one", nil},
		{"what is selected is healed", "H", []selection{link}, nil, "heal us→eu", "healed us→eu (H once more heals everything)", nil},
		{"a region with its links", "H", []selection{us}, nil, "heal us, heal us↔eu, heal us↔ap", "healed us (H once more heals everything)", nil},
		{"what is down in it starts", "H", []selection{us}, down, "heal us, heal us↔eu, heal us↔ap, start us", "healed us (H once more heals everything)", nil},
		{"another shard that is down stays so", "H", []selection{{region: "us", shard: 1}}, down,
			"heal us shard 1, heal us↔eu shard 1, heal us↔ap shard 1", "healed us shard 1 (H once more heals everything)", nil},
		{"once more heals everything", "HH", []selection{link, link}, down, "heal us→eu, heal everything, start us", "healed everything", nil},
		{"not on something else", "HH", []selection{link, cell}, nil, "heal us→eu, heal us→eu shard 2", "healed us→eu shard 2 (H once more heals everything)", nil},
		{"nor with a fault in between", "HcH", []selection{link}, nil, "heal us→eu, cut us→eu, heal us→eu", "healed us→eu (H once more heals everything)", nil},
		{"with nothing selected, heal means everything", "H", []selection{{}}, nil, "heal everything", "healed everything", nil},
		{"and nothing else is done", "k", []selection{{}}, nil, "", "kill: nothing is selected", nil},
		{"the address tells which shard of the lab is meant", "k", []selection{{region: "us", shard: 1, address: "us:3"}}, nil, "kill us shard 3", "killed us shard 1", nil},
		{"one that is there no more", "k", []selection{{region: "us", shard: 1, address: "us:9"}}, nil, "", "kill us shard 1: us has no shard at us:9 any more", nil},
		{"a region that the lab does not have", "k", []selection{{region: "sa"}}, nil, "", "kill sa: the lab has no region sa", nil},
		{"a lab that refuses", "c", []selection{link}, nil, "", "cut us→eu: fault refused: no", errors.Join(lab.ErrFault, errors.New("no"))},
	} {
		s := &stage{status: threeRegions(), fails: row.fails}
		if row.was != nil {
			row.was(&s.status)
		}
		told := typing(t, s, row.keys, row.on...)
		if done := strings.Join(s.done, ", "); done != row.done {
			t.Errorf("%s: did %q, want %q", row.why, done, row.done)
		}
		if got := told[len(told)-1]; strings.ReplaceAll(got, "; ", ": ") != row.says {
			t.Errorf("%s: said %q, want %q", row.why, got, row.says)
		}
	}
}

func TestAPlaygroundOfOneRegion(t *testing.T) {
	s := &stage{status: lab.Status{Regions: threeRegions().Regions[:1]}}
	if told := typing(t, s, "cH", selection{region: "us"}); told[0] != "cut us off: there is no other region" || !slices.Equal(s.done, []string{"heal us"}) {
		t.Errorf("said %q, did %q", told, s.done)
	}
}

func TestWithoutALabThereAreNoKeys(t *testing.T) {
	var p *Playground
	if keys := p.bindings(func() selection { return selection{region: "us"} }); len(keys) > 0 {
		t.Errorf("%d keys", len(keys))
	}
	p.Close()
}

// What is typed while the lab is busy waits in its order, up to a bound, and what still waits at the end is not done.
func TestKeysWaitForALabThatIsBusy(t *testing.T) {
	s := &stage{status: threeRegions(), begun: make(chan struct{}), goOn: make(chan struct{})}
	p := NewPlayground(s)
	first := p.press(kill, selection{region: "us"})
	<-s.begun
	for range playMoves {
		p.press(kill, selection{region: "eu"})
	}
	if m := p.press(kill, selection{region: "ap"})().(playedMsg); m.failed == nil {
		t.Error("there is room for any number of keys")
	}
	s.goOn <- struct{}{}
	if m := first().(playedMsg); m.String() != "killed us" {
		t.Errorf("said %q", m)
	}
	<-s.begun
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Close()
	}()
	<-p.closed
	close(s.goOn)
	<-ended
	if !slices.Equal(s.done, []string{"kill us", "kill eu"}) {
		t.Errorf("did %q", s.done)
	}
}
