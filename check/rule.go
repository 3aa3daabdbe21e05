package check

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
)

// Rule is one thing that a deployment should be.
type Rule struct {
	// ID is its name on the command line and in JSON: lower case, words joined by '-'.
	ID string
	// Title is what holds where it passes: "all regions run the same version".
	Title string
	Group Group
	// Severity is the worst that it finds.
	Severity Severity
	// Source is the document that asks for it, by title, with its address where it has one.
	Source string
	// Why says what happens on the day of a failure where it does not hold. Fix says what to do in general; a Finding
	// says what to do about itself.
	Why, Fix string
	// Judge looks at the facts. Its findings are of any order; none at all is taken as NotApplicable.
	Judge func(*Facts, Target) []Finding
}

// Group is what a rule is about, and the heading that it stands under.
type Group string

// The groups, in their order.
const (
	ActiveActive Group = "active-active" // the regions beside each other
	Management   Group = "rest"          // what the REST API of Redis Enterprise says
	Durability   Group = "durability"    // what a failure inside one region takes
	Settings     Group = "settings"      // files of settings
)

// Groups are all of them, in their order.
func Groups() []Group { return []Group{ActiveActive, Management, Durability, Settings} }

// Severity is how bad it is when a rule does not hold.
type Severity string

// The severities.
const (
	Warning Severity = "warning" // worth changing; it alone fails nothing, but with Strict
	Failure Severity = "failure" // a failover will lose more, take longer, or not work
)

// Outcome is what became of a rule, or of one thing that it looked at.
type Outcome string

// The outcomes, from good to bad in their order; the worst of a rule's findings is that of the rule.
const (
	NotApplicable Outcome = "not_applicable" // there is nothing that it could be asked of
	Passed        Outcome = "pass"
	Untold        Outcome = "could_not_tell" // nobody said, or nobody was allowed to ask
	Warned        Outcome = "warning"
	Broken        Outcome = "failure"
)

// outcomes are in the order of badness.
var outcomes = []Outcome{NotApplicable, Passed, Untold, Warned, Broken}

// Worse tells whether the outcome is worse than another.
func (o Outcome) Worse(than Outcome) bool {
	return slices.Index(outcomes, o) > slices.Index(outcomes, than)
}

// Finding is what a rule found of one thing.
type Finding struct {
	Outcome Outcome
	// Subject is what it is of: "us", "us (10.0.0.1:6379)", "us->eu", "redis.conf:12"; "" is the whole deployment.
	Subject string
	// Text is the evidence, with its figures, in lower case and without a full stop. It never holds a secret.
	Text string
	// Fix is what to change about it, most often a setting or a command; "" where there is nothing more particular to
	// say than the rule's own.
	Fix string
}

// pass, and those below, make findings.
func pass(subject, format string, args ...any) Finding {
	return finding(Passed, subject, "", format, args...)
}

func untold(subject, format string, args ...any) Finding {
	return finding(Untold, subject, "", format, args...)
}

func warned(subject, fix, format string, args ...any) Finding {
	return finding(Warned, subject, fix, format, args...)
}

func broken(subject, fix, format string, args ...any) Finding {
	return finding(Broken, subject, fix, format, args...)
}

func finding(o Outcome, subject, fix, format string, args ...any) Finding {
	return Finding{Outcome: o, Subject: subject, Text: fmt.Sprintf(format, args...), Fix: fix}
}

// notApplicable is the one finding of a rule that has nothing to look at, and says why.
func notApplicable(text string) []Finding {
	return []Finding{finding(NotApplicable, "", "", "%s", text)}
}

// Target is what the deployment has to be ready for.
type Target struct {
	// RPO and RTO are what may be lost, and how long it may take, when one server fails; nil: nobody said.
	RPO, RTO *time.Duration
	// Profile is the one that RPO and RTO were taken from, of package redisconf; "" where they were given.
	Profile string
	// Outage is how long a region or a replica may be away and still come back without a copy of everything.
	Outage time.Duration
	// CertificateFor is how long certificates must be valid for yet.
	CertificateFor time.Duration
}

// The values of a Target where nothing else is said.
const (
	DefaultOutage         = 10 * time.Minute
	DefaultCertificateFor = 30 * 24 * time.Hour
)

// Rules are all rules, by group.
func Rules() []Rule {
	return slices.Concat(activeActiveRules(), managementRules(), durabilityRules(), settingsRules())
}

// Select returns the rules that are in only, or all if it is empty, without those in skip. Both take IDs of rules and
// names of groups. Errors: a word that is neither, with a hint that names the nearest one.
func Select(rules []Rule, only, skip []string) ([]Rule, error) {
	known := make([]string, 0, len(rules)+len(Groups()))
	for _, r := range rules {
		known = append(known, r.ID)
	}
	for _, g := range Groups() {
		known = append(known, string(g))
	}
	var errs []error
	for _, word := range slices.Concat(only, skip) {
		if !slices.Contains(known, word) {
			errs = append(errs, unknownRule(word, known))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	in := func(list []string, r Rule) bool {
		return slices.Contains(list, r.ID) || slices.Contains(list, string(r.Group))
	}
	var selected []Rule
	for _, r := range rules {
		if (len(only) == 0 || in(only, r)) && !in(skip, r) {
			selected = append(selected, r)
		}
	}
	if len(selected) == 0 {
		return nil, errors.New("no rule is left to check by")
	}
	return selected, nil
}

// Find returns the rule with an ID. Errors: there is none, with a hint that names the nearest one.
func Find(id string) (Rule, error) {
	rules := Rules()
	known := make([]string, len(rules))
	for i, r := range rules {
		if r.ID == id {
			return r, nil
		}
		known[i] = r.ID
	}
	return Rule{}, unknownRule(id, known)
}

func unknownRule(word string, known []string) error {
	err := fmt.Errorf("there is no rule %q", word)
	if near, ok := words.Nearest(word, known); ok {
		return hint.Wrap(err, "did you mean "+near+"?")
	}
	return hint.Wrap(err, "aafailover check list prints them all")
}
