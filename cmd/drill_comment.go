package cmd

import (
	"context"
	"errors"
	"io"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/report"
)

// comment says on stderr what somebody has to do about the error of a drill. The report tells the error itself, as the reason
// of its verdict, but for a fault that may be left: whatever becomes of the report, nobody must miss that.
func (f *drillFlags) comment(stderr io.Writer, d *deployment, err error) {
	switch {
	case errors.Is(err, drill.ErrNotHealed):
		complain(stderr, hint.Wrap(drillError(err, drill.ErrNotHealed), f.fault.undo(d)), "")
	case errors.Is(err, drill.ErrNotHealthy):
		advice := "mend that first: `aafailover probe` shows what is broken"
		if d.kind == report.Lab {
			advice = "mend that first: `aafailover lab status` shows the faults of a lab, `aafailover lab heal` and `lab start REGION` undo them"
		}
		complain(stderr, hint.Wrap(errors.New("the drill did not begin: the deployment is not healthy"), advice), "")
	case errors.Is(err, drill.ErrPreflight):
		complain(stderr, err, "")
	case err != nil && !errors.Is(err, context.Canceled):
		complain(stderr, hint.Wrap(errors.New("the drill ended early: the report says why"), "what the drill made is undone, so it can be run again"), "")
	}
}

// drillError is the one of the errors joined in err that is the target.
func drillError(err, target error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && isJoin(err, joined.Unwrap()) {
		for _, one := range joined.Unwrap() {
			if errors.Is(one, target) {
				return drillError(one, target)
			}
		}
	}
	return err
}
