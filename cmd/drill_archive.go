package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/lastup"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/report"
)

// addStateDir gives a command the flag that says where runs are kept.
func addStateDir(flags *pflag.FlagSet) *string {
	return flags.String("state-dir", "", "keep runs of drills in `FOLDER` (default: the user's state folder)")
}

// archiveIn is the archive in the folder that was given, or in the user's state folder.
func archiveIn(state string) (archive.Archive, error) {
	if state == "" {
		var err error
		if state, err = lastup.Folder(); err != nil {
			return archive.Archive{}, usage(hint.Wrap(err, "give --state-dir FOLDER"))
		}
	}
	return archive.New(state), nil
}

// ofArchive makes an error about a run one of usage where nothing was run for it, with the way on.
func ofArchive(err error) error {
	switch {
	case errors.Is(err, archive.ErrNoRun):
		return usage(hint.Wrap(err, "aafailover drill history shows the runs that are kept"))
	case errors.Is(err, archive.ErrRunning):
		return usage(hint.Wrap(err, "wait until it has ended, or end its process: aafailover drill history shows which runs are at work"))
	}
	return err
}

// findRecord reads the record of a run, or that in a file: what exists as a file is one.
func findRecord(a archive.Archive, what string) (report.DrillResult, error) {
	read := a.ReadRecord
	if info, err := os.Stat(what); err == nil && info.Mode().IsRegular() {
		read = archive.ReadRecordFile
	}
	r, err := read(what)
	if err != nil {
		return report.DrillResult{}, noRecord(what, err)
	}
	return report.DrillResult{Deployment: report.Deployment(r.Deployment), Record: r.Record}, nil
}

// noRecord says why there is no record of what was asked for, and what the way on is.
func noRecord(what string, err error) error {
	switch {
	case errors.Is(err, archive.ErrNoRun) && strings.ContainsAny(what, "."+string(os.PathSeparator)): // no run is called so
		return usage(fmt.Errorf("no file %s", what))
	case errors.Is(err, archive.ErrNoRun):
		return ofArchive(err)
	case errors.Is(err, os.ErrNotExist):
		return usage(hint.Wrap(fmt.Errorf("run %s has no record: it is still at work, or was killed", what),
			"aafailover drill resume "+what+" makes the record of a run that was killed"))
	}
	return usage(err)
}

// findRecords takes in the settings of a command, and finds the records of its arguments: see findRecord.
func findRecords(c *cobra.Command, p Process, state string, args []string) ([]report.DrillResult, error) {
	if _, err := settle(c, p); err != nil {
		return nil, err
	}
	kept, err := archiveIn(state)
	if err != nil {
		return nil, err
	}
	reading := progress(p.Stderr, "reading")
	defer reading.end()
	found := make([]report.DrillResult, len(args))
	for i, what := range args {
		reading.note("record %d of %d, of %s", i+1, len(args), what)
		if found[i], err = findRecord(kept, what); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// printDrill prints the report of a drill.
func printDrill(p Process, form string, found report.DrillResult) error {
	switch form {
	case asJSON:
		return report.WriteJSON(p.Stdout, report.NewDrillDocument(found))
	case asNDJSON:
		w := report.NewEventNDJSON(p.Stdout, found.Record.Maps)
		for _, e := range found.Record.Events {
			w.Write(e)
		}
		if err := w.Close(); err != nil {
			return err
		}
		return report.WriteLine(p.Stdout, report.NewDrillDocument(found))
	}
	return report.DrillText(p.Stdout, report.NewStyle(p.Stdout), found)
}

// verdictCode is the exit code of a drill that came to its end.
func verdictCode(v drill.Verdict) int {
	return map[drill.Verdict]int{drill.Pass: exitOK, drill.Fail: exitFinding, drill.Inconclusive: exitUnobservable}[v]
}

// exactly is cobra.ExactArgs with a text that says what is missing.
func exactly(what ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == len(what) {
			return nil
		}
		return hint.Wrap(fmt.Errorf("%s takes %s", c.CommandPath(), strings.Join(what, " and ")),
			"aafailover drill history shows the runs that are kept")
	}
}

// atMostScenario is cobra.MaximumNArgs(1) with a text that says what is too much. A word that is nearly a command below
// this one was meant for that.
func atMostScenario(c *cobra.Command, args []string) error {
	if len(args) == 1 && c.HasAvailableSubCommands() {
		var verbs []string
		for _, below := range c.Commands() {
			verbs = append(verbs, below.Name())
		}
		_, isScenario := drill.ScenarioNamed(args[0])
		if _, isVerb := words.Nearest(args[0], verbs); isVerb && !isScenario {
			return unknownCommand(c, args[0])
		}
	}
	if len(args) <= 1 {
		return nil
	}
	return hint.Wrap(fmt.Errorf("%s takes one scenario at most, and not %s", c.CommandPath(), strings.Join(args, ", ")),
		"aafailover drill list shows the scenarios")
}
