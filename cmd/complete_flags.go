package cmd

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/region"
)

// completing tells whether it is a shell that asks, by one of the two commands that cobra's completion scripts run. Otherwise nobody
// waits until every flag of every command has its way to be completed, which is half of what it takes to make the commands.
func completing(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completeFlags lets a shell complete the values of the flags of a command and all below it: those that are one of a few
// words, the names of regions, files and folders. No file is offered where none is meant: not for the value
// of another flag, nor as an argument of a command that does not say what its arguments are.
func completeFlags(c *cobra.Command, p Process) {
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.NoOptDefVal == "" { // or else no value follows
			_ = c.RegisterFlagCompletionFunc(f.Name, completeValue(f, p)) // an error is that the command has its own way
		}
	})
	if c.ValidArgsFunction == nil && !c.HasSubCommands() {
		c.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, below := range c.Commands() {
		completeFlags(below, p)
	}
}

// completeValue is how the value of a flag is completed.
func completeValue(f *pflag.Flag, p Process) cobra.CompletionFunc {
	otherwise := kindOf(f)
	switch f.Name {
	case "allow-writes":
		return func(c *cobra.Command, _ []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return afterComma(regionNames(c, p), toComplete), andMore
		}
	case "weight":
		return func(c *cobra.Command, _ []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return afterComma(assigned(regionNames(c, p)), toComplete), andMore
		}
	case "accept":
		return inList(doubts())
	case "on-cause":
		return completeReaction
	case "assert":
		return completeMeasure
	case "scenario":
		return func(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return append(scenarioWords(c), "all"), orNothing
		}
	case "shard", "to":
		return completeShards
	}
	return cobra.FixedCompletions(wordsOf(f.Name), otherwise)
}

// kindOf tells by the name that help has for the value of a flag whether it is a file.
func kindOf(f *pflag.Flag) cobra.ShellCompDirective {
	switch kind, _ := pflag.UnquoteUsage(f); kind {
	case "FILE", "PATH", "PROGRAM":
		return orFiles
	case "FOLDER":
		return orFolders
	}
	return orNothing
}

// wordsOf are the values of a flag that takes one of a few.
func wordsOf(flag string) []cobra.Completion {
	switch flag {
	case "sensitivity":
		return textsOf([]probe.Sensitivity{probe.Fast, probe.Balanced, probe.Cautious})
	case "pubsub":
		return []cobra.Completion{region.Classic.String(), region.Sharded.String(), region.Auto.String()}
	case "cluster-addresses":
		return []cobra.Completion{"announced", "seed-host", "map"}
	case "tls-min-version":
		return []cobra.Completion{"1.2", "1.3"}
	case "on-replication-failure":
		return textsOf(failover.Reactions())
	case "fault":
		return []cobra.Completion{byLab, byProxy, byManual, byCommand}
	case "client":
		return clients
	case "arrival":
		return textsOf([]drill.Arrival{drill.Poisson, drill.Constant})
	case "fencing":
		return textsOf([]drill.Fencing{drill.NoFencing, drill.FencingNX, drill.FencingWatch})
	case "topology":
		return textsOf(promotion.Topologies())
	case "persistence":
		return textsOf([]lab.Persistence{lab.KeepAll, lab.KeepLastSecond, lab.KeepNothing})
	case "redis-config":
		return redisconf.Profiles()
	case "abort-if":
		return []cobra.Completion{"errors>5%", "latency>500ms"}
	case "engine", "upgrade-to":
		return []cobra.Completion{"redis-server", "valkey-server"}
	}
	return nil
}

// completeReaction completes CAUSE=REACTION.
func completeReaction(_ *cobra.Command, _ []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	cause, _, named := strings.Cut(toComplete, "=")
	var all []cobra.Completion
	if named {
		for _, r := range failover.Reactions() {
			all = append(all, cause+"="+string(r))
		}
		return all, orNothing
	}
	for c := probe.NoCause + 1; c <= probe.Stalled; c++ {
		all = append(all, c.String())
	}
	return assigned(append(failover.CauseClasses(), all...)), andMore
}

// completeMeasure completes what a drill can be asked to have measured; the limit is for the user to say.
func completeMeasure(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, m := range drill.Measures() {
		all = append(all, cobra.CompletionWithDesc(m.Name+"<=", m.What))
	}
	return all, andMore
}

func textsOf[T ~string](all []T) []cobra.Completion {
	var texts []cobra.Completion
	for _, one := range all {
		texts = append(texts, string(one))
	}
	return texts
}

// assigned are words with the sign after which their value follows.
func assigned(words []cobra.Completion) []cobra.Completion {
	words = slices.Clone(words)
	for i := range words {
		words[i] += "="
	}
	return words
}
