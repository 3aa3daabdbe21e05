package drill

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/aafailover/aafailover/internal/lazy"
)

// Bounds of a scenario file.
const (
	MaxScenarioFile = 64 << 10 // bytes; the YAML parser recurses, and its depth is bounded with it
	maxSteps        = 200
	maxText         = 1000 // bytes of summary, means and setting
	maxDuration     = time.Hour
	maxRegions      = 64
	maxShards       = 1024
	maxBacklog      = 1 << 30 // bytes
)

// scenarioFile is a Scenario as it is written down.
type scenarioFile struct {
	Name    string        `yaml:"name"`
	Summary string        `yaml:"summary"`
	Means   string        `yaml:"means"`
	Setting string        `yaml:"setting"`
	Stays   bool          `yaml:"stays"`
	Steady  time.Duration `yaml:"steady"`
	Outage  time.Duration `yaml:"outage"`
	Settle  time.Duration `yaml:"settle"`
	Needs   struct {
		Regions     int         `yaml:"regions"`
		Shards      int         `yaml:"shards"`
		Persistence Persistence `yaml:"persistence"`
		Backlog     int         `yaml:"backlog"`
	} `yaml:"needs"`
	Steps  []stepLine `yaml:"steps"`
	Expect []string   `yaml:"expect"`
}

// stepLine is a Step as it is written down.
type stepLine struct {
	Phase  string        `yaml:"phase"`
	After  time.Duration `yaml:"after"`
	Do     ActionKind    `yaml:"do"`
	Region string        `yaml:"region"`
	From   string        `yaml:"from"`
	To     string        `yaml:"to"`
	OneWay bool          `yaml:"oneWay"`
	Shard  int           `yaml:"shard"`
	Delay  time.Duration `yaml:"delay"`
	Empty  bool          `yaml:"empty"`
	Fresh  bool          `yaml:"fresh"`
}

