package config_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

// What Go says of a value that it cannot read is said in the words of the command line.
func TestValueError(t *testing.T) {
	duration := func(text string) error { _, err := time.ParseDuration(text); return err }
	whole := func(text string) error { _, err := strconv.ParseInt(text, 0, 32); return err }
	number := func(text string) error { _, err := strconv.ParseFloat(text, 64); return err }
	truth := func(text string) error { _, err := strconv.ParseBool(text); return err }
	for _, row := range []struct {
		name, value string
		parse       func(string) error
		want, hint  string // hint: what it begins with
	}{
		{"a time without a unit", "400", duration, `"400" has no unit`, "a time has its unit"},
		{"a time with a comma", "1,5s", duration, `"1,5s" is not a time`, "a time has its unit"},
		{"a word for a time", "often", duration, `"often" is not a time`, "a time has its unit"},
		{"a word for a whole number", "many", whole, `"many" is not a whole number`, "write digits only"},
		{"a fraction for a whole number", "1.5", whole, `"1.5" is not a whole number`, "write digits only"},
		{"more than a computer counts", "99999999999", whole, `"99999999999" is out of range`, "give a smaller number"},
		{"a comma in a number", "0,5", number, `"0,5" is not a number`, "write digits, with a point"},
		{"a word for yes", "on", truth, `"on" is neither true nor false`, "write true or false"},
		{"anything else stays as it is", "x", func(string) error { return errors.New("must be y") }, "must be y", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := config.ValueError(row.value, row.parse(row.value))
			if got := strings.Join(hint.Of(err), "; "); err.Error() != row.want || !strings.HasPrefix(got, row.hint) || (got == "") != (row.hint == "") {
				t.Errorf("%v, hint %q; want %s, hint %q", err, got, row.want, row.hint)
			}
		})
	}
}
