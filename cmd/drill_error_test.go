package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/report"
)

func TestWhatADrillLeavesToDoIsSaidWithTheWayToDoIt(t *testing.T) {
	t.Parallel()
	running, err := lab.Connect("127.0.0.1:4567")
	if err != nil {
		t.Fatal(err)
	}
	notHealed := fmt.Errorf("%w: lab (127.0.0.1:4567): connection refused", drill.ErrNotHealed)
	regions := []config.Region{{Name: "us"}, {Name: "eu"}}
	const (
		left = "aafailover: heal the fault: lab (127.0.0.1:4567): connection refused\n"
		undo = "hint: region us may still be down: aafailover lab start us --control 127.0.0.1:4567\n"
	)
	for _, row := range []struct {
		name   string
		lab    laboratory
		err    error
		stderr string
	}{
		{"nothing after a drill that ended", running, nil, ""},
		{"nothing after an interruption", running, context.Canceled, ""},
		{"a fault that may be left", running, notHealed, left + undo},
		{"also after an interruption", running, errors.Join(context.Canceled, notHealed), left + undo},
		{"once, though it was tried twice", running, errors.Join(notHealed, notHealed), left + undo},
		{"but not in a lab that ends with the command", &lab.Lab{}, notHealed,
			left + "hint: region us of the built-in lab was down until the lab ended, with this command: nothing is left of it\n"},
		{"what was broken before the drill stands in the report", running, fmt.Errorf("%w: us and eu", drill.ErrNotHealthy),
			"aafailover: the drill did not begin: the deployment is not healthy\n" +
				"hint: mend that first: `aafailover lab status` shows the faults of a lab, `aafailover lab heal` and `lab start REGION` undo them\n"},
		{"and so does any other reason", running, errors.New("make the fault: no"),
			"aafailover: the drill ended early: the report says why\nhint: what the drill made is undone, so it can be run again\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			(&drillFlags{fault: faultFlags{way: byLab}}).comment(&stderr, &deployment{kind: report.Lab, regions: regions, lab: row.lab}, row.err)
			if stderr.String() != row.stderr {
				t.Errorf("stderr:\n%swant:\n%s", stderr.String(), row.stderr)
			}
		})
	}
}
