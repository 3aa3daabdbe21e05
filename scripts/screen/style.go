package main

import (
	"strconv"
	"strings"
)

// style is how a cell looks, as the escape sequences of a terminal say it. It can be compared with ==.
type style struct {
	ink, paper                             colour // nil, the zero, is that of the terminal
	bold, faint, italic, underline, struck bool
	reverse, hidden                        bool
}

// empty tells whether nothing can be seen of a blank in this style.
func (s style) empty() bool { return s.paper == (colour{}) && !s.reverse && !s.underline && !s.struck }

// apply changes the style as an escape sequence says. Any that does not select a graphic rendition changes nothing.
func (s *style) apply(sequence string) {
	words, ok := strings.CutPrefix(sequence, "\x1b[")
	if !ok {
		return
	}
	if words, ok = strings.CutSuffix(words, "m"); !ok || strings.Trim(words, "0123456789;:") != "" {
		return
	}
	for rest := strings.Split(words, ";"); len(rest) > 0; {
		rest = rest[s.set(rest):]
	}
}

// set applies the first of the parameters and returns how many of them that took.
func (s *style) set(words []string) int {
	code, detail, detailed := strings.Cut(words[0], ":")
	n, _ := strconv.Atoi(code) // an empty one is 0, as ECMA-48 says
	switch {
	case n == 38, n == 48:
		c, took := extended(words, detail, detailed)
		if took == 0 {
			return len(words) // not understood, and so is what follows
		}
		if n == 38 {
			s.ink = c
		} else {
			s.paper = c
		}
		return took
	case n >= 30 && n <= 37:
		s.ink = indexed(n - 30)
	case n >= 90 && n <= 97:
		s.ink = indexed(n - 90 + 8)
	case n >= 40 && n <= 47:
		s.paper = indexed(n - 40)
	case n >= 100 && n <= 107:
		s.paper = indexed(n - 100 + 8)
	default:
		s.attribute(n, detail)
	}
	return 1
}

// attribute applies a parameter that is no colour.
func (s *style) attribute(n int, detail string) {
	switch n {
	case 0:
		*s = style{}
	case 1:
		s.bold = true
	case 2:
		s.faint = true
	case 3:
		s.italic = true
	case 4:
		s.underline = detail != "0" // 4:3 is a curly one
	case 7:
		s.reverse = true
	case 8:
		s.hidden = true
	case 9:
		s.struck = true
	case 21:
		s.underline = true
	case 22:
		s.bold, s.faint = false, false
	case 23:
		s.italic = false
	case 24:
		s.underline = false
	case 27:
		s.reverse = false
	case 28:
		s.hidden = false
	case 29:
		s.struck = false
	case 39:
		s.ink = colour{}
	case 49:
		s.paper = colour{}
	}
}

// extended reads a colour of 256 (5;N) or of all (2;R;G;B), with semicolons or with colons, where a true colour may have an
// empty colour space before it. It returns how many parameters it took, 0 when it is none.
func extended(words []string, detail string, colons bool) (c colour, took int) {
	parts := words[1:]
	if colons {
		parts = strings.Split(detail, ":")
		if len(parts) == 5 && parts[0] == "2" {
			parts = append(parts[:1], parts[2:]...)
		}
	}
	numbers := make([]int, 0, 4)
	for _, part := range parts[:min(len(parts), 4)] {
		n, err := strconv.Atoi(part)
		if err != nil || n > 255 {
			break
		}
		numbers = append(numbers, n)
	}
	switch {
	case len(numbers) >= 2 && numbers[0] == 5:
		c, took = indexed(numbers[1]), 3
	case len(numbers) == 4 && numbers[0] == 2:
		c, took = colour{set: true, red: uint8(numbers[1]), green: uint8(numbers[2]), blue: uint8(numbers[3])}, 5
	default:
		return colour{}, 0
	}
	if colons {
		took = 1
	}
	return c, took
}
