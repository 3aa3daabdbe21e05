package cmd

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aafailover/aafailover/internal/hint"
)

// stdoutName is what stands for stdout where a command writes to one file in its place, as in `report --out -`.
const stdoutName = "-"

// checkFile looks, before anything is run, whether a flag that names a file has a folder for it to be in. What is written beside what
// is printed cannot go to stdout too; instead says how it is printed. "" names none.
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
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return hint.Wrap(fmt.Errorf("--%s: %s is a folder", flag, path), "name a file in it")
	}
	return nil
}
