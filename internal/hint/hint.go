// Package hint attaches advice to errors.
//
// An error says what went wrong; a hint says what the reader can do about it. The two are kept apart so
// that the command line can print them on lines of their own, and so that an error that is wrapped,
// joined or compared stays the one line it was:
//
//	aafailover: us (10.0.0.1:6379): authenticate: WRONGPASS invalid username-password pair
//	hint: check user and password; passwordFile or passwordEnv keeps a password off the command line
//
// The package never prints and never alters the text of an error.
package hint

import "slices"

// hinted is an error with one hint. Its text is that of the error it wraps.
type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// Wrap returns err with a hint attached, one line of lower-case advice without a full stop. The text of
// the error does not change, and errors.Is and errors.As see through it. Wrap(nil, …) is nil, and an
// empty hint returns err as it is.
func Wrap(err error, hint string) error {
	if err == nil || hint == "" {
		return err
	}
	return &hinted{err: err, hint: hint}
}

// Of returns the hints found in err and in everything that it wraps or joins, the outermost first, each
// text once. It is nil when there are none.
func Of(err error) []string {
	var hints []string
	collect(err, &hints)
	return hints
}

func collect(err error, hints *[]string) {
	for err != nil {
		if h, ok := err.(*hinted); ok && !slices.Contains(*hints, h.hint) { //nolint:errorlint // this walks the tree itself, one layer at a time
			*hints = append(*hints, h.hint)
		}
		switch e := err.(type) { //nolint:errorlint // as above
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, one := range e.Unwrap() {
				collect(one, hints)
			}
			return
		default:
			return
		}
	}
}
