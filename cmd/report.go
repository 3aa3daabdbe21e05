package cmd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/internal/atonce"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/report"
)

// lastRun is what the newest run that has a result is called on the command line.
const lastRun = "last"

func newReport(p Process) *cobra.Command {
	c := &cobra.Command{
		Use: "report [RUN|FILE]",
		Long: `Makes a report of an earlier run: of a drill that is kept on this machine, by its id or "last", which is also what no argument
means; or of a file that a probe or drill has printed with -o json or -o ndjson, or written with --record; "-" is the standard
input.

  text      for a terminal
  html      one page to send on: the verdict, timeline, missed writes, round trips, what to do next; nothing in it is loaded
  markdown  for the summary of a job, or a ticket
  junit     for systems that run tests
  csv       one table, by --table
  json      the result as the run printed it
  ndjson    its events, one a line, and the result

Whatever the record holds, no password is in a report. The exit code is 0 whatever the run found: it is that of the run which says.`,
		Example: `  aafailover report
  aafailover report last -o html --out drill.html
  aafailover report probe.json --out probe.html
  aafailover report k3jx0q2f7a -o csv --table windows`,
		Args:              atMostOneRecord,
		ValidArgsFunction: completeRuns(1, orFiles),
	}
	addSettings(c)
	output := addOutput(c, asText, asJSON, asNDJSON, asJUnit, asMarkdown, asCSV, asHTML)
	state := addStateDir(c.Flags())
	out := c.Flags().String("out", "", "write to `FILE` instead of stdout, which is \"-\"; without -o its ending says the form")
	table := c.Flags().String("table", "", "the `TABLE` of -o csv: "+tableNames())
	_ = c.RegisterFlagCompletionFunc("table", cobra.FixedCompletions(strings.Split(tableNames(), ", "), cobra.ShellCompDirectiveNoFileComp))
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		form, err := formFor(c, output, *out)
		if err != nil {
			return err
		}
		if *table != "" && form != asCSV {
			return usage(hint.Wrap(fmt.Errorf("--table is for -o csv, and not for %s", form), "add -o csv, or write to a file that ends in .csv"))
		}
		found, err := findRecorded(p, *state, append(args, lastRun)[0])
		if err != nil {
			return err
		}
		return writeOut(p, *out, func(w io.Writer) error { return writeReport(w, form, *table, found) })
	}
	c.AddCommand(newReportDiff(p))
	return c
}

func atMostOneRecord(c *cobra.Command, args []string) error {
	if len(args) <= 1 {
		return nil
	}
	return hint.Wrap(fmt.Errorf("%s takes one run or file, and not %s", c.CommandPath(), strings.Join(args, ", ")), "aafailover report diff compares two")
}

