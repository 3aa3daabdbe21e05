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
	return running, unlessSilent(err)
}

// unlessSilent makes of a lab that does not answer an error with a hint: it is not passed over, since what is asked for may be
// meant for it.
func unlessSilent(err error) error {
	silent, is := errors.AsType[*lab.SilentError](err)
	if !is {
		return err
	}
	return unobservable(hint.Wrap(err, fmt.Sprintf("if it is stopped, let it go on (fg in its terminal, or kill -CONT %d); to start over, end it (kill -9 %[1]d) and start another with `aafailover lab`; --control ADDRESS chooses another one", silent.Process)))
}

// sayOtherLabs says, before another lab starts, which ones the commands will find beside it. That they cannot be found is for those
// commands to tell.
func sayOtherLabs(ctx context.Context, stderr io.Writer) {
	looking := progress(stderr, "looking for other labs")
	running, err := lab.Find(ctx)
	looking.end()
	if silent, is := errors.AsType[*lab.SilentError](err); is {
		complain(stderr, unlessSilent(silent), "")
	}
	if len(running) == 0 {
		return
	}
	others := "another lab is running"
	if len(running) > 1 {
		others = fmt.Sprintf("%d other labs are running", len(running))
	}
	say(stderr, "%s (%s): commands that only look take this one, which is the newest, and those that make faults ask for --control ADDRESS", others, addresses(running))
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
