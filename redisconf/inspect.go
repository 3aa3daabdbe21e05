package redisconf

import (
	"fmt"
	"strings"
)

// Reading is how a file of settings is read.
type Reading struct {
	// Sentinel says that it is the file of a Sentinel.
	Sentinel bool
	// Version is that of the server in its answers, and says which directives later than 7.0 it takes; "" is [Version].
	Version string
}

// Version is the one of the servers whose answers these are, where nothing else is said.
const Version = "7.0.15"

// mostMistakes bounds the mistakes of a file. One with more of them is none of settings.
const mostMistakes = 100

// Inspect reads a file as a server does, and returns its settings beside all that is wrong with it, in the order of the lines.
// A server stops at the first line that it does not take. Here such a line is among the settings as it was meant, where that
// is clear, and is left out where it is not. Files that are included, modules, and files that values name are not looked at.
func Inspect(text string, how Reading) (Config, []Mistake) {
	if how.Version == "" {
		how.Version = Version
	}
	in := inspection{how: how, commands: commandsOf(how), users: map[string]bool{},
		latest: map[string]Directive{}, monitored: map[string]*monitored{}}
	for line := range strings.SplitSeq(text, "\n") {
		in.number++
		if len(in.mistakes) >= mostMistakes {
			in.mistakes = append(in.mistakes, Mistake{Line: in.number, Kind: BadValue,
				Text: fmt.Sprintf("there are %d mistakes above; what follows was not looked at", mostMistakes)})
			return in.config, in.mistakes
		}
		in.read(strings.Trim(line, " \t\r"))
	}
	in.judgeQueue()
	in.lookAtWhole()
	return in.config, in.mistakes
}

// inspection is the reading of one file.
type inspection struct {
	how      Reading
	config   Config
	mistakes []Mistake
	number   int      // of the line
	line     string   // as the server repeats it
	why      []string // the comment above

	commands  map[string]bool       // that can be renamed, in lower case
	users     map[string]bool       // that were defined
	latest    map[string]Directive  // of each name of which only the last line counts
	queue     []queued              // the lines that wait until the file was read
	deaf      int                   // the last line whose addresses a server cannot listen at
	resolves  bool                  // a Sentinel looks names up
	monitored map[string]*monitored // what a Sentinel watches over, by name
}

func (in *inspection) read(line string) {
	in.line = line
	switch {
	case strings.IndexByte(line, 0) >= 0:
		in.wrong(Mistake{Kind: BadValue, Text: "a byte of zero, at which a server stops to read the line", Fix: "take it out"})
		return
	case line == "":
		in.why = nil
		return
	case line[0] == '#':
		in.why = append(in.why, commentText(line))
		return
	}
	if in.number == 1 && strings.HasPrefix(line, byteOrderMark) {
		in.marked(line)
		return
	}
	words, written, err := split(line)
	if err != nil {
		in.wrong(Mistake{Name: firstName(line), Kind: BadQuotes, Text: "its quotes do not end, or something follows them at once",
			Fix: `close every quote at the end of its word, and write one that belongs to the value as \"`, Answer: answerQuotes})
		return
	}
	if len(words) == 0 {
		return
	}
	d := directiveRead{name: lower(words[0]), args: words[1:], written: written[1:]}
	if in.judge(&d) && !d.dropped {
		in.keep(d)
	}
	in.why = nil
}

// byteOrderMark is what some editors begin a file with, and do not show.
const byteOrderMark = "\uFEFF"

// marked reads the first line behind a mark of the order of bytes, which a server takes for a part of its first word.
func (in *inspection) marked(line string) {
	in.wrong(Mistake{Kind: UnknownName, Text: "the file begins with a byte order mark, which editors do not show and a server takes for a part of the first word",
		Fix: "save it as UTF-8 without a BOM: sed -i '1s/^\\xEF\\xBB\\xBF//' FILE", Answer: answerUnknown})
	in.read(strings.Trim(strings.TrimPrefix(line, byteOrderMark), " \t\r"))
}

// directiveRead is a line that was taken apart.
type directiveRead struct {
	name    string
	args    []string
	written []string // the arguments with their quotes
	dropped bool     // it says nothing: it is not among the settings
}

func (d directiveRead) value() string { return strings.Join(d.written, " ") }

func (in *inspection) keep(d directiveRead) {
	in.config.directives = append(in.config.directives, Directive{Name: d.name, Value: d.value(), Why: strings.Join(in.why, "\n"), Line: in.number})
}

// wrong takes down a mistake of the line, with what the server answers in full.
func (in *inspection) wrong(m Mistake) {
	m.Line, m.Name = in.number, short(untilSign(m.Name))
	if m.Answer != "" {
		m.Answer = in.how.answer(in.number, in.line, m.Answer)
	}
	in.mistakes = append(in.mistakes, m)
}

// answer is what a server prints about a line. Without a line it is about the whole.
func (r Reading) answer(number int, line, refused string) string {
	head := fmt.Sprintf("*** FATAL CONFIG FILE ERROR (Redis %s) ***\n", r.Version)
	if line != "" {
		head += fmt.Sprintf("Reading the configuration file, at line %d\n>>> '%s'\n", number, withoutSecrets(line))
	}
	return head + refused
}

// firstName is the name of a directive whose line cannot be taken apart.
func firstName(line string) string {
	name, _, _ := strings.Cut(strings.TrimLeft(line, blanks+`"'`), " ")
	return lower(name)
}

func commentText(line string) string { return strings.TrimPrefix(strings.TrimLeft(line, "#"), " ") }
