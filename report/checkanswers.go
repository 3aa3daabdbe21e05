package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/redisconf"
)

// mostOfAnswer bounds a line of an answer, in bytes: a server repeats the whole line that it stops at, however long.
const mostOfAnswer = 400

// Answers writes what a server prints when it is started with each file that it refuses. It stops at one line, so that it tells
// one mistake of all that there are.
func Answers(w io.Writer, files []check.File) error {
	var b strings.Builder
	for _, f := range files {
		stop, refused := redisconf.Refusal(f.Mistakes)
		if !refused {
			continue
		}
		program := "redis-server"
		if f.Sentinel {
			program = "redis-sentinel"
		}
		fmt.Fprintf(&b, "\n%s does not start with %s:\n\n", program, words.Clean(f.Name))
		for line := range strings.SplitSeq(stop.Answer, "\n") {
			if len(line) > mostOfAnswer {
				line = strings.ToValidUTF8(line[:mostOfAnswer], "") + "…"
			}
			b.WriteString("    " + words.Clean(line) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
