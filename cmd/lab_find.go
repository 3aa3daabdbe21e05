package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab"
)

// addControl gives a command the flag that says which lab it is about.
func addControl(c *cobra.Command) *string {
	control := c.Flags().String("control", "", "`ADDRESS` of the lab's control (default: the running lab is found)")
	_ = c.RegisterFlagCompletionFunc("control", completeControl)
	return control
}

// newestLab returns a client for the lab at an address, or else for the running one. Of several it is the one that was
// started last, and stderr is told so: whoever only looks can see which one it is.
func newestLab(ctx context.Context, stderr io.Writer, control string) (*lab.Client, error) {
	running, err := labs(ctx, stderr, control)
	if err != nil {
		return nil, err
	}
	if len(running) > 1 {
		say(stderr, "%d labs are running, and %s was started last: --control ADDRESS chooses another of %s",
			len(running), running[0].Address(), addresses(running))
	}
	return running[0], nil
}

// onlyLab is newestLab for a command that changes something: of several labs it takes none.
func onlyLab(ctx context.Context, stderr io.Writer, control string) (*lab.Client, error) {
	running, err := labs(ctx, stderr, control)
	if err != nil {
		return nil, err
	}
	if len(running) > 1 {
		return nil, usage(hint.Wrap(fmt.Errorf("%d labs are running", len(running)), "say which one with --control: "+addresses(running)))
	}
	return running[0], nil
}

// labs are the lab at an address, or all that are running, at least one.
func labs(ctx context.Context, stderr io.Writer, control string) ([]*lab.Client, error) {
	if control != "" {
		if err := checkControl(control); err != nil {
			return nil, usage(err)
		}
		one, err := lab.Connect(control)
		return []*lab.Client{one}, usage(err)
	}
	defer progress(stderr, "looking for the running lab").end()
	running, err := lab.Find(ctx)
	if errors.Is(err, lab.ErrNoLab) {
		err = hint.Wrap(err, "start one with `aafailover lab` in another terminal, or give --control ADDRESS")
	}
	return running, err
}

// checkControl is lab.CheckControl with a hint.
func checkControl(address string) error {
	return hint.Wrap(lab.CheckControl(address), "a lab prints the address of its control when it starts, for example --control 127.0.0.1:4567")
}

// ofLab puts a hint to what went wrong with the lab that was found or named.
func ofLab(err error) error {
	if err == nil || errors.Is(err, lab.ErrFault) || len(hint.Of(err)) > 0 {
		return err
	}
	return hint.Wrap(err, "does the lab still run? it prints the address of its control when it starts, and without --control it is found")
}

func addresses(running []*lab.Client) string {
	var all []string
	for _, one := range running {
		all = append(all, one.Address())
	}
	return strings.Join(all, ", ")
}
