package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// tally is who has which value.
type tally map[string][]string

func (t tally) count(value, subject string) { t[value] = append(t[value], subject) }

// String is "7.0.15: us and eu; 7.2.4: ap".
func (t tally) String() string {
	var each []string
	for _, value := range slices.Sorted(maps.Keys(t)) {
		shown := value
		if shown == "" {
			shown = `""`
		}
		each = append(each, fmt.Sprintf("%s: %s", shown, words.Enumerate(t[value])))
	}
	return strings.Join(each, "; ")
}

// subjects are all of them, sorted.
func (t tally) subjects() []string {
	return slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(t))...)))
}
