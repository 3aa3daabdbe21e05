package recorder

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
)

// Errors are those of one code that the service was given in one region.
type Errors struct {
	Region int
	// Code is the first word of an error reply: "READONLY"; or what happened to connections, in lower case: "refused" and
	// "unreachable" to those that never were, "reset" and "closed" to those that ended with commands unanswered, and "timeout"
	// where it was the service that closed such a one. What a client library tries of a server that does not know it is none.
	Code        string
	Count       int // replies, or connections
	First, Last drill.Moment
}

// code is the number of the code of an error, from 1 on.
type code uint16

const (
	// mostCodes is how many codes are told apart; what comes after has the last one, "other".
	mostCodes   = 256
	longestCode = 32 // bytes
)

// failures are the errors so far, by region and code.
type failures struct {
	mu    sync.Mutex
	codes map[string]code
	list  []Errors
	at    map[[2]int]int // region and code, in list
}

// codeOf is the code of an error reply. A script may answer with anything, a value included: what is not all letters is no code.
func codeOf(r commands.Reply) string {
	code := resp.ServerError(r.Text).Code()
	if strings.ContainsFunc(code, func(c rune) bool { return (c < 'A' || c > 'Z') && c != '_' }) {
		return "ERR"
	}
	return code
}

// code returns the number of a code.
func (f *failures) code(name string) code {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c, ok := f.codes[name]; ok {
		return c
	}
	if len(f.codes) >= mostCodes-1 || len(name) > longestCode {
		name = "other"
	}
	if c, ok := f.codes[name]; ok {
		return c
	}
	if f.codes == nil {
		f.codes = make(map[string]code)
	}
	f.codes[name] = code(len(f.codes) + 1)
	return f.codes[name]
}

// add counts an error.
func (f *failures) add(region int, c code, at drill.Moment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i, ok := f.at[[2]int{region, int(c)}]
	if !ok {
		if f.at == nil {
			f.at = make(map[[2]int]int)
		}
		i = len(f.list)
		f.at[[2]int{region, int(c)}] = i
		f.list = append(f.list, Errors{Region: region, Code: f.name(c), First: at})
	}
	e := &f.list[i]
	e.Count++
	e.First, e.Last = min(e.First, at), max(e.Last, at)
}

func (f *failures) name(c code) string {
	for name, n := range f.codes {
		if n == c {
			return name
		}
	}
	return "other"
}

// Errors returns the errors so far, by region and code.
func (l *Log) Errors() []Errors {
	l.errors.mu.Lock()
	defer l.errors.mu.Unlock()
	return slices.SortedFunc(slices.Values(l.errors.list), func(a, b Errors) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Code, b.Code))
	})
}
