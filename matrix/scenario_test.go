package matrix_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/aafailover/aafailover/probe"
)

// scenario is one file.
type scenario struct {
	name    string // of the file, without folder and extension
	Says    string
	Regions []regionFile
	Delays  map[string]time.Duration // one-way, by "us->eu"; where not given, those of the lab
	Backlog int                      // of every shard of the lab, in bytes; 0: the lab's default
	Only    []probe.Sensitivity      // the policies for which the expectations hold; none means all
	// Dataset makes the probe write and read heartbeat keys in all regions, and an application write all the time; Too plays
	// the scenario once without and once with.
	Dataset bool
	Too     bool `yaml:"dataset_too"`
	Before  []action
	Start   *expectation
	Steps   []step
}

// regionFile is a region as it is, and as it was given to the probe.
type regionFile struct {
	Name     string
	Shards   int    // 0 is 2
	Password string // that the region asks for
	Gives    string // the password that the probe has; "" is the right one, "none" is none
	// Is names the region that this one is in truth, under another name.
	Is string
	// Single gives the region to the probe as one that is not a cluster.
	Single bool
	// TLS is the certificate that the region's TLS shows: trusted, untrusted, elsewhere (another name) or expired; "" is no
	// TLS. Speaks is how the probe talks to it, tls or plain, where that is not the same.
	TLS    string
	Speaks string
	// Distance is how long a byte is on its way between the observer and the region.
	Distance time.Duration
	// Persistence of the lab.
	Persistence string
}

// scaled is the scenario with the limits of another policy.
func (s *scenario) scaled(to probe.Sensitivity) *scenario {
	scale := scales[to]
	scaled := *s
	of := func(e *expectation) *expectation {
		with := *e
		with.Settle = time.Duration(max(scale, 1) * float64(e.Settle))
		with.Within = with.Settle + time.Duration(scale*float64(e.Within-e.Settle))
		with.Proven = time.Duration(max(scale, 1) * float64(e.Proven))
		with.Hold = max(e.Hold, min(time.Duration(scale*float64(e.Hold)), longHold))
		return &with
	}
	scaled.Start = of(s.Start)
	scaled.Steps = slices.Clone(s.Steps)
	for i := range scaled.Steps {
		scaled.Steps[i].Expect = of(scaled.Steps[i].Expect)
	}
	return &scaled
}

// withDataset is the scenario with a dataset. That nothing is known of writes, and therefore of readiness, is not so any more.
func (s *scenario) withDataset() *scenario {
	with := *s
	with.name, with.Dataset = s.name+"+dataset", true
	of := func(e *expectation) *expectation {
		proven := *e
		proven.Writes, proven.Failback = maps.Clone(e.Writes), maps.Clone(e.Failback)
		maps.DeleteFunc(proven.Writes, func(_ string, w writesState) bool { return w.State == probe.WritesUnproven })
		maps.DeleteFunc(proven.Failback, func(_ string, r probe.Readiness) bool { return r == probe.ReadyUnproven })
		return &proven
	}
	with.Start = of(s.Start)
	with.Steps = slices.Clone(s.Steps)
	for i := range with.Steps {
		with.Steps[i].Expect = of(with.Steps[i].Expect)
	}
	return &with
}

// steps tells whether an action like that is in any of the steps.
func (s *scenario) steps(like func(*action) bool) bool {
	return slices.ContainsFunc(s.Steps, func(st step) bool {
		return slices.ContainsFunc(st.Do, func(a action) bool { return like(&a) })
	})
}

// step is something that happens, and what is to be seen of it.
type step struct {
	Wait   span
	Do     []action
	Expect *expectation
	// Measures is the class of faults whose detection times the step is one of.
	Measures class
}

// span is a range of times to choose from, "1s..2s" or "1s".
type span struct{ least, most time.Duration }

func (s *span) UnmarshalYAML(text []byte) error {
	from, to, ranged := strings.Cut(strings.Trim(string(text), "\"'\n "), "..")
	var err error
	if s.least, err = time.ParseDuration(from); err != nil {
		return err
	}
	s.most = s.least
	if ranged {
		s.most, err = time.ParseDuration(to)
	}
	if err == nil && s.most < s.least {
		err = fmt.Errorf("%s is no range", text)
	}
	return err
}

func (s span) choose(random *rand.Rand) time.Duration {
	return s.least + time.Duration(random.Int64N(int64(s.most-s.least)+1))
}

// Where a file says nothing.
const (
	defaultShards = 2
	defaultWithin = 5 * time.Second
	startWithin   = 10 * time.Second // all evidence is new, and some of it is waited for in vain
	defaultHold   = 3 * time.Second
	defaultProven = 12 * time.Second // keys are written once a second, and missing after some
)

// longHold is enough for every policy: what does not change for so long stays.
const longHold = 40 * time.Second

// defaultWait is longer than two intervals, so that every moment between two rounds is chosen.
var defaultWait = span{time.Second, 2 * time.Second}

// load reads all scenarios, in the order of their names.
func load(t *testing.T) []*scenario {
	t.Helper()
	files, err := fs.Glob(os.DirFS("scenarios"), "*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	slices.Sort(files)
	var all []*scenario
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("scenarios", file))
		if err != nil {
			t.Fatal(err)
		}
		s, err := parse(strings.TrimSuffix(path.Base(file), ".yaml"), text)
		if err != nil {
			t.Fatalf("scenarios/%s: %v", file, err)
		}
		all = append(all, s)
	}
	return all
}

// parse reads one scenario and fills in the defaults.
func parse(name string, text []byte) (*scenario, error) {
	s := &scenario{name: name}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(s); err != nil {
		return nil, err
	}
	if len(s.Regions) == 0 {
		s.Regions = []regionFile{{Name: "us"}, {Name: "eu"}, {Name: "ap"}}
	}
	for i := range s.Regions {
		if s.Regions[i].Shards == 0 {
			s.Regions[i].Shards = defaultShards
		}
	}
	if s.Start == nil {
		s.Start = &expectation{Verdict: probe.Healthy}
	}
	s.Start.Within = cmp.Or(s.Start.Within, startWithin)
	s.Start.complete(nil)
	before := s.Start
	errs := []error{s.Start.check(s)}
	for _, a := range s.Before {
		errs = append(errs, a.check())
	}
	for i := range s.Steps {
		st := &s.Steps[i]
		if st.Wait == (span{}) {
			st.Wait = defaultWait
		}
		if st.Expect == nil {
			same := *before
			same.Allowed, same.Passing, same.Changes, same.Settle = nil, nil, nil, 0
			st.Expect = &same
		}
		st.Expect.complete(before)
		errs = append(errs, st.Expect.check(s))
		before = st.Expect
		errs = append(errs, st.Measures.check())
		for _, a := range st.Do {
			errs = append(errs, a.check())
		}
	}
	if s.Says == "" {
		errs = append(errs, errors.New("it says nothing"))
	}
	return s, errors.Join(errs...)
}
