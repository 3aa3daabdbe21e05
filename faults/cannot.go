package faults

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/drill"
)

// ErrCannot is in the errors of a Check: something of the scenario cannot be made in this way.
var ErrCannot = errors.New("cannot be made")

// cannot is the error about a scenario, with all the reasons, each once; nil when there is none.
func cannot(s drill.Scenario, way string, reasons []string, instead string) error {
	var once []string
	seen := make(map[string]bool)
	for _, reason := range reasons {
		if !seen[reason] {
			seen[reason] = true
			once = append(once, reason)
		}
	}
	if len(once) == 0 {
		return nil
	}
	return fmt.Errorf("%s %w by %s: %s; %s", s.Name, ErrCannot, way, strings.Join(once, "; "), instead)
}
