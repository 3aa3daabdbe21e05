package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/report"
)

// junitElement is what the schema of Jenkins' xUnit plugin, junit-10.xsd, says of an element:
// https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
type junitElement struct {
	parents            []string // "" is the document
	required, optional []string // attributes
	text               bool
}

var junitSchema = map[string]junitElement{
	"testsuites": {parents: []string{""}, optional: []string{"name", "time", "tests", "failures", "errors"}},
	"testsuite": {parents: []string{"testsuites", "testsuite"}, required: []string{"name", "tests", "failures", "errors"},
		optional: []string{"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"}},
	"testcase":   {parents: []string{"testsuite"}, required: []string{"name"}, optional: []string{"time", "classname", "group"}},
	"skipped":    {parents: []string{"testcase"}, optional: []string{"type", "message"}, text: true},
	"error":      {parents: []string{"testcase"}, optional: []string{"type", "message"}, text: true},
	"failure":    {parents: []string{"testcase"}, optional: []string{"type", "message"}, text: true},
	"system-out": {parents: []string{"testcase", "testsuite"}, text: true},
}

var junitTime = regexp.MustCompile(`^[0-9]{0,3}(\.[0-9]*)?$`)

// checkJUnit tells what is wrong with a document by the schema, and where what it counts is not what is there. It returns how
// many elements there are of each name.
func checkJUnit(document []byte) (map[string]int, error) {
	if !utf8.Valid(document) {
		return nil, fmt.Errorf("no UTF-8")
	}
	counts := map[string]int{}
	claimed := map[string]int{}
	path := []string{""}
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch x := token.(type) {
		case xml.StartElement:
			name := x.Name.Local
			if err := checkJUnitElement(x, path[len(path)-1]); err != nil {
				return nil, err
			}
			counts[name]++
			for _, a := range x.Attr {
				if n, err := strconv.Atoi(a.Value); err == nil && name == "testsuite" {
					claimed[a.Name.Local] += n
				}
			}
			path = append(path, name)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if in := path[len(path)-1]; !junitSchema[in].text && strings.TrimSpace(string(x)) != "" {
				return nil, fmt.Errorf("text in %q: %s", in, x)
			}
		}
	}
	for of, element := range map[string]string{"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"} {
		if claimed[of] != counts[element] {
			return nil, fmt.Errorf("%s says %d, and there are %d of %s", of, claimed[of], counts[element], element)
		}
	}
	return counts, nil
}

func checkJUnitElement(x xml.StartElement, parent string) error {
	name := x.Name.Local
	schema, known := junitSchema[name]
	if !known || !slices.Contains(schema.parents, parent) {
		return fmt.Errorf("%s within %q", name, parent)
	}
	var has []string
	for _, a := range x.Attr {
		has = append(has, a.Name.Local)
		if !slices.Contains(append(schema.required, schema.optional...), a.Name.Local) {
			return fmt.Errorf("attribute %s of %s", a.Name.Local, name)
		}
		if a.Name.Local == "time" && !junitTime.MatchString(a.Value) {
			return fmt.Errorf("time %q of %s", a.Value, name)
		}
	}
	for _, required := range schema.required {
		if !slices.Contains(has, required) {
			return fmt.Errorf("%s lacks %s", name, required)
		}
	}
	return nil
}

func TestTheSchemaOfJUnitRefusesWhatIsNone(t *testing.T) {
	for name, document := range map[string]string{
		"another element":        `<testsuites><tests/></testsuites>`,
		"a case without a suite": `<testsuites><testcase name="x"/></testsuites>`,
		"a suite without counts": `<testsuites><testsuite name="x"/></testsuites>`,
		"a case without a name":  `<testsuites><testsuite name="x" tests="1" failures="0" errors="0"><testcase/></testsuite></testsuites>`,
		"a false count":          `<testsuites><testsuite name="x" tests="1" failures="1" errors="0"><testcase name="y"/></testsuite></testsuites>`,
		"an unknown attribute":   `<testsuites colour="red"></testsuites>`,
		"text among the cases":   `<testsuites>well</testsuites>`,
		"a control character":    "<testsuites name=\"\x01\"></testsuites>",
		"an open element":        `<testsuites>`,
	} {
		if _, err := checkJUnit([]byte(document)); err == nil {
			t.Errorf("%s is taken for a document", name)
		}
	}
}

