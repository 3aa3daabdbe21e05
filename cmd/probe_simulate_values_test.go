package cmd

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/simulate"
)

func TestWhatHasNoAnswerSaysWhatToDo(t *testing.T) {
	for _, test := range []struct {
		err  error
		code int
		hint string // "" when there is none
	}{
		{fmt.Errorf("refused endpoints: %w", simulate.ErrTooLong), exitUsage, "--solved leaves it out"},
		{fmt.Errorf("%w: as it is", simulate.ErrNoPolicy), exitFinding, "allow more time with --within"},
		{context.Canceled, exitInterrupted, ""},
	} {
		var stderr strings.Builder
		code := conclude(&stderr, &cobra.Command{Use: "prog"}, unanswered(test.err))
		if said := strings.Contains(stderr.String(), "hint: "+test.hint); code != test.code || said != (test.hint != "") {
			t.Errorf("%v: exit code %d, want %d; %s", test.err, code, test.code, stderr.String())
		}
	}
}

func TestValuesOfSimulate(t *testing.T) {
	for _, test := range []struct {
		name, text string
		value      pflag.Value
		want       string // "" when it is refused
	}{
		{"a share in percent", "1%", new(share), "1%"},
		{"a share as a number", "0.015", new(share), "1.5%"},
		{"a share that is a word", "some", new(share), ""},
		{"years", "10y", new(period), "10y"},
		{"half a year", "0.5y", new(period), "4383h0m0s"},
		{"days", "30d", new(period), "30d"},
		{"a duration", "36h", new(period), "36h0m0s"},
		{"days as a duration", "48h", new(period), "2d"},
		{"more years than a duration has", "300y", new(period), ""},
		{"no time before a unit", "y", new(period), ""},
		{"not a number of days", "NaNd", new(period), ""},
		{"a number", "5", new(size), "5"},
		{"names, as the lab takes them", "us,eu,ap", new(size), "3"},
		{"one name", "us", new(size), "1"},
		{"a number for each region", "3,4,2", new(size), "4"},
		{"not known, as the probe takes it", "0", new(size), "0"},
		{"fewer than none", "-3", new(size), "-3"},
		{"numbers and names", "3,x", new(size), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.value.Set(test.text)
			if got := test.value.String(); (err == nil) != (test.want != "") || err == nil && got != test.want {
				t.Errorf("%q is %s, error %v; want %q", test.text, got, err, test.want)
			}
		})
	}
	if p := period(0); p.Set("2y") != nil || time.Duration(p) != 2*simulate.Year {
		t.Errorf("2y is %v", time.Duration(p))
	}
}
