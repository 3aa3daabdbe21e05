package lab_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/slots"
)

func TestFaultsAreNamed(t *testing.T) {
	for want, f := range map[string]lab.Fault{
		"cut us↔eu":                          {Kind: lab.Cut, From: "us", To: "eu"},
		"stall us→eu shard 2":                {Kind: lab.Stall, From: "us", To: "eu", OneWay: true, Shard: 2},
		"slow us→eu to 300ms":                {Kind: lab.Slow, From: "us", To: "eu", OneWay: true, Delay: 300 * time.Millisecond},
		"lose us↔eu, 12.5% of its messages":  {Kind: lab.Lose, From: "us", To: "eu", Share: .125},
		"heal everything":                    {Kind: lab.Heal},
		"heal us":                            {Kind: lab.Heal, Region: "us"},
		"answer us shard 2: loading":         {Kind: lab.Answer, Region: "us", Shard: 2, Error: "loading"},
		"start us, empty":                    {Kind: lab.Begin, Region: "us", Empty: true},
		"start us, never written to":         {Kind: lab.Begin, Region: "us", Fresh: true},
		"move us shard 1 to shard 2":         {Kind: lab.Move, Region: "us", Shard: 1, Target: 2},
		"move us slots 0-9,20-29 to shard 2": {Kind: lab.Move, Region: "us", Slots: []slots.Range{{First: 0, Last: 9}, {First: 20, Last: 29}}, Target: 2},
		"reshard us to 5 shards":             {Kind: lab.Reshard, Region: "us", Shards: 5},
		"promote us shard 3":                 {Kind: lab.Promote, Region: "us", Shard: 3},
	} {
		if got := f.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWhoStartedALabIsToldOfItsFaults(t *testing.T) {
	var told []string
	c := regions(2, "us", "eu")
	c.OnFault = func(f lab.Fault) { told = append(told, f.String()) }
	l := startTCP(t, c)
	for _, f := range []lab.Fault{
		{Kind: lab.Cut, From: "us", To: "eu"}, {Kind: lab.Kill, Region: "ap"}, {Kind: lab.Kill}, {Kind: lab.Heal},
	} {
		if err := l.Inject(t.Context(), f); err != nil && !errors.Is(err, lab.ErrFault) {
			t.Fatal(err)
		}
	}
	if want := []string{"cut us↔eu", "heal everything"}; !slices.Equal(told, want) {
		t.Errorf("told of %q, want %q, and not of what was refused", told, want)
	}
}
