package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/simulate"
)

// usualSize is how many regions are simulated, and shards of each, when nobody says how many.
const usualSize = 3

// simulateFlags are the flags of `probe simulate`.
type simulateFlags struct {
	output           *form
	policy           probe.Policy
	network          simulate.Network
	loss, retransmit share
	regions, shards  size
	timeout          time.Duration
	runs             int
	seed             uint64
	solved           bool
	propose, clients bool
	every            period
	within           time.Duration
	commands         float64
}

func newProbeSimulate(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Find out what a policy of the probe is worth: false alarms, time to detect, cost",
		Long: `Tells, for a policy and a network, how many false alarms there are a year, how soon each fault is named, and what the
probe costs. False alarms of one in years are solved by formula; the rest, and the formula itself, is checked by driving the
very code of the probe through a model of the network in virtual time. It connects to nothing, and the same flags and seed
give the same answer.

With --propose it looks for the policy with the fewest messages that has at most one false alarm in a time and notices what
is broken within another, and prints it as flags for probe.`,
		Example: `  aafailover probe simulate
  aafailover probe simulate --sensitivity fast --delay 40ms --loss 0.1%
  aafailover probe simulate --propose --false-alarms-every 10y --within 3s --regions 5 --shards 16
  aafailover probe simulate --clients`,
		Args: noArguments,
	}
	addSettings(c)
	f := &simulateFlags{output: addOutput(c, asTable, asJSON)}
	f.add(c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		given := c.Flags().Changed("shards") // before the environment and the file change it too
		if _, err := settle(c, p); err != nil {
			return err
		}
		if !given && f.shards == 0 {
			f.shards = usualSize // of the probe it says that they are not known
		}
		if err := usage(f.check(c.Flags())); err != nil {
			return err
		}
		return f.run(c.Context(), p, c.Flags())
	}
	return c
}

func (f *simulateFlags) add(flags *pflag.FlagSet) {
	addPolicy(flags, &f.policy)
	f.loss, f.regions, f.shards, f.every = share(0.01), usualSize, usualSize, period(10*simulate.Year)
	flags.Var(&f.regions, "regions", "number of regions")
	flags.Var(&f.shards, "shards", "number of shards of each region")
	flags.DurationVar(&f.network.Delay, "delay", 80*time.Millisecond, "median time of a message from region to region, and of an answer")
	flags.Float64Var(&f.network.Sigma, "jitter", 0.5, "how wide delays spread: the sigma of their log-normal distribution")
	flags.Var(&f.loss, "loss", "messages lost between regions")
	flags.DurationVar(&f.network.Burst, "burst", 0, "how long the times last in which messages are lost, on average (0: each is lost on its own)")
	flags.Var(&f.retransmit, "retransmit", "messages and answers that TCP must send again, and delays")
	addOccasion(flags, &f.network.ServerPause, "server-pause", "pauses of a shard", "a shard does nothing for this time now and then", 500*time.Millisecond, 24*time.Hour)
	addOccasion(flags, &f.network.ObserverPause, "observer-pause", "pauses of the probe", "the probe itself does nothing for this time now and then", 2*time.Second, time.Hour)
	addOccasion(flags, &f.network.Slowdown, "slowdown", "slowdowns", "delays grow over this time, and stay so as long, now and then", time.Minute, 30*24*time.Hour)
	flags.Float64Var(&f.network.SlowdownFactor, "slowdown-factor", 2, "how many times as long delays are in a slowdown")
	flags.DurationVar(&f.timeout, "timeout", region.DefaultTimeout, "limit for a connection, and for each reply; never less than a hung shard has until it is down")
	flags.IntVar(&f.runs, "runs", 200, "how often each fault and each occasion is simulated")
	flags.Uint64Var(&f.seed, "seed", 1, "what everything random follows from")
	flags.BoolVar(&f.solved, "solved", false, "leave out what takes seconds of simulation")
	flags.BoolVar(&f.propose, "propose", false, "look for a policy")
	flags.Var(&f.every, "false-alarms-every", "time in which a proposed policy may raise one false alarm")
	flags.DurationVar(&f.within, "within", 3*time.Second, "time in which a proposed policy notices what hangs or is silent")
	flags.BoolVar(&f.clients, "clients", false, "show the published defaults of client libraries beside the policy")
	flags.Float64Var(&f.commands, "commands", 100, "commands a second of the application of a client library")
}

