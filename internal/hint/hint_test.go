package hint_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/hint"
)

func TestOf(t *testing.T) {
	base := errors.New("us (10.0.0.1:6379): subscribe: connection refused")
	for _, row := range []struct {
		name string
		err  error
		want []string
	}{
		{"no error has no hints", nil, nil},
		{"a plain error has no hints", base, nil},
		{"a wrapped error has its hint", hint.Wrap(base, "start it"), []string{"start it"}},
		{"an empty hint is no hint", hint.Wrap(base, ""), nil},
		{"the outermost hint comes first",
			hint.Wrap(fmt.Errorf("probe: %w", hint.Wrap(base, "inner")), "outer"), []string{"outer", "inner"}},
		{"joined errors give their hints in order",
			errors.Join(hint.Wrap(base, "one"), io.EOF, hint.Wrap(io.EOF, "two")), []string{"one", "two"}},
		{"several wrapped by one format are all found",
			fmt.Errorf("%w and %w", hint.Wrap(base, "one"), hint.Wrap(base, "two")), []string{"one", "two"}},
		{"the same text is said once",
			errors.Join(hint.Wrap(base, "same"), hint.Wrap(io.EOF, "same")), []string{"same"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, hint.Of(row.err)); diff != "" {
				t.Errorf("hints (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWrapChangesNeitherTextNorIdentity(t *testing.T) {
	cause := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	err := hint.Wrap(fmt.Errorf("read: %w", cause), "create it")
	if got, want := err.Error(), "read: "+cause.Error(); got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("errors.Is does not see through the hint")
	}
	if got, ok := errors.AsType[*fs.PathError](err); !ok || got != cause {
		t.Errorf("errors.AsType gives %v, want the cause", got)
	}
	if hint.Wrap(nil, "advice") != nil {
		t.Error("no error with a hint is an error")
	}
}
