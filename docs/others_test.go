package docs_test

import (
	"regexp"
	"strings"
	"testing"
)

// others are the beginnings of the commands of other programs that documents show, and what tries them; the longest that fits is meant.
var others = map[string]string{
	"make ":                 "CONTRIBUTING.md names each target, as contributing_test.go sees; make ci runs make test, race, lint and smoke, and the rest by themselves",
	"go test ":              "each is a test of the project with a flag that it has",
	"go install ":           "it takes what is published; make install and release-dry install what is here",
	"go env ":               "it tells where go install puts programs",
	"goreleaser ":           "make release-dry does the same without publishing",
	"docker run ":           "what comes after the image is run as a command of the program",
	"scripts/ci-smoke.sh":   "ci_test.go runs it",
	"scripts/ci-install.sh": "ci_test.go runs it",
	"curl ":                 "monitoring_test.go reads the metrics of a probe",
	"brew ":                 "a package that is published; make release-dry makes it",
	"sudo ":                 "a package that is published; make release-dry makes it, and it would change the machine",
	"sha256sum ":            "of files that are published; ci_test.go checks those that ci-install.sh loads",
	"xattr ":                "only macOS has it",
	"man ":                  "make man makes what it shows",
	"openssl ":              "a certificate of the reader's",
	"source ":               "of the reader's shell; its completions are tried by the tests of cmd",
}

// otherCommand begins like a command of a program that is not this one.
var otherCommand = regexp.MustCompile(`^(?:make|go (?:test|install|doc|env|build)|docker|kubectl|curl|wget|scripts/\S+|sudo|apt(?:-get)?|brew|openssl|ssh|xattr|man|sha256sum|source|systemctl|goreleaser) \S|^scripts/\S+\.sh`)

// Every command of another program that a document shows is known, with what tries it.
func TestTheCommandsOfOtherProgramsAreKnown(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, document := range documents(t) {
		fenced := false
		for line := range strings.Lines(readDocument(t, document)) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "```") {
				fenced = !fenced
				continue
			}
			candidates := []string{strings.TrimPrefix(line, "$ ")}
			if !fenced {
				candidates = nil
				for _, code := range span.FindAllStringSubmatch(line, -1) {
					candidates = append(candidates, code[1])
				}
			}
			for _, command := range candidates {
				if !otherCommand.MatchString(command) {
					continue
				}
				known := ""
				for beginning := range others {
					if strings.HasPrefix(command, beginning) && len(beginning) > len(known) {
						known = beginning
					}
				}
				if known == "" {
					t.Errorf("%s: nothing tries %s", document, command)
				}
				used[known] = true
			}
		}
	}
	for beginning, why := range others {
		if !used[beginning] || why == "" {
			t.Errorf("%q is of no document, or nothing is said of it", beginning)
		}
	}
}