func tableNames() string {
	var names []string
	for _, t := range report.CSVTables {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// formFor is the form that was asked for, by -o or else by the ending of the file. What ends otherwise would be opened as what it is not.
func formFor(c *cobra.Command, asked *form, out string) (string, error) {
	ending := strings.ToLower(filepath.Ext(out))
	if c.Flags().Changed("output") || ending == "" || out == stdoutName {
		return asked.chosen, nil
	}
	byEnding := map[string]string{".html": asHTML, ".htm": asHTML, ".md": asMarkdown, ".csv": asCSV, ".xml": asJUnit, ".json": asJSON, ".ndjson": asNDJSON, ".txt": asText}
	if is := byEnding[ending]; slices.Contains(asked.known, is) {
		return is, nil
	}
	advice := "say the form with -o " + orList(asked.known)
	if ending == ".pdf" {
		advice = "write a page (.html): a browser prints it to PDF"
	}
	return "", usage(hint.Wrap(fmt.Errorf("%s writes no form that ends in %s", c.CommandPath(), ending), advice))
}

// standardInput is how the standard input is called where a file can be given.
const standardInput = "-"

// findRecorded reads the result of a run: what exists as a file is one.
func findRecorded(p Process, state, what string) (report.Recorded, error) {
	defer progress(p.Stderr, "reading the result of %s", what).end()
	if what == standardInput {
		return readRecorded("the standard input", p.Stdin)
	}
	info, err := os.Stat(what)
	if err == nil && info.IsDir() && strings.ContainsAny(what, "./"+string(os.PathSeparator)) {
		return report.Recorded{}, usage(fmt.Errorf("%s is a folder, and not a file", what))
	}
	if err == nil && !info.IsDir() {
		f, err := atonce.Open(what)
		if err != nil {
			return report.Recorded{}, usage(err)
		}
		defer f.Close() //nolint:errcheck // nothing was written
		return readRecorded(what, f)
	}
	kept, err := archiveIn(state)
	if err != nil {
		return report.Recorded{}, err
	}
	if what == lastRun {
		if what, err = newestResult(kept); err != nil {
			return report.Recorded{}, err
		}
	}
	r, err := kept.ReadRecord(what)
	if err != nil {
		return report.Recorded{}, noRecord(what, err)
	}
	found, err := report.RecordedDrill(r)
	return found, usage(err)
}

func readRecorded(name string, from io.Reader) (report.Recorded, error) {
	r, err := report.ReadRecorded(bufio.NewReader(from))
	switch {
	case err == nil:
		return r, nil
	case errors.Is(err, report.ErrUnfinished):
		err = hint.Wrap(err, "its last line is to be the result: end a probe with Ctrl-C or --for, not with kill -9")
	case errors.Is(err, report.ErrCutOff):
		err = hint.Wrap(err, "the file is not whole: copy it again, or let what writes it come to its end")
	case errors.Is(err, report.ErrPacked):
		err = hint.Wrap(err, "unpack it: gunzip -c FILE | aafailover report -")
	case errors.Is(err, report.ErrVersion):
		err = hint.Wrap(err, "read it with the aafailover that wrote it, or with a later one")
	case errors.Is(err, report.ErrOtherResult):
		err = hint.Wrap(err, "smoke and check write a file for others by themselves: --junit, --markdown")
	case errors.Is(err, report.ErrTooLong):
		err = hint.Wrap(err, "the result is the last line of NDJSON: tail -n 1 FILE | aafailover report -")
	case errors.Is(err, report.ErrNotRecorded):
		err = hint.Wrap(err, "give what probe or drill printed with -o json or -o ndjson, or a file of --record")
	}
	return report.Recorded{}, usage(fmt.Errorf("read %s: %w", name, err))
}

// newestResult is the newest run that has one.
func newestResult(kept archive.Archive) (string, error) {
	runs, err := kept.History()
	if err != nil {
		return "", err
	}
	for _, run := range runs {
		if run.End != nil {
			return run.Run, nil
		}
	}
	return "", usage(hint.Wrap(fmt.Errorf("no drill with a result is kept in %s", kept.Folder()), "run one: aafailover drill; or give a file that probe or drill -o json has printed"))
}

// writeReport writes a result in a form.
func writeReport(w io.Writer, form, table string, r report.Recorded) error {
	switch form {
	case asJSON:
		return report.WriteJSON(w, r.Document())
	case asNDJSON:
		for _, e := range r.Events() {
			if err := report.WriteLine(w, e); err != nil {
				return err
			}
		}
		return report.WriteLine(w, r.Document())
	case asHTML:
		return report.PageHTML(w, report.NewPage(r))
	case asMarkdown:
		return report.PageMarkdown(w, report.NewPage(r))
	case asJUnit:
		return report.WriteJUnit(w, r)
	case asCSV:
		err := report.WriteCSV(w, r, table)
		if errors.Is(err, report.ErrNoTable) {
			return usage(err)
		}
		return err
	}
	return report.PageText(w, report.NewStyle(w), report.NewPage(r))
}

// writeOut writes to stdout, which is also called so, or to a file, which is left alone where the report cannot be made.
func writeOut(p Process, path string, write func(io.Writer) error) error {
	if path == "" || path == stdoutName {
		return write(p.Stdout)
	}
	var text bytes.Buffer
	if err := write(&text); err != nil { // ErrNoTable and the like are not mistakes of the file
		return err
	}
	if err := writeFile(path, forEverybody, func(w io.Writer) error { _, err := text.WriteTo(w); return err }); err != nil {
		return usage(hint.Wrap(fmt.Errorf("write the report: %w", err), "give --out a file in a folder that can be written to"))
	}
	say(p.Stderr, "wrote %s", path)
	return nil
}
