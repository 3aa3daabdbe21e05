package cmd

import (
	"slices"
	"testing"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/hint"
)

// A command line makes what it is about, and the outline of the rest.
func TestAboutIsWhatACommandLineNeeds(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		args []string
		want []string // of version, drill and completion; those that are made whole
	}{
		{"nothing said: the program's own help", nil, nil},
		{"the program's own help", []string{"--help"}, nil},
		{"the same, in short", []string{"-h"}, nil},
		{"a command", []string{"version"}, []string{"version"}},
		{"a command with flags and commands below it", []string{"drill", "list", "--topology", "cluster"}, []string{"drill"}},
		{"a flag first: the command is found by what flags take", []string{"--no-color", "drill"}, []string{"version", "drill", "completion"}},
		{"help of a command, by name", []string{"help", "drill"}, []string{"version", "drill", "completion"}},
		{"what a shell asks", []string{cobra.ShellCompRequestCmd, "drill", ""}, []string{"version", "drill", "completion"}},
		{"a mistyped command: others are near", []string{"dril"}, []string{"version", "drill", "completion"}},
		{"the scripts for shells", []string{"completion", "bash"}, []string{"version", "drill", "completion"}},
	} {
		var got []string
		for _, name := range []string{"version", "drill", "completion"} {
			if about(row.args)(name) {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %q makes %q whole, want %q", row.name, row.args, got, row.want)
		}
	}
}

// Only where there is nothing to end, nobody watches for signals.
func TestBriefIsWhatSaysWhatTheProgramIs(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		args []string
		want bool
	}{
		{"nothing said", nil, true},
		{"the program's own help", []string{"--help"}, true},
		{"the version", []string{"version"}, true},
		{"the version in another form", []string{"version", "-o", "json"}, true},
		{"a drill, which has a fault to heal", []string{"drill"}, false},
		{"flags of all commands before one", []string{"--no-color", "drill"}, false},
		{"the watchdog of a drill", []string{watchdogName}, false},
	} {
		if got := brief(row.args); got != row.want {
			t.Errorf("%s: %q: %t, want %t", row.name, row.args, got, row.want)
		}
	}
}

// Help is the same, however little of the program is made for it.
func TestHelpIsTheSameWhateverIsMade(t *testing.T) {
	t.Parallel()
	all, compared := newRoot(Process{}), 0
	compare := func(made scope, names ...string) {
		t.Helper()
		compared++
		got, want := find(t, rootFor(Process{}, made), names...), find(t, all, names...)
		if got, want := helpText(got, usualHelp), helpText(want, usualHelp); got != want {
			t.Errorf("%q: made for the help of it alone:\n%s\nmade with everything:\n%s", names, got, want)
		}
		if got.Hidden != want.Hidden {
			t.Errorf("%q: hidden %t, want %t", names, got.Hidden, want.Hidden)
		}
	}
	compare(outlines)
	for _, v := range verbs() {
		compare(about([]string{v.name}), v.name)
		for _, below := range find(t, all, v.name).Commands() {
			compare(about([]string{v.name}), v.name, below.Name())
		}
	}
	if compared < 30 {
		t.Errorf("only %d texts compared", compared)
	}
}

// find is a command that must be there, by the names from the program on, with the flag that it has when it is run.
func find(t *testing.T, root *cobra.Command, names ...string) *cobra.Command {
	t.Helper()
	c, rest, err := root.Find(names)
	if err != nil || len(rest) > 0 {
		t.Fatalf("%q: %v, %q left", names, err, rest)
	}
	c.InitDefaultHelpFlag()
	return c
}

// Settings of commands that were not made for a run are settings all the same, and their flags are known by name.
func TestWhatIsNotMadeIsKnown(t *testing.T) {
	t.Parallel()
	root := rootFor(Process{}, about([]string{"slots"}))
	slots := find(t, root, "slots")
	known := inputOf(slots, Process{}).Known()
	for _, name := range []string{"topology", "canary", "no-color", "no-descriptions"} {
		if !slices.Contains(known, name) {
			t.Errorf("%s is no setting", name)
		}
	}
	if got, want := flagError(slots, slots.ParseFlags([]string{"--canary", "10/s"})), "--canary is a flag of aafailover acl probe and aafailover probe"; !slices.Contains(hint.Of(got), want) {
		t.Errorf("%v, hints %q, want %q", got, hint.Of(got), want)
	}
}
