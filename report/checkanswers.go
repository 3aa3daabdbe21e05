package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/redisconf"
)

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
			b.WriteString("    " + words.Clean(line) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
