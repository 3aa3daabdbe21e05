package cmd

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/simulate"
)

// share is the value of a flag: a part of all, as 0.01 or as 1%.
type share float64

// String, Set and Type make it a pflag.Value.
func (s *share) String() string { return strconv.FormatFloat(100*float64(*s), 'g', 6, 64) + "%" }

// Type is what help shows in place of the value.
func (s *share) Type() string { return "SHARE" }

// Set takes a number, or one of percents.
func (s *share) Set(text string) error {
	number, percents := strings.CutSuffix(strings.TrimSpace(text), "%")
	x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil {
		return fmt.Errorf("%q is no share: give 0.01 or 1%%", text)
	}
	if percents {
		x /= 100
	}
	*s = share(x)
	return nil
}

// period is the value of a flag: a long time, as 10y, 30d or any duration.
type period time.Duration

// The units of a period that a duration does not have.
var periods = []struct {
	suffix string
	length time.Duration
}{{"y", simulate.Year}, {"d", 24 * time.Hour}}

// String, Set and Type make it a pflag.Value.
func (p *period) String() string {
	for _, unit := range periods {
		if d := time.Duration(*p); d > 0 && d%unit.length == 0 {
			return strconv.Itoa(int(d/unit.length)) + unit.suffix
		}
	}
	return time.Duration(*p).String()
}

// Type is what help shows in place of the value.
func (p *period) Type() string { return "PERIOD" }

// Set takes years, days or a duration. What is longer than a duration can be is an error.
func (p *period) Set(text string) error {
	const most = 290 // years; a duration ends there
	for _, unit := range periods {
		number, ok := strings.CutSuffix(text, unit.suffix)
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(number, 64)
		if err != nil || !(x >= 0 && x*float64(unit.length) <= most*float64(simulate.Year)) {
			return fmt.Errorf("%q is no period: give up to %dy, or 30d, or a duration like 12h", text, most)
		}
		*p = period(x * float64(unit.length))
		return nil
	}
	d, err := time.ParseDuration(text)
	*p = period(d)
	return err
}

// size is the value of a flag: how many there are. The lab and the probe have flags of the same names, whose values may be
// names, or a number for each region, and one file serves all: of names their number counts, and of numbers the largest.
type size int

// String, Set and Type make it a pflag.Value.
func (s *size) String() string { return strconv.Itoa(int(*s)) }

// Type is what help shows in place of the value.
func (s *size) Type() string { return "NUMBER" }

// Set takes a number or a list.
func (s *size) Set(text string) error {
	parts := strings.Split(text, ",")
	largest, names := math.MinInt, 0
	for _, part := range parts {
		if n, err := strconv.Atoi(strings.TrimSpace(part)); err == nil {
			largest = max(largest, n)
		} else {
			names++
		}
	}
	switch {
	case names == len(parts) && text != "":
		*s = size(names)
	case names > 0:
		return fmt.Errorf("%q is no number", text)
	default:
		*s = size(largest)
	}
	return nil
}
