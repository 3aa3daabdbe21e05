package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aafailover/aafailover/internal/hint"
)

// stdoutName is what stands for stdout where a command writes to one file in its place, as in `report --out -`.
const stdoutName = "-"

// checkFile tells, before anything is run, whether the file that a flag names can be written by writeFile, and leaves what there is as it is.
// What is written beside what is printed cannot go to stdout too; instead says how it is printed. "" names none.
func checkFile(flag, path, instead string) error {
	switch path {
	case "":
		return nil
	case stdoutName:
		return hint.Wrap(fmt.Errorf("--%s %s: the result is printed on stdout already", flag, path), instead+"; a file that is called so is ./"+path)
	}
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err != nil {
		return hint.Wrap(fmt.Errorf("--%s: %w", flag, err), "make the folder first, or name a file in another one")
	} else if !info.IsDir() {
		return hint.Wrap(fmt.Errorf("--%s: %s is not a folder", flag, folder), "name a file in a folder")
	}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return hint.Wrap(fmt.Errorf("--%s: %s is a folder", flag, path), "name a file in it")
	case err == nil && !info.Mode().IsRegular(): // a pipe would wait for its reader
		return nil
	}
	if err := writeFile(path, forItsOwner, func(io.Writer) error { return errTried }); !errors.Is(err, errTried) {
		return hint.Wrap(fmt.Errorf("--%s: %w", flag, err), "name a file in a folder that can be written to")
	}
	return nil
}

// errTried keeps a file that was tried from being made.
var errTried = errors.New("it can be written")
