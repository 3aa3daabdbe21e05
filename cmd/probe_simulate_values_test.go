package cmd

import (
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/simulate"
)

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
