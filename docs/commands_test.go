package docs_test

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/cmd"
)

// commandLine is a command of this program that a document shows.
type commandLine struct {
	at    string   // FILE:LINE, where it begins
	words []string // after the name of the program
	named bool     // without the program, in prose: what it is to be given may be left out
	shown string   // what a block shows that it prints, where it stands after a prompt
}

func (l commandLine) String() string { return "aafailover " + strings.Join(l.words, " ") }

// span is code within a line of prose.
var span = regexp.MustCompile("`([^`]+)`")

// commandLines are those of a document: of its fenced blocks, and of the code in its prose that begins with the name of the program
// or of one of its commands.
// In a block a command stands at the beginning of a line or, where the block shows results as well, after a prompt ("$ "); one that
// ends with a backslash goes on in the next line. `go run .` is the program, too, and so is its image.
func commandLines(path, document string) ([]commandLine, error) {
	var all []commandLine
	verbs := verbs()
	add := func(number int, text string, named bool) error {
		commands, err := shellWords(text)
		if err != nil {
			return fmt.Errorf("%s:%d: %w: %s", path, number, err, text)
		}
		for _, words := range commands {
			if image := slices.Index(words, "ghcr.io/aafailover/aafailover"); image > 0 && slices.Equal(words[:2], []string{"docker", "run"}) {
				words = words[image:]
			} else if len(words) > 3 && slices.Equal(words[:3], []string{"go", "run", "."}) {
				words = words[2:]
			} else if len(words) < 2 || words[0] != "aafailover" {
				continue // of another program, or its bare name
			}
			all = append(all, commandLine{at: fmt.Sprintf("%s:%d", path, number), words: words[1:], named: named})
		}
		return nil
	}
	fenced, prompted := false, false
	var showing *commandLine // whose output the lines are
	number, begun, line := 0, 0, ""
	for text := range strings.Lines(document) {
		number++
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, "```") {
			fenced, prompted, line, showing = !fenced, false, "", nil
			continue
		}
		if !fenced {
			for _, code := range span.FindAllStringSubmatch(text, -1) {
				// In a table of Markdown a bar is escaped.
				code := strings.ReplaceAll(code[1], `\|`, "|")
				first, rest, more := strings.Cut(code, " ")
				named := more && verbs[first] && !strings.ContainsAny(rest, "|…") // those stand for several
				if named {
					code = "aafailover " + code
				}
				if ours(code) {
					if err := add(number, code, named); err != nil {
						return nil, err
					}
				}
			}
			continue
		}
		if line == "" {
			begun = number
		}
		line += text
		if rest, more := strings.CutSuffix(line, `\`); more {
			line = rest
			continue
		}
		given, prompt := strings.CutPrefix(line, "$ ")
		line, prompted = "", prompted || prompt
		if prompt {
			showing = nil
		}
		if ours(given) && (prompt || !prompted) {
			before := len(all)
			if err := add(begun, given, false); err != nil {
				return nil, err
			}
			if prompt && len(all) > before {
				showing = &all[len(all)-1]
			}
		} else if showing != nil {
			showing.shown += given + "\n"
		}
	}
	return all, nil
}

// ours tells a command of this program.
func ours(text string) bool {
	return strings.HasPrefix(text, "aafailover ") || strings.HasPrefix(text, "go run . ") || strings.HasPrefix(text, "docker run ")
}

// verbs are the names of the commands right below the program.
func verbs() map[string]bool {
	names := map[string]bool{}
	for _, c := range cmd.Commands().Commands() {
		names[c.Name()] = true
	}
	return names
}

// shellWords splits a line as a shell does, into the commands of a pipe or list, without what redirects them and without comments.
func shellWords(line string) ([][]string, error) {
	var commands [][]string
	var words []string
	var word strings.Builder
	var quote rune
	started, redirected := false, false
	end := func() {
		if started && !redirected {
			words = append(words, word.String())
		}
		if started {
			redirected = false
		}
		word.Reset()
		started = false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, started = r, true
		case unicode.IsSpace(r):
			end()
		case r == '#' && !started:
			return append(commands, words), nil
		case r == '>' || r == '<':
			if fd := word.String(); fd == "2" || fd == "1" {
				word.Reset()
				started = false
			}
			end()
			redirected = true
		case r == '|' || r == ';' || r == '&':
			end()
			commands, words = append(commands, words), nil
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quotation is not closed")
	}
	end()
	return append(commands, words), nil
}

// refusal is why the program would not take a command line: there is no such command, flag or number of arguments. Nothing is run.
func (l commandLine) refusal() error {
	// A tree of its own for each line: flags keep what they were set to.
	root := cmd.Commands()
	root.SetOut(io.Discard)
	about, args, err := root.Find(l.words)
	if err != nil {
		return err
	}
	var without *pflag.ValueRequiredError
	switch err := about.ParseFlags(args); {
	case errors.Is(err, pflag.ErrHelp), l.named && errors.As(err, &without):
		return nil
	case err != nil:
		return err
	}
	given := about.Flags().Args()
	if l.named && len(given) == 0 {
		return nil
	}
	return about.ValidateArgs(given)
}

// documents are the paths of all that are written by hand.
func documents(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "../*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

// Every command line of this program that a document shows, the README included, is one that it takes.
func TestTheProgramTakesEveryCommandOfTheDocuments(t *testing.T) {
	t.Parallel()
	checked := map[string]int{}
	for _, document := range documents(t) {
		lines, err := commandLines(document, readDocument(t, document))
		if err != nil {
			t.Error(err)
		}
		for _, line := range lines {
			if err := line.refusal(); err != nil {
				t.Errorf("%s: %s: %v", line.at, line, err)
			}
		}
		checked[document] = len(lines)
		t.Logf("%s: %d commands", document, len(lines))
	}
	// A document whose commands are not found any more would pass unseen.
	for document, least := range map[string]int{"../README.md": 10, "drills.md": 5, "sensitivity.md": 4, "topologies.md": 5} {
		if checked[document] < least {
			t.Errorf("only %d commands were found in %s", checked[document], document)
		}
	}
}

// The check above refuses what the program would refuse, and finds the commands that a reader sees.
func TestTheCheckOfCommandsSeesMistakes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, document string
		commands       int
		taken          bool
	}{
		{"a command with a prompt", "```\n$ aafailover probe --lab --once\n```", 1, true},
		{"a command without one", "```\naafailover probe --lab --once   # in words\n```", 1, true},
		{"by go run", "```\ngo run . drill\n```", 1, true},
		{"in a container", "```\ndocker run --rm ghcr.io/aafailover/aafailover drill\n```", 1, true},
		{"in a table, where a bar is escaped", "| `aafailover completion fish \\| source` |", 1, true},
		{"over two lines", "```\naafailover drill \\\n  --no-tui > out 2>&1\n```", 1, true},
		{"in a pipe and in quotes", "```\naafailover drill --assert 'rto<=5s' -o json | tee drill.json\n```", 1, true},
		{"two in a list", "```\naafailover lab --regions us,eu & aafailover lab cut us eu\n```", 2, true},
		{"of another program, in a list", "```\nls; cat aafailover.yaml\n```", 0, true},
		{"words in prose", "aafailover probe --nonesuch", 0, true},
		{"code in prose", "Say `aafailover probe --lab`, or `go run . drill`.", 2, true},
		{"a command that prose names, without what it is given", "Say `drill resume`, `probe --canary` or `lab cut us eu`, and not `drill/` or `lab`.", 3, true},
		{"several in one", "`drill --retries|--backoff`, `check list …`", 0, true},
		{"a command that prose names, and that there is not", "`lab explode us`", 1, false},
		{"a flag of a command that prose names", "`drill --nonesuch`", 1, false},
		{"a line of a result", "```\n$ aafailover version\naafailover probe  554 ms  781 ms\n```", 1, true},
		{"a flag that there is not", "```\naafailover probe --nonesuch\n```", 1, false},
		{"a flag that there is not, in a container", "```\ndocker run --rm ghcr.io/aafailover/aafailover drill --rm\n```", 1, false},
		{"a flag that there is not, in prose", "`aafailover probe --nonesuch`", 1, false},
		{"a flag that there is not, in the second line", "```\n$ aafailover drill \\\n  --nonesuch\n```", 1, false},
		{"a value that a flag does not take", "```\naafailover probe --for ever\n```", 1, false},
		{"a command that there is not", "```\naafailover prob\n```", 1, false},
		{"a command below one that there is not", "```\naafailover lab explode us\n```", 1, false},
		{"arguments that a command does not take", "```\naafailover probe us\n```", 1, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			lines, err := commandLines("a.md", row.document)
			if err != nil || len(lines) != row.commands {
				t.Fatalf("found %+v, %v", lines, err)
			}
			for _, line := range lines {
				if err := line.refusal(); (err == nil) != row.taken {
					t.Errorf("%q: %v", line.words, err)
				}
			}
		})
	}
	if lines, err := commandLines("a.md", "```\naafailover drill --assert 'rto<=5s\n```"); err == nil {
		t.Errorf("a quotation that is not closed is taken for %+v", lines)
	}
}
