package recorder

import (
	"strings"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/region"
)

// ending is how a command ended.
type ending struct {
	outcome drill.Outcome
	facts   facts        // answered, redirected
	known   drill.Moment // before this the service could not know
}

// answer is what the region said, as far as it matters for the outcome.
type answer uint8

const (
	noAnswer     answer = iota
	success             // no error
	refusal             // an error that proves that nothing was written
	redirection         // the same, from a node that does not have the key
	unsupported         // a refusal that tells a client library what this server can, and the service nothing
	otherFailure        // an error that may have come after something was written
)

// answerOf reads a reply.
func answerOf(c commands.Command, r commands.Reply) answer {
	if !r.Failed() {
		return success
	}
	text := string(r.Text)
	switch code := resp.ServerError(text).Code(); {
	case code == "MOVED", code == "ASK", code == "TRYAGAIN":
		return redirection
	case code == "NOSCRIPT":
		return refusal
	case code == "ERR" && probes(c.Name, text):
		return unsupported
	case c.Script && (code == "ERR" || code == "NOPERM"):
		return otherFailure // a script may have written before it failed
	case !c.Script && refused(code, text), region.NotApplied(text):
		return refusal
	}
	return otherFailure
}

// probes tells whether an error is the answer to what a client library tries on each new connection, and does without where the server
// does not know it: CLIENT with a subcommand that is newer than the server, as CLIENT MAINT_NOTIFICATIONS of go-redis; HELLO before Redis 6.
func probes(name, text string) bool {
	container, _, _ := strings.Cut(name, "|")
	text = strings.ToLower(text)
	return container == "client" && strings.HasPrefix(text, "err unknown subcommand") ||
		strings.HasPrefix(text, "err unknown command 'hello'") || strings.HasPrefix(text, "err unknown command `hello`")
}

// refused tells whether an error proves that a single command wrote nothing: those that a server gives for what it was asked to do,
// beside those that it gives for its own state.
func refused(code, text string) bool {
	switch code {
	case "WRONGTYPE", "BUSYKEY", "NOGROUP", "BUSYGROUP":
		return true
	case "ERR":
		for _, known := range mistakes {
			if strings.HasPrefix(text, known) {
				return true
			}
		}
	}
	return false
}

// mistakes are how errors begin that say what was wrong with a request.
var mistakes = [...]string{
	"ERR wrong number of arguments", "ERR value is ", "ERR increment ", "ERR increment or decrement", "ERR decrement would overflow",
	"ERR hash value is not", "ERR no such key", "ERR index out of range", "ERR offset is out of range", "ERR string exceeds",
	"ERR bit ", "ERR min or max is not", "ERR The ID specified in XADD", "ERR Invalid stream ID", "ERR GT, LT, and/or NX",
	"ERR XX and NX", "ERR INCR option supports", "ERR resulting score is not a number", "ERR Unknown subcommand", "ERR unknown subcommand",
	"ERR source and destination objects are the same",
}

// ends is how a command ended that was answered so; known is when, and delivered whether the service got it.
func (a answer) ends(delivered bool, known drill.Moment) ending {
	e := ending{outcome: drill.Indeterminate, facts: answered, known: known}
	switch {
	case a == noAnswer:
		e.facts, e.known = 0, known-overtaking
	case !delivered:
	case a == success:
		e.outcome = drill.Acknowledged
	case a == refusal, a == unsupported:
		e.outcome = drill.Rejected
	case a == redirection:
		e.outcome, e.facts = drill.Rejected, answered|redirected
	}
	return e
}

// nothing tells whether the answer proves that nothing was written.
func (a answer) nothing() bool { return a == refusal || a == redirection || a == unsupported }
