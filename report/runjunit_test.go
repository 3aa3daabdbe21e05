package report_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/report"
)

// suites is JUnit's XML as its readers take it.
type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Suites   []struct {
		Name  string `xml:"name,attr"`
		Tests int    `xml:"tests,attr"`
		Cases []struct {
			Name    string    `xml:"name,attr"`
			Failure *struct{} `xml:"failure"`
			Error   *struct{} `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func junitOf(t *testing.T, r report.Recorded) suites {
	t.Helper()
	var out bytes.Buffer
	if err := report.WriteJUnit(&out, r); err != nil {
		t.Fatal(err)
	}
	var s suites
	if err := xml.Unmarshal(out.Bytes(), &s); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return s
}

func TestRunsAsTests(t *testing.T) {
	all := recordings(t)
	for _, row := range []struct {
		says, of                                 string
		suites, tests, failures, errors, skipped int
	}{
		{"a drill that passed has a case for its verdict and one for each condition", "a drill that passed", 1, 8, 0, 0, 0},
		{"one that failed fails, and so do the conditions that do not hold", "a drill that failed", 1, 8, 3, 0, 0},
		{"one that did not begin is an error, and disproves no condition", "a drill that never began", 1, 3, 0, 1, 1},
		{"nothing is wrong with a healthy probe", "a healthy probe", 1, 10, 0, 0, 0},
		{"a region that is down fails; links of which nothing is known are errors", "a probe in an outage", 1, 10, 2, 4, 0},
		{"a probe that saw nothing is an error", "a probe that saw nothing", 1, 1, 0, 1, 0},
		{"several drills are several suites", "several of one topology", 2, -1, -1, -1, -1},
		{"a row of durability that lost more than promised fails", "durability", 1, -1, 2, 0, -1},
	} {
		t.Run(row.says, func(t *testing.T) {
			s := junitOf(t, all[row.of])
			tests, failures, errs, skipped := 0, 0, 0, 0
			for _, suite := range s.Suites {
				for _, c := range suite.Cases {
					tests++
					failures += count(c.Failure)
					errs += count(c.Error)
					skipped += count(c.Skipped)
				}
			}
			if s.Tests != tests || s.Failures != failures || s.Errors != errs {
				t.Errorf("it says %d tests, %d failures and %d errors, and has %d, %d and %d", s.Tests, s.Failures, s.Errors, tests, failures, errs)
			}
			got, want := []int{len(s.Suites), tests, failures, errs, skipped}, []int{row.suites, row.tests, row.failures, row.errors, row.skipped}
			for i := range want {
				if want[i] < 0 {
					got[i] = -1
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("suites, tests, failures, errors, skipped (-want +got)\n%s", diff)
			}
		})
	}
}

func count(there *struct{}) int {
	if there == nil {
		return 0
	}
	return 1
}

func TestHostileTextInJUnit(t *testing.T) {
	for i, text := range hostileTexts() {
		for k, r := range planted(text) {
			t.Run(fmt.Sprint(i, k), func(t *testing.T) { junitOf(t, r) })
		}
	}
}
