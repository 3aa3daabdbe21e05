package docs_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// figure is a number with what it counts, several in a row for addresses, a time such as 1m30s, or a link, of which the slowest differs.
var figure = regexp.MustCompile(`[a-z]+→[a-z]+|(?:\d+[hm])+\d+(?:\.\d+)?[ms]\b|(?:\d[\d,.:]*(?: ?(?:ns|µs|ms|s|m|h|[kMG]?B|bytes|byte)\b)?)+`)

// told is a text without its figures and line breaks, which are of one machine and moment.
func told(text string) string {
	return strings.Join(strings.Fields(figure.ReplaceAllString(text, "#")), " ")
}

// differs compares what a document shows of a command with what it prints, but for figures. A line that is "…" stands for any lines.
func differs(shown, printed string) error {
	if shown == "" {
		return nil
	}
	left := told(printed)
	parts := regexp.MustCompile(`(?m)^\s*…\s*$`).Split(shown, -1)
	for i, part := range parts {
		part = told(part)
		at := strings.Index(left, part)
		if i == 0 && at > 0 || i == len(parts)-1 && !strings.HasSuffix(left, part) {
			at = -1
		}
		if at < 0 {
			return fmt.Errorf("it prints, but for figures,\n%s\nand what is shown is\n%s", told(printed), part)
		}
		left = left[at+len(part):]
		if i == len(parts)-1 {
			break
		}
	}
	return nil
}

// What is compared is the words, whatever the figures and line breaks, up to what a document leaves out.
func TestATranscriptIsComparedWithWhatIsPrinted(t *testing.T) {
	t.Parallel()
	const printed = "PASS  us is back after 1.21 s\n of 3 regions\n\n us→eu  412 kB\nDone.\n"
	for _, row := range []struct {
		name, shown string
		same        bool
	}{
		{"nothing is shown", "", true},
		{"all of it, with other figures and lines", "PASS  us is back\n after 1m0s of 3 regions\nap→eu  1.4 MB\nDone.", true},
		{"its beginning", "PASS  us is back after 2 s\n…", true},
		{"its beginning, without a word of more", "PASS  us is back after 2 s", false},
		{"its end", "…\nDone.", true},
		{"its middle", "…\nof 3 regions\n…\nDone.", true},
		{"another order", "…\nDone.\n…\nof 3 regions\n…", false},
		{"another word", "FAIL  us is back\n…", false},
		{"a line that is not printed any more", "PASS  us is back after 1 s\n and well\n…", false},
		{"it begins elsewhere", "us is back after 1 s\n…", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if err := differs(row.shown, printed); (err == nil) != row.same {
				t.Error(err)
			}
		})
	}
}
