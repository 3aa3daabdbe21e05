package cmd

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/atonce"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
)

// playFlags say which scenario is played besides the name on the command line.
type playFlags struct {
	file string
}

func (f *playFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.file, "file", "", "`FILE` of a scenario of your own; `drill list NAME -o yaml` prints one to begin with")
}

// scenario is the one that is named, or in the file; the first of all where nothing is said.
func (f *playFlags) scenario(args []string) (drill.Scenario, error) {
	switch {
	case f.file != "" && len(args) > 0:
		return drill.Scenario{}, hint.Wrap(fmt.Errorf("--file %s and the scenario %q: only one can be played", f.file, args[0]), "leave one of them out")
	case f.file != "":
		return readScenario(f.file)
	case len(args) > 0:
		return scenarioNamed(args[0])
	}
	return scenarioNamed(drill.DefaultScenario)
}

func scenarioNamed(name string) (drill.Scenario, error) {
	s, ok := drill.ScenarioNamed(name)
	if !ok {
		return s, hint.Wrap(fmt.Errorf("unknown scenario %q", name), scenarioHint(name))
	}
	return s, nil
}

// scenarioHint is what to do about a word that is no scenario.
func scenarioHint(name string) string {
	var known []string
	for _, s := range drill.Scenarios() {
		known = append(known, s.Name)
	}
	if near, ok := words.Nearest(name, known); ok {
		return "did you mean " + near + "? aafailover drill list shows the scenarios"
	}
	return "aafailover drill list shows the scenarios"
}

func readScenario(path string) (drill.Scenario, error) {
	const advice = "`aafailover drill list region-down -o yaml` prints a scenario to begin with"
	file, err := atonce.Open(path)
	if err != nil {
		return drill.Scenario{}, hint.Wrap(fmt.Errorf("read the scenario: %w", err), "--file names an existing, readable YAML file")
	}
	defer file.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(file, drill.MaxScenarioFile+1))
	if err != nil {
		return drill.Scenario{}, fmt.Errorf("read the scenario: %w", err)
	}
	s, err := drill.ParseScenario(path, text)
	if err != nil && len(hint.Of(err)) == 0 {
		err = hint.Wrap(err, advice)
	}
	if _, embedded := drill.ScenarioNamed(s.Name); err == nil && embedded {
		err = hint.Wrap(errors.New(path+": name "+s.Name+" is that of a scenario that comes with the program"), "give yours another name, so that reports tell them apart")
	}
	return s, err
}