func TestCheckJUnit(t *testing.T) {
	for _, test := range []struct {
		name   string
		strict bool
		want   map[string]int
	}{
		{"", false, map[string]int{"testsuite": 3, "testcase": 12, "failure": 2, "error": 0, "skipped": 5}},
		{"-strict", true, map[string]int{"testsuite": 3, "testcase": 12, "failure": 5, "error": 3, "skipped": 2}},
	} {
		var got bytes.Buffer
		if err := report.CheckJUnit(&got, checked(test.strict)); err != nil {
			t.Fatal(err)
		}
		golden(t, "check-junit"+test.name, got.String())
		counts, err := checkJUnit(got.Bytes())
		if err != nil {
			t.Fatalf("%v in\n%s", err, &got)
		}
		for element, n := range test.want {
			if counts[element] != n {
				t.Errorf("strict %v: %d of %s, want %d", test.strict, counts[element], element, n)
			}
		}
	}
}

// Whatever servers say, the documents stay what they are.
func FuzzCheckForOtherPrograms(f *testing.F) {
	f.Add("us", "it says ]]> & <x a=\"b\">\n\x00\x1b[31m", "run | `x` </summary> \xff\xfe")
	f.Add("<details>", "", "|")
	f.Add("`", "``", "```")
	f.Fuzz(func(t *testing.T, subject, text, fix string) {
		var rules []check.Rule
		for _, o := range []check.Outcome{check.Broken, check.Warned, check.Untold, check.Passed, check.NotApplicable} {
			rules = append(rules, ruled("rule-"+strings.ReplaceAll(string(o), "_", "-"), check.Durability, check.Failure, text, found(o, subject, text, fix)))
		}
		for _, strict := range []bool{false, true} {
			r := report.CheckResult{Deployment: report.Given, Regions: []string{subject}, Result: check.Run(rules, &check.Facts{}, check.Target{Profile: text}, strict)}
			var junit, markdown bytes.Buffer
			if err := report.CheckJUnit(&junit, r); err != nil {
				t.Fatal(err)
			}
			if _, err := checkJUnit(junit.Bytes()); err != nil {
				t.Fatalf("%v in\n%s", err, &junit)
			}
			if err := report.CheckMarkdown(&markdown, r); err != nil {
				t.Fatal(err)
			}
			checkMarkdown(t, markdown.String())
		}
	})
}

// checkMarkdown demands that no text became an element, and that every table keeps its columns.
func checkMarkdown(t *testing.T, text string) {
	t.Helper()
	for _, element := range regexp.MustCompile(`<[^ >]*>?`).FindAllString(withoutCode(text), -1) {
		if !slices.Contains([]string{"<details>", "<summary>", "</summary>", "</details>", "<br>"}, element) {
			t.Errorf("the element %q in\n%s", element, text)
		}
	}
	columns := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := len(regexp.MustCompile(`(?:^|[^\\])(?:\\\\)*\|`).FindAllString(line, -1))
		if columns == 0 {
			columns = n
		} else if n != columns {
			t.Errorf("%d bars in a table of %d: %s", n, columns, line)
		}
	}
}

// withoutCode is Markdown without what stands between backquotes, which is shown as it is.
func withoutCode(text string) string { return regexp.MustCompile("`[^`]*`").ReplaceAllString(text, "") }

func TestCheckMarkdown(t *testing.T) {
	var got bytes.Buffer
	if err := report.CheckMarkdown(&got, checked(false)); err != nil {
		t.Fatal(err)
	}
	golden(t, "check-markdown", got.String())
	checkMarkdown(t, got.String())
}
