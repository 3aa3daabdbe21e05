package cmd

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

// failoverFlags are the flags of a failover policy, for every command that has one.
type failoverFlags struct {
	weights   string
	onCause   []string
	onSilence string // of replication
	flap      string
	policy    failover.Policy
}

// addFailover adds the flags. What they come to is known after parse.
func addFailover(flags *pflag.FlagSet) *failoverFlags {
	f := new(failoverFlags)
	flags.StringVar(&f.weights, "weight", "", "which region to fail over to where several are as good, given as `NAME=WEIGHT,…`: the greatest first; 0 is never gone to")
	flags.StringVar(&f.onSilence, "on-replication-failure", string(failover.Stay),
		fmt.Sprintf("what the policy does when the region works but its replication does not: %s", reactions()))
	flags.StringArrayVar(&f.onCause, "on-cause", nil, fmt.Sprintf("what the policy does when the region cannot be used for a cause, or a kind of cause (%s), given as `CAUSE=REACTION`: %s; repeat it for each",
		strings.Join(failover.CauseClasses(), ", "), reactions()))
	flags.DurationVar(&f.policy.MinStay, "min-stay", 0, "how long to stay after a move before one that is a choice: a failback, or a failover for replication only")
	flags.StringVar(&f.flap, "flap-limit", "", "no move that is a choice after so many moves in this time, given as `MOVES/DURATION`, such as 3/10m (default: no limit)")
	return f
}

// reactions names the reactions.
func reactions() string {
	var words []string
	for _, r := range failover.Reactions() {
		words = append(words, string(r))
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// parse returns the policy that the flags come to.
func (f *failoverFlags) parse() (failover.Policy, error) {
	p := f.policy
	var errs [4]error
	p.Weights, errs[0] = failover.ParseWeights(f.weights)
	p.React, errs[1] = failover.ParseReactions(f.onCause)
	p.OnReplicationFailure, errs[2] = failover.ParseReaction(f.onSilence)
	p.Flap, errs[3] = failover.ParseFlapLimit(f.flap)
	if err := errors.Join(errs[:]...); err != nil {
		return p, err
	}
	return p, p.Check()
}

// weightsAreRegions says which of the names of --weight is none of a region.
func weightsAreRegions(p failover.Policy, regions []config.Region) error {
	var names []string
	for _, r := range regions {
		names = append(names, r.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Weights)) {
		if !slices.Contains(names, name) {
			return hint.Wrap(fmt.Errorf("--weight names %q, which is not a region", name), "the regions are "+strings.Join(names, ", "))
		}
	}
	return nil
}
