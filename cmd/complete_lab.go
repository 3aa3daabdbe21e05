package cmd

import (
	"context"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/lab"
)

// regionNames are those of the regions that a command line is about, as far as it is written: given regions, and those of the
// file and the environment, are not asked. For the lab they are those of the running one, or else of the built-in one.
func regionNames(c *cobra.Command, p Process) []string {
	names, isLab, err := config.Names(inputOf(c, p))
	if err != nil || !isLab {
		return names
	}
	running, ok := labStatus(c)
	if !ok {
		for _, r := range defaultLab() {
			names = append(names, r.Name)
		}
	}
	for _, r := range running.Regions {
		names = append(names, r.Name)
	}
	return names
}

// labStatus is how the lab is that a command line is about, if it answers in time.
func labStatus(c *cobra.Command) (lab.Status, bool) {
	ctx, cancel := context.WithTimeout(c.Context(), completeLimit)
	defer cancel()
	control, _ := c.Flags().GetString("control")
	running, err := newestLab(ctx, io.Discard, control)
	if err != nil {
		return lab.Status{}, false
	}
	status, err := running.Status(ctx)
	return status, err == nil
}

// complete completes the arguments of a fault: regions, each once, and the words for what a region answers.
func (l labFault) complete(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if l.kind == lab.Answer && len(args) == 1 {
		return textsOf(lab.Conditions()), orNothing
	}
	if len(args) >= l.most || l.read != nil && len(args) > 0 { // a second argument that is read is no region
		return nil, orNothing
	}
	var names []cobra.Completion
	status, _ := labStatus(c)
	for _, r := range status.Regions {
		if !slices.Contains(args, r.Name) {
			names = append(names, r.Name)
		}
	}
	return names, orNothing
}

// completeShards completes the number of a shard: of the first region that is named, or else of any.
func completeShards(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var numbers []cobra.Completion
	status, _ := labStatus(c)
	for _, r := range status.Regions {
		if len(args) > 0 && r.Name != args[0] {
			continue
		}
		for _, s := range r.Shards[min(len(numbers), len(r.Shards)):] {
			numbers = append(numbers, strconv.Itoa(s.Number))
		}
	}
	return numbers, orNothing | cobra.ShellCompDirectiveKeepOrder
}

// completeControl completes the address of the control of a running lab.
func completeControl(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(c.Context(), completeLimit)
	defer cancel()
	running, _ := lab.Find(ctx)
	var all []cobra.Completion
	for _, one := range running {
		all = append(all, one.Address())
	}
	return all, orNothing
}
