package cmd

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/internal/hint"
)

// watchdogName is the command that a drill starts for itself.
const watchdogName = "drill-watchdog"

// newWatchdog is the process that heals what a drill has made and cannot heal any more. It takes its orders on its standard
// input, and no settings: the variables of the drill's environment are not for it.
func newWatchdog(p Process) *cobra.Command {
	return &cobra.Command{
		Use:  watchdogName,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			if faults.Watch(p.Stdin, p.Stdout, p.Stderr) != nil {
				return result(exitFinding) // it has said so
			}
			return nil
		},
	}
}

// startWatchdog starts this program again as the watchdog of a run. When that process is killed, it is said on stderr.
func startWatchdog(ctx context.Context, stderr io.Writer, run string) (*faults.Watchdog, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	gone := func() {
		complain(stderr, hint.Wrap(errors.New("the watchdog is gone: this drill makes no more faults, and heals by itself; if it is killed, nobody heals"),
			"then run the heal command yourself, or aafailover drill resume "+run), "")
	}
	return faults.StartWatchdog(ctx, faults.WatchdogOptions{Argv: []string{program, watchdogName}, Run: run, Stderr: os.Stderr, OnGone: gone})
}
