package powercut

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
)

// Cut makes the folder what a power cut would have left of it. The server was started with Wrap, and it and its children
// have been killed: Cut waits, as long as ctx allows, until the witness has seen that. What it leaves counts as durable at the
// next start; the record is used up. An error before anything was changed says that nothing is known of what was durable.
func (w Witness) Cut(ctx context.Context, n Names) (Loss, error) {
	loss, err := w.cut(ctx, n)
	if err != nil {
		return Loss{}, fmt.Errorf("cut the power of %s: %w", w.Folder, err)
	}
	return loss, nil
}

func (w Witness) cut(ctx context.Context, n Names) (Loss, error) {
	lock, err := await(ctx, w.Record)
	if err != nil {
		return Loss{}, err
	}
	if lock != nil {
		defer lock.Close() //nolint:errcheck // only its lock matters
	}
	r, err := readRecord(w.Record)
	if err != nil {
		return Loss{}, err
	}
	loss, err := perform(w.Folder, filepath.Join(w.Record, keptFolder), r.durable(), n)
	return loss, errors.Join(err, os.RemoveAll(w.Record))
}

// Discard is for a server whose files nobody will cut: it waits as Cut does, and removes the record. Until then the witness may
// still write to it.
func (w Witness) Discard(ctx context.Context) error {
	lock, err := await(ctx, w.Record)
	if err != nil {
		return fmt.Errorf("discard the record of %s: %w", w.Folder, err)
	}
	if lock != nil {
		defer lock.Close() //nolint:errcheck // only its lock matters
	}
	return os.RemoveAll(w.Record)
}

// Supported tries all of it with a small server of its own, in a folder made for that in dir ("" is os.TempDir()), and returns nil when a
// power cut can be simulated there, and otherwise why it cannot, with a hint. program is as in [Witness].
func Supported(ctx context.Context, program, dir string) error {
	if err := trial(ctx, program, dir); err != nil {
		return fmt.Errorf("simulate a power cut: %w", err)
	}
	return nil
}

func trial(ctx context.Context, program, dir string) error {
	parent, err := os.MkdirTemp(dir, "aafailover-powercut-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(parent) //nolint:errcheck // in a folder for temporary files
	w := Witness{Program: program, Folder: filepath.Join(parent, "files"), Record: filepath.Join(parent, "record")}
	if err := os.Mkdir(w.Folder, 0o700); err != nil {
		return err
	}
	file := filepath.Join(w.Folder, "file")
	argv := append(w.Wrap(), program, Command, roleTry, file)
	if said, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return asSaid(string(said), err)
	}
	if _, err := w.Cut(ctx, Ordered); err != nil {
		return err
	}
	left, err := os.ReadFile(file)
	if err == nil && string(left) != tryDurable {
		err = fmt.Errorf("of %q before an fsync and %q after it, %q was left", tryDurable, tryLost, left)
	}
	return err
}

// asSaid is the error that this program said, run as a command, with its hints.
func asSaid(said string, ended error) error {
	err := ended
	var hints []string
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if advice, is := strings.CutPrefix(line, "hint: "); is {
			hints = append(hints, advice)
		} else if text, is := strings.CutPrefix(line, "aafailover: "); is {
			err = errors.New(text)
		}
	}
	for _, advice := range hints {
		err = hint.Wrap(err, advice)
	}
	return err
}