// ParseScenario reads a scenario from YAML. Unknown and repeated keys, values of
// another kind, and whatever makes no sense are errors that begin with the path,
// and with the line where the text itself is wrong.
func ParseScenario(path string, text []byte) (Scenario, error) {
	if len(text) > MaxScenarioFile {
		return Scenario{}, fmt.Errorf("%s: longer than %d bytes", path, MaxScenarioFile)
	}
	f, err := decode(text)
	if err != nil {
		return Scenario{}, fmt.Errorf("%s:%w", path, err)
	}
	s := f.scenario()
	if s.Summary == "" {
		return Scenario{}, fmt.Errorf("%s: summary is missing: say what happens, in a sentence", path)
	}
	if err := s.Check(); err != nil {
		return Scenario{}, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// decode reads the one document of a scenario.
func decode(text []byte) (f scenarioFile, err error) {
	defer func() {
		if recover() != nil { // the library does not expect a tag in front of a value of another kind
			err = errors.New(" it is no scenario: some value is of another kind than its key takes")
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := decoder.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("it is empty")
		}
		return f, yamlError(err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return f, errors.New(" a second document: write one scenario a file")
	}
	return f, nil
}

// yamlError makes one line of what the parser says: "3:1: unknown field "…"".
func yamlError(err error) error {
	var positioned yaml.Error
	if errors.As(err, &positioned) && positioned.GetToken() != nil {
		at := positioned.GetToken().Position
		return fmt.Errorf("%d:%d: %s", at.Line, at.Column, positioned.GetMessage())
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf(" %s", first)
}

func (f scenarioFile) scenario() Scenario {
	s := Scenario{Name: f.Name, Summary: line(f.Summary), Means: line(f.Means), Setting: line(f.Setting), Stays: f.Stays,
		Steady: f.Steady, Outage: f.Outage, Settle: f.Settle, Needs: Needs(f.Needs), Expect: f.Expect}
	for _, l := range f.Steps {
		s.Steps = append(s.Steps, Step{Phase: l.Phase, After: l.After, Action: Action{Kind: l.Do, Region: l.Region,
			From: l.From, To: l.To, OneWay: l.OneWay, Shard: l.Shard, Delay: l.Delay, Empty: l.Empty, Fresh: l.Fresh}})
	}
	slices.SortStableFunc(s.Steps, func(a, b Step) int {
		return cmp.Or(slices.Index(phases, a.Phase)-slices.Index(phases, b.Phase), cmp.Compare(a.After, b.After))
	})
	return s
}

// line joins the lines of a folded text.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

// scenarioName is what may stand on a command line and in the name of a file.
var scenarioName = lazy.Regexp{Text: `^[a-z0-9][a-z0-9-]{0,63}$`}

// Check says what of a scenario makes no sense, whatever the deployment.
func (s Scenario) Check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !scenarioName.Get().MatchString(s.Name) {
		wrong("name %q: must be of small letters, digits and hyphens", s.Name)
	}
	for _, text := range []struct{ key, value string }{{"summary", s.Summary}, {"means", s.Means}, {"setting", s.Setting}} {
		if len(text.value) > maxText {
			wrong("%s: %d bytes are more than %d", text.key, len(text.value), maxText)
		}
	}
	for _, phase := range []struct {
		key   string
		value time.Duration
	}{{"steady", s.Steady}, {"outage", s.Outage}, {"settle", s.Settle}} {
		if phase.value < 0 || phase.value > maxDuration {
			wrong("%s %v: must be 0 to %v", phase.key, phase.value, maxDuration)
		}
	}
	if len(s.Steps) > maxSteps {
		wrong("%d steps are more than %d", len(s.Steps), maxSteps)
	} else {
		errs = append(errs, s.checkSteps()...)
	}
	_, err := ParseAssertions(s.Expect)
	return errors.Join(append(errs, s.Needs.check(), err)...)
}

func (s Scenario) checkSteps() (errs []error) {
	breaks := false
	for i, step := range s.Steps {
		breaks = breaks || step.Phase == PhaseFault && step.After == 0 && !step.Action.Kind.Undoes()
		if err := step.check(); err != nil {
			errs = append(errs, fmt.Errorf("step %d of %d by time (%q): %w", i+1, len(s.Steps), step.Action.String(), err))
		}
	}
	if !breaks {
		errs = append(errs, errors.New("steps: nothing is broken when the fault phase begins: write one with `phase: fault`"))
	}
	return errs
}

func (s Step) check() error {
	a := s.Action
	switch {
	case !slices.Contains(phases, s.Phase):
		return fmt.Errorf("phase %q: must be one of %s", s.Phase, strings.Join(phases, ", "))
	case s.After < 0 || s.After > maxDuration:
		return fmt.Errorf("after %v: must be 0 to %v", s.After, maxDuration)
	case !slices.Contains(actionKinds, a.Kind):
		return fmt.Errorf("do %q: must be one of %s", a.Kind, joined(actionKinds))
	case a.Kind.OfLink() && (a.From == "" || a.To == "" || a.From == a.To || a.Region != ""):
		return fmt.Errorf("%s is about a link: it takes two different regions, from and to", a.Kind)
	case !a.Kind.OfLink() && (a.Region == "" || a.From != "" || a.To != "" || a.OneWay):
		return fmt.Errorf("%s is about a region: it takes region, and neither from, to nor oneWay", a.Kind)
	case a.Shard < 0 || a.Shard > maxShards:
		return fmt.Errorf("shard %d: must be 1 to %d, or left out for all", a.Shard, maxShards)
	case (a.Kind == Slow) != (a.Delay != 0) || a.Delay < 0 || a.Delay > maxDuration:
		return fmt.Errorf("delay %v: slow, and nothing else, takes one of more than 0 and at most %v", a.Delay, maxDuration)
	case (a.Empty || a.Fresh) && a.Kind != Start:
		return errors.New("only start can be empty or fresh")
	}
	return nil
}

func (n Needs) check() error {
	switch {
	case n.Regions < 0 || n.Regions > maxRegions:
		return fmt.Errorf("needs %d regions: must be 0 to %d", n.Regions, maxRegions)
	case n.Shards < 0 || n.Shards > maxShards:
		return fmt.Errorf("needs %d shards: must be 0 to %d", n.Shards, maxShards)
	case !slices.Contains([]Persistence{"", KeepAll, KeepLastSecond, KeepNothing}, n.Persistence):
		return fmt.Errorf("needs persistence %q: must be %s, %s or %s", n.Persistence, KeepAll, KeepLastSecond, KeepNothing)
	case n.Backlog < 0 || n.Backlog > maxBacklog:
		return fmt.Errorf("needs a backlog of %d bytes: must be 0 to %d", n.Backlog, maxBacklog)
	}
	return nil
}

func joined[S ~string](words []S) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}
