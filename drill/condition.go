package drill

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
)

// Condition is one comparison of something that is measured with a limit, as
// people write it: `rto<=5s`, `missed<=100`, `errors>5%`. It is made by
// [ParseAssertion] or [ParseAbort], and has been checked for sense then.
type Condition struct {
	Name  string // of what is measured
	unit  unit
	op    string  // one of operators
	limit float64 // in the base of the unit
}

// operators are the comparisons, those that begin with another one before it.
var operators = []string{"<=", ">=", "==", "!=", "<", ">"}

// Holds compares a measured value, in the base of the unit: nanoseconds, writes, a
// hundredth, writes a second.
func (c Condition) Holds(value float64) bool {
	switch c.op {
	case "<=":
		return value <= c.limit
	case ">=":
		return value >= c.limit
	case "==":
		return value == c.limit
	case "!=":
		return value != c.limit
	case "<":
		return value < c.limit
	}
	return value > c.limit
}

// String returns the condition in its canonical form: `rto <= 5s`.
func (c Condition) String() string {
	return c.Name + " " + c.op + " " + c.unit.format(c.limit)
}

// format is a measured value as people read it. It is rounded unless the rounded
// value would be judged otherwise: a limit of 5s must not be missed by "5s".
func (c Condition) format(value float64) string {
	if r := c.unit.round(value); c.Holds(r) == c.Holds(value) {
		return c.unit.format(r)
	}
	return c.unit.format(value)
}

// unit is what a value is counted in.
type unit uint8

const (
	inTime      unit = iota // nanoseconds; written as 5s, 250ms
	inWrites                // a whole number
	inShare                 // hundredths; written as 5%
	inPerSecond             // writes a second
)

// most is the highest value that can be measured.
func (u unit) most() float64 {
	if u == inShare {
		return 100
	}
	return math.Inf(1)
}

func (u unit) round(value float64) float64 {
	switch u {
	case inTime:
		return float64(time.Duration(value).Round(time.Millisecond))
	case inShare, inPerSecond:
		return math.Round(value*10) / 10
	}
	return value
}

func (u unit) format(value float64) string {
	switch u {
	case inTime:
		return time.Duration(value).String()
	case inShare:
		return strconv.FormatFloat(value, 'f', -1, 64) + "%"
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

// parse takes a limit as it is written. The error says what the unit wants.
func (u unit) parse(text string) (float64, error) {
	value, err := 0.0, error(nil)
	switch u {
	case inTime:
		var d time.Duration
		d, err = time.ParseDuration(text)
		if _, plain := strconv.ParseFloat(text, 64); plain == nil {
			err = errors.New("no unit") // ParseDuration takes 0 without one
		}
		value = float64(d)
	case inShare:
		digits, percent := strings.CutSuffix(text, "%")
		value, err = decimal(digits)
		if !percent {
			err = errors.New("no percent sign")
		}
	case inWrites:
		var n uint64
		n, err = strconv.ParseUint(text, 10, 53) // all of them are exact
		value = float64(n)
	case inPerSecond:
		value, err = decimal(text)
	}
	if err != nil || value < 0 {
		return 0, fmt.Errorf("%q is not %s", text, u.wants())
	}
	return value, nil
}

// decimal parses digits with a decimal point or none, without exponents and words
// such as Inf.
func decimal(text string) (float64, error) {
	if text == "" || len(text) > 18 || strings.Trim(text, "0123456789.") != "" {
		return 0, errors.New("not a number")
	}
	return strconv.ParseFloat(text, 64)
}

func (u unit) wants() string {
	return [...]string{"a time, such as 250ms or 5s", "a whole number, such as 100", "a share, such as 5%", "a number, such as 1000"}[u]
}

// vocabulary is what conditions of one kind can be about.
type vocabulary []term

type term struct {
	name string
	unit unit
}

// parseCondition parses NAME OPERATOR LIMIT, and refuses what would always or
// never hold.
func parseCondition(text string, words vocabulary) (Condition, error) {
	at := strings.IndexAny(text, "<>=!")
	if at < 0 {
		return Condition{}, bad(text, "there is no comparison in it", "write NAME, one of "+strings.Join(operators, " ")+", and a limit: rto<=5s")
	}
	c := Condition{Name: strings.TrimSpace(text[:at])}
	rest := text[at:]
	for _, op := range operators {
		if after, ok := strings.CutPrefix(rest, op); ok {
			c.op, rest = op, strings.TrimSpace(after)
			break
		}
	}
	if c.op == "" {
		return Condition{}, bad(text, "there is no comparison in it", "the comparisons are "+strings.Join(operators, " "))
	}
	known := false
	for _, w := range words {
		if w.name == c.Name {
			c.unit, known = w.unit, true
		}
	}
	if !known {
		return Condition{}, bad(text, fmt.Sprintf("%q is not measured", c.Name), words.advice(c.Name))
	}
	var err error
	if c.limit, err = c.unit.parse(rest); err != nil {
		return Condition{}, bad(text, err.Error(), c.Name+" is "+c.unit.wants())
	}
	return c, c.sense(text)
}

// sense refuses a condition that says nothing.
func (c Condition) sense(text string) error {
	low, high := c.Holds(0), c.Holds(c.unit.most())
	inside := c.Holds(c.limit)
	switch atEdge := c.limit == 0 || c.limit >= c.unit.most(); {
	case c.limit > c.unit.most():
		return bad(text, "there is no more than "+c.unit.format(c.unit.most()), "give a limit that can be reached")
	case c.unit == inTime && (c.op == "==" || c.op == "!="):
		return bad(text, "two measured times are never exactly alike", fmt.Sprintf("write %s<=%s", c.Name, c.unit.format(c.limit)))
	case atEdge && !low && !high && !inside:
		return bad(text, "that can never be", "give a limit that can be reached")
	case atEdge && low && high && inside:
		return bad(text, "that is always so", "give a limit that can be missed")
	}
	return nil
}

// bad is the error about a condition.
func bad(text, why, advice string) error {
	return hint.Wrap(fmt.Errorf("condition %q: %s", text, why), advice)
}

// advice names the words, those first that the given one may have been meant for.
func (v vocabulary) advice(word string) string {
	var names []string
	for _, w := range v {
		names = append(names, w.name)
		if word != "" && bare(w.name) == bare(word) {
			return "did you mean " + w.name + "?"
		}
	}
	return "what is measured: " + strings.Join(names, ", ")
}

// bare is a word without what people write in different ways.
func bare(word string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(word))
}
