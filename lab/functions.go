package lab

import (
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
)

// functions answers FUNCTION LIST: the lab's own engine has none, and nothing can load any.
func functions(s *session, args [][]byte) {
	if strings.ToLower(string(args[1])) != "list" {
		s.fail("ERR FUNCTION " + strings.ToUpper(printable(args[1])) + " is not one of the lab's own engine; it is behind --engine redis-server")
		return
	}
	s.reply = resp.AppendArrayLen(s.reply, 0)
}
