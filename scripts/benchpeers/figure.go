package main

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// perSecond is the unit of rates: more is better.
const perSecond = "/s"

// isTime tells whether a unit is one of time, of which a faster machine needs less.
func isTime(unit string) bool { return slices.Contains([]string{"s", "ms", "µs", "ns"}, unit) }

// figure is a number with three significant digits, thousands apart.
func figure(v float64) string {
	if v == 0 {
		return "0"
	}
	digits := max(2-int(math.Floor(math.Log10(math.Abs(v)))), 0)
	if digits > 2 && math.Abs(v) >= 0.01 {
		digits = 3
	}
	text := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(text, ".") {
		return strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return thousands(text)
}

// thousands puts commas into a whole number.
func thousands(text string) string {
	digits, sign := strings.TrimPrefix(text, "-"), ""
	if len(digits) < len(text) {
		sign = "-"
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// inUnit is a number with its unit.
func inUnit(v float64, unit string) string {
	if unit == "" || unit == "%" || unit == perSecond {
		return figure(v) + unit
	}
	return figure(v) + " " + unit
}

// text is the median, and the least and the most in brackets where they are not the same.
func (s summary) text(unit string) string {
	if figure(s.Min) == figure(s.Max) {
		return inUnit(s.Median, unit)
	}
	return inUnit(s.Median, unit) + " (" + figure(s.Min) + " to " + figure(s.Max) + ")"
}
