// Package lazy has what is made when it is first used: a variable of a package that is made before main is paid for by every
// command, also by those that never use it.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp is a regular expression that is compiled when it is first used. As a variable of a package, given by its text alone, it
// needs no work before main. It must not be copied, and may be used from any goroutine.
type Regexp struct {
	// Text is the expression, in the syntax of package regexp.
	Text string

	once     sync.Once
	compiled *regexp.Regexp
}

// Get returns the compiled expression. It panics, as regexp.MustCompile does, when the text is none.
func (r *Regexp) Get() *regexp.Regexp {
	r.once.Do(func() { r.compiled = regexp.MustCompile(r.Text) })
	return r.compiled
}
