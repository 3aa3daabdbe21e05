package cmd

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/lab/powercut"
)

// verb is a command right below the program.
type verb struct {
	name, short string
	hidden      bool                         // the program starts it by itself
	build       func(Process) *cobra.Command // all else: its texts, its flags, and the commands below it
}

// verbs are the commands of the program, but for help and completion.
func verbs() []verb {
	return []verb{
		{name: "slots", short: "Show the sharding of the regions and one channel for every shard", build: newSlots},
		{name: "probe", short: "Find out which regions can be used and which replication links carry messages", build: newProbe},
		{name: "drill", short: "Rehearse the loss of a region: what does the application lose, and when can it return?", build: newDrill},
		{name: "lab", short: "Start an Active-Active deployment to rehearse on, and keep it running until Ctrl-C", build: newLab},
		{name: "check", short: "Tell whether a deployment is ready for the day that it fails", build: newCheck},
		{name: "smoke", short: "Tell in seconds, for CI, whether a deployment is fit", build: newSmoke},
		{name: "report", short: "Make a page to send on, or another form, of an earlier probe or drill", build: newReport},
		{name: "evidence", short: "Pack what a support ticket needs into one file, without secrets", build: newEvidence},
		{name: "acl", short: "Print the access rule that a user of the regions needs", build: newACL},
		{name: versionName, short: "Print the version of this program", build: newVersion},
		{name: watchdogName, short: "Undo the faults of a drill that was killed: a drill starts this by itself", hidden: true, build: newWatchdog},
		{name: guardedName, short: "Run a command while another process guards the terminal: the program starts this by itself", hidden: true, build: newGuarded},
		{name: appGuardName, short: "End the service of a drill that was killed: a drill starts this by itself", hidden: true, build: newAppGuard},
		{name: powercut.Command, short: "Run a server and witness its fsyncs: the program starts this by itself", hidden: true, build: newUnderPowercut},
	}
}

// whole is the command with everything.
func (v verb) whole(p Process) *cobra.Command {
	c := v.build(p)
	c.Short, c.Hidden = v.short, v.hidden
	return c
}

// outline is the command as the help of the program lists it. It cannot be run.
func (v verb) outline() *cobra.Command { return outline(v.name, v.short, v.hidden) }

func outline(name, short string, hidden bool) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, Hidden: hidden, Run: func(*cobra.Command, []string) {}} // with nothing to run, it is not listed
}

// scope says which verbs are made whole. To make all of them takes a fifth of a start, and most command lines are about one.
type scope func(name string) bool

func everything(string) bool { return true }
func outlines(string) bool   { return false }

// about is what a command line needs: the verb that it begins with, none where it asks for nothing but help, and everything where
// that cannot be told by its first word.
func about(args []string) scope {
	if listing(args) {
		return outlines
	}
	if slices.ContainsFunc(verbs(), func(v verb) bool { return v.name == args[0] }) {
		return func(name string) bool { return name == args[0] }
	}
	return everything
}

// listing tells whether a command line asks for nothing but the commands that there are.
func listing(args []string) bool {
	return len(args) == 0 || len(args) == 1 && (args[0] == "--help" || args[0] == "-h")
}

// brief tells whether a command line asks for nothing but what the program is: there is nothing to end in good order.
func brief(args []string) bool { return listing(args) || args[0] == versionName }
