package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/lipgloss"
)

// rough returns a duration as people say it, to about three digits.
func rough(d time.Duration) string {
	switch {
	case d == 0:
		return "0 ms"
	case d < 0:
		return "-" + rough(max(-d, 0)) // the smallest duration has no positive
	case d < 100*time.Microsecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < time.Second-time.Millisecond/2:
		return inMillis(d) + " ms"
	case d < time.Minute-5*time.Millisecond:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// inMillis returns a number of milliseconds, with a decimal where it is small.
func inMillis(d time.Duration) string {
	if d < 10*time.Millisecond-50*time.Microsecond {
		return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64)
	}
	return thousands(d.Round(time.Millisecond).Milliseconds())
}

// thousands returns a number with commas.
func thousands[N int | int64 | uint64](n N) string {
	if n < 0 {
		return fmt.Sprint(n)
	}
	digits := strconv.FormatUint(uint64(n), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// count returns "1 write" or "1,204 writes"; "no writes" for none.
func count[N int | int64 | uint64](n N, one string) string {
	switch n {
	case 0:
		return "no " + one + "s"
	case 1:
		return "1 " + one
	}
	return thousands(n) + " " + one + "s"
}

// enumerate returns "us", "us and eu" or "us, eu and ap".
func enumerate(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// clean returns text on one line without control characters: much of what is shown was said by a server, and a
// terminal obeys escape sequences wherever they come from.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// plain returns a word of the contract as people read it: "replication failure" for "replication_failure".
func plain[S ~string](word S) string { return strings.ReplaceAll(string(word), "_", " ") }

// shardLabel names a shard by its place in the region, as the sentences of a verdict do: an id of 40 digits tells nobody
// more.
func shardLabel(index int) string { return "shard " + strconv.Itoa(index+1) }

// link names a link.
func link(from, to string) string { return clean(from) + "→" + clean(to) }

// said returns what somebody else has put into words, for use within a sentence: on one line, without a full stop, and
// of errors that were joined those that say something new.
func said(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimRight(clean(line), ". "); !slices.ContainsFunc(lines, func(earlier string) bool { return strings.Contains(earlier, line) }) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

// Fold breaks text into lines that begin with an indent and are no wider than width, as far as its words allow.
func Fold(text string, indent, width int) string {
	margin := strings.Repeat(" ", indent)
	var lines []string
	line, column := margin, indent
	for _, word := range strings.Fields(text) {
		n := lipgloss.Width(word)
		switch {
		case column == indent:
		case column+1+n > width:
			lines = append(lines, line)
			line, column = margin, indent
		default:
			line += " "
			column++
		}
		line += word
		column += n
	}
	return strings.Join(append(lines, line), "\n")
}

// unchecked warns of regions for which anybody in between could have answered, "" when there is none.
func (s Style) unchecked(regions []string) string {
	if len(regions) == 0 {
		return ""
	}
	text := fmt.Sprintf("The TLS certificate of %s was not checked (insecure-skip-verify): whoever is in between could have answered.",
		clean(strings.Join(regions, ", ")))
	return s.paint(s.wrap(text, 0), poor) + "\n"
}
