package main

import (
	"fmt"
	"regexp"
	"strings"
)

// marked finds, in a document, the name of an experiment and what stands between its markers.
var marked = regexp.MustCompile(`(?s)<!-- benchpeers: (\S+) -->\n(.*?)<!-- end -->`)

// fill puts the tables of a record between the markers of a document. An experiment that was never measured has a line that says
// so. Errors: an experiment of the record without markers, markers of no experiment.
func fill(document string, r record, all []experiment) (string, error) {
	var wrong []string
	placed := map[string]bool{}
	known := map[string]bool{}
	for _, e := range all {
		known[e.name] = true
	}
	filled := marked.ReplaceAllStringFunc(document, func(block string) string {
		name := marked.FindStringSubmatch(block)[1]
		placed[name] = true
		if !known[name] {
			wrong = append(wrong, fmt.Sprintf("markers of %s, which is no experiment", name))
		}
		text := "Not measured yet.\n"
		for _, m := range r.Experiments {
			if m.Name == name {
				text = m.markdown()
			}
		}
		return fmt.Sprintf("<!-- benchpeers: %s -->\n%s<!-- end -->", name, text)
	})
	for _, m := range r.Experiments {
		if !placed[m.Name] {
			wrong = append(wrong, fmt.Sprintf("no markers of %s", m.Name))
		}
	}
	if len(wrong) > 0 {
		return "", fmt.Errorf("the document has %s", strings.Join(wrong, ", and "))
	}
	return filled, nil
}
