package process

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
)

// logTail is how much of a log is looked at, in bytes: the end of it.
const logTail = 16 << 10

// readTail returns the end of a file, from an offset on at the earliest, in whole lines.
func readTail(path string, from int64) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // it was only read
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return ""
	}
	cut := end-from > logTail
	from = max(from, end-logTail)
	text := make([]byte, max(0, end-from))
	n, _ := f.ReadAt(text, from)
	text = text[:n]
	if cut {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	return string(text)
}

// redact replaces passwords.
func redact(text string, secrets []string) string {
	for _, secret := range secrets { // the longest first: one may be a part of another
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}

// logLine is how a server begins a line: its pid and role, the time, and how grave it is: . - * # from the least on.
var logLine = lazy.Regexp{Text: `^\d+:[XCSM] .*?\d\.\d{3} ([.*#-]) `}

// reasonLines is how many lines of a log make a reason.
const reasonLines = 3

// reason returns why a server ended, in one line, from its log: what it found wrong with its settings, or the last of its
// warnings. It is empty for a log without either.
func reason(log string) string { return strings.Map(printable, findReason(log)) }

// printable keeps what moves the cursor of a terminal out of an error.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

func findReason(log string) string {
	if _, fatal, ok := strings.Cut(log, "*** FATAL CONFIG FILE ERROR"); ok {
		_, fatal, _ = strings.Cut(fatal, "\n")
		lines := strings.Split(strings.TrimSpace(fatal), "\n")
		return strings.Join(lines[:min(len(lines), reasonLines)], ": ")
	}
	var warnings []string
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		at := logLine.Get().FindStringSubmatchIndex(line)
		if at != nil && line[at[2]:at[3]] != "#" || line == "" {
			continue
		}
		if at != nil {
			line = line[at[1]:]
		}
		if !slices.ContainsFunc(chatter, func(c string) bool { return strings.Contains(line, c) }) {
			warnings = append(warnings, line)
		}
	}
	return strings.Join(warnings[max(0, len(warnings)-reasonLines):], "; ")
}

// chatter is what servers warn of at every start.
var chatter = []string{
	"oO0OoO0OoO0Oo", " version=", "Configuration loaded", "Memory overcommit", "overcommit_memory", "TCP backlog setting",
	"Server initialized", "Transparent Huge Pages", "no config file specified",
}

// advice is what to do about a reason; empty where that is all to be said.
func advice(reason string) string {
	for _, known := range []struct{ says, hint string }{
		{"bad directive", "the settings have a directive that this server does not know, or with too few or too many values; a comment has to stand on a line of its own"},
		{"at line", "correct that line of the settings"},
		{"address already in use", "another program listens there; give another port or none"},
		{"cannot assign requested address", "the host has to be an address of this machine"},
		{"permission denied", "the server has to be able to write to its folder; a security policy of the system may forbid it"},
		{"no space left", "make room on the disk, or give another folder"},
		{"bad file format reading the append only file", "the append only file is damaged: redis-check-aof --fix, or start it empty"},
		{"wrong signature", "the file of a backup is damaged or none: redis-check-rdb, or start it empty"},
		{"can't handle rdb format version", "a later version of the server wrote the data: start that, or start it empty"},
	} {
		if strings.Contains(strings.ToLower(reason), known.says) {
			return known.hint
		}
	}
	return ""
}
