package cmd

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/probe"
)

// settledPolicy is what a command line comes to.
func settledPolicy(t *testing.T, line string) probe.Policy {
	t.Helper()
	var p probe.Policy
	c := &cobra.Command{}
	addPolicy(c.Flags(), &p)
	if err := c.ParseFlags(strings.Fields(line)); err != nil {
		t.Fatal(err)
	}
	settlePolicy(c.Flags())
	return p
}

func TestThereIsAFlagForEveryPartOfThePolicy(t *testing.T) {
	t.Parallel()
	p := settledPolicy(t, "")
	if p != probe.DefaultPolicy() {
		t.Errorf("without flags it is %+v", p)
	}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	if parts := reflect.TypeFor[probe.Policy]().NumField(); len(policyFields) != parts {
		t.Errorf("%d flags for the %d parts of the policy", len(policyFields), parts)
	}
	for _, f := range policyFields {
		value := map[string]string{"*time.Duration": "17s", "*int": "17", "*bool": "false"}[reflect.TypeOf(f.of(&p)).String()]
		if settledPolicy(t, "--"+f.flag+"="+value) == p {
			t.Errorf("--%s changes nothing", f.flag)
		}
	}
}

func TestTheSensitivityIsThePolicyUnlessAFlagSaysOtherwise(t *testing.T) {
	t.Parallel()
	fast, cautious := probe.PolicyOf(probe.Fast), probe.PolicyOf(probe.Cautious)
	fast.Down = 9
	fixed := probe.DefaultPolicy()
	fixed.Deadline, fixed.Adapt = 700*time.Millisecond, false
	within := probe.DefaultPolicy()
	within.Deadline, within.Floor = 700*time.Millisecond, 200*time.Millisecond
	for line, want := range map[string]probe.Policy{
		"--sensitivity fast --down 9":                     fast,
		"--down 9 --sensitivity fast":                     fast,
		"--sensitivity cautious":                          cautious,
		"--deadline 700ms":                                fixed, // who says it does not want another one
		"--deadline 700ms --deadline-floor 200ms":         within,
		"--adapt=false --deadline 700ms":                  fixed,
		"--sensitivity balanced --adapt --deadline 700ms": func() probe.Policy { p := within; p.Floor = probe.DefaultPolicy().Floor; return p }(),
	} {
		if got := settledPolicy(t, line); got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", line, got, want)
		}
	}
}

// What a proposal prints can be given to the probe, and means the same.
func TestTheFlagsOfAPolicyMakeIt(t *testing.T) {
	t.Parallel()
	odd := probe.DefaultPolicy()
	odd.Interval, odd.Deadline, odd.Down = 100*time.Millisecond, 800*time.Millisecond, 9
	fixed := odd
	fixed.Adapt = false
	defaultFixed := probe.DefaultPolicy()
	defaultFixed.Adapt = false
	for name, p := range map[string]probe.Policy{
		"the default": probe.DefaultPolicy(), "fast": probe.PolicyOf(probe.Fast), "cautious": probe.PolicyOf(probe.Cautious),
		"another deadline that adapts": odd, "one that does not": fixed, "the default one that does not": defaultFixed,
	} {
		got := settledPolicy(t, strings.Join(policyFlags(p), " "))
		if !p.Adapt {
			got.Floor = p.Floor // which means nothing then
		}
		if got != p {
			t.Errorf("%s: %v makes %+v, not %+v", name, policyFlags(p), got, p)
		}
	}
	if flags := policyFlags(probe.DefaultPolicy()); len(flags) != 0 {
		t.Errorf("the default policy needs %v", flags)
	}
}
