package cmd

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/probe"
)

// policyField is one part of the probe's policy and the flag for it.
type policyField struct {
	flag, usage string
	of          func(*probe.Policy) any // a pointer to it: *time.Duration, *int or *bool
}

var policyFields = []policyField{
	{"interval", "time between two messages on a channel", func(p *probe.Policy) any { return &p.Interval }},
	{"deadline", "how long a message or an answer may take before it is overdue; given alone, it does not adapt", func(p *probe.Policy) any { return &p.Deadline }},
	{"deadline-floor", "shortest deadline that adapting arrives at", func(p *probe.Policy) any { return &p.Floor }},
	{"adapt", "let the deadline of each link follow its measured round trips, from the floor up to the deadline", func(p *probe.Policy) any { return &p.Adapt }},
	{"horizon", "how long an overdue message is waited for before it is lost", func(p *probe.Policy) any { return &p.Horizon }},
	{"window", "messages of a cell that decide between up and degraded", func(p *probe.Policy) any { return &p.Window }},
	{"up", "messages delivered in a row for a cell to be up", func(p *probe.Policy) any { return &p.Up }},
	{"degraded", "messages of the window late, lost or overdue for a cell to be degraded", func(p *probe.Policy) any { return &p.Degraded }},
	{"down", "messages overdue in a row for a cell to be down", func(p *probe.Policy) any { return &p.Down }},
	{"attempts", "failed attempts to connect in a row for a shard to be down", func(p *probe.Policy) any { return &p.Attempts }},
	{"unanswered", "unanswered pings in a row for a shard to be down", func(p *probe.Policy) any { return &p.Unanswered }},
	{"answered", "answered pings in a row for a shard to be available", func(p *probe.Policy) any { return &p.Answered }},
	{"errors", "error replies in a row for a shard to be impaired", func(p *probe.Policy) any { return &p.Errors }},
	{"up-for", "how long all links of a region must be up before it is safe to return to", func(p *probe.Policy) any { return &p.UpFor }},
	{"pause", "how late this process may be before its observations count as no evidence", func(p *probe.Policy) any { return &p.Pause }},
}

// sensitivityFlag is the flag from which all parts of the policy come that no flag of their own sets.
type sensitivityFlag struct {
	probe.Sensitivity
	policy *probe.Policy
}

// addPolicy adds a flag for the sensitivity, and one for every part of the policy. What they come to is known after settle.
func addPolicy(flags *pflag.FlagSet, p *probe.Policy) {
	*p = probe.DefaultPolicy()
	flags.Var(&sensitivityFlag{probe.Balanced, p}, "sensitivity",
		fmt.Sprintf("how soon something is called down, against how seldom a false alarm is: %s, %s or %s; --deadline, --down, --window and so on change parts of it",
			probe.Fast, probe.Balanced, probe.Cautious))
	for _, f := range policyFields {
		switch v := f.of(p).(type) {
		case *time.Duration:
			flags.DurationVar(v, f.flag, *v, f.usage)
		case *int:
			flags.IntVar(v, f.flag, *v, f.usage)
		case *bool:
			flags.BoolVar(v, f.flag, *v, f.usage)
		}
	}
}

// settlePolicy completes the policy of a command that has one, once all that was given is set: by the line, the
// environment and the file.
func settlePolicy(flags *pflag.FlagSet) {
	f := flags.Lookup("sensitivity")
	if f == nil {
		return
	}
	chosen := f.Value.(*sensitivityFlag)
	given := *chosen.policy
	*chosen.policy = probe.PolicyOf(chosen.Sensitivity)
	for _, field := range policyFields {
		if !flags.Changed(field.flag) {
			continue
		}
		switch v := field.of(chosen.policy).(type) {
		case *time.Duration:
			*v = *field.of(&given).(*time.Duration)
		case *int:
			*v = *field.of(&given).(*int)
		case *bool:
			*v = *field.of(&given).(*bool)
		}
	}
	// Who says how long a message may take means that, unless he says more.
	if flags.Changed("deadline") && !flags.Changed("adapt") && !flags.Changed("deadline-floor") {
		chosen.policy.Adapt = false
	}
}

// policyFlags returns the flags that turn the default policy into another one.
func policyFlags(p probe.Policy) []string {
	var policy probe.Policy
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	addPolicy(flags, &policy)
	policy = p
	var changed []string
	for _, field := range policyFields {
		f := flags.Lookup(field.flag)
		fixed := !p.Adapt && (field.flag == "adapt" || field.flag == "deadline-floor")
		if f.Value.String() == f.DefValue || fixed {
			continue
		}
		changed = append(changed, "--"+field.flag+"="+f.Value.String())
		if field.flag == "deadline" && p.Adapt {
			changed = append(changed, "--adapt")
		}
	}
	if deflt := probe.DefaultPolicy(); !p.Adapt && p.Deadline == deflt.Deadline && deflt.Adapt {
		changed = append(changed, "--adapt=false")
	}
	return changed
}
