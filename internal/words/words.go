// Package words is how figures, names and what servers said are put into words that people read, in reports and on
// screens alike.
package words

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/lipgloss"
)

// Rough returns a duration as people say it, to about three digits.
func Rough(d time.Duration) string {
	switch {
	case d == 0:
		return "0 ms"
	case d < 0:
		return "-" + Rough(max(-d, 0)) // the smallest duration has no positive
	case d < 100*time.Microsecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < time.Second-time.Millisecond/2:
		return Millis(d) + " ms"
	case d < time.Minute-5*time.Millisecond:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return Typed(d.Round(time.Second))
}

// Typed returns a duration as people type it in a flag or a file: "10m", "1h", "250ms", where String has "10m0s" and "1h0m0s".
func Typed(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Millis returns a number of milliseconds, with a decimal where it is small.
func Millis(d time.Duration) string {
	if d < 10*time.Millisecond-50*time.Microsecond {
		return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64)
	}
	return Thousands(d.Round(time.Millisecond).Milliseconds())
}

// Thousands returns a number with commas.
func Thousands[N int | int64 | uint64](n N) string {
	if n < 0 {
		return fmt.Sprint(n)
	}
	digits := strconv.FormatUint(uint64(n), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Amount returns a number that was measured: whole from 10 up, with a decimal below where there is one; 0 for what is no number.
func Amount(x float64) string {
	switch {
	case math.IsNaN(x):
		return "0"
	case math.Abs(x) < 9.95 && math.Round(x*10) != 10*math.Round(x):
		return fmt.Sprintf("%.1f", x)
	case math.Abs(x) > 1e15:
		return fmt.Sprintf("%.3g", x)
	}
	return Thousands(int64(math.Round(x)))
}

// Bytes returns a size: "999 bytes", "9.2 kB", "3.5 MB".
func Bytes(x float64) string {
	switch {
	case x < 1e3:
		return Amount(x) + " bytes"
	case x < 1e6:
		return Amount(x/1e3) + " kB"
	}
	return Amount(x/1e6) + " MB"
}

// Count returns "1 write" or "1,204 writes"; "no writes" for none.
func Count[N int | int64 | uint64](n N, one string) string {
	switch n {
	case 0:
		return "no " + one + "s"
	case 1:
		return "1 " + one
	}
	return Thousands(n) + " " + one + "s"
}

// Enumerate returns "us", "us and eu" or "us, eu and ap".
func Enumerate(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// Clean returns text on one line without control characters: much of what is shown was said by a server, and a
// terminal obeys escape sequences wherever they come from.
func Clean(text string) string {
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

// Printable returns what a peer said in plain ASCII, with a question mark for everything else, since it would control a
// terminal or is no text at all, and at most so many bytes of it. Nor does it control CI: where ##vso[…] and ##[…] stand in the log
// of a job, Azure Pipelines and GitHub Actions obey them, wherever on a line
// (https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands).
func Printable(text string, most int) string {
	more := ""
	if len(text) > most {
		text, more = strings.ToValidUTF8(text[:most], ""), "…"
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return strings.ReplaceAll(text, "##", "#?") + more
}

// Plain returns a word of the contract as people read it: "replication failure" for "replication_failure".
func Plain[S ~string](word S) string { return strings.ReplaceAll(string(word), "_", " ") }

// Shard names a shard by its place in the region, as the sentences of a verdict do: an id of 40 digits tells nobody
// more.
func Shard(index int) string { return "shard " + strconv.Itoa(index+1) }

// Link names a link.
func Link(from, to string) string { return Clean(from) + "→" + Clean(to) }

// Said returns what somebody else has put into words, for use within a sentence: on one line, without a full stop, and
// of errors that were joined those that say something new.
func Said(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimRight(Clean(line), ". "); !slices.ContainsFunc(lines, func(earlier string) bool { return strings.Contains(earlier, line) }) {
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
