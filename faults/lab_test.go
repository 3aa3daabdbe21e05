package faults_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab"
)

// inLab runs a test on a lab of two regions of two shards, in simulated time.
func inLab(t *testing.T, do func(t *testing.T, l *lab.Lab, status lab.Status)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l, err := lab.Start(t.Context(), lab.Config{Regions: []lab.RegionConfig{{Name: "us", Shards: 2}, {Name: "eu", Shards: 2}},
			Listen: (&memnet.Network{}).Listen})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		status, err := l.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		do(t, l, status)
	})
}

func TestLabSaysWhatAScenarioTakesThatItDoesNotHave(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab.Lab, status lab.Status) {
		for _, row := range []struct {
			name  string
			needs drill.Needs
			want  string // "" for nothing
		}{
			{"nothing", drill.Needs{}, ""},
			{"what it has", drill.Needs{Regions: 2, Shards: 2, Persistence: drill.KeepAll, Backlog: lab.DefaultBacklog}, ""},
			{"a third region", drill.Needs{Regions: 3}, "3 regions (it has 2)"},
			{"more shards", drill.Needs{Shards: 3}, "3 shards (us has 2)"},
			{"another persistence", drill.Needs{Persistence: drill.KeepNothing}, "persistence nothing (us has all)"},
			{"a smaller backlog", drill.Needs{Backlog: 4096}, "a backlog of at most 4096 bytes (it has 1048576)"},
		} {
			err := faults.NewLab(l, status).Check(drill.Scenario{Name: "mine", Needs: row.needs})
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: got %v, want %q", row.name, err, row.want)
			}
		}
	})
}

// Whatever was done, in whatever order, and whatever of it was undone by the
// scenario itself: after a heal everything works, and another heal changes nothing.
func TestLabHealsAllThatItDid(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			inLab(t, func(t *testing.T, l *lab.Lab, status lab.Status) {
				random := rand.New(rand.NewPCG(seed, 3))
				f := faults.NewLab(l, status)
				for range 1 + random.IntN(8) {
					kinds := []drill.ActionKind{drill.Kill, drill.Hang, drill.Start, drill.Cut, drill.Stall, drill.Slow, drill.Mend}
					a := drill.Action{Kind: kinds[random.IntN(len(kinds))], Shard: random.IntN(3), OneWay: random.IntN(2) == 0}
					if a.Kind.OfLink() {
						a.From, a.To = "us", "eu"
					} else {
						a.Region, a.OneWay = []string{"us", "eu"}[random.IntN(2)], false
					}
					if a.Kind == drill.Slow {
						a.Delay = time.Second
					}
					if err := f.Do(t.Context(), a); err != nil && !errors.Is(err, lab.ErrFault) {
						t.Fatalf("%v: %v", a, err)
					}
				}
				for range 2 {
					if err := f.Heal(t.Context()); err != nil {
						t.Fatal(err)
					}
					checkWell(t, l)
				}
			})
		})
	}
}

// checkWell demands that every region is up and every link carries.
func checkWell(t *testing.T, l *lab.Lab) {
	t.Helper()
	status, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range status.Regions {
		if r.State != lab.Up {
			t.Errorf("%s is %v", r.Name, r.State)
		}
	}
	for _, link := range status.Links {
		if link.State != lab.LinkUp {
			t.Errorf("%s->%s is %v", link.From, link.To, link.State)
		}
	}
}

func TestLabTellsThatItIsGone(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close() // nobody listens there now
	client, err := lab.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	f := faults.NewLab(client, lab.Status{})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	do := f.Do(ctx, drill.Action{Kind: drill.Kill, Region: "us"})
	heal := f.Heal(ctx)
	for _, err := range []error{do, heal} {
		if !errors.Is(err, drill.ErrGone) || strings.Count(err.Error(), address) != 1 {
			t.Errorf("got %v, want that the lab is gone, with its address once", err)
		}
	}
}
