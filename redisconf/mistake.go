package redisconf

import (
	"cmp"
	"slices"
)

// Mistake is a line of a file of settings that a server refuses, or takes for something else than was meant.
type Mistake struct {
	Line int    // from 1
	Name string // of the directive
	Kind MistakeKind
	// Text says what is wrong, without repeating what may be a secret; Fix what was probably meant.
	Text, Fix string
	// Answer is what a server prints when it is started with the file and stops at this line, secrets left out; "": it takes
	// the line.
	Answer string

	turn turn // when a server comes to it
}

// MistakeKind is what a mistake is about.
type MistakeKind string

// The kinds of mistakes.
const (
	UnknownName   MistakeKind = "name"    // there is no such directive, or not for this server
	BadValue      MistakeKind = "value"   // a value that it does not take, or takes for another one
	CommentBehind MistakeKind = "comment" // a comment behind a value, which is read as words of it
	BadQuotes     MistakeKind = "quotes"  // quotes that do not end
	Contradiction MistakeKind = "lines"   // lines that go against each other, or of which one has no effect
)

// turn is the order in which a server comes to what stands in a file. Those of Sentinel wait until it was read to its end.
type turn uint8

const (
	whileReading turn = iota
	afterReading
	beforeMonitors // sentinel directives that are about no primary
	monitors       // sentinel monitor
	afterMonitors  // sentinel directives about a primary that is monitored
	afterSettings  // what the server finds when it begins to work
	afterListening // what it finds when it listens already
)

// Refusal returns the mistake at which a server stops, which is the only one that it tells. It is not ok where the server takes
// the whole file.
func Refusal(mistakes []Mistake) (stop Mistake, ok bool) {
	refused := slices.DeleteFunc(slices.Clone(mistakes), func(m Mistake) bool { return m.Answer == "" })
	if len(refused) == 0 {
		return Mistake{}, false
	}
	return slices.MinFunc(refused, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.Line, b.Line))
	}), true
}
