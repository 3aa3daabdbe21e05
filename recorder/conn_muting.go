package recorder

import (
	"strings"

	"github.com/aafailover/aafailover/commands"
)

// muting follows CLIENT REPLY, with which a service asks for no replies: to anything, or to the next command.
// It is told of requests as they are sent. See https://redis.io/docs/latest/commands/client-reply/.
type muting struct {
	off  bool
	next bool // the next command is not answered
	open bool // in a transaction, where CLIENT REPLY takes effect with EXEC
}

// hearing is whether a request is answered.
type hearing uint8

const (
	heard   hearing = iota
	unheard         // nothing comes
	muted           // nothing comes, unless the server refuses to be silent
	unclear         // it cannot be told what is answered from here on
)

func (m *muting) silence(k kind, args []commands.Argument) hearing {
	skipped := m.next
	m.next = false
	switch k {
	case multi:
		m.open = true
	case exec, discard:
		m.open = false
	case reset:
		*m = muting{}
		return heard
	}
	asked := replyMode(args)
	switch {
	case asked != "" && m.open:
		return unclear
	case asked == "on":
		m.off = false
		return heard
	case asked == "off":
		m.off = true
		return muted
	case asked == "skip":
		m.next = !m.off
		return muted
	case (m.off || skipped) && k.confirmed(): // Redis answers if it succeeds, and is silent if not
		return unclear
	case m.off || skipped:
		return unheard
	}
	return heard
}

// replyMode returns the word with which a request is CLIENT REPLY, "" for others.
func replyMode(args []commands.Argument) string {
	var a [longestWord]byte
	if len(args) != 3 || string(lowered(&a, args[0].Text)) != "client" || string(lowered(&a, args[1].Text)) != "reply" {
		return ""
	}
	switch string(lowered(&a, args[2].Text)) {
	case "on":
		return "on"
	case "off":
		return "off"
	case "skip":
		return "skip"
	}
	return ""
}

// refusals are how the errors begin with which a server does not do what CLIENT REPLY asks for.
var refusals = []string{"NOPERM", "NOAUTH", "ERR unknown", "ERR Unknown", "ERR syntax", "ERR Can't execute"}

// refusesSilence tells whether an error may be the answer to CLIENT REPLY.
func refusesSilence(text []byte) bool {
	for _, r := range refusals {
		if strings.HasPrefix(string(text), r) {
			return true
		}
	}
	return false
}
