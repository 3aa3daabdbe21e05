package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/tui"
)

// The exit codes of the contract.
const (
	exitOK           = 0
	exitFinding      = 1   // the verdict is degraded or worse, or a drill failed
	exitUsage        = 2   // nothing was run
	exitUnobservable = 3   // no verdict is given
	exitInterrupted  = 130 // as a shell reports a process that SIGINT ended
)

// failure is an end of the program with another exit code than 0. Without an error there is nothing more to say: the result
// that was printed says it.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// usage makes an error one of usage or configuration; nil stays nil.
func usage(err error) error { return exit(exitUsage, err) }

// unobservable makes an error one for which no verdict can be given; nil stays nil.
func unobservable(err error) error { return exit(exitUnobservable, err) }

func exit(code int, err error) error {
	if err == nil {
		return nil
	}
	return &failure{code: code, err: err}
}

// result is nil for code 0, and otherwise a failure with nothing more to say.
func result(code int) error {
	if code == exitOK {
		return nil
	}
	return &failure{code: code}
}

// markFailures makes every error of a command that ran, and did not say otherwise, one of code 3: only errors that come
// before a command runs are mistakes in the usage without saying so.
func markFailures(c *cobra.Command) {
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			err := run(c, args)
			var f *failure
			if err == nil || errors.As(err, &f) {
				return err
			}
			return unobservable(err)
		}
	}
	for _, below := range c.Commands() {
		markFailures(below)
	}
}

// conclude prints the error of a run to stderr, and returns the exit code.
func conclude(stderr io.Writer, c *cobra.Command, err error) int {
	if err == nil {
		return exitOK
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: exitUsage, err: err}
	}
	switch {
	case f.err == nil:
	case errors.Is(f.err, errReaderGone):
		f.code = exitInterrupted // by whoever stopped reading, who wants to hear no more
	case f.code == exitInterrupted || errors.Is(f.err, context.Canceled):
		f.code = exitInterrupted
		complain(stderr, errors.New("interrupted"), "")
	case f.code == exitUsage:
		complain(stderr, f.err, c.CommandPath()+" --help shows what it takes")
	default:
		complain(stderr, f.err, "")
	}
	return f.code
}

// complain prints an error in the form of the contract: a line, and a line for each of its hints. Errors that were
// joined are several. otherwise is the hint of one that has none, or "".
func complain(stderr io.Writer, err error, otherwise string) {
	var f *failure
	if errors.As(err, &f) && f.err != nil {
		err = f.err
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok && isJoin(err, joined.Unwrap()) {
		for _, one := range joined.Unwrap() {
			complain(stderr, one, otherwise)
		}
		return
	}
	hints := hint.Of(err)
	if len(hints) == 0 && otherwise != "" {
		hints = []string{otherwise}
	}
	say(stderr, "aafailover: %s", withoutUser(oneLine(err.Error())))
	for _, h := range hints {
		say(stderr, "hint: %s", oneLine(h))
	}
	if fault := new(tui.Fault); errors.As(err, &fault) && fault.Trace != "" {
		say(stderr, "%s", fault.Trace)
	}
}

// say prints a line to stderr. There is nobody to tell that it could not be printed.
func say(stderr io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(stderr, format+"\n", args...)
}

// isJoin tells an error made by errors.Join from one made by fmt.Errorf with several %w: only the former has no text of
// its own.
func isJoin(err error, parts []error) bool {
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = part.Error()
	}
	return err.Error() == strings.Join(texts, "\n")
}

// oneLine keeps what a server or a file said from breaking the line, or moving the cursor of the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.TrimSpace(text))
}

// userOfURL is what stands in front of the host of a URL, or of the last of several.
var userOfURL = lazy.Regexp{Text: `://.*@`}

// withoutUser is a text without the user and the password of a URL in it. Errors repeat what could not be understood, and
// that can be a URL in a place where none belongs: behind a forgotten --region, for example.
func withoutUser(text string) string { return userOfURL.Get().ReplaceAllString(text, "://…@") }

// unknownCommand is the error about a word that is no command, with the nearest ones as a hint.
func unknownCommand(c *cobra.Command, word string) error {
	const near = 2 // edits, as cobra itself counts
	c.SuggestionsMinimumDistance = near
	advice := cmp.Or(strayHint(c, word), c.CommandPath()+" --help lists the commands")
	if meant := c.SuggestionsFor(word); len(meant) > 0 {
		advice = "did you mean " + strings.Join(meant, " or ") + "?"
	}
	return hint.Wrap(fmt.Errorf("unknown command %s for %q", shown(word), c.CommandPath()), advice)
}
