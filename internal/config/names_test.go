package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aafailover/aafailover/internal/config"
)

// noFlags are the flags of a command line on which none is given.
type noFlags struct{}

func (noFlags) Changed(string) bool      { return false }
func (noFlags) Set(string, string) error { return nil }

func TestNamesAreToldWithoutPasswords(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, ran := filepath.Join(folder, "regions.yaml"), filepath.Join(folder, "ran")
	text := "regions:\n  - {name: us, url: redis://h:1, passwordFile: nowhere}\n  - {name: eu, url: redis://h:2, passwordCommand: touch " + ran + "}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		in   config.Input
		want []string
		lab  bool
	}{
		{"of the file, whose passwords are not there", config.Input{File: file}, []string{"us", "eu"}, false},
		{"the command line goes before the file", config.Input{File: file, Regions: []string{"ap=redis://h:3"}}, []string{"ap"}, false},
		{"the environment goes before the file", config.Input{File: file, Environ: []string{"AAFAILOVER_REGION=me=redis://h:4"}}, []string{"me"}, false},
		{"what a shell sets to complete is no setting", config.Input{File: file, Environ: []string{"AAFAILOVER_ACTIVE_HELP=0"}}, []string{"us", "eu"}, false},
		{"the lab has names of its own", config.Input{File: file, Lab: true}, nil, true},
	} {
		row.in.Flags, row.in.Known = noFlags{}, allKnown
		names, lab, err := config.Names(row.in)
		if err != nil || lab != row.lab || !slices.Equal(names, row.want) {
			t.Errorf("%s: %v, %v, %v", row.name, names, lab, err)
		}
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("the command for a password was run")
	}
	for _, in := range []config.Input{{File: filepath.Join(folder, "none.yaml")}, {Environ: []string{"AAFAILOVER_NONE=1"}}, {Regions: []string{"us"}}} {
		in.Flags, in.Known = noFlags{}, allKnown
		if names, _, err := config.Names(in); err == nil || names != nil {
			t.Errorf("%+v: %v, %v", in, names, err)
		}
	}
}
