// Package cmd is the command line: one file per command, which parses, wires and prints.
//
//	arguments, environment, file ─> settings ─> deployment (given regions, or a lab) ─> slots, probe, drill, lab
//	                                                                                          │
//	            exit code <── failure <── finding, usage, could not observe                   v
//	                                                            stdout <── package report ── result
//
// The commands are listed in verbs.go. Results go to stdout, all else to stderr. It holds no knowledge of the domain and
// sends nothing to a server: what is healthy, lost or safe is for the packages that it calls to say.
package cmd

import (
	"context"
	"io"
	"os"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
)

// Process is what a run of the program gets from the outside.
type Process struct {
	Args    []string // without the name of the program
	Environ []string // NAME=VALUE, as os.Environ gives it
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	guarded bool // another process gives the terminal back
	// Abort ends the process at once, whatever is in force: what a second Ctrl-C does. Nil: nobody can press it.
	Abort func()
}

// Main runs the program for this process, with its arguments, streams and signals, and returns the exit code.
// The first SIGINT, SIGTERM or SIGHUP ends the run in good order, so that what was measured is reported and every fault
// healed; the second ends the process. So does the end of whoever reads the output. What only says what the program is
// is ended by them as any program is: to watch for signals would take a tenth of such a run.
func Main() int {
	if args := os.Args[1:]; brief(args) {
		return Run(context.Background(), Process{Args: args, Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
	}
	ctx, end := untilSignal(context.Background())
	defer end()
	ctx, interrupt := context.WithCancel(ctx)
	defer interrupt()
	return Run(ctx, Process{Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin,
		Stdout: untilReader(os.Stdout, interrupt), Stderr: untilReader(os.Stderr, interrupt),
		Abort: func() { os.Exit(exitInterrupted) }})
}

// Run runs the program once and returns its exit code: 0 healthy or passed, 1 a finding, 2 a mistake in the usage or the
// configuration, so that nothing was run, 3 nothing could be observed, 130 interrupted, when ctx ended,
// and tui.ExitFault after a fault of the program itself, where it could open a dashboard.
func Run(ctx context.Context, p Process) int {
	redis.SetLogger(&silent{}) // its lines would fall between ours; every error reaches us as an error
	p = p.withLiveLine()
	root := rootFor(p, about(p.Args))
	last, err := root.ExecuteContextC(ctx)
	return conclude(p.Stderr, last, err)
}

// silent is a logger of go-redis that says nothing.
type silent struct{}

// Printf drops the line.
func (*silent) Printf(context.Context, string, ...any) {}

// newRoot is the program with all of its commands.
func newRoot(p Process) *cobra.Command { return rootFor(p, everything) }

// rootFor is the program with the commands of the scope, and with the outlines of the others.
func rootFor(p Process, in scope) *cobra.Command {
	root := &cobra.Command{
		Use:   "aafailover",
		Short: "Watch and rehearse the failover of an Active-Active Redis deployment",
		Long: `aafailover tells which regions of an Active-Active Redis deployment can be used and which replication links carry
messages, and rehearses what an application loses when it fails over from one region to another.

Try it without a server: aafailover drill`,
		Args:          known,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          showHelp,
	}
	root.SetArgs(p.Args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().Bool("no-color", false, "print without colour, also on a terminal")
	for _, v := range verbs() {
		if in(v.name) {
			root.AddCommand(v.whole(p))
		} else {
			root.AddCommand(v.outline())
		}
	}
	explain(root, p)
	offerCompletion(root, in)
	if completing(p.Args) {
		completeFlags(root, p)
		describePlainly(root)
	}
	guardDashboards(root, p)
	markFailures(root)
	return root
}

// known is the check of the arguments of a command that only has commands below it.
func known(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknownCommand(c, args[0])
}
