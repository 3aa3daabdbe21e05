package report

import (
	"encoding/xml"
	"io"
	"strconv"
	"time"
)

// JUnit's XML is what systems that run tests show of them. Nobody owns its format; what is written here is what the schema of
// Jenkins' xUnit plugin (junit-10.xsd) allows, which other readers take as well.

// junitSuite is a group of cases.
type junitSuite struct {
	name  string
	at    time.Time
	took  time.Duration // 0: not measured
	cases []junitCase
}

// junitCase is one thing that was tested.
type junitCase struct {
	class, name string
	took        time.Duration
	// At most one of these is not nil: it failed, nobody could tell, or there was nothing to test.
	failed, errored, skipped *junitRemark
	said                     string // what was found; ""
}

// junitRemark is why a case did not pass.
type junitRemark struct {
	message string // in a line
	kind    string // a word; ""
	text    string // all of it
}

// The elements, in the order in which a case has them.
type (
	junitSuitesXML struct {
		XMLName  xml.Name        `xml:"testsuites"`
		Name     string          `xml:"name,attr"`
		Tests    int             `xml:"tests,attr"`
		Failures int             `xml:"failures,attr"`
		Errors   int             `xml:"errors,attr"`
		Time     string          `xml:"time,attr"`
		Suites   []junitSuiteXML `xml:"testsuite"`
	}
	junitSuiteXML struct {
		Name      string         `xml:"name,attr"`
		Tests     int            `xml:"tests,attr"`
		Failures  int            `xml:"failures,attr"`
		Errors    int            `xml:"errors,attr"`
		Skipped   int            `xml:"skipped,attr"`
		Time      string         `xml:"time,attr"`
		Timestamp string         `xml:"timestamp,attr,omitempty"`
		Cases     []junitCaseXML `xml:"testcase"`
	}
	junitCaseXML struct {
		Class   string          `xml:"classname,attr"`
		Name    string          `xml:"name,attr"`
		Time    string          `xml:"time,attr"`
		Skipped *junitRemarkXML `xml:"skipped"`
		Error   *junitRemarkXML `xml:"error"`
		Failure *junitRemarkXML `xml:"failure"`
		Said    string          `xml:"system-out,omitempty"`
	}
	junitRemarkXML struct {
		Message string `xml:"message,attr,omitempty"`
		Kind    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes the suites in one piece. Characters that XML has none of become U+FFFD.
func writeJUnit(w io.Writer, name string, suites []junitSuite) error {
	all := junitSuitesXML{Name: name}
	var took time.Duration
	for _, s := range suites {
		one := s.xml()
		all.Tests, all.Failures, all.Errors = all.Tests+one.Tests, all.Failures+one.Failures, all.Errors+one.Errors
		took += s.took
		all.Suites = append(all.Suites, one)
	}
	all.Time = junitSeconds(took)
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(append([]byte(xml.Header), text...), '\n'))
	return err
}

func (s junitSuite) xml() junitSuiteXML {
	x := junitSuiteXML{Name: s.name, Tests: len(s.cases), Time: junitSeconds(s.took)}
	if !s.at.IsZero() {
		x.Timestamp = s.at.UTC().Format("2006-01-02T15:04:05")
	}
	count := func(r *junitRemark, n *int) *junitRemarkXML {
		if r == nil {
			return nil
		}
		*n++
		return &junitRemarkXML{Message: r.message, Kind: r.kind, Text: r.text}
	}
	for _, c := range s.cases {
		x.Cases = append(x.Cases, junitCaseXML{Class: c.class, Name: c.name, Time: junitSeconds(c.took), Said: c.said,
			Skipped: count(c.skipped, &x.Skipped), Error: count(c.errored, &x.Errors), Failure: count(c.failed, &x.Failures)})
	}
	return x
}

// junitSeconds is a duration as the format has it.
func junitSeconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
