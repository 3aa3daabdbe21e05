package redistest

import (
	"bufio"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// Sent is one command that a server has executed.
type Sent struct {
	// From is the host:port of the connection it came over. That of the primary is among them.
	From string
	// Args are the command and its arguments.
	Args []string
}

// Monitor begins to note the commands that the server executes for anybody, as
// MONITOR tells them: without passwords, and some that administrate it are not
// among them.
// stop ends that and returns them with their arguments.
func (s *Server) Monitor(t testing.TB) (stop func() []Sent) {
	t.Helper()
	c, err := net.DialTimeout("tcp", s.Addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Write(resp.AppendCommand(nil, "MONITOR")); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(c)
	next := func() string {
		t.Helper()
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("MONITOR: %v", err)
		}
		return strings.TrimRight(line, "\r\n")
	}
	if got := next(); got != "+OK" {
		t.Fatalf("MONITOR: %s", got)
	}
	const end = "the end of what is monitored"
	return func() []Sent {
		t.Helper()
		s.Do(t, "ECHO", end)
		var seen []Sent
		for {
			one := parseSent(t, next())
			if len(one.Args) == 2 && one.Args[1] == end {
				return seen
			}
			seen = append(seen, one)
		}
	}
}

// parseSent takes a line of MONITOR apart: +TIME [DB ADDRESS] "COMMAND" "ARGUMENT" …
func parseSent(t testing.TB, line string) Sent {
	t.Helper()
	head, quoted, _ := strings.Cut(line, "] ")
	_, from, _ := strings.Cut(head, "[")
	_, from, _ = strings.Cut(from, " ")
	sent := Sent{From: from}
	for quoted != "" {
		prefix, err := strconv.QuotedPrefix(quoted)
		if err != nil {
			t.Fatalf("MONITOR: %s", line)
		}
		word, err := strconv.Unquote(prefix)
		if err != nil {
			t.Fatalf("MONITOR: %s", line)
		}
		sent.Args = append(sent.Args, word)
		quoted = strings.TrimPrefix(quoted[len(prefix):], " ")
	}
	return sent
}
