package drill

import (
	"errors"
	"fmt"
	"math"

	"github.com/aafailover/aafailover/internal/hint"
)

// ParseAssertion parses what a drill must show to pass: `rto<=5s`, `lost==0`. It
// refuses, with a hint, what is not measured, what has the wrong unit, and what
// would always or never hold.
func ParseAssertion(text string) (Condition, error) {
	var words vocabulary
	for _, m := range Measures() {
		words = append(words, term{m.Name, m.unit})
	}
	return parseCondition(text, words)
}

// ParseTimeLimit parses a condition on a time that is measured elsewhere, by one of
// these names: `p99<=500ms`. It is for [Condition.Assess], and refuses what
// [ParseAssertion] does.
func ParseTimeLimit(text string, names ...string) (Condition, error) {
	var words vocabulary
	for _, name := range names {
		words = append(words, term{name, inTime})
	}
	return parseCondition(text, words)
}

// ParseAssertions parses several, and refuses two of them that no drill can keep
// together. All that is wrong is told, joined.
func ParseAssertions(texts []string) ([]Condition, error) { return parseAll(texts, ParseAssertion) }

// ParseConditions is ParseAssertions for times and whole numbers that are measured
// elsewhere, by these names. The conditions are for [Condition.Assess].
func ParseConditions(texts, times, numbers []string) ([]Condition, error) {
	var words vocabulary
	for _, name := range times {
		words = append(words, term{name, inTime})
	}
	for _, name := range numbers {
		words = append(words, term{name, inWrites})
	}
	return parseAll(texts, func(text string) (Condition, error) { return parseCondition(text, words) })
}

func parseAll(texts []string, parse func(string) (Condition, error)) ([]Condition, error) {
	var all []Condition
	var errs []error
	for _, text := range texts {
		c, err := parse(text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, other := range all {
			if c.contradicts(other) {
				errs = append(errs, hint.Wrap(fmt.Errorf("%s and %s cannot both be", other, c), "leave one of them out"))
			}
		}
		all = append(all, c)
	}
	return all, errors.Join(errs...)
}

// contradicts tells whether no value holds both conditions. It is enough to try
// the two limits, the least step to both sides of them, and the ends.
func (c Condition) contradicts(other Condition) bool {
	if c.Name != other.Name {
		return false
	}
	step := func(v, towards float64) float64 {
		if c.unit == inWrites || c.unit == inTime {
			return v + math.Copysign(1, towards)
		}
		return math.Nextafter(v, towards)
	}
	for _, edge := range []float64{0, c.limit, other.limit} {
		for _, v := range []float64{edge, step(edge, -1), step(edge, math.MaxFloat64)} {
			if v >= 0 && v <= c.unit.most() && c.Holds(v) && other.Holds(v) {
				return false
			}
		}
	}
	return true
}

// NotMeasured is the Assertion.Value of what a drill did not come to.
const NotMeasured = "not measured"

// Measured is the value with a word before it that makes it one of a measurement, unless it says itself that there was
// none.
func (a Assertion) Measured(word string) string {
	if a.Value == NotMeasured || a.Value == NotKnown {
		return a.Value
	}
	return word + " " + a.Value
}

// Judge compares what a drill measured. What it did not measure fails: an RTO
// without a cut-over is no RTO within its limit.
func (c Condition) Judge(r *Record) Assertion {
	for _, m := range Measures() {
		if m.Name == c.Name {
			return c.Assess(m.of(r))
		}
	}
	return c.Assess(0, false)
}

// Assess is Judge for a value that was measured elsewhere, in the base of its unit:
// see [Condition.Holds].
func (c Condition) Assess(value float64, measured bool) Assertion {
	if !measured {
		return Assertion{Expr: c.String(), Value: NotMeasured}
	}
	return Assertion{Expr: c.String(), Value: c.format(value), OK: c.Holds(value)}
}
