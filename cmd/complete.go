package cmd

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
)

// What a shell offers where none of our words fit.
const (
	orNothing = cobra.ShellCompDirectiveNoFileComp
	orFiles   = cobra.ShellCompDirectiveDefault
	orFolders = cobra.ShellCompDirectiveFilterDirs
	andMore   = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace // the word may go on, after a comma for one
)

// completeLimit is how long somebody who presses Tab waits at the most. Only a lab on this machine is ever asked.
const completeLimit = time.Second

// completeScenarios completes the argument SCENARIO, of a topology where one is asked for.
func completeScenarios(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, orNothing
	}
	return scenarioWords(c), orNothing
}

func scenarioWords(c *cobra.Command) []cobra.Completion {
	var all []cobra.Completion
	if topology, err := c.Flags().GetString("topology"); err == nil && topology != "" {
		for _, s := range promotion.Scenarios(promotion.Topology(topology)) {
			all = append(all, cobra.CompletionWithDesc(s.Name, s.Summary))
		}
		return all
	}
	for _, s := range drill.Scenarios() {
		all = append(all, cobra.CompletionWithDesc(s.Name, s.Summary))
	}
	return all
}

// completeRuns completes as many arguments RUN, the newest first, each given once, or what else may stand there.
func completeRuns(most int, otherwise cobra.ShellCompDirective) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, orNothing
		}
		state, _ := c.Flags().GetString("state-dir")
		kept, err := archiveIn(state)
		if err != nil {
			return nil, otherwise
		}
		runs, _ := kept.History() // what cannot be read is not offered
		var all []cobra.Completion
		for _, r := range runs {
			if !slices.Contains(args, r.Run) {
				all = append(all, cobra.CompletionWithDesc(r.Run, describeRun(r)))
			}
		}
		return all, otherwise | cobra.ShellCompDirectiveKeepOrder
	}
}

// describeRun says which run it is in a few words.
func describeRun(r archive.Entry) string {
	how := string(r.State)
	if r.End != nil {
		how = string(r.End.Verdict)
	}
	return strings.Join([]string{r.Begin.Scenario, r.Begin.At.Local().Format("2006-01-02 15:04"), how}, ", ")
}

// completeCommands completes the arguments of `help`.
func completeCommands(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	about, rest, err := c.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return nil, orNothing
	}
	var all []cobra.Completion
	for _, below := range about.Commands() {
		if below.IsAvailableCommand() {
			all = append(all, cobra.CompletionWithDesc(below.Name(), below.Short))
		}
	}
	return all, orNothing
}

// afterComma completes the last word of a list with commas: words that are not in it yet, whatever value is given there.
func afterComma(all []cobra.Completion, toComplete string) []cobra.Completion {
	before := toComplete[:strings.LastIndex(toComplete, ",")+1]
	there := map[string]bool{}
	for word := range strings.SplitSeq(before, ",") {
		there[nameOf(word)] = true
	}
	var words []cobra.Completion
	for _, word := range all {
		// Each once: to complete a command line, cobra reads its flags twice.
		if name := nameOf(word); !there[name] {
			there[name], words = true, append(words, before+word)
		}
	}
	return words
}

// nameOf is a word without the value that it is given, and without what describes it.
func nameOf(word string) string {
	name, _, _ := strings.Cut(word, "\t")
	name, _, _ = strings.Cut(name, "=")
	return name
}

// inList completes the words of a list with commas.
func inList(all []cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return afterComma(all, toComplete), andMore
	}
}
