package cmd

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/tui"
)

// guardedName is the command by which the program runs itself where it may open a dashboard.
const guardedName = "under-guard"

// noTUI is the flag of every command that may open a dashboard.
const noTUI = "no-tui"

// guardDashboards makes the commands that may open a dashboard run in a process of their own, on a terminal: this one waits,
// and gives the terminal back whatever happens to that.
func guardDashboards(c *cobra.Command, p Process) {
	if run := c.RunE; run != nil && c.Flags().Lookup(noTUI) != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			plain, _ := c.Flags().GetBool(noTUI)
			if topology, err := c.Flags().GetString("topology"); err == nil && topology != "" {
				plain = true // it has none
			}
			terminal, ok := p.dashboard()
			if p.guarded || plain || !ok {
				return run(c, args)
			}
			program, err := os.Executable()
			if err != nil {
				return run(c, args)
			}
			ending, err := terminal.Guard(c.Context(), append([]string{program, guardedName}, p.Args...))
			if err != nil { // where it is not offered or cannot be, the dashboard is still of use
				return run(c, args)
			}
			return endedAs(ending, p)
		}
	}
	for _, below := range c.Commands() {
		guardDashboards(below, p)
	}
}

// endedAs says how the guarded process has ended, where it could not do so itself.
func endedAs(e tui.Ending, p Process) error {
	switch {
	case e.Fault != nil:
		complain(p.Stderr, hint.Wrap(e.Fault, "the terminal is as it was; please report what follows, after a look whether it may be shown"), "")
	case e.Killed != "" && e.Code != exitInterrupted:
		complain(p.Stderr, errors.New("ended by a signal: "+e.Killed), "")
	}
	return result(e.Code)
}

// newGuarded is the process that a guard waits for: the same command line again.
func newGuarded(p Process) *cobra.Command {
	return &cobra.Command{
		Use:                guardedName,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			ctx, release, err := tui.Guarded(c.Context())
			if err != nil {
				return usage(err)
			}
			defer release()
			p.Args, p.guarded, p.Stdout, p.Stderr = args, true, uncovered(p.Stdout), uncovered(p.Stderr)
			return result(Run(ctx, p))
		},
	}
}
