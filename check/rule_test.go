package check_test

import (
	"errors"
	"fmt"
	"math/rand"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/hint"
)

func TestEveryRuleSaysWhatItIs(t *testing.T) {
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, r := range check.Rules() {
		switch {
		case !id.MatchString(r.ID) || seen[r.ID]:
			t.Errorf("%q is no ID, or not the only one", r.ID)
		case r.Title == "" || r.Source == "" || r.Why == "" || r.Fix == "" || r.Judge == nil:
			t.Errorf("%s lacks something", r.ID)
		case !slices.Contains(check.Groups(), r.Group) || r.Severity != check.Warning && r.Severity != check.Failure:
			t.Errorf("%s is of group %q and severity %q", r.ID, r.Group, r.Severity)
		case strings.HasSuffix(r.Title, "."):
			t.Errorf("%s: the title ends with a full stop", r.ID)
		}
		seen[r.ID] = true
	}
}

// Whoever knows nothing is told so: no rule takes what nobody said for good or bad.
func TestNothingIsKnownOfARegionThatSaidNothing(t *testing.T) {
	f := &check.Facts{Regions: []check.Region{{Name: "us", Address: "us.example:6379"}, {Name: "eu", Address: "eu.example:6379"}}}
	for _, j := range check.Run(check.Rules(), f, check.Target{Outage: check.DefaultOutage, CertificateFor: check.DefaultCertificateFor}, false).Rules {
		if j.Rule.Group == check.Durability && (j.Outcome == check.Passed || j.Outcome == check.Broken) {
			t.Errorf("%s: %s", j.Rule.ID, j.Outcome)
		}
	}
}

// Facts of any kind, such as hostile servers would make: no rule panics, says nothing, ends a sentence, breaks a line, or
// finds worse than its severity.
func TestWhateverIsKnownFindingsAreSound(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	made := &anything{rand.New(rand.NewSource(seed))}
	rules := check.Rules()
	for range 300 {
		f := made.facts()
		limits := check.Target{Outage: made.duration(), CertificateFor: made.duration()}
		if made.maybe() {
			limits.RPO, limits.RTO = new(time.Duration), new(time.Duration)
			*limits.RPO, *limits.RTO = made.duration(), made.duration()
		}
		for _, j := range check.Run(rules, f, limits, false).Rules {
			if len(j.Findings) == 0 {
				t.Fatalf("%s finds nothing", j.Rule.ID)
			}
			for _, found := range j.Findings {
				if err := sound(j.Rule, found); err != nil {
					t.Fatalf("%s: %v: %+v", j.Rule.ID, err, found)
				}
			}
		}
	}
}

func sound(r check.Rule, f check.Finding) error {
	worst := check.Broken
	if r.Severity == check.Warning {
		worst = check.Warned
	}
	all := f.Subject + f.Text + f.Fix
	switch {
	case f.Outcome.Worse(worst):
		return fmt.Errorf("%s is worse than %s", f.Outcome, r.Severity)
	case !slices.Contains([]check.Outcome{check.NotApplicable, check.Passed, check.Untold, check.Warned, check.Broken}, f.Outcome):
		return fmt.Errorf("%q is no outcome", f.Outcome)
	case strings.TrimSpace(f.Text) == "":
		return errors.New("it says nothing")
	case strings.HasSuffix(f.Text, "."):
		return errors.New("it ends with a full stop")
	case strings.ContainsFunc(all, unicode.IsControl):
		return errors.New("it holds control characters")
	}
	return nil
}

func rule(id string, group check.Group, found ...check.Finding) check.Rule {
	return check.Rule{ID: id, Group: group, Judge: func(*check.Facts, check.Target) []check.Finding { return found }}
}

func TestSelect(t *testing.T) {
	rules := []check.Rule{rule("same-version", check.ActiveActive), rule("clocks", check.ActiveActive), rule("appendonly", check.Durability)}
	tests := []struct {
		name       string
		only, skip []string
		want       []string
		hint       string // of the error
	}{
		{name: "without a word all are taken", want: []string{"same-version", "clocks", "appendonly"}},
		{name: "a group is all of its rules", only: []string{"active-active"}, want: []string{"same-version", "clocks"}},
		{name: "what is skipped is not taken, also of what was asked for", only: []string{"active-active"}, skip: []string{"clocks"}, want: []string{"same-version"}},
		{name: "a word that is nearly one is told", only: []string{"same-versions"}, hint: "did you mean same-version?"},
		{name: "a word that is none is told, also of what is skipped", skip: []string{"xyz"}, hint: "aafailover check list prints them all"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := check.Select(rules, tt.only, tt.skip)
			if tt.hint != "" {
				if hints := hint.Of(err); !slices.Equal(hints, []string{tt.hint}) {
					t.Errorf("got the hints %q of %v", hints, err)
				}
				return
			}
			var ids []string
			for _, r := range got {
				ids = append(ids, r.ID)
			}
			if err != nil || !slices.Equal(ids, tt.want) {
				t.Errorf("got %q, %v; want %q", ids, err, tt.want)
			}
		})
	}
	if _, err := check.Select(rules, nil, []string{"active-active", "durability"}); err == nil {
		t.Error("nothing is left, and that is no error")
	}
}

func TestVerdict(t *testing.T) {
	found := func(o check.Outcome) check.Rule { return rule("x", check.ActiveActive, check.Finding{Outcome: o}) }
	tests := []struct {
		name   string
		rules  []check.Rule
		strict bool
		want   check.Verdict
	}{
		{"a rule that passes", []check.Rule{found(check.Passed)}, true, check.Pass},
		{"a warning fails nothing", []check.Rule{found(check.Passed), found(check.Warned)}, false, check.Pass},
		{"but when strict", []check.Rule{found(check.Passed), found(check.Warned)}, true, check.Fail},
		{"a failure fails", []check.Rule{found(check.Passed), found(check.Broken), found(check.Untold)}, false, check.Fail},
		{"what was not told fails nothing", []check.Rule{found(check.Passed), found(check.Untold)}, false, check.Pass},
		{"but when strict nothing can be said", []check.Rule{found(check.Passed), found(check.Untold)}, true, check.Inconclusive},
		{"where nothing was told nothing is known", []check.Rule{found(check.Untold), found(check.NotApplicable)}, false, check.Inconclusive},
		{"a rule without findings has nothing to look at", []check.Rule{rule("x", check.ActiveActive)}, false, check.Inconclusive},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := check.Run(tt.rules, &check.Facts{}, check.Target{}, tt.strict).Verdict(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestTheWorstFindingIsThatOfTheRule(t *testing.T) {
	mixed := rule("x", check.ActiveActive, check.Finding{Outcome: check.Passed}, check.Finding{Outcome: check.Untold}, check.Finding{Outcome: check.Warned})
	j := check.Run([]check.Rule{mixed}, &check.Facts{}, check.Target{}, false).Rules[0]
	if j.Outcome != check.Warned || j.Findings[0].Outcome != check.Warned || j.Findings[2].Outcome != check.Passed {
		t.Errorf("got %s with %v", j.Outcome, j.Findings)
	}
}
