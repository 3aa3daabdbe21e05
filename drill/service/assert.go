package service

import "github.com/aafailover/aafailover/drill"

// Measure is one thing that an assertion can be about.
type Measure struct {
	Name string
	What string // in words, for help and documents
	Time bool   // it is a time; else a whole number

	of func(*Record) (value float64, measured bool)
}

// AssertionMeasures returns what assertions can be about, in the order of help.
func AssertionMeasures() []Measure { return nil }

// ParseAssertions parses what a drill must show to pass: `rto<=5s`, `lost==0`. It refuses what drill.ParseAssertions does.
func ParseAssertions(texts []string) ([]drill.Condition, error) {
	var times, numbers []string
	for _, m := range AssertionMeasures() {
		if m.Time {
			times = append(times, m.Name)
		} else {
			numbers = append(numbers, m.Name)
		}
	}
	return drill.ParseConditions(texts, times, numbers)
}
