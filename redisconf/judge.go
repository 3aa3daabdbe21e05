package redisconf

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// What a server answers to values that it does not take: the texts of config.c of Redis 7.0.
const (
	answerUnknown   = "Bad directive or wrong number of arguments"
	answerArguments = "wrong number of arguments"
	answerQuotes    = "Unbalanced quotes in configuration line"
)

// judgeValue returns what a server answers to the words of a directive's value; "" where it takes them.
func (s *spec) judgeValue(args []string) string {
	if s.kind == several {
		return s.judge(splitOnce(args))
	}
	if len(args) != 1 {
		return answerArguments
	}
	value := args[0]
	switch s.kind {
	case yesNo:
		if v := lower(untilZero(value)); v != "yes" && v != "no" {
			return "argument must be 'yes' or 'no'"
		}
	case oneOf:
		if !slices.Contains(s.words, lower(untilZero(value))) {
			return "argument(s) must be one of the following: " + strings.Join(s.words, ", ")
		}
	case text:
		if s.judge != nil {
			return s.judge(args)
		}
	default:
		return s.judgeNumber(value)
	}
	return ""
}

// splitOnce takes a value apart that is several words within one pair of quotes. Quotes within that do not end leave nothing.
func splitOnce(args []string) []string {
	if len(args) != 1 || args[0] == "" {
		return args
	}
	words, _ := Split(untilZero(args[0]))
	return words
}

func (s *spec) judgeNumber(value string) string {
	n, refused := s.number(value)
	switch {
	case refused != "":
		return refused
	case s.unsigned && (uint64(n) > s.most || uint64(n) < uint64(s.least)):
		format := "argument must be between %d and %d inclusive"
		if s.kind == octal {
			format = "argument must be between %o and %o inclusive"
		}
		return fmt.Sprintf(format, uint64(s.least), s.most)
	case s.unsigned:
	case s.kind == sizeOrPercent && n < 0:
		if n < s.least {
			return fmt.Sprintf("percentage argument must be less or equal to %d", -s.least)
		}
	case n < s.least || s.most <= math.MaxInt64 && n > int64(s.most):
		return fmt.Sprintf("argument must be between %d and %d inclusive", s.least, s.most)
	}
	return ""
}

// number reads a number as a server does, or returns what it answers. A percentage is the negative of it.
func (s *spec) number(value string) (n int64, refused string) {
	var ok bool
	switch s.kind {
	case size:
		n, ok = bytesOf(value)
		refused = "argument must be a memory value"
	case sizeOrPercent:
		if n, ok = bytesOf(value); !ok && strings.HasSuffix(value, "%") {
			n, ok = plainInteger(strings.TrimSuffix(value, "%"))
			n, ok = -n, ok && n >= 0
		}
		refused = "argument must be a memory or percent value"
	case octal:
		var rest string
		var fits bool
		n, rest, fits = leadingInteger(value, 8)
		ok = fits && rest == ""
		refused = "argument couldn't be parsed as an octal number"
	default:
		n, ok = plainInteger(value)
		refused = "argument couldn't be parsed into an integer"
	}
	if ok {
		refused = ""
	}
	return n, refused
}