// addOccasion adds the flags of something that happens now and then.
func addOccasion(flags *pflag.FlagSet, o *simulate.Occasion, name, several, what string, length, every time.Duration) {
	flags.DurationVar(&o.Length, name, length, what+" (0: never)")
	flags.DurationVar(&o.Every, name+"-every", every, "time between two "+several+", on average")
}

// question is what the flags ask.
func (f *simulateFlags) question() simulate.Question {
	n := f.network
	n.Loss, n.Retransmit = float64(f.loss), float64(f.retransmit)
	return simulate.Question{Policy: f.policy, Network: n, Connections: simulate.ConnectionsOf(f.policy, f.timeout),
		Regions: int(f.regions), Shards: int(f.shards), Runs: f.runs, Seed: f.seed}
}

func (f *simulateFlags) wanted() simulate.Wanted {
	return simulate.Wanted{Every: time.Duration(f.every), Within: f.within}
}

func (f *simulateFlags) check(flags *pflag.FlagSet) error {
	errs := []error{f.question().Check()}
	if f.propose {
		errs = append(errs, f.wanted().Check())
	} else {
		for _, name := range []string{"false-alarms-every", "within"} {
			if flags.Changed(name) {
				errs = append(errs, hint.Wrap(fmt.Errorf("--%s is for a proposal", name), "give --propose too"))
			}
		}
	}
	if f.timeout <= 0 || f.timeout > maxTimeout {
		errs = append(errs, fmt.Errorf("timeout %v: must be more than 0 and at most %v", f.timeout, maxTimeout))
	}
	if !(f.commands > 0) {
		errs = append(errs, fmt.Errorf("commands %g: must be more than 0", f.commands))
	}
	return errors.Join(errs...)
}

// run answers, and prints the answer.
func (f *simulateFlags) run(ctx context.Context, p Process, flags *pflag.FlagSet) error {
	q := f.question()
	r := report.SimulateResult{Policy: "this policy"}
	if changed := policyFlags(f.policy); len(changed) == 0 {
		r.Policy = "the default policy"
	} else if s := flags.Lookup("sensitivity"); s != nil && f.policy == probe.PolicyOf(probe.Sensitivity(s.Value.String())) {
		r.Policy = "the sensitivity " + s.Value.String()
	}
	waiting := progress(p.Stderr, "solving")
	err := f.answer(ctx, waiting, q, &r)
	waiting.end()
	if err != nil {
		return err
	}
	if f.output.chosen == asJSON {
		return report.WriteJSON(p.Stdout, report.NewSimulateDocument(r))
	}
	return report.SimulateText(p.Stdout, report.NewStyle(p.Stdout), r)
}

// answer finds the answer, and says meanwhile what it is at.
func (f *simulateFlags) answer(ctx context.Context, waiting *step, q simulate.Question, r *report.SimulateResult) error {
	if f.propose {
		waiting.next("looking for a policy")
		policy, err := simulate.Propose(ctx, q, f.wanted())
		if err != nil {
			return unanswered(err)
		}
		q.Policy, q.Connections = policy, simulate.ConnectionsOf(policy, f.timeout)
		r.Policy, r.Proposed, r.Wanted = "the policy below", policyFlags(policy), f.wanted()
	}
	waiting.next("simulating, which --solved leaves out")
	answer := simulate.Assess
	if f.solved {
		waiting.next("solving")
		answer = simulate.Solve
	}
	var err error
	if r.Assessment, err = answer(ctx, q); err != nil {
		return unanswered(err)
	}
	if f.clients {
		waiting.next("simulating other clients")
		r.Commands = f.commands
		r.Clients, err = simulate.Compare(ctx, r.Assessment.Question, f.commands)
	}
	return err
}

// unanswered says what can be done where there is no answer.
func unanswered(err error) error {
	switch {
	case errors.Is(err, simulate.ErrNoPolicy):
		return exit(exitFinding, hint.Wrap(err, "allow more time with --within, or false alarms more often with --false-alarms-every"))
	case errors.Is(err, simulate.ErrTooLong):
		return usage(hint.Wrap(err, "--solved leaves it out; or give a longer --interval, fewer --runs, or shorter times of what happens"))
	}
	return err
}
